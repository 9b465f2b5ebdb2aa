// What lies under the peaks, of whole patterns: what a background adds to a pattern without one, against its formula in double precision.
#include "kernels/background.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include "host/simulation/simulator.h"
#include "tests/minerals.h"

namespace friedel {
namespace {

constexpr Grid grid{5, 0.04f, 2125};

std::vector<float> pattern_of(const StructureLibrary& library, const PatternParameters& p) {
    std::vector<float> pattern(static_cast<std::size_t>(grid.points));
    simulate_one_pattern(pattern.data(), p, library.view(), grid);
    return pattern;
}

// A pattern of maximum 1 has the background added, never less than nothing, and its maximum is made 1 again. `background` takes the number
// of the point.
void expect_background(const PatternParameters& p, const std::function<double(int)>& background) {
    const StructureLibrary library = test::minerals_named({"quartz"});
    PatternParameters without;
    without.seed = p.seed, without.sample = p.sample;
    const std::vector<float> before = pattern_of(library, without), after = pattern_of(library, p);
    std::vector<double> expected(before.begin(), before.end());
    for (int i = 0; i < grid.points; ++i) expected[static_cast<std::size_t>(i)] += std::max(0.0, background(i));
    const double highest = *std::max_element(expected.begin(), expected.end());
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(after[i], expected[i] / highest, 2e-6) << i;
}

double two_theta(int point) { return 5 + static_cast<double>(grid.step_deg) * point; }

TEST(Background, ChebyshevIsTheCosineOfMultiples) {
    PatternParameters p;
    const std::vector<double> c{0.2, 0.07, -0.05, 0.03, -0.02, 0.01, 0.008, -0.006};
    std::copy(c.begin(), c.end(), p.chebyshev);
    for (const int terms : {1, 2, 5, 8}) {
        p.chebyshev_terms = terms;
        expect_background(p, [&](int i) {
            double sum = 0;
            for (int n = 0; n < terms; ++n) sum += c[static_cast<std::size_t>(n)] * std::cos(n * std::acos(2 * i / 2124.0 - 1));
            return sum;
        });
    }
    // Negative over half of the range, where it takes nothing away.
    p.chebyshev_terms = 2;
    p.chebyshev[0] = 0, p.chebyshev[1] = 0.1f;
    expect_background(p, [](int i) { return 0.1 * (2 * i / 2124.0 - 1); });
}

TEST(Background, HumpsAreGaussiansOfTheirFullWidth) {
    PatternParameters p;
    p.hump_height[0] = 0.3f, p.hump_center_deg[0] = 24, p.hump_width_deg[0] = 6;
    p.hump_height[2] = 0.1f, p.hump_center_deg[2] = 47, p.hump_width_deg[2] = 13;
    expect_background(p, [](int i) {
        const auto hump = [&](double height, double centre, double fwhm) {
            return height * std::exp(-4 * std::numbers::ln2 * std::pow((two_theta(i) - centre) / fwhm, 2));
        };
        return hump(0.3, 24, 6) + hump(0.1, 47, 13);
    });
}

TEST(Background, AirScatterFallsOffFromTheLowEnd) {
    PatternParameters p;
    p.air_scatter = 0.4f, p.air_scatter_decay_deg = 7;
    expect_background(p, [](int i) { return 0.4 * std::exp(-(two_theta(i) - 5) / 7); });
}

// Parts add up before what is negative is cut.
TEST(Background, PartsAddUp) {
    PatternParameters p;
    p.chebyshev_terms = 1, p.chebyshev[0] = -0.05f;
    p.air_scatter = 0.2f, p.air_scatter_decay_deg = 10;
    expect_background(p, [](int i) { return 0.2 * std::exp(-(two_theta(i) - 5) / 10) - 0.05; });
}

// arXiv 1812.05625: a step up at the left, one down at the right, a polynomial and a bump, of the relative angle.
double paper_formula(const PaperBackground& b, double t) {
    double sum = b.step_height[0] / (1 + std::exp(-b.steepness[0] * (t - b.position[0]))) +
                 b.step_height[1] / (1 + std::exp(b.steepness[1] * (t - b.position[1]))) +
                 b.bump_height * std::pow(b.bump_rate * t, 2) * std::exp(-b.bump_rate * t);
    for (int n = 0; n < 5; ++n) sum += b.polynomial[n] * std::pow(t, n);
    return sum;
}

TEST(PaperBackground, IsWhatThePaperSays) {
    PatternParameters p;
    p.paper_background = true;
    p.seed = 5;
    for (p.sample = 0; p.sample < 20; ++p.sample) {
        const PaperBackground drawn = PaperBackground::draw(p.seed, p.sample);
        expect_background(p, [&](int i) { return paper_formula(drawn, i / 2124.0); });
    }
}

// Of n kinds, each there every second time, each has T = 0.1 / n: of those that are there T is 0.1 (1 - 1/16) / 2 in the mean. Steps are
// normal(T/3, T/7) cut to [0, T], bumps normal(2T/5, 3T/35) cut to [0, 3T/5]; cuts at 2.33 standard deviations change the mean by 0.0033
// of one.
TEST(PaperBackground, IsDrawnAsThePaperSays) {
    constexpr int n = 40'000;
    int steps[2] = {0, 0}, polynomials = 0, bumps = 0, highest[5] = {};
    double step = 0, bump = 0;
    for (std::uint64_t sample = 0; sample < n; ++sample) {
        const PaperBackground b = PaperBackground::draw(7, sample);
        for (int side = 0; side < 2; ++side) {
            steps[side] += b.step_height[side] > 0;
            step += b.step_height[side];
            EXPECT_TRUE(b.step_height[side] >= 0 && b.step_height[side] <= 0.1f);
            EXPECT_TRUE(b.steepness[side] >= 10 && b.steepness[side] <= 60);
        }
        EXPECT_TRUE(b.position[0] >= 0 && b.position[0] <= 1 / 7.0f && b.position[1] >= 6 / 7.0f - 1e-6f && b.position[1] <= 1);
        bumps += b.bump_height > 0;
        bump += b.bump_height;
        EXPECT_TRUE(b.bump_height >= 0 && b.bump_height <= 0.06001f && b.bump_rate >= 40 && b.bump_rate <= 70);
        int degree = -1;
        for (int power = 0; power < 5; ++power) {
            if (b.polynomial[power] != 0) degree = power;
            EXPECT_LE(std::abs(b.polynomial[power]), 0.15001f);
        }
        polynomials += degree >= 0;
        if (degree >= 0) ++highest[degree];
    }
    // Steps that are cut to nothing: 0.0098 of them, beyond 2.33 standard deviations.
    EXPECT_NEAR(steps[0], 0.5 * 0.9902 * n, 500);
    EXPECT_NEAR(steps[1], 0.5 * 0.9902 * n, 500);
    EXPECT_NEAR(bumps, 0.5 * n, 500);
    EXPECT_NEAR(step / (2 * n), 0.5 * 0.046875 * (1 / 3.0 + 0.00331 / 7), 2e-4);
    EXPECT_NEAR(bump / n, 0.5 * 0.046875 * (2 / 5.0 - 0.00331 * 3 / 35), 2e-4);
    // Degrees to 0 ... 4 alike, each coefficient nothing every second time: something is left of 1/2, 3/4 ... 31/32 of them.
    EXPECT_NEAR(polynomials, 0.5 * n * (1 / 2.0 + 3 / 4.0 + 7 / 8.0 + 15 / 16.0 + 31 / 32.0) / 5, 500);
    EXPECT_NEAR(highest[4], 0.5 * n / 5 / 2, 250);
}

}  // namespace
}  // namespace friedel
