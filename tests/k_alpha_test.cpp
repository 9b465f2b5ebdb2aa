// Rachinger's correction, held to simulated patterns of the first line alone.
#include "host/patterns/k_alpha.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/differences.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

class StripKAlpha2 : public ::testing::Test {
protected:
    MeasuredPattern simulated(const std::string& radiation) {
        const std::string cif = (test::source_dir() / "data/minerals/quartz.cif").string();
        const auto result =
            test::run_friedel("simulate '" + cif + "' --size 1500 --radiation " + radiation + " -o " + radiation + ".xy", folder.path);
        EXPECT_EQ(result.status, 0) << result.err;
        return read_pattern(folder / (radiation + ".xy"));
    }
    // Both scaled to their highest points.
    static double largest_difference(const MeasuredPattern& found, const MeasuredPattern& expected) {
        const auto scaled = [](std::vector<double> intensity) {
            const double highest = *std::max_element(intensity.begin(), intensity.end());
            for (double& value : intensity) value /= highest;
            return intensity;
        };
        return test::largest_difference(scaled(found.intensity), scaled(expected.intensity));
    }
    test::TemporaryDirectory folder;
};

TEST_F(StripKAlpha2, LeavesTheFirstLine) {
    for (const char* anode : {"cu", "mo", "co"}) {
        MeasuredPattern pattern = simulated(anode);
        const MeasuredPattern expected = simulated(std::string(anode) + "-ka1");
        EXPECT_GT(largest_difference(pattern, expected), 0.05) << "there is nothing to strip";
        ASSERT_TRUE(strip_k_alpha_2(pattern, pattern.wavelength_angstrom));
        EXPECT_LT(largest_difference(pattern, expected), 0.01) << anode;
    }
}

TEST_F(StripKAlpha2, LeavesOtherWavelengthsAlone) {
    const MeasuredPattern before = simulated("cu");
    MeasuredPattern after = before;
    EXPECT_FALSE(strip_k_alpha_2(after, 0.4139));
    EXPECT_EQ(after.intensity, before.intensity);
}

// A level background keeps its level but for the share of the second line.
TEST_F(StripKAlpha2, KeepsALevelLevel) {
    MeasuredPattern pattern;
    for (int i = 0; i < 4000; ++i) {
        pattern.two_theta_deg.push_back(5 + 0.02 * i);
        pattern.intensity.push_back(300);
    }
    ASSERT_TRUE(strip_k_alpha_2(pattern, 1.54184));
    for (double value : pattern.intensity) EXPECT_NEAR(value, 200, 1e-6);
}

}  // namespace
}  // namespace friedel
