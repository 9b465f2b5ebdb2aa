// Pictures: well-formed whatever the names, small, every reflection marked, labels that do not overlap.
#include "host/support/svg_plot.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <regex>

#include "host/support/error.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

// A line every degree from 15 degrees, falling in intensity.
PatternPlot comb(int lines, std::size_t points = 8501) {
    PatternPlot plot{.title = "comb",
                     .start_deg = 5,
                     .step_deg = 85.0 / static_cast<double>(points - 1),
                     .intensity = std::vector<float>(points),
                     .reflections = {},
                     .legend = "",
                     .second_intensity = {},
                     .second_legend = ""};
    for (int i = 0; i < lines; ++i) plot.reflections.push_back({15.0 + i, 100.0 / (1 + i), i, -i, 1});
    for (std::size_t p = 0; p < points; ++p)
        for (const PlottedReflection& r : plot.reflections)
            plot.intensity[p] += static_cast<float>(
                r.intensity * std::exp(-std::pow((5 + plot.step_deg * static_cast<double>(p) - r.two_theta_deg) / 0.05, 2)));
    return plot;
}

int count(const std::string& text, const std::string& pattern) {
    const std::regex regex(pattern);
    return static_cast<int>(std::distance(std::sregex_iterator(text.begin(), text.end(), regex), std::sregex_iterator()));
}

TEST(SvgPlot, MarksEveryReflectionInRangeOnce) {
    PatternPlot plot = comb(8);
    EXPECT_EQ(count(svg(plot), "M[0-9.]+ 464.0v"), 8);
    plot.reflections.push_back({95, 50, 1, 1, 1});  // beyond the end
    plot.reflections.push_back({plot.reflections[0].two_theta_deg, 50, 5, 1, 1});
    EXPECT_EQ(count(svg(plot), "M[0-9.]+ 464.0v"), 8);
}

TEST(SvgPlot, BarsNegativeIndicesAndSpacesLongOnes) {
    PatternPlot plot = comb(1);
    const std::string bar = "h5.15\"";
    plot.reflections[0] = {15, 100, 1, 2, 0};
    EXPECT_EQ(count(svg(plot), bar), 0);
    plot.reflections[0] = {15, 100, 1, -2, 0};
    EXPECT_NE(svg(plot).find(">120</text>"), std::string::npos);
    EXPECT_EQ(count(svg(plot), bar), 1);
    plot.reflections[0] = {15, 100, 1, 0, -12};
    EXPECT_NE(svg(plot).find(">1\u20090\u200912</text>"), std::string::npos);
    EXPECT_EQ(count(svg(plot), bar), 2) << "one over each digit";
}

TEST(SvgPlot, LabelsDoNotOverlap) {
    PatternPlot plot = comb(60);
    for (std::size_t i = 0; i < plot.reflections.size(); ++i) plot.reflections[i].h = 3, plot.reflections[i].k = 2;
    const std::string text = svg(plot);
    const std::regex label("<text x=\"([0-9.]+)\" y=\"([0-9.]+)\">321</text>");
    std::vector<std::pair<double, double>> places;
    for (auto it = std::sregex_iterator(text.begin(), text.end(), label); it != std::sregex_iterator(); ++it)
        places.emplace_back(std::stod((*it)[1]), std::stod((*it)[2]));
    ASSERT_GE(places.size(), 8u);
    for (std::size_t a = 0; a < places.size(); ++a)
        for (std::size_t b = 0; b < a; ++b)
            EXPECT_TRUE(std::abs(places[a].first - places[b].first) > 21 || std::abs(places[a].second - places[b].second) > 12);
}

TEST(SvgPlot, StaysSmallAndKeepsThePeakHeights) {
    const PatternPlot plot = comb(5, 100001);
    const std::string text = svg(plot);
    EXPECT_LT(text.size(), 60000u);
    EXPECT_NE(text.find(" 88.0L"), std::string::npos) << "the strongest line reaches the top of the plot area";
}

TEST(SvgPlot, IsWellFormedWhateverTheName) {
    PatternPlot plot = comb(2);
    plot.title = "a<b> & \"c\" \xff\x01 \u03b1-quartz \xe2\x82";
    const std::string text = svg(plot);
    EXPECT_NE(text.find("<title>a&lt;b&gt; &amp; &quot;c&quot; \uFFFD  \u03b1-quartz \uFFFD"), std::string::npos);
    EXPECT_EQ(text.find('\xff'), std::string::npos);
}

TEST(SvgPlot, LeavesOutWhatIsNotANumber) {
    PatternPlot plot = comb(3);
    plot.intensity[100] = std::numeric_limits<float>::quiet_NaN();
    plot.intensity[200] = std::numeric_limits<float>::infinity();
    const std::string text = svg(plot);
    EXPECT_EQ(text.find("nan"), std::string::npos);
    EXPECT_EQ(text.find("inf"), std::string::npos);
    plot.intensity.assign(10, std::numeric_limits<float>::quiet_NaN());
    EXPECT_THROW(svg(plot), Error);
    plot.intensity.clear();
    EXPECT_THROW(svg(plot), Error);
}

TEST(SvgPlot, DrawsASecondPatternWithItsLegend) {
    PatternPlot plot = comb(3);
    plot.legend = "measured", plot.second_legend = "simulated";
    EXPECT_EQ(svg(plot).find("simulated"), std::string::npos);
    plot.second_intensity = plot.intensity;
    const std::string text = svg(plot);
    EXPECT_NE(text.find("measured</text>"), std::string::npos);
    EXPECT_NE(text.find("simulated</text>"), std::string::npos);
}

TEST(SvgPlot, WritesWholeFilesOnly) {
    const test::TemporaryDirectory folder;
    write_svg(folder / "comb.svg", comb(3));
    EXPECT_EQ(test::read_text(folder / "comb.svg"), svg(comb(3)));
    EXPECT_FALSE(std::filesystem::exists(folder / "comb.svg.part"));
    EXPECT_NE(test::error_of([&] { write_svg(folder / "absent" / "comb.svg", comb(3)); }).find("absent"), std::string::npos);
}

}  // namespace
}  // namespace friedel
