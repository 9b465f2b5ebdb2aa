// The sets of systematic absences that the groups of a Bravais lattice have, in all orientations that a powder cannot tell from the
// standard setting. Worked out once, from the operations of the groups.
#pragma once

#include <array>
#include <vector>

#include "host/indexing/bravais_lattice.h"

namespace friedel {

// One set of systematic absences of a lattice's groups in one orientation.
struct AbsenceSetting {
    std::vector<int> space_groups;
    std::vector<double> share;                     // [space_groups] of the group's orientations
    std::array<std::array<int, 3>, 3> reindexing;  // from indices of the lattice to those of the standard setting of space_groups.front()
    // Whether the reflection and all that coincide with it are absent.
    bool absent(BravaisLattice lattice, std::array<int, 3> h) const;
};
const std::vector<AbsenceSetting>& absence_settings(BravaisLattice lattice);

}  // namespace friedel
