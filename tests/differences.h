// How far numbers are from those that are expected.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace friedel::test {

// Infinity where it is no number: std::max(largest, NaN) is `largest`.
inline double difference(double found, double expected) {
    const double distance = std::abs(found - expected);
    return std::isnan(distance) ? std::numeric_limits<double>::infinity() : distance;
}

// Infinity also where there are more of the one than of the other.
template <class Found, class Expected>
double largest_difference(const Found& found, const Expected& expected) {
    if (found.size() != expected.size()) return std::numeric_limits<double>::infinity();
    double largest = 0;
    for (std::size_t i = 0; i < found.size(); ++i) largest = std::max(largest, difference(found[i], expected[i]));
    return largest;
}

}  // namespace friedel::test
