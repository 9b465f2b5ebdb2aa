// Effects of instrument and specimen against what their formulas say by hand: widths and places of lines, their areas, transparency, dead
// time, the tube's other lines, a second phase, and substitution of elements.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "host/simulation/simulator.h"
#include "host/support/radiation.h"
#include "kernels/peaks.h"
#include "tests/minerals.h"

namespace friedel {
namespace {

constexpr double radians = 3.14159265358979323846 / 180;
constexpr Grid grid{5, 0.02f, 4250};

StructureLibrary library_of(const std::string& name) { return test::minerals_named({name.c_str()}); }

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

// Of all points within 0.7 degrees, times the step.
double area_near(const std::vector<float>& pattern, double near_deg) {
    const auto first = pattern.begin() + std::lround((near_deg - 0.7 - 5) / 0.02);
    return 0.02 * std::accumulate(first, first + 71, 0.0);
}

// At theta of 20 and 60 degrees, where the tangent is 0.363970 and 1.732051, the cosine 0.939693 and 0.5.
TEST(PeakWidth, OfEachTermByHand) {
    struct Case {
        const char* term;
        float u, v, w, size, strain;
        double at_20, at_60, eta;
    };
    for (const Case& c :
         {Case{"W", 0, 0, 0.04f, 0, 0, 0.2, 0.2, 0}, Case{"U", 0.04f, 0, 0, 0, 0, 0.0727940, 0.3464102, 0},
          Case{"V beside W", 0, -0.04f, 0.1f, 0, 0, 0.2923033, 0.1752654, 0}, Case{"size", 0, 0, 0, 500, 0, 0.1690827, 0.3177716, 1},
          Case{"strain", 0, 0, 0, 0, 0.001f, 0.0834158, 0.3969568, 1},
          Case{"size and strain", 0, 0, 0, 500, 0.001f, 0.2524985, 0.7147284, 1}}) {
        PatternParameters p;
        p.caglioti_u = c.u, p.caglioti_v = c.v, p.caglioti_w = c.w, p.size_angstrom = c.size, p.microstrain = c.strain;
        const PseudoVoigt low = peak_width(0.3639702f, 0.9396926f, 1.5406f, p), high = peak_width(1.7320508f, 0.5f, 1.5406f, p);
        EXPECT_NEAR(low.fwhm, c.at_20, 2e-6) << c.term;
        EXPECT_NEAR(high.fwhm, c.at_60, 4e-6) << c.term;
        EXPECT_NEAR(low.eta, c.eta, 1e-5) << c.term;
        EXPECT_NEAR(high.eta, c.eta, 1e-5) << c.term;
    }
    PatternParameters p;  // a square that is negative is no width
    p.caglioti_v = -0.04f, p.caglioti_w = 0.01f;
    EXPECT_EQ(peak_width(1.7320508f, 0.5f, 1.5406f, p).fwhm, 0);
}

// International Tables C, 6.2, at two-theta of 20, 60 and 120 degrees; graphite, whose 002 lies at 26.6 degrees, or no monochromator.
TEST(LorentzPolarisation, WithAndWithoutAMonochromator) {
    PatternParameters p;
    EXPECT_LT(polarisation_of(p), 0);
    p.monochromator_two_theta_deg = 26.6f;
    EXPECT_NEAR(polarisation_of(p), 0.7995118, 1e-6);
    for (const auto& [sin_sq, without, with] : {std::array{0.0301536896, 63.4108429, 31.9248613}, std::array{0.25, 5.7735027, 3.0797235},
                                                std::array{0.75, 3.3333333, 1.7780792}}) {
        EXPECT_NEAR(lorentz_polarisation(sin_sq, -1.0), without, 1e-6 * without);
        EXPECT_NEAR(lorentz_polarisation(sin_sq, 0.7995117993), with, 1e-6 * with);
    }
}

// Percents of the strongest line as cctbx has them (direct summation, IT92, 1.54184 angstrom).
const std::map<std::string, std::map<double, double>> cctbx{
    {"Si", {{28.46548, 100}, {47.34269, 67.0955}, {56.17098, 39.9348}, {69.19284, 10.6967}, {76.44797, 16.1900}, {88.11831, 23.1602}}},
    {"NaCl",
     {{27.38867, 8.1401},
      {31.72935, 100},
      {45.48599, 65.8345},
      {53.91463, 1.9841},
      {56.52140, 21.2248},
      {66.28626, 9.3134},
      {73.13763, 0.9982},
      {75.36211, 24.8370},
      {84.07359, 18.4302}}}};

TEST(Effects, LinesHaveThePlacesAndAreasOfTheReference) {
    for (const auto& [name, lines] : cctbx) {
        const StructureLibrary library = library_of(name);
        const double strongest_deg =
            std::max_element(lines.begin(), lines.end(), [](auto& a, auto& b) { return a.second < b.second; })->first;
        for (const auto& [sections, monochromator] : {std::pair{0, 0.0}, {24, 0.0}, {0, 26.6}, {24, 26.6}}) {
            PatternParameters p = sharp();
            p.radiation = Radiation{};
            p.width_sections = sections;
            p.monochromator_two_theta_deg = static_cast<float>(monochromator);
            const auto pattern = pattern_of(library, p);
            // What the monochromator makes of the ratio to the strongest line.
            const auto polarised = [&](double deg) {
                const double a = std::pow(std::cos(monochromator * radians), 2), squared = std::pow(std::cos(deg * radians), 2);
                return (1 + a * squared) / (1 + squared);
            };
            const double strongest = area_near(pattern, strongest_deg);
            for (const auto& [deg, percent] : lines) {
                const double expected = percent * polarised(deg) / polarised(strongest_deg);
                EXPECT_NEAR(100 * area_near(pattern, deg) / strongest, expected, 0.01 * expected)
                    << name << " at " << deg << ", " << sections << " sections, monochromator at " << monochromator;
                EXPECT_NEAR(top_near(pattern, deg), deg, 0.002) << name << ", " << sections << " sections";
            }
        }
    }
}

TEST(Effects, ZeroShiftMovesAllLinesAlikeAndDisplacementByTheCosineOfTheta) {
    const StructureLibrary silicon = library_of("Si");
    PatternParameters zero = sharp(), displaced = sharp();
    zero.zero_shift_deg = 0.06f;
    displaced.displacement_deg = 0.08f;
    const auto before = pattern_of(silicon, sharp()), shifted = pattern_of(silicon, zero), moved = pattern_of(silicon, displaced);
    for (double deg : {28.44, 47.30, 76.38, 88.03}) {
        EXPECT_NEAR(top_near(shifted, deg) - top_near(before, deg), 0.06, 0.002) << deg;
        EXPECT_NEAR(top_near(moved, deg) - top_near(before, deg), 0.08 * std::cos(deg / 2 * radians), 0.002) << deg;
    }
}

// Widths are alike, so that heights go with areas: 111 of silicon and 200 of rock salt are the strongest.
TEST(Effects, TheSecondPhaseHasItsFractionOfTheStrongestLine) {
    StructureLibrary both = library_of("Si");
    both.add(library_of("NaCl").structure(0));
    const double si_111 = bragg_deg(1.5405929, 5.431 / std::sqrt(3.0)), salt_200 = bragg_deg(1.5405929, 5.6402 / 2);
    PatternParameters p = sharp();
    for (const int sections : {0, 24}) {
        for (const float fraction : {0.05f, 0.25f, 1.0f}) {
            p.width_sections = sections;
            p.structure = 0, p.impurity = 1, p.impurity_fraction = fraction;
            const auto salt_in_silicon = pattern_of(both, p);
            p.structure = 1, p.impurity = 0;
            const auto silicon_in_salt = pattern_of(both, p);
            const double expected = static_cast<double>(fraction);
            EXPECT_NEAR(area_near(salt_in_silicon, salt_200) / area_near(salt_in_silicon, si_111), expected, 0.01 * expected) << sections;
            EXPECT_NEAR(area_near(silicon_in_salt, si_111) / area_near(silicon_in_salt, salt_200), expected, 0.01 * expected) << sections;
        }
    }
    p.impurity = -1;
    p.structure = 0;
    EXPECT_LT(height_near(pattern_of(both, p), salt_200), 1e-4f);
}

// ln I of each line for itself, with this standard deviation: that of the ratio of two lines is sqrt(2) times as large.
TEST(Effects, JitterIsTheStandardDeviationOfTheLogarithmOfEachLine) {
    const StructureLibrary salt = library_of("NaCl");
    PatternParameters p = sharp();
    p.radiation = Radiation{};
    p.intensity_jitter = 0.2f;
    p.seed = 3;
    double sum = 0, squares = 0;
    constexpr int n = 600;
    for (p.sample = 0; p.sample < n; ++p.sample) {
        const auto pattern = pattern_of(salt, p);
        const double x = std::log(area_near(pattern, 45.48599) / area_near(pattern, 31.72935));
        sum += x, squares += x * x;
    }
    EXPECT_NEAR(sum / n, std::log(0.658345), 0.04);
    EXPECT_NEAR(std::sqrt(squares / n - sum * sum / n / n), 0.2 * std::sqrt(2.0), 0.03);
}

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
