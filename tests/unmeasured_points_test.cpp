// Points that were not measured: masked pixels as detectors and programs write them, and angles on the other side of the beam.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "host/patterns/pattern_file.h"
#include "host/support/error.h"

namespace friedel {
namespace {

double angle_of(int i) { return 5 + 0.25 * i; }
double intensity_of(int i) { return 1.5 + i % 7; }

// 120 rows; `row` writes row i.
std::string rows(const std::function<std::string(int)>& row) {
    std::string text;
    for (int i = 0; i < 120; ++i) text += row(i) + '\n';
    return text;
}

std::string plain() {
    return rows([](int i) { return std::to_string(angle_of(i)) + " " + std::to_string(intensity_of(i)); });
}

TEST(UnmeasuredPoints, MaskedPointsAreLeftOut) {
    const MeasuredPattern pattern = parse_pattern("3 nan\n4 NaN\n" + plain() + "40 nan\n41 7\n42 nan\n", "masked");
    const MeasuredPattern without = parse_pattern(plain() + "41 7\n", "without");
    EXPECT_EQ(pattern.two_theta_deg, without.two_theta_deg);
    EXPECT_EQ(pattern.intensity, without.intensity);
    const MeasuredPattern table =
        parse_pattern("index,2theta,intensity\n0,4,nan\n" + rows([](int i) {
                          return std::to_string(i) + "," + std::to_string(5 + 0.25 * i) + "," + (i == 60 ? "nan" : std::to_string(i % 7));
                      }),
                      "table");
    EXPECT_EQ(table.two_theta_deg.size(), 119u);
    EXPECT_EQ(table.two_theta_deg.front(), 5.0);
}

// What detectors write for pixels that they have not, as text and in tables; but not what may be an intensity.
TEST(UnmeasuredPoints, PixelsThatDetectorsMaskAreLeftOut) {
    const auto points = [](const char* masked, double scale, double other) {
        const auto value = [&](int i) {
            return i % 10 == 3 ? std::string(masked) : std::to_string(i == 50 ? other : scale * intensity_of(i));
        };
        const std::string two = rows([&](int i) { return std::to_string(angle_of(i)) + "," + value(i); });
        const std::string table =
            "index,2theta,intensity\n" + rows([&](int i) { return "0," + std::to_string(angle_of(i)) + "," + value(i); });
        const std::size_t read = parse_pattern(two, "x.xy").intensity.size();
        EXPECT_EQ(parse_pattern(table, "x.csv").intensity.size(), read) << masked;
        return read;
    };
    for (const char* masked : {"4294967295", "2147483647", "4.29497e+09", "-1", "-2.0"}) EXPECT_EQ(points(masked, 100, 7), 108u) << masked;
    EXPECT_EQ(points("-1", 0.01, 0), 108u) << "scaled to one";
    for (const char* other : {"4294900000", "65535", "-3", "-1.5"}) EXPECT_EQ(points(other, 100, 7), 120u) << other;
    for (const char* masked : {"-10", "-99", "-999", "-2147483648", "-1e10"}) EXPECT_EQ(points(masked, 100, 7), 108u) << masked;
    EXPECT_EQ(points("-999", 0.01, -0.5), 108u) << "far below what is left of a background";
    EXPECT_EQ(points("-10", 100, -7), 120u) << "no farther than that";
    EXPECT_EQ(points("2147483647", 1e8, 2e9), 120u) << "among counts as large";
    EXPECT_EQ(points("-1", 1, 0), 120u) << "among small numbers";
    EXPECT_EQ(points("-1", 100, -7), 120u) << "a background was subtracted";
}

// Detectors on an arc see a little of the other side of the beam.
TEST(UnmeasuredPoints, AnglesBelowZeroAreLeftOut) {
    const std::string below = "-1.5 7\n-1 9\n-0.5 8\n";
    for (const std::string& text : {below + plain(), "2theta,x,intensity\n-1.5,0,7\n" + rows([](int i) {
                                                         return std::to_string(angle_of(i)) + ",0," + std::to_string(intensity_of(i));
                                                     })}) {
        const MeasuredPattern pattern = parse_pattern(text, "arc.xye");
        EXPECT_EQ(pattern.two_theta_deg.size(), 120u);
        EXPECT_EQ(pattern.two_theta_deg.front(), angle_of(0));
    }
}

// pyFAI and others have no deviation for a pixel that they have not.
TEST(UnmeasuredPoints, PointsWithoutDeviationAreLeftOut) {
    const auto read = [](const char* masked) {
        return parse_pattern(rows([&](int i) { return std::to_string(angle_of(i)) + (i % 10 == 3 ? masked : " 7 2"); }) + "40 8 3\n",
                             "a.xye");
    };
    for (const char* masked : {" 0 nan", " 0 inf", " 0 -1", " -1 -1", " -10 -10", " nan nan"}) {
        EXPECT_EQ(read(masked).two_theta_deg.size(), 109u) << masked;
        EXPECT_EQ(read(masked).sigma.size(), 109u) << masked;
    }
    for (const char* wrong : {" 7 nan", " 7 -1", " -1 -2"}) EXPECT_THROW(read(wrong), Error) << wrong;
}

// pyFAI fills gaps between modules, and what lies beyond the detector, with zeros.
TEST(UnmeasuredPoints, ZerosInGapsAreLeftOut) {
    const auto points = [](double background, const std::function<bool(int)>& is_gap) {
        const auto value = [&](int i) { return is_gap(i) ? 0.0 : background + (i % 20 == 10 ? 1000 : 0) + i % 3; };
        return parse_pattern(rows([&](int i) { return std::to_string(angle_of(i)) + " " + std::to_string(value(i)); }), "x.xy")
            .intensity.size();
    };
    const auto gap = [](int i) { return i >= 34 && i < 39; };
    EXPECT_EQ(points(200, gap), 115u);
    EXPECT_EQ(points(200, [](int i) { return i >= 110 || i < 7; }), 103u) << "beyond the detector";
    EXPECT_EQ(points(200, [](int i) { return i >= 115 || i < 3; }), 120u) << "too few at an end";
    EXPECT_EQ(points(200, [](int i) { return i == 34 || i == 37; }), 120u) << "too short";
    EXPECT_EQ(points(2, gap), 120u) << "does no harm";
    EXPECT_EQ(points(0, gap), 120u) << "few counts";
    EXPECT_EQ(points(200, [](int i) { return i >= 50 && i < 100; }), 120u) << "too many";
}

}  // namespace
}  // namespace friedel
