// The lattices of higher symmetry that a lattice is nearly one of: its twofold axes, found as directions of the direct and the reciprocal
// lattice that nearly coincide (Le Page, J. Appl. Cryst. 15 (1982) 255), and the monoclinic, orthorhombic, tetragonal, hexagonal and cubic
// cells that they span. Leaves out: rhombohedral lattices, and those of half or twice the volume.
#pragma once

#include <vector>

#include "host/indexing/bravais_lattice.h"

namespace friedel {

struct BravaisCell {
    BravaisLattice lattice;
    Metric<double> reciprocal;
};

// Of higher symmetry than `cell`, with all angles and edges within about `tolerance_deg`.
std::vector<BravaisCell> higher_symmetries(const BravaisCell& cell, double tolerance_deg);

}  // namespace friedel
