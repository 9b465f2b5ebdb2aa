// Scans whose angles are said once, in words: by Rigaku's text, and by the headers of many programs.
#include <gtest/gtest.h>

#include <string>

#include "host/patterns/pattern_file.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

constexpr int points = 401;  // 10 to 18 degrees in steps of 0.02
int counts_at(int i) { return 20 + (i * 7) % 13 + (i % 50 == 0 ? 1800 : 0); }

std::string rows(int in_a_line, const std::string& between = " ", int count = points) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += std::to_string(counts_at(i)) + (i % in_a_line == in_a_line - 1 || i + 1 == count ? "\n" : between);
    return text;
}

std::string error_of(const std::string& text) {
    return test::error_of([&] { parse_pattern(text, "a.txt"); });
}

const std::string rigaku =
    "*TYPE\t\t=  Raw\n*CLASS = Standard\n*SAMPLE = x\n*SCAN_AXIS\t=  2theta/theta\n*XG_WAVE_LENGTH = 1.54059\n*GROUP_COUNT = 1\n*BEGIN\n"
    "*START\t\t=  10.0\n*STOP = 18.0\n*STEP = 0.02\n*COUNT = 401\n";

TEST(SteppedFile, SaysItsAnglesInWords) {
    for (const std::string& head :
         {rigaku, std::string("start 10 step 0.02 stop 18\n"), std::string("# Start: 10.000, step: 0.0200, end: 18.000 deg\n"),
          std::string("Start angle (deg) = 10\nEnd angle = 18\nStep size = 0.02\nCounts\n"),
          std::string("Quartz, 40 kV\nbegin 10\nend 18\nstep 0.02\n")}) {
        for (const int in_a_line : {1, 2, 4, 8}) {
            SCOPED_TRACE(head.substr(0, 30) + std::to_string(in_a_line));
            MeasuredPattern pattern;
            ASSERT_NO_THROW(pattern = parse_pattern(head + rows(in_a_line, in_a_line == 4 ? "," : " "), "a.txt"));
            ASSERT_EQ(pattern.two_theta_deg.size(), static_cast<std::size_t>(points));
            for (int i = 0; i < points; ++i) {
                ASSERT_NEAR(pattern.two_theta_deg[static_cast<std::size_t>(i)], 10 + 0.02 * i, 1e-9);
                ASSERT_EQ(pattern.intensity[static_cast<std::size_t>(i)], counts_at(i));
            }
        }
    }
    EXPECT_EQ(parse_pattern(rigaku + rows(4, ",") + "*END\n*EOF\n", "a.txt").wavelength_angstrom, 1.54059);
}

TEST(SteppedFile, IsRefusedWhereItIsNotWhole) {
    const std::string all = rows(4);
    EXPECT_NE(error_of(rigaku + rows(4, " ", points - 1)).find("401 intensities, but 400 follow"), std::string::npos);
    EXPECT_NE(error_of(rigaku + all + "17\n").find("402 follow"), std::string::npos);
    for (std::size_t cut = 40; cut < all.size() - 6; cut += 41) EXPECT_NE(error_of(rigaku + all.substr(0, cut)), "no error");
    EXPECT_NE(error_of(rigaku + all + "*END\n*START = 18\n*STOP = 26\n" + all).find("several scans"), std::string::npos);
    EXPECT_NE(error_of(rigaku + all + "*END\n" + rigaku + all).find("802 follow"), std::string::npos);
    for (const char* axis : {"theta", "omega", "phi"}) {
        std::string other = rigaku;
        EXPECT_NE(error_of(other.replace(other.find("2theta/theta"), 12, axis) + all).find("a scan along"), std::string::npos) << axis;
    }
    EXPECT_NE(error_of("Q start 10 step 0.02 stop 18\n" + rows(1)), "no error");
    for (const char* axis : {"x-axis: q (1/A)", "# unit: q_A^-1", "d-spacing (A)", "Omega scan", "Scan axis: Gonio (theta)", "Raman shift"})
        EXPECT_NE(error_of(std::string(axis) + "\nstart 10 step 0.02 stop 18\n" + rows(1)), "no error") << axis;
    EXPECT_NE(error_of("start = 10 1/A, step 0.02, stop 18\n" + rows(1)), "no error");
    EXPECT_NE(error_of("start 10 step 0.02\n" + rows(1)), "no error");
    EXPECT_NE(error_of("start 10 step 0.02 stop 18\nstart 10 step 0.04 stop 26\n" + rows(1)), "no error");
}

// A line of numbers that states the scan is believed before words that state another.
TEST(SteppedFile, NumbersThatStateTheScanGoBeforeWords) {
    for (const char* words : {"Start 10 Step 0.02 Stop 18.01\n", "Start 10:05 Stop 14:25 Step 0.02\n"})
        EXPECT_EQ(error_of(words + std::string("10 0.02 18\n") + rows(1)), "no error") << words;
}

// Angles beside the intensities are those to take, whatever the header says, also where cells are empty.
TEST(SteppedFile, ColumnsBelowSuchAHeaderAreColumns) {
    std::string columns = "# start 10 step 0.02 stop 18\n";
    for (int i = 0; i < points; ++i) columns += std::to_string(10.5 + 0.02 * i) + ";" + (i == 7 ? "" : std::to_string(counts_at(i))) + "\n";
    const MeasuredPattern pattern = parse_pattern(columns, "a.csv");
    EXPECT_EQ(pattern.two_theta_deg.front(), 10.5);
    EXPECT_EQ(pattern.two_theta_deg.size(), static_cast<std::size_t>(points - 1));
}

}  // namespace
}  // namespace friedel
