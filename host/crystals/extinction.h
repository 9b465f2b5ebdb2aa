// Extinction groups: classes of space groups of one crystal system whose systematic absences are the same, so that absences in a powder
// pattern cannot tell their members apart. Derived from the operations of the standard settings: two groups are alike if the absent
// reflections among all with |h|, |k|, |l| <= 6 agree, in orthorhombic ones after a permutation of the axes. That gives 101 classes.
// (Trigonal and hexagonal groups on a primitive lattice share conditions too; they are kept apart, so that a class has one system.)
#pragma once

#include <string>
#include <vector>

namespace friedel {

int extinction_group_count();

// 0-based, numbered by the lowest space group they hold.
int extinction_group(int space_group);

// Space groups of a class, ascending.
const std::vector<int>& extinction_group_members(int extinction_group);

// Symbols of the members: "P222 Pmm2 Pmmm".
std::string extinction_group_name(int extinction_group);

}  // namespace friedel
