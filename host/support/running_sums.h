#pragma once

#include <vector>

namespace friedel {

// Sums of the weights, of which there is at least one, over that of all: what draw_index() takes. The last is 1, and what has no weight is
// never drawn.
std::vector<float> running_sums(const std::vector<double>& weights);

}  // namespace friedel
