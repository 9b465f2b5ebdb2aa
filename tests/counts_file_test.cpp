// Files that state a scan's range and hold its counts alone: Jade's and Sietronics'.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "host/patterns/pattern_file.h"
#include "tests/instrument_patterns.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

using test::error_of;
using test::expect_pattern;
using test::intensity_at;
using test::points;

std::string counts(int columns) {
    std::string text;
    for (int i = 0; i < points; ++i) text += std::to_string(std::lround(intensity_at(i))) + ((i + 1) % columns == 0 ? "\r\n" : "  ");
    return text;
}

std::string jade(const std::string& line) { return "calcite 01/12/26 DIF 5.0 0.01 1.0 CU\r\n" + line + "\r\n" + counts(8); }
std::string end_angle() { return std::to_string(10 + 0.02 * (points - 1)); }
std::string usual(const std::string& anode = "CU 1.540562") {
    return "  10.0000 0.0200 1.000 " + anode + " " + end_angle() + " " + std::to_string(points);
}
std::string sietronics(const std::string& scan) { return "SIETRONICS XRD SCAN\r\n" + scan + "\r\nSCANDATA\r\n" + counts(1); }

constexpr double copper = 1.54187107, cobalt = 1.7902758;  // means of the doublets

TEST(CountsFile, Jade) {
    expect_pattern(parse_pattern(jade(usual()), "a.mdi"), 10, 0.02, copper);
    expect_pattern(parse_pattern(jade(usual("Co 1.788965")), "a.mdi"), 10, 0.02, cobalt);
    expect_pattern(parse_pattern(jade(usual("SYN 0.4959")), "a.mdi"), 10, 0.02, 0.4959);
    const std::string whole = jade(usual());
    EXPECT_NE(error_of([&] { parse_pattern(whole.substr(0, whole.size() / 2), "a.mdi"); }).find("a.mdi: states "), std::string::npos);
    EXPECT_NE(error_of([&] { parse_pattern(whole + "12 ? 13", "a.mdi"); }).find("something else than numbers"), std::string::npos);
    EXPECT_NE(error_of([&] { parse_pattern("title\n" + usual() + "\n", "a.mdi"); }).find("holds 0"), std::string::npos);
}

TEST(CountsFile, Sietronics) {
    const std::string scan = "10.00\r\n" + end_angle() + "\r\n0.02\r\nCu\r\n1.54056\r\n1-12-2026\r\n0.1\r\ncalcite";
    expect_pattern(parse_pattern(sietronics(scan), "a.cpi"), 10, 0.02, copper);
    const std::string whole = sietronics(scan);
    EXPECT_NE(error_of([&] { parse_pattern(whole.substr(0, whole.size() / 2), "a.cpi"); }).find("a.cpi: states "), std::string::npos);
    EXPECT_NE(error_of([&] { parse_pattern(sietronics("10\r\nnone"), "a.cpi"); }).find("without start, end, step"), std::string::npos);
    EXPECT_NE(error_of([&] { parse_pattern(sietronics("10\r\n90\r\n0\r\nCu\r\n1.54"), "a.cpi"); }).find("is none"), std::string::npos);
    EXPECT_NE(error_of([&] { parse_pattern("SIETRONICS XRD SCAN\r\n", "a.cpi"); }).find("truncated"), std::string::npos);
}

}  // namespace
}  // namespace friedel
