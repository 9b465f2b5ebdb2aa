// Puts the atom sites of a file in order: sites listed twice, and atoms that stand next to the special position they belong on.
#pragma once

#include "host/crystals/structure.h"
#include "kernels/metric.h"

namespace friedel {

// Sites nearer than this are one site; published coordinates carry three or four digits of a cell edge.
constexpr double same_site_angstrom = 0.05;
// Images nearer than this cannot both be atoms, unless disorder shares the occupancy between them.
constexpr double overlap_angstrom = 0.4;
// Occupancies that add up to slightly more than one, by rounding or refinement, are still one atom.
constexpr double full_occupancy = 1.2;

// Merges sites that the symmetry operations make one, and moves an atom whose symmetry images would overlap onto its special
// position. Throws Error if two atoms overlap all the same, or if the operations do not fit the cell.
void tidy_sites(Structure& structure);

// Length in angstrom of a difference of fractional coordinates, each component brought to [-1/2, 1/2]: the shortest among the images for
// distances well below the cell edges.
double nearest_distance(const Metric<double>& direct, std::array<double, 3> difference);

}  // namespace friedel
