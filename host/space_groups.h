// Facts about the 230 space groups that need no structure: symbols, crystal systems.
#pragma once

namespace friedel {

// Short Hermann-Mauguin symbol of the standard setting, "Fm-3m" for 225. space_group is 1 to 230 here and below.
const char* space_group_symbol(int space_group);

// 0 triclinic, 1 monoclinic, 2 orthorhombic, 3 tetragonal, 4 trigonal, 5 hexagonal, 6 cubic.
int crystal_system(int space_group);
const char* crystal_system_name(int system);

}  // namespace friedel
