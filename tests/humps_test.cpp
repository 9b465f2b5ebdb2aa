// Humps and coarse steps: what they leave of a measured pattern must not be taken for lines.
#include "host/patterns/humps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "host/indexing/pattern_lines.h"
#include "host/patterns/pattern_list.h"
#include "host/patterns/pattern_reader.h"
#include "host/patterns/resample.h"
#include "host/support/bragg.h"
#include "kernels/preprocess.h"
#include "tests/test_paths.h"

namespace friedel {

namespace {

constexpr Grid grid = comparison_grid;

// Counts of lines of 0.12 degrees, all of 2 000, on a background of 100 and a Gaussian hump of 9 degrees at 23, in steps of `step`.
MeasuredPattern counted(const std::vector<double>& angles, double step, double hump = 0) {
    std::mt19937 random(5);
    MeasuredPattern pattern;
    for (double x = 5; x < 90; x += step) {
        double mean = 100 + hump * std::exp(-4 * std::log(2.0) * std::pow((x - 23) / 9, 2));
        for (const double angle : angles) mean += 2000 * std::exp(-4 * std::log(2.0) * std::pow((x - angle) / 0.12, 2));
        pattern.two_theta_deg.push_back(x);
        pattern.intensity.push_back(std::poisson_distribution<int>(mean)(random));
    }
    return pattern;
}

std::vector<float> on_grid(const MeasuredPattern& pattern) {
    std::vector<float> out(static_cast<std::size_t>(grid.points));
    resample(out.data(), grid, pattern);
    return out;
}

std::vector<float> above_background(std::vector<float> pattern) {
    std::vector<float> scratch(static_cast<std::size_t>(preprocess_scratch(grid)));
    subtract_background(SerialBlock(), pattern.data(), grid, PreprocessConfig(), scratch.data());
    return pattern;
}

const std::vector<double> angles = {18.3, 21.1, 22.0, 22.6, 25.9, 31.4, 36.2, 39.8, 44.1, 52.7, 61.3, 77.2};

}  // namespace

TEST(Humps, PatternsWithoutAnyStayAsTheyAre) {
    for (const std::vector<double>& lines : {angles, std::vector<double>()}) {
        const std::vector<float> pattern = on_grid(counted(lines, 0.02));
        EXPECT_EQ(without_humps(pattern.data(), grid), pattern);
    }
}

// Then the background of preprocessing leaves little between the lines, and the lines keep their heights.
TEST(Humps, AreTakenOffAndLinesAreNot) {
    const std::vector<float> on_glass = on_grid(counted(angles, 0.02, 1500)), plain = above_background(on_grid(counted(angles, 0.02))),
                             before = above_background(on_glass), after = above_background(without_humps(on_glass.data(), grid));
    const auto at = [](double angle) { return static_cast<std::size_t>(std::lround((angle - 5) / 0.04)); };
    EXPECT_GT(before[at(23.6)], 500);
    for (const double between : {14.0, 19.7, 23.6, 24.5, 27.5, 29.0}) EXPECT_NEAR(after[at(between)], 0, 130) << between;
    for (const double line : angles) EXPECT_NEAR(after[at(line)], plain[at(line)], 260) << line;
}

TEST(Humps, AreTakenOffWhenAPatternIsReadUnlessTheyAreWanted) {
    const test::TemporaryDirectory folder;
    const MeasuredPattern on_glass = counted(angles, 0.02, 1500);
    std::string text = "# wavelength 1.5405929\n";
    for (std::size_t i = 0; i < on_glass.intensity.size(); ++i)
        text += std::to_string(on_glass.two_theta_deg[i]) + ' ' + std::to_string(on_glass.intensity[i]) + '\n';
    test::write_text(folder / "glass.xy", text);
    const auto read = [&](bool keep_humps) {
        PatternReaderConfig config;
        config.grid = grid;
        config.keep_humps = keep_humps;
        const PatternList list = PatternList::of_paths({(folder / "glass.xy").string()});
        PatternReader reader(list, config);
        PatternBatch batch;
        EXPECT_TRUE(reader.next(batch));
        return batch;
    };
    const PatternBatch kept = read(true), level = read(false);
    EXPECT_TRUE(kept.rows[0].hump.empty());
    ASSERT_EQ(level.rows[0].hump.size(), level.patterns.size());
    EXPECT_GT(*std::max_element(level.rows[0].hump.begin(), level.rows[0].hump.end()), 800);
    for (std::size_t i = 0; i < level.patterns.size(); ++i) EXPECT_NEAR(level.patterns[i] + level.rows[0].hump[i], kept.patterns[i], 1e-2);
}

// Interpolated noise looks like little noise, and its bumps like lines.
// A scan that begins at ten degrees where air scatters: beside the level below its start, the rise must not look like a line.
TEST(RiseAtStart, IsNoLineAndLinesStay) {
    for (const double decay_deg : {1.0, 2.0, 4.0, 8.0}) {
        for (const double height : {0.0, 1000.0, 10000.0}) {
            MeasuredPattern pattern = counted(angles, 0.02);
            std::erase_if(pattern.two_theta_deg, [](double x) { return x < 10; });
            pattern.intensity.erase(pattern.intensity.begin(), pattern.intensity.end() - std::ssize(pattern.two_theta_deg));
            std::mt19937 random(7);
            const std::vector<float> flat = above_background(on_grid(pattern));
            for (std::size_t i = 0; i < pattern.intensity.size(); ++i) {
                const double scattered = height * std::exp(-(pattern.two_theta_deg[i] - 10) / decay_deg);
                if (height > 0) pattern.intensity[i] += std::poisson_distribution<int>(scattered)(random);
            }
            const std::vector<float> raw = on_grid(pattern), level = without_rise_at_start(raw.data(), grid, 125),
                                     rest = above_background(without_humps(level.data(), grid));  // as patterns are read
            if (height == 0) {
                EXPECT_EQ(without_rise_at_start(raw.data(), grid, 125), raw);
            }
            const auto at = [](double angle) { return static_cast<std::size_t>(std::lround((angle - 5) / 0.04)); };
            for (const double line : angles) EXPECT_NEAR(rest[at(line)], flat[at(line)], 500) << line << ' ' << height << ' ' << decay_deg;
            // What is left of the rise is noise: the mean of each fifth of a degree is low.
            for (double x = 5.2; x < 17.5; x += 0.2) {
                double mean = 0;
                for (int i = 0; i < 5; ++i) mean += 0.2 * static_cast<double>(rest[at(x + 0.04 * i)]);
                EXPECT_LT(mean, 100 + 0.03 * height) << x << ' ' << height << ' ' << decay_deg;
            }
        }
    }
}

TEST(CoarseSteps, NoiseBetweenThemIsNoLines) {
    for (const double step : {0.01, 0.02, 0.04, 0.05, 0.1}) {
        const std::vector<float> pattern = on_grid(counted(angles, step));
        const auto lines = find_lines(pattern.data(), grid, {.second_shift = 0, .step_deg = step}).lines.size();
        EXPECT_GE(lines, angles.size()) << step;
        EXPECT_LE(lines, angles.size() + 3) << step;
    }
    EXPECT_GT(find_lines(on_grid(counted(angles, 0.1)).data(), grid).lines.size(), 40u) << "lines that nobody need know the step for";
}

// The orders of 7.15 angstrom, kaolinite's (00l), and some others; then without regard to which of them are there.
TEST(OrdersOfOneSpacing, AreToldFromOtherLines) {
    const auto orders = [](const std::vector<double>& heights_of_orders, double others) {
        std::vector<ObservedLine> lines;
        for (std::size_t i = 0; i < heights_of_orders.size(); ++i) {
            const double sine = 1.540593 / 2 * static_cast<double>(i + 1) / 7.15;
            lines.push_back({2 * std::asin(sine) / degree<double>, 0.01, heights_of_orders[i], 0});
        }
        for (const double angle : {19.9, 35.0, 38.4, 62.3}) lines.push_back({angle, 0.01, others, 0});
        return orders_of_one_spacing(lines, 1.540593);
    };
    EXPECT_NEAR(orders({1, 0.9, 0.1}, 0.01).d_angstrom, 7.15, 1e-6);
    EXPECT_NEAR(orders({1, 0.9, 0.1}, 0.01).part, 2.0 / 2.04, 1e-9);
    EXPECT_NEAR(orders({0, 0.9, 0, 0.1}, 0.01).part, 1.0 / 1.04, 1e-9);
    EXPECT_LT(orders({1, 0.9, 0.1}, 0.5).part, 0.9);
    EXPECT_EQ(orders_of_one_spacing({}, 1.540593).part, 0);
}

}  // namespace friedel
