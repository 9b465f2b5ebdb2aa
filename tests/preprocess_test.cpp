// Preprocessing on patterns whose peaks, background and noise are known.
#include "kernels/preprocess.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/random.h"
#include "tests/differences.h"

namespace friedel {
namespace {

using test::largest_difference;

using Pattern = std::vector<float>;

float two_theta_deg(const Grid& grid, int point) { return grid.start_deg + static_cast<float>(point) * grid.step_deg; }

struct Peak {
    float centre_deg, fwhm_deg, height;
};
const std::vector<Peak> peaks = {{12.0f, 0.08f, 40}, {26.6f, 0.15f, 1000}, {26.9f, 0.15f, 300}, {50.1f, 0.3f, 120}, {79.5f, 0.5f, 60}};

Pattern peak_pattern(const Grid& grid, const std::vector<Peak>& of = peaks) {
    Pattern pattern(static_cast<std::size_t>(grid.points));
    for (int i = 0; i < grid.points; ++i) {
        for (const Peak& peak : of) {
            const float x = (two_theta_deg(grid, i) - peak.centre_deg) / peak.fwhm_deg;
            pattern[static_cast<std::size_t>(i)] += peak.height * std::exp(-2.7725887f * x * x);
        }
    }
    return pattern;
}

Pattern preprocessed(Pattern pattern, const Grid& grid, const PreprocessConfig& config, float* highest = nullptr) {
    std::vector<float> scratch(static_cast<std::size_t>(preprocess_scratch(grid)));
    const float found = preprocess(SerialBlock{}, pattern.data(), grid, config, scratch.data());
    if (highest) *highest = found;
    return pattern;
}

constexpr PreprocessConfig linear{.square_root = false};

TEST(Preprocess, LeavesAPatternWithoutBackgroundAsItIs) {
    const Grid grid;
    Pattern expected = peak_pattern(grid);
    float highest = 0;
    const Pattern found = preprocessed(expected, grid, linear, &highest);
    const float height = *std::max_element(expected.begin(), expected.end());
    EXPECT_NEAR(highest, height, 1e-3f * height);
    for (float& value : expected) value /= height;
    EXPECT_LT(largest_difference(found, expected), 2e-3f);
}

TEST(Preprocess, RemovesFlatSlopingAndCurvedBackground) {
    const Grid grid;
    const Pattern clean = preprocessed(peak_pattern(grid), grid, linear);
    for (int kind = 0; kind < 3; ++kind) {
        Pattern pattern = peak_pattern(grid);
        for (int i = 0; i < grid.points; ++i) {
            const float x = two_theta_deg(grid, i);
            const float curved = 400 * std::exp(-x / 12) + 50 * std::exp(-(x - 27) * (x - 27) / 200);
            pattern[static_cast<std::size_t>(i)] += kind == 0 ? 500.0f : kind == 1 ? 800 - 5 * x : curved;
        }
        // A straight background goes to rounding; a curved one leaves its curvature over the window.
        EXPECT_LT(largest_difference(preprocessed(pattern, grid, linear), clean), kind < 2 ? 1e-4f : 8e-3f) << kind;
    }
}

TEST(Preprocess, ForgetsScaleAndOffset) {
    const Grid grid;
    Pattern pattern = peak_pattern(grid);
    RandomSequence random(1, 0, Purpose::counting_noise);
    for (float& value : pattern) value += 30 + 5 * random.normal();
    for (bool square_root : {false, true}) {
        const PreprocessConfig config{.square_root = square_root};
        const Pattern reference = preprocessed(pattern, grid, config);
        for (const auto& [scale, offset] : {std::pair{1e-3f, 0.0f}, {37.0f, 0.0f}, {1.0f, 2500.0f}, {0.25f, -7.0f}}) {
            Pattern changed = pattern;
            for (float& value : changed) value = value * scale + offset;
            EXPECT_LT(largest_difference(preprocessed(changed, grid, config), reference), square_root ? 2e-2f : 4e-4f)
                << scale << ' ' << offset;
        }
    }
}

TEST(Preprocess, CentresTheNoiseOnZero) {
    const Grid grid;
    const float sigma = 0.03f;
    for (bool clipped : {false, true}) {
        Pattern pattern = peak_pattern(grid, {{40, 0.2f, 1}});
        RandomSequence random(2, 0, Purpose::counting_noise);
        // As a published pattern looks whose background was drawn below the noise and whose negative values were set to zero.
        for (float& value : pattern) value = std::max(clipped ? 0.0f : -1.0f, value + sigma * (random.normal() + 2.0f));
        const Pattern found = preprocessed(pattern, grid, linear);
        double positive = 0, total = 0;
        int points = 0;
        for (int i = 0; i < grid.points; ++i) {
            if (std::fabs(two_theta_deg(grid, i) - 40) < 1) continue;
            ++points;
            positive += found[static_cast<std::size_t>(i)] > 0;
            total += found[static_cast<std::size_t>(i)];
        }
        // Half of the noise is above zero, and its mean there (cut below) is sigma / sqrt(2 pi).
        const float highest = 1 + 2 * sigma;
        EXPECT_NEAR(positive / points, 0.5, 0.05) << clipped;
        EXPECT_NEAR(total / points * highest, sigma * 0.3989, 0.15 * sigma) << clipped;
        Pattern raw = preprocessed(pattern, grid, {.remove_pedestal = false, .square_root = false});
        double raw_positive = 0;
        for (float value : raw) raw_positive += value > 0;
        EXPECT_GT(raw_positive / grid.points, 0.6) << "the pedestal was not there to be removed";
    }
}

TEST(Preprocess, EveryStepCanBeSwitchedOff) {
    const Grid grid;
    Pattern pattern = peak_pattern(grid);
    for (float& value : pattern) value += 100;
    const float height = *std::max_element(pattern.begin(), pattern.end());
    const Pattern off = preprocessed(pattern, grid, {.remove_background = false, .square_root = false});
    for (std::size_t i = 0; i < pattern.size(); ++i) ASSERT_FLOAT_EQ(off[i], pattern[i] / height);
    const Pattern root = preprocessed(pattern, grid, {.remove_background = false, .square_root = true});
    for (std::size_t i = 0; i < pattern.size(); ++i) ASSERT_FLOAT_EQ(root[i], std::sqrt(off[i]));
    const Pattern even = preprocessed(pattern, grid, {.remove_background = false, .square_root = true, .unit_rms = true});
    double square = 0;
    for (float value : even) square += double{value} * value;
    EXPECT_NEAR(square / grid.points, 1, 1e-4);
    for (std::size_t i = 0; i < pattern.size(); ++i) ASSERT_NEAR(even[i] / even[0], root[i] / root[0], 1e-4);
}

TEST(Preprocess, MakesZerosOfAPatternWithNothingInIt) {
    const Grid grid;
    for (float level : {0.0f, 12.5f, -3.0f, 0.1f, 1e6f / 3}) {
        float highest = -1;
        const Pattern found = preprocessed(Pattern(static_cast<std::size_t>(grid.points), level), grid, {}, &highest);
        EXPECT_EQ(highest, 0.0f) << level;
        EXPECT_EQ(std::count(found.begin(), found.end(), 0.0f), grid.points) << level;
    }
}

TEST(Preprocess, WorksOnAnyGrid) {
    for (const Grid& grid : {Grid{5, 0.02f, 4250}, Grid{10, 0.05f, 1001}, Grid{2, 0.5f, 37}, Grid{20, 0.1f, 1}, Grid{20, 0.01f, 9}}) {
        Pattern pattern(static_cast<std::size_t>(grid.points), 10.0f);
        pattern[static_cast<std::size_t>(grid.points / 2)] = 110;
        const Pattern found = preprocessed(pattern, grid, {});
        EXPECT_EQ(found[static_cast<std::size_t>(grid.points / 2)], 1.0f) << grid.points;
        for (float value : found) EXPECT_TRUE(value >= 0 && value <= 1) << grid.points;
    }
}

}  // namespace
}  // namespace friedel
