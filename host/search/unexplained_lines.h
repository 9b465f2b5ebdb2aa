// Lines of a measured pattern that the structure fitted to it does not account for: a second phase as a rule, else another structure.
#pragma once

#include <vector>

#include "host/indexing/peak_search.h"

namespace friedel {

// Of the pattern's lines, those of at least a twentieth of the strongest's height, certain not to be noise, where the fit has less than a
// quarter of it. fitted [pattern.grid.points], without background, in any unit. By ascending angle.
std::vector<ObservedLine> unexplained_lines(const ResolvedPattern& pattern, const float* fitted);

}  // namespace friedel
