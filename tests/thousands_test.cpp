// Counts whose thousands are set apart, and what only looks like them.
#include "host/patterns/thousands.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>

#include "host/patterns/pattern_file.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

constexpr int points = 200;
int counts_at(int i, int base) { return base + 37 * (i % 29) + (i == 100 ? 1234567 : 0); }

// "1234567" in groups of three.
std::string grouped(int value, const std::string& sign) {
    std::string digits = std::to_string(value);
    for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<std::size_t>(at), sign);
    return digits;
}

std::string rows(const std::string& separator, char point, const std::function<std::string(int)>& intensity) {
    std::string text;
    for (int i = 0; i < points; ++i) {
        char angle[16];
        std::snprintf(angle, sizeof angle, "%.2f", 10 + 0.02 * i);
        std::replace(angle, angle + sizeof angle, '.', point);
        text += angle + separator + intensity(i) + "\n";
    }
    return text;
}

std::string error_of(const std::string& text) {
    return test::error_of([&] { parse_pattern(text, "a.txt"); });
}

void expect_counts(const std::string& text, int base) {
    SCOPED_TRACE(text.substr(0, 60));
    MeasuredPattern pattern;
    ASSERT_EQ(test::error_of([&] { pattern = parse_pattern(text, "a.txt"); }), "no error");
    ASSERT_EQ(pattern.intensity.size(), static_cast<std::size_t>(points));
    EXPECT_TRUE(pattern.sigma.empty());
    for (int i = 0; i < points; ++i) ASSERT_EQ(pattern.intensity[static_cast<std::size_t>(i)], counts_at(i, base)) << i;
    EXPECT_NEAR(pattern.two_theta_deg.back(), 10 + 0.02 * (points - 1), 1e-9);
}

// From 12 on, across 1000, and beyond it all along.
TEST(Thousands, AreReadWhereNothingElseIsMeant) {
    for (const int base : {12, 700, 1000, 9000, 250000}) {
        const auto with = [&](const std::string& separator, char point, const std::string& sign) {
            return rows(separator, point, [&](int i) { return grouped(counts_at(i, base), sign); });
        };
        for (const std::string header : {"", "2theta\tintensity\n", "# a comment\n"}) {
            for (const char* separator : {"\t", ";", " ", "; ", "   "}) {
                expect_counts(header + with(separator, '.', ","), base);
                expect_counts(header + with(separator, ',', "."), base);
                for (const char* sign : {"\u00a0", "\u202f", "\u2009", "'", "\u2019", "\xa0"}) {
                    expect_counts(header + with(separator, '.', sign), base);
                    expect_counts(header + with(separator, ',', sign), base);
                }
            }
            for (const char* separator : {"\t", ";", "; "}) {
                expect_counts(header + with(separator, '.', " "), base);
                expect_counts(header + with(separator, ',', " "), base);
            }
        }
        expect_counts("Angle,Counts\n" + rows(",", '.', [&](int i) { return '"' + grouped(counts_at(i, base), ",") + '"'; }), base);
        // Signs that also separate columns: three digits with a nought before them are no number of their own.
        if (base < 250000) {
            for (const char* sign : {",", " "}) expect_counts(with(sign, '.', sign), base);
            expect_counts(with(" ", ',', " "), base);
        }
    }
    std::string lines = rows("\t", '.', [](int i) { return grouped(counts_at(i, 900), ","); });
    for (std::size_t at = 0; (at = lines.find('\n', at)) != lines.npos; at += 2) lines.insert(at, "\r");
    expect_counts(lines, 900);
}

TEST(Thousands, OfTwoMeaningsAreRefusedWithTheCause) {
    for (const char* sign : {",", " "}) {
        const std::string error = error_of(rows(sign, '.', [&](int i) { return grouped(1300 + i, sign); }));
        EXPECT_NE(error.find("a.txt: each intensity looks like a count whose thousands are set apart"), std::string::npos) << error;
        EXPECT_NE(error.find("write it without a sign between its digits"), std::string::npos) << error;
    }
    EXPECT_EQ(error_of("2theta,time,counts\n" + rows(",", '.', [](int i) { return "1," + std::to_string(300 + i); })), "no error");
}

TEST(Thousands, AreNotSeenInOtherNumbers) {
    const auto expect_none = [](const std::string& text) { EXPECT_FALSE(without_thousands(text, "a.txt")) << text.substr(0, 60); };
    for (const char* separator : {" ", "\t", ";", ","}) {
        expect_none(rows(separator, '.', [](int i) { return std::to_string(900 + 5 * i); }));
        expect_none(rows(separator, '.', [](int i) { return std::to_string(1 + i % 9) + "." + std::to_string(100 + i); }));
        expect_none(rows(separator, '.', [&](int i) { return std::to_string(400 + i) + separator + std::to_string(120 + i % 9); }));
        expect_none(rows(separator, '.', [&](int i) { return std::to_string(4000 + i) + separator + "63.245"; }));
    }
    for (const char* separator : {" ", "\t", ";"}) {
        expect_none(rows(separator, ',', [](int i) { return std::to_string(1 + i % 9) + "," + std::to_string(100 + i); }));
        expect_none(rows(separator, ',', [](int i) { return "0." + std::to_string(100 + i); }));
    }
    std::string ten_in_a_line = "5.000 0.020 25.000\n";
    for (int i = 0; i < 1001; ++i) ten_in_a_line += std::to_string(100 + i % 800) + (i % 10 == 9 ? "\n" : " ");
    expect_none(ten_in_a_line);
}

// Columns that are filled now and then, or that are named, are columns.
TEST(Thousands, AreNotMadeOfOtherColumns) {
    const auto flagged = [](const std::string& separator, const std::string& none) {
        return rows(separator, '.', [&](int i) { return std::to_string(100 + i) + (i % 7 == 3 ? separator + "111" : none); });
    };
    for (const std::string& text : {flagged(",", ","), "2theta counts flag\n" + flagged(" ", ""), flagged(" ", "")}) {
        EXPECT_NE(error_of(text).find("3 columns where 2 stood before"), std::string::npos) << text.substr(0, 60) << error_of(text);
    }
    EXPECT_EQ(parse_pattern("2theta,intensity,hkl\n" + flagged(",", ","), "a.csv").intensity.at(3), 103);
    const auto four = [](const std::string& separator) {
        return rows(separator, '.',
                    [&](int i) { return "5" + separator + std::to_string(700 + i % 100) + separator + std::to_string(800 + i % 90); });
    };
    EXPECT_EQ(parse_pattern("#L Two Theta  Seconds  Monitor  Detector\n" + four(" "), "a.dat").intensity.at(3), 803);
    EXPECT_EQ(parse_pattern("2theta,time,monitor,counts\n" + four(","), "a.csv").intensity.at(3), 803);
}

}  // namespace
}  // namespace friedel
