// The lines of a pattern beside the reflections of a unit cell that was found for them. Leaves out: which cell that is (indexing.h).
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "host/indexing/indexing.h"

namespace friedel {

struct IndexedLine {
    double observed_deg;  // as ObservedLine
    double height;        // of the strongest point of the pattern
    double d_angstrom;    // as observed, the shift of the angles taken off
    double calculated_deg = 0;
    std::optional<std::array<int, 3>> hkl;  // of tabulated_cell(); none where no reflection is near enough
};

// Those that the cell was judged by, by ascending angle: cell.lines of them, cell.indexed with a reflection, the nearest. The calculated
// angle has the cell's shift. wavelength_angstrom: that of IndexingOpinion.
std::vector<IndexedLine> indexed_lines(const ResolvedPattern& pattern, const IndexedCell& cell, double wavelength_angstrom);

}  // namespace friedel
