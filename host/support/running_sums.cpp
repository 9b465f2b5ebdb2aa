#include "host/support/running_sums.h"

#include <cstddef>

namespace friedel {

std::vector<float> running_sums(const std::vector<double>& weights) {
    double total = 0, sum = 0;
    for (double weight : weights) total += weight;
    std::vector<float> sums;
    for (double weight : weights) sums.push_back(static_cast<float>((sum += weight) / total));
    // Whatever rounding leaves above the last possible choice must not be drawn.
    std::size_t last = weights.size() - 1;
    while (last > 0 && weights[last] == 0) --last;
    for (std::size_t i = last; i < sums.size(); ++i) sums[i] = 1;
    return sums;
}

}  // namespace friedel
