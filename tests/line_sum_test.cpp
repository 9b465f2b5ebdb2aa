// Lines of widths in sections against the formula in double precision, and whole patterns against those of sum_profiles().
#include "kernels/line_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include "host/simulation/simulator.h"
#include "host/training/config.h"
#include "tests/differences.h"
#include "tests/minerals.h"

namespace friedel {
namespace {

struct Line {
    double position, area;
};

class Scratch {
public:
    Scratch(const Grid& grid, int sections)
        : cells_(line_cells(grid)),
          starts_(line_steps(grid) + 1),
          entries_(line_cells(grid)),
          rows_(line_rows(sections)),
          widths_(3 * max_width_sections),
          tails_(tail_scratch(grid)),
          coarse_(level_points(grid, 1)) {}

    LineScratch view() {
        return {cells_.data(), starts_.data(), entries_.data(), rows_.data(), widths_.data(), tails_.data(), coarse_.data()};
    }

private:
    std::vector<std::int32_t> cells_, starts_;
    std::vector<LineEntry> entries_;
    std::vector<float> rows_, widths_, tails_, coarse_;
};

std::vector<float> sum_of(const std::vector<Line>& lines, const PatternParameters& p, const Grid& grid) {
    Scratch scratch(grid, p.width_sections);
    SerialBlock block;
    LineSum sum(scratch.view(), grid);
    sum.begin(block, p);
    for (const Line& line : lines) sum.put(block, sum.share(static_cast<float>(line.position), static_cast<float>(line.area)));
    std::vector<float> pattern(static_cast<std::size_t>(grid.points));
    sum.sum(block, pattern.data());
    return pattern;
}

// Area of a pseudo-Voigt of area 1 up to x from its centre.
double area_below(double x, double fwhm, double eta) {
    const double u = 2 * x / fwhm;
    return eta / std::numbers::pi * std::atan(u) + (1 - eta) / 2 * std::erf(u * std::sqrt(std::numbers::ln2));
}

// Mean over the bin of the point at two_theta, with the width of the section's middle.
double formula(double two_theta, const Line& line, const PatternParameters& p, const Grid& grid) {
    const double span = grid.points * grid.step_deg;
    const double section = std::clamp(std::floor((line.position - grid.start_deg) / span * p.width_sections), 0.0, p.width_sections - 1.0);
    const auto theta = static_cast<float>((grid.start_deg + (section + 0.5) / p.width_sections * span) / 2 * degree<double>);
    const PseudoVoigt shape = peak_width(std::tan(theta), std::cos(theta), p.radiation.wavelength[0], p);
    const double x = two_theta - line.position, half = grid.step_deg / 2;
    return line.area * (area_below(x + half, shape.fwhm, shape.eta) - area_below(x - half, shape.fwhm, shape.eta)) / grid.step_deg;
}

PatternParameters specimen(float w, float u, float size, float strain, int sections) {
    PatternParameters p;
    p.caglioti_w = w;
    p.caglioti_u = u;
    p.size_angstrom = size;
    p.microstrain = strain;
    p.width_sections = sections;
    return p;
}

TEST(LineSum, EveryPointAgreesWithTheFormula) {
    std::mt19937 random(4);
    const Grid grids[] = {{5.0f, 0.04f, 2125}, {5.0f, 0.01f, 8500}, {20.0f, 0.05f, 901}};
    for (const Grid& grid : grids) {
        for (const PatternParameters& p : {specimen(0.0025f, 0, 0, 0, 1), specimen(0.002f, 0.02f, 900, 0.0005f, 24),
                                           specimen(0.04f, 0, 100, 0.002f, 64), specimen(0.0005f, 0, 4000, 0.00005f, 7)}) {
            std::vector<Line> lines;
            std::uniform_real_distribution<double> anywhere(grid.start_deg - 0.3, grid.start_deg + grid.points * grid.step_deg + 0.3);
            std::exponential_distribution<double> area(3);
            for (int i = 0; i < 60; ++i) lines.push_back({static_cast<float>(anywhere(random)), area(random)});
            const std::vector<float> pattern = sum_of(lines, p, grid);
            double highest = 0, worst = 0, squares = 0;
            for (int i = 0; i < grid.points; ++i) {
                double expected = 0;
                for (const Line& line : lines) expected += formula(grid.start_deg + i * static_cast<double>(grid.step_deg), line, p, grid);
                const double off = pattern[static_cast<std::size_t>(i)] - expected;
                highest = std::max(highest, expected);
                worst = std::max(worst, test::difference(off, 0));
                squares += off * off;
            }
            EXPECT_LT(worst, 0.015 * highest) << grid.points << " points, " << p.width_sections << " sections";
            EXPECT_LT(std::sqrt(squares / grid.points), 1.5e-3 * highest) << grid.points << " points, " << p.width_sections << " sections";
        }
    }
}

TEST(LineSum, AreaPositionAndWidthOfALineAreExactWhereverItLies) {
    const Grid grid{5.0f, 0.04f, 2125};
    for (const float fwhm : {0.12f, 0.2f, 0.7f}) {  // where sums over points are as good as integrals
        const PatternParameters p = specimen(fwhm * fwhm, 0, 0, 0, 3);
        const double sigma = fwhm / std::sqrt(8 * std::numbers::ln2);
        for (int i = 0; i < 40; ++i) {
            const double position = static_cast<float>(40 + 0.0137 * i);
            const std::vector<float> pattern = sum_of({{position, 0.7}}, p, grid);
            double area = 0, mean = 0, variance = 0;
            for (int k = 0; k < grid.points; ++k) {
                const double x = grid.start_deg + k * static_cast<double>(grid.step_deg) - position;
                const double value = pattern[static_cast<std::size_t>(k)] * grid.step_deg;
                area += value, mean += value * x, variance += value * x * x;
            }
            EXPECT_NEAR(area, 0.7, 1e-4) << fwhm << " at " << position;
            EXPECT_NEAR(mean / area, 0, 2e-4 * fwhm + 1e-5) << fwhm << " at " << position;
            const double bin = grid.step_deg * static_cast<double>(grid.step_deg) / 12;
            EXPECT_NEAR(variance / area, sigma * sigma + bin, 2e-3 * (sigma * sigma + bin) + 1e-6) << fwhm << " at " << position;
        }
    }
}

// A device's last digits differ, and must not show where a line lies between two cells: over three steps of the grid, in thousandths,
// the pattern changes as fast as the flank of a profile is steep.
TEST(LineSum, ALinePassesCellsWithoutAStep) {
    const Grid grid{5.0f, 0.04f, 2125};
    for (const float steps : {0.6f, 1.2f, 2.5f, 6.0f}) {
        const float fwhm = steps * grid.step_deg;
        const PatternParameters p = specimen(fwhm * fwhm, 0, 0, 0, 1);
        std::vector<float> before = sum_of({{40.0, 1}}, p, grid);
        for (int i = 1; i <= 3000; ++i) {
            const std::vector<float> pattern = sum_of({{40 + 0.001 * i * grid.step_deg, 1}}, p, grid);
            const float highest = *std::max_element(pattern.begin(), pattern.end());
            ASSERT_LT(test::largest_difference(pattern, before), 2.5e-3f / steps * highest) << fwhm << ", " << i;
            before = pattern;
        }
    }
}

TEST(LineSum, OrderOfLinesIsNoPartOfTheResult) {
    const Grid grid{5.0f, 0.04f, 2125};
    const PatternParameters p = specimen(0.01f, 0.01f, 500, 0.001f, 24);
    std::mt19937 random(7);
    std::vector<Line> lines;
    for (int i = 0; i < 500; ++i)
        lines.push_back({60 + 1e-3 * static_cast<double>(random() % 4000), 1e-3 * static_cast<double>(random() % 1000)});
    const std::vector<float> once = sum_of(lines, p, grid);
    std::shuffle(lines.begin(), lines.end(), random);
    EXPECT_EQ(sum_of(lines, p, grid), once);
}

TEST(LineSum, ManyLinesInOnePlaceAddUpAndThoseOutOfReachAreLeftOut) {
    const Grid grid{5.0f, 0.04f, 2125};
    const PatternParameters p = specimen(0.01f, 0, 500, 0, 24);
    const std::vector<float> one = sum_of({{50.01, 1}}, p, grid);
    const std::vector<float> many = sum_of(std::vector<Line>(400, {50.01, 1}), p, grid);
    for (std::size_t i = 0; i < one.size(); ++i) ASSERT_NEAR(many[i], 400 * one[i], 1e-4 * 400 * one[i] + 1e-3);
    std::vector<Line> lines{{50.01, 1}};
    for (const double far : {-1e9, -200.0, -0.2, 0.0, 96.0, 179.0, 1e9, std::nan("")}) lines.push_back({far, 1});
    const std::vector<float> with = sum_of(lines, p, grid);
    for (std::size_t i = 300; i + 300 < one.size(); ++i) ASSERT_NEAR(with[i], one[i], 2e-3);
}

// A width for which sections do not serve leaves every line its own.
TEST(LineSum, OnlyWhereAllWidthsSuitTheSteps) {
    const auto sections = [](std::initializer_list<const char*> settings) {
        TrainingConfig config = preset("friedel");
        for (const char* setting : settings) set_key(config, setting);
        return width_sections_of(config.simulation);
    };
    EXPECT_EQ(sections({}), 24);
    EXPECT_EQ(sections({"simulation.width_sections=0"}), 0);
    EXPECT_EQ(sections({"grid.step_deg=0.05", "grid.points=1700"}), 24);
    EXPECT_EQ(sections({"grid.step_deg=0.01", "grid.points=8500"}), 0) << "a hundred steps wide";
    EXPECT_EQ(sections({"grid.step_deg=0.2", "grid.points=425"}), 0) << "a tenth of a step wide";
    EXPECT_EQ(sections({"simulation.size_angstrom={uniform = [0, 1000]}"}), 0);
    EXPECT_EQ(sections({"simulation.size_angstrom=30"}), 0);
    const char* const often_absent = "simulation.size_angstrom={uniform = [300, 1000], probability = 0.5}";
    EXPECT_EQ(sections({often_absent}), 0) << "the instrument's Gaussian may vanish";
    EXPECT_EQ(sections({often_absent, "simulation.caglioti_v=0"}), 24);
    EXPECT_EQ(sections({"simulation.caglioti_w={uniform = [0.01, 0.04], probability = 0.5}"}), 24) << "0.01 where absent";
    EXPECT_EQ(preset("paper-space-group").simulation.width_sections, 0);
}

// One line as wide as sections serve for, and a radiation whose first line is the weakest.
TEST(LineSum, WidestLinesAndHeavyLines) {
    const Grid grid{5.0f, 0.04f, 2125};
    for (const PatternParameters& p : {specimen(3.6f, 0, 0, 0, 1), specimen(0.01f, 0, 55, 0, 1)}) {
        const Line line{50.01, 1};
        const std::vector<float> pattern = sum_of({line}, p, grid);
        const double highest = formula(line.position, line, p, grid);
        for (int i = 0; i < grid.points; ++i) {
            const double expected = formula(grid.start_deg + i * static_cast<double>(grid.step_deg), line, p, grid);
            ASSERT_NEAR(pattern[static_cast<std::size_t>(i)], expected, 3e-3 * highest) << i;
        }
    }
    TrainingConfig config = preset("friedel");
    const StructureLibrary library = test::minerals_named({"quartz"});
    PatternParameters p = specimen(0.01f, 0, 500, 0, 24);
    p.radiation = {2, {1.5444f, 1.5406f}, {1.0f, 5000.0f}};
    std::vector<float> expected(static_cast<std::size_t>(grid.points)), pattern(expected.size());
    simulate_one_pattern(pattern.data(), p, library.view(), grid);
    p.width_sections = 0;
    simulate_one_pattern(expected.data(), p, library.view(), grid);
    for (std::size_t i = 0; i < pattern.size(); ++i) ASSERT_NEAR(pattern[i], expected[i], 0.03) << i;
}

// Of whole patterns the widest difference is that of widths within a section and, where widths exceed four steps, of the mean over a
// bin, which sum_profiles() leaves out there.
TEST(LineSum, PatternsAreThoseOfLinesWithTheirOwnWidths) {
    TrainingConfig config = preset("friedel");
    for (const char* off : {"counts_at_maximum=0", "gaussian_noise=0", "chebyshev_amplitude=0", "hump_height=0", "air_scatter=0"})
        set_key(config, std::string("simulation.") + off);
    const Grid grid = config.simulation.grid;
    const StructureLibrary library = test::minerals_named({"quartz", "albite", "NaCl", "calcite", "diopside", "W"});
    std::vector<float> expected(static_cast<std::size_t>(grid.points)), pattern(expected.size());
    std::vector<double> worst;
    for (std::uint64_t sample = 0; sample < 120; ++sample) {
        PatternParameters p = draw_parameters(config.simulation, library.view(), static_cast<int>(sample % 6), 11, sample);
        p.width_sections = 0;
        simulate_one_pattern(expected.data(), p, library.view(), grid);
        p.width_sections = 24;
        simulate_one_pattern(pattern.data(), p, library.view(), grid);
        double scale = 0, square = 0, off = 0;  // the highest points differ, and both are scaled by theirs
        for (std::size_t i = 0; i < pattern.size(); ++i)
            scale += double{expected[i]} * pattern[i], square += double{pattern[i]} * pattern[i];
        for (std::size_t i = 0; i < pattern.size(); ++i) off = std::max(off, test::difference(scale / square * pattern[i], expected[i]));
        worst.push_back(off);
    }
    std::sort(worst.begin(), worst.end());
    EXPECT_LT(worst[60], 0.012);
    EXPECT_LT(worst.back(), 0.05);
}

}  // namespace
}  // namespace friedel
