// Facts about the 230 space groups that need no structure: symbols, crystal systems.
#pragma once

#include <vector>

#include "kernels/crystal_lattice.h"

namespace friedel {

// The number itself if there is such a group; throws Error.
int checked_space_group(int space_group);
// Short Hermann-Mauguin symbol of the standard setting, "Fm-3m" for 225. space_group is 1 to 230 here and below.
const char* space_group_symbol(int space_group);

// Crystal systems as numbers, which are indices of tables and classes of networks.
namespace systems {
constexpr int triclinic = 0, monoclinic = 1, orthorhombic = 2, tetragonal = 3, trigonal = 4, hexagonal = 5, cubic = 6;
}
int crystal_system(int space_group);
// Of the standard setting.
BravaisLattice bravais_lattice(int space_group);
// The space group of the mirror image, where that is another one (International Tables A, 11 pairs: P41 and P43), or else 0. Both have
// the same powder pattern.
int enantiomorph(int space_group);
const char* crystal_system_name(int system);
// The `most` groups that are likeliest of probabilities [230], the likeliest first, the lower number first of two that are as likely.
std::vector<int> likeliest_groups(const float* probabilities, int most);

}  // namespace friedel
