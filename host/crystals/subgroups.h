// How the 230 types of space groups descend from one another: maximal translationengleiche and klassengleiche subgroups, as in
// International Tables A1, derived from the operations of the standard settings. Klassengleiche subgroups are sought to index 5: those of
// another type have index 2, 3 or 4, and 5 only links the enantiomorphs 6_1 and 6_5. Leaves out: which subgroups of a type, and where.
#pragma once

#include <vector>

namespace friedel {

struct MaximalSubgroups {
    std::vector<int> translationengleiche, klassengleiche;  // types, ascending, without the group's own
};
const MaximalSubgroups& maximal_subgroups(int space_group);

// Fewest steps, each to a maximal subgroup or back from one, that lead from one type to the other.
int subgroup_distance(int space_group, int other);

// For loss.graph_smoothing: each row spread evenly over the types one step away. [230][230]
std::vector<float> subgroup_smoothing();

}  // namespace friedel
