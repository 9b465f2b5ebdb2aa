// Effects of instrument and specimen against what their formulas say by hand: transparency, dead time, the tube's other lines, and
// substitution of elements.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "host/crystals/cif.h"
#include "host/crystals/structure_library.h"
#include "host/crystals/symmetry.h"
#include "host/simulation/radiation.h"
#include "host/simulation/simulator.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

constexpr double radians = 3.14159265358979323846 / 180;
constexpr Grid grid{5, 0.02f, 4250};

StructureLibrary library_of(const std::string& name) {
    StructureLibrary library;
    library.add(standardise(read_cif(test::source_dir() / "data" / "minerals" / (name + ".cif")).front()).structure);
    return library;
}

PatternParameters sharp() {
    PatternParameters p;
    p.radiation = parse_radiation("cu-ka1");
    p.caglioti_w = 0.01f;
    return p;
}

std::vector<float> pattern_of(const StructureLibrary& library, const PatternParameters& p) {
    std::vector<float> pattern(static_cast<std::size_t>(grid.points));
    simulate_one_pattern(pattern.data(), p, library.view(), grid);
    return pattern;
}

double angle_of(std::ptrdiff_t point) { return static_cast<double>(grid.start_deg) + static_cast<double>(point) * 0.02; }

// Angle of the highest point within half a degree of `near_deg`, to a part of the step by a parabola through its neighbours.
double top_near(const std::vector<float>& pattern, double near_deg) {
    const auto first = pattern.begin() + std::lround((near_deg - 0.5 - 5) / 0.02);
    const auto top = std::max_element(first, first + 50);
    const double left = top[-1], middle = top[0], right = top[1];
    return angle_of(top - pattern.begin()) + 0.02 * 0.5 * (left - right) / (left - 2 * middle + right);
}

float height_near(const std::vector<float>& pattern, double near_deg) {
    const auto first = pattern.begin() + std::lround((near_deg - 0.25 - 5) / 0.02);
    return *std::max_element(first, first + 25);
}

double bragg_deg(double wavelength, double d) { return 2 / radians * std::asin(wavelength / (2 * d)); }

TEST(Effects, TransparencyMovesLinesByTheSineOfTheirAngle) {
    const StructureLibrary silicon = library_of("Si");
    PatternParameters p = sharp();
    const auto before = pattern_of(silicon, p);
    p.transparency_deg = 0.08f;
    const auto after = pattern_of(silicon, p);
    for (double deg : {28.44, 47.30, 76.38, 88.03})
        EXPECT_NEAR(top_near(before, deg) - top_near(after, deg), 0.08 * std::sin(deg * radians), 0.003) << deg;
}

TEST(Effects, DeadTimeTakesItsShareOfTheStrongestPoint) {
    const StructureLibrary silicon = library_of("Si");
    PatternParameters p = sharp();
    const auto before = pattern_of(silicon, p);
    p.saturation = 0.3f;
    const auto after = pattern_of(silicon, p);
    // Recorded: I / (1 + I lost / (1 - lost)); the strongest point, 1 before and 0.7 after, is scaled to 1 again.
    for (std::size_t i = 0; i < before.size(); ++i) {
        const double expected = before[i] / (1 + before[i] * 0.3 / 0.7) / 0.7;
        ASSERT_NEAR(after[i], expected, 1e-5) << i;
    }
}

TEST(Effects, OtherLinesOfTheTubeLieWhereBraggSays) {
    const StructureLibrary silicon = library_of("Si");
    PatternParameters p = sharp();
    p.radiation = parse_radiation("cu-tube");
    ASSERT_EQ(p.radiation.lines, 4);
    p.radiation.weight[2] = 0.04f;
    p.radiation.weight[3] = 0.03f;
    const auto pattern = pattern_of(silicon, p);
    const double d111 = 5.431 / std::sqrt(3.0);
    EXPECT_NEAR(top_near(pattern, bragg_deg(1.39223, d111)), bragg_deg(1.39223, d111), 0.005);
    EXPECT_NEAR(top_near(pattern, bragg_deg(1.47639, d111)), bragg_deg(1.47639, d111), 0.005);
    EXPECT_GT(height_near(pattern, bragg_deg(1.39223, d111)), 0.03f);
    // Where their weight is 0 the pattern is that of the doublet, to the bit.
    p.radiation.weight[2] = p.radiation.weight[3] = 0;
    const auto without = pattern_of(silicon, p);
    p.radiation = parse_radiation("cu");
    EXPECT_EQ(without, pattern_of(silicon, p));
}

TEST(Effects, TheLinesOfTheTubeAreDrawn) {
    const StructureLibrary silicon = library_of("Si");
    SimulationConfig config;
    config.radiation = parse_radiation("cu-tube");
    config.kbeta_ratio = {Distribution::Kind::constant, 0.02f, 0, 0.5f, 0};
    int with = 0;
    for (std::uint64_t sample = 0; sample < 1000; ++sample) {
        const PatternParameters p = draw_parameters(config, silicon.view(), 0, 1, sample);
        EXPECT_TRUE(p.radiation.weight[2] == 0 || p.radiation.weight[2] == 0.02f);
        EXPECT_FLOAT_EQ(p.radiation.weight[3], 0.01f) << "as the radiation has it";
        with += p.radiation.weight[2] > 0;
    }
    EXPECT_NEAR(with, 500, 80);
}

TEST(Effects, SubstitutionKeepsWhatSymmetryAsksAndNothingElse) {
    // One element: all lines by the same factor, so that nothing changes.
    const StructureLibrary silicon = library_of("Si");
    PatternParameters p = sharp();
    const auto as_stated = pattern_of(silicon, p);
    p.substitution = 0.4f;
    const auto substituted = pattern_of(silicon, p);
    for (std::size_t i = 0; i < as_stated.size(); ++i) ASSERT_NEAR(as_stated[i], substituted[i], 2e-6) << i;

    // Rock salt: F of 111 is the difference of the ions, of 200 their sum, with ln of each factor drawn with a standard deviation of 0.4.
    const StructureLibrary salt = library_of("NaCl");
    const double d111 = 5.6402 / std::sqrt(3.0), d200 = 5.6402 / 2;
    double low = 1e9, high = 0;
    p.seed = 5;
    for (p.sample = 0; p.sample < 50; ++p.sample) {
        const auto pattern = pattern_of(salt, p);
        const double ratio =
            static_cast<double>(height_near(pattern, bragg_deg(1.5405929, d111)) / height_near(pattern, bragg_deg(1.5405929, d200)));
        low = std::min(low, ratio);
        high = std::max(high, ratio);
        EXPECT_LT(height_near(pattern, bragg_deg(1.5405929, 5.6402)), 1e-4f) << "100 stays forbidden";
    }
    EXPECT_LT(low, 0.02);
    EXPECT_GT(high, 0.25);
}

}  // namespace
}  // namespace friedel
