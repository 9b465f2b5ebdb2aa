// Lines of a second phase in a simulated mixture, and none where there is none.
#include "host/search/unexplained_lines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "host/crystals/structure_library.h"
#include "host/simulation/peak_list.h"
#include "host/simulation/simulator.h"
#include "host/support/radiation.h"
#include "tests/minerals.h"

namespace friedel {
namespace {

using test::standard_mineral;

constexpr Grid grid{5, 0.04f, 2125};

// As a diffractometer has them, on a background.
std::vector<float> simulated(const Structure& structure, float texture) {
    StructureLibrary library;
    library.add(structure);
    PatternParameters p;
    p.radiation = parse_radiation("cu");
    p.caglioti_w = 0.01f;
    p.march_dollase = texture;
    std::vector<float> pattern(static_cast<std::size_t>(grid.points));
    simulate_one_pattern(pattern.data(), p, library.view(), grid);
    return pattern;
}

TEST(UnexplainedLines, AreThoseOfTheSecondPhase) {
    const Structure calcite = standard_mineral("calcite");
    const std::vector<float> first = simulated(standard_mineral("quartz"), 1), second = simulated(calcite, 1),
                             fitted = simulated(standard_mineral("quartz"), 0.8f);
    PeakListOptions options;
    const std::vector<Peak> calcites = peak_list(calcite, options);
    for (const float part : {0.0f, 0.3f}) {
        std::vector<float> mixture(first.size());
        for (std::size_t i = 0; i < mixture.size(); ++i)
            mixture[i] = 1000 * (first[i] + part * second[i]) + 40 + 3 * std::sin(37.0f * static_cast<float>(i));  // and ripples
        const std::vector<ObservedLine> found = unexplained_lines(find_lines(mixture.data(), grid), fitted.data());
        if (part == 0) {
            EXPECT_TRUE(found.empty()) << found.size() << ", the first at " << found.front().two_theta_deg;
            continue;
        }
        EXPECT_GE(found.size(), 3u);
        EXPECT_TRUE(
            std::any_of(found.begin(), found.end(), [](const ObservedLine& line) { return std::fabs(line.two_theta_deg - 29.4) < 0.1; }));
        for (const ObservedLine& line : found) {
            EXPECT_TRUE(std::any_of(calcites.begin(), calcites.end(),
                                    [&](const Peak& peak) { return std::fabs(peak.two_theta_deg - line.two_theta_deg) < 0.15; }))
                << "no line of calcite at " << line.two_theta_deg;
        }
    }
}

}  // namespace
}  // namespace friedel
