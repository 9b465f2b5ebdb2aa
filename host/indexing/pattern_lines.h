// The lines of whole batches of patterns, and whether they are lines that a structure can be told by.
#pragma once

#include <vector>

#include "host/indexing/peak_search.h"
#include "host/patterns/recording.h"
#include "host/support/thread_pool.h"

namespace friedel {

// One line belongs to any structure: a cubic cell can be stretched to fit it. Two may be diamond's, or iron's over a short range.
constexpr int min_telling_lines = 2;

// Raw patterns [n][grid.points], which are for `wavelength_angstrom`, resolved into lines on comparison_grid, for cu_k_alpha_angstrom.
// recorded: each [n]; empty: fine steps, and the lines of that wavelength. Of an interrupted program those of some patterns are missing.
std::vector<ResolvedPattern> resolved_patterns(const float* patterns, int n, const Grid& grid, double wavelength_angstrom, ThreadPool& pool,
                                               const std::vector<Recording>& recorded = {});

// Of at least a hundredth of the strongest's height. What is found beside one of twenty times the height counts as part of its flank.
int count_telling_lines(const std::vector<ObservedLine>& lines);

// Of all that the lines hold, the part in orders of one spacing, d, d/2, d/3 ...: near 1 where crystals lie on their faces. The spacing
// that has most; not one so wide that its orders lie as close as lines do by chance.
struct OrdersOfOneSpacing {
    double part = 0, d_angstrom = 0;
};
OrdersOfOneSpacing orders_of_one_spacing(const std::vector<ObservedLine>& lines, double wavelength_angstrom);

// Whether count_telling_lines() may find fewer than are telling: a quick look at a raw pattern [grid.points].
// Noise by itself is many lines to it.
bool may_have_few_lines(const float* pattern, const Grid& grid);

// Whether some line stands out that is as narrow as lines of crystals are. A hump under it does not matter.
bool has_sharp_lines(const ResolvedPattern& pattern);

}  // namespace friedel
