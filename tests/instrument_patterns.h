// The pattern that tests write in every instrument's format, and what must be read of it.
#pragma once

#include <gtest/gtest.h>

#include <cmath>

#include "host/patterns/pattern_file.h"

namespace friedel::test {

constexpr int points = 300;
inline double intensity_at(int i) { return 100 + 50 * std::sin(0.1 * i); }

inline void expect_pattern(const MeasuredPattern& pattern, double start, double step, double wavelength, double tolerance = 0.5) {
    ASSERT_EQ(pattern.two_theta_deg.size(), static_cast<std::size_t>(points));
    EXPECT_NEAR(pattern.two_theta_deg.front(), start, 1e-6);
    EXPECT_NEAR(pattern.two_theta_deg.back(), start + (points - 1) * step, 1e-6);
    EXPECT_NEAR(pattern.wavelength_angstrom, wavelength, 1e-6);
    for (int i = 0; i < points; ++i) ASSERT_NEAR(pattern.intensity[static_cast<std::size_t>(i)], intensity_at(i), tolerance) << i;
}

}  // namespace friedel::test
