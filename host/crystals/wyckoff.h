// Wyckoff positions of the 230 groups in their standard settings, derived from the operations: a position is a class of fixed sets of
// site-symmetry groups, a point, line, plane or all of space, and the images of one of them under the group are the same position.
// Letters are a convention of International Tables A and stand in a table. Leaves out: names of site symmetries.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace friedel {

// The points basis u + offset / 24 for any u: column i of the basis (row-major) belongs to the free coordinate u_i; whole numbers, so that
// u_i in [0, 1) runs over the position once. Columns from `freedom` on are zero.
struct WyckoffPosition {
    char letter;           // 'a' to 'z', then 'A'; the general position has the last
    int multiplicity;      // points in the conventional cell
    int freedom;           // free coordinates, 0 to 3
    std::uint64_t images;  // as CrystalView::images, for the representatives of Crystal
    std::array<std::int8_t, 9> basis;
    std::array<std::int8_t, 3> offset;
};

// In the order of letters. space_group is 1 to 230.
const std::vector<WyckoffPosition>& wyckoff_positions(int space_group);

}  // namespace friedel
