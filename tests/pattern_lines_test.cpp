// What counts as a line that tells a structure, on simulated patterns with something under or beside their lines.
#include "host/indexing/pattern_lines.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "host/crystals/cif.h"
#include "host/crystals/structure_library.h"
#include "host/simulation/simulator.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

constexpr Grid grid = comparison_grid;

// Gaussian lines of 0.15 degrees at these angles, all of 1 000 counts but the first, of 10 000, on a background of 20 with counting noise.
std::vector<float> with_lines(const std::vector<double>& angles, double hump = 0) {
    std::mt19937 random(7);
    std::vector<float> pattern;
    for (int i = 0; i < grid.points; ++i) {
        const double x = static_cast<double>(grid.start_deg) + i * static_cast<double>(grid.step_deg);
        double mean = 20 + hump * std::exp(-0.5 * std::pow((x - 24) / 4, 2));
        for (std::size_t line = 0; line < angles.size(); ++line)
            mean += (line ? 1000 : 10000) * std::exp(-4 * std::log(2.0) * std::pow((x - angles[line]) / 0.15, 2));
        pattern.push_back(static_cast<float>(std::poisson_distribution<int>(mean)(random)));
    }
    return pattern;
}

TEST(PatternLines, AreCountedWithoutWhatLiesBesideStrongOnes) {
    const std::vector<std::vector<double>> patterns = {{}, {44.7}, {44.7, 65.1}, {44.7, 65.1, 82.4}, {20, 25, 30, 42, 55}};
    for (const std::vector<double>& angles : patterns) {
        const std::vector<float> pattern = with_lines(angles);
        EXPECT_EQ(count_telling_lines(find_lines(pattern.data(), grid).lines), static_cast<int>(angles.size()));
        // To the quick look noise by itself is many lines.
        EXPECT_EQ(may_have_few_lines(pattern.data(), grid), angles.size() == 1) << angles.size();
    }
}

// Computed patterns have no noise to tell lines from.
TEST(PatternLines, AreFoundWithoutNoise) {
    StructureLibrary library;
    library.add(read_cif(test::source_dir() / "data/minerals/W.cif").front());
    for (float fwhm : {0.05f, 0.07f, 0.09f, 0.1f, 0.11f, 0.15f, 0.2f}) {
        PatternParameters parameters;
        parameters.caglioti_w = fwhm * fwhm;
        std::vector<float> pattern(static_cast<std::size_t>(grid.points));
        simulate_one_pattern(pattern.data(), parameters, library.view(), grid);
        EXPECT_EQ(count_telling_lines(find_lines(pattern.data(), grid).lines), 4) << fwhm;
    }
}

TEST(PatternLines, AreSharpWhateverHumpTheyStandOn) {
    const std::vector<float> crystals = with_lines({20, 25, 30, 42, 55}, 6000), glass = with_lines({}, 6000);
    EXPECT_TRUE(has_sharp_lines(find_lines(crystals.data(), grid)));
    EXPECT_FALSE(has_sharp_lines(find_lines(glass.data(), grid)));
}

}  // namespace
}  // namespace friedel
