// Puts the atom sites of a file in order: sites listed twice, and atoms that stand next to the special position they belong on.
#pragma once

#include "host/structure.h"

namespace friedel {

// Merges sites that the symmetry operations make one, and moves an atom whose symmetry images would overlap onto its special
// position. Throws Error if two atoms overlap all the same, or if the operations do not fit the cell.
void tidy_sites(Structure& structure);

// |cartesian length| of a fractional difference vector, reduced to the nearest lattice translation per axis, in angstrom.
double distance_angstrom(const std::array<double, 6>& cell, std::array<double, 3> difference);

}  // namespace friedel
