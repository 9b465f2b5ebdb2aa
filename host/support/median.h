// The median of numbers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace friedel {

// Of an even count the upper one of the two in the middle. Brings the numbers, of which there must be one, into another order.
template <class T>
T median(std::vector<T>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

// What the median magnitude of normal deviates is, in standard deviations.
constexpr double median_of_normal = 0.6745;

}  // namespace friedel
