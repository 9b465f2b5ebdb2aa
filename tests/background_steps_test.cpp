// A step in the background is taken off wherever it lies, and told; lines, however crowded or broad, and slopes are none.
#include "host/patterns/background_steps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <sstream>
#include <string>

#include "host/patterns/pattern_file.h"
#include "tests/csv_table.h"
#include "tests/model_commands.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

// Counts of lines of `fwhm` degrees and of 2000 at most, on a background that falls a little.
MeasuredPattern counted(double fwhm, double step, bool is_crowded = false) {
    std::mt19937 random(3);
    MeasuredPattern pattern;
    for (int i = 0; i * step < 80; ++i) {
        const double x = 10 + i * step;
        double mean = 100 + 60 * std::exp(-(x - 10) / 12);
        for (int line = 0; line < (is_crowded ? 90 : 12); ++line) {
            const double angle = is_crowded ? 24 + 0.6 * line + 0.2 * (line % 3) : 18.3 + 5.7 * line;
            mean += 2000.0 / (1 + line * 7 % 10) * std::exp(-4 * std::log(2.0) * std::pow((x - angle) / fwhm, 2));
        }
        pattern.two_theta_deg.push_back(x);
        pattern.intensity.push_back(std::poisson_distribution<int>(mean)(random));
    }
    return pattern;
}

// Rises by `height` at `angle`, over `ramp` degrees.
MeasuredPattern with_step(MeasuredPattern pattern, double angle, double height, double ramp = 0) {
    for (std::size_t i = 0; i < pattern.intensity.size(); ++i) {
        const double x = pattern.two_theta_deg[i];
        const double part = ramp > 0 ? std::clamp((x - angle) / ramp + 0.5, 0.0, 1.0) : x >= angle - 1e-9;
        pattern.intensity[i] += height > 0 ? height * part : height * (part - 1);
    }
    return pattern;
}

TEST(BackgroundSteps, AreTakenOffWhereverTheyLie) {
    const MeasuredPattern clean = counted(0.12, 0.02);
    for (const double height : {100.0, 400.0, 2000.0, -100.0, -400.0, -2000.0}) {
        for (const double angle : {14.0, 20.5, 33.3, 40.0, 55.16, 69.64, 85.0}) {
            if (angle == 69.64 && std::abs(height) < 1000) continue;  // within a line, whose flanks are as steep
            SCOPED_TRACE(std::to_string(height) + " at " + std::to_string(angle));
            MeasuredPattern pattern = with_step(clean, angle, height);
            const std::vector<BackgroundStep> steps = take_off_steps(pattern);
            ASSERT_EQ(steps.size(), 1u);
            EXPECT_NEAR(steps[0].two_theta_deg, angle, 0.05);
            EXPECT_NEAR(steps[0].height, height, 0.05 * std::abs(height) + 15);
            double off = 0;
            for (std::size_t i = 0; i < pattern.intensity.size(); ++i) off += std::abs(pattern.intensity[i] - clean.intensity[i]);
            EXPECT_LT(off / static_cast<double>(pattern.intensity.size()), 0.05 * std::abs(height) + 15);
        }
    }
}

TEST(BackgroundSteps, OfATenthOfADegreeAndTwoOfThemToo) {
    const MeasuredPattern clean = counted(0.12, 0.02);
    MeasuredPattern sloping = with_step(clean, 40, 800, 0.1), two = with_step(with_step(clean, 33.3, 600), 66, -900), calculated = clean;
    EXPECT_EQ(take_off_steps(sloping).size(), 1u);
    EXPECT_EQ(take_off_steps(two).size(), 2u);
    for (const MeasuredPattern* pattern : {&sloping, &two}) {
        const auto highest = std::max_element(pattern->intensity.begin(), pattern->intensity.end());
        EXPECT_NEAR(*highest, *std::max_element(clean.intensity.begin(), clean.intensity.end()), 100);
    }
    for (std::size_t i = 0; i < clean.intensity.size(); ++i)
        calculated.intensity[i] = 100 + 1000 * std::exp(-50 * std::pow(clean.two_theta_deg[i] - 30, 2));
    EXPECT_TRUE(take_off_steps(calculated).empty());
    calculated = with_step(calculated, 50, 300);
    EXPECT_EQ(take_off_steps(calculated).size(), 1u) << "without noise";
}

TEST(BackgroundSteps, LinesHumpsAndSlopesAreNone) {
    for (const bool is_crowded : {false, true}) {
        for (const double fwhm : {0.02, 0.05, 0.1, 0.2, 0.4, 0.8}) {
            for (const double step : {0.01, 0.02, 0.05, 0.1}) {
                SCOPED_TRACE(std::to_string(fwhm) + ' ' + std::to_string(step) + (is_crowded ? " crowded" : ""));
                const MeasuredPattern clean = counted(fwhm, step, is_crowded);
                for (const double wide : {0.0, 1.5, 4.0}) {
                    MeasuredPattern pattern = clean;
                    for (std::size_t i = 0; wide > 0 && i < pattern.intensity.size(); ++i)
                        pattern.intensity[i] += 900 * std::exp(-std::pow((pattern.two_theta_deg[i] - 27) / wide, 2)) +
                                                15 * std::max(0.0, pattern.two_theta_deg[i] - 40);
                    const MeasuredPattern before = pattern;
                    EXPECT_TRUE(take_off_steps(pattern).empty()) << wide;
                    EXPECT_EQ(pattern.intensity, before.intensity);
                }
            }
        }
    }
}

// Scans that begin or end on a line's flank.
TEST(BackgroundSteps, LinesThatTheScanCutsAreNone) {
    for (const char* name : {"quartz", "calcite", "rutile", "NaCl", "diopside", "topaz", "zircon", "albite"}) {
        const MeasuredPattern whole = read_pattern(test::source_dir() / "data/examples" / (std::string(name) + ".xy"));
        const auto points = static_cast<std::ptrdiff_t>(whole.intensity.size());
        for (std::ptrdiff_t at = points / 10; at < points * 6 / 10; at += 3) {
            for (const bool is_begin : {true, false}) {
                const auto part = [&](const std::vector<double>& values) {
                    return is_begin ? std::vector<double>(values.begin() + at, values.end())
                                    : std::vector<double>(values.begin(), values.begin() + at);
                };
                MeasuredPattern pattern;
                pattern.two_theta_deg = part(whole.two_theta_deg);
                pattern.intensity = part(whole.intensity);
                EXPECT_TRUE(take_off_steps(pattern).empty())
                    << name << (is_begin ? " from " : " to ") << whole.two_theta_deg[static_cast<std::size_t>(at)];
            }
        }
    }
}

class StepsOfCommands : public test::ModelCommands {};

// Half as high as the strongest line, from 40 degrees on.
TEST_F(StepsOfCommands, AreToldAndChangeNoAnswer) {
    std::string text = test::read_text(folder / "examples/quartz.xy"), stepped;
    std::istringstream in(text);
    double angle = 0, intensity = 0, strongest = 0;
    for (std::string line; std::getline(in, line);) {
        if (std::sscanf(line.c_str(), "%lf %lf", &angle, &intensity) == 2) strongest = std::max(strongest, intensity);
    }
    in = std::istringstream(text);
    for (std::string line; std::getline(in, line);) {
        const bool is_row = std::sscanf(line.c_str(), "%lf %lf", &angle, &intensity) == 2;
        stepped +=
            is_row ? std::to_string(angle) + ' ' + std::to_string(intensity + (angle >= 40 ? 0.5 * strongest : 0)) + '\n' : line + '\n';
    }
    test::write_text(folder / "stepped.xy", stepped);
    const std::string note = "a step in the background at 40.00 degrees was taken off";
    ASSERT_EQ(run("classify -q examples/quartz.xy stepped.xy -o r.csv").status, 0);
    const test::CsvTable answers(folder / "r.csv");
    ASSERT_EQ(answers.size(), 2u);
    for (const char* column : {"crystal_system", "symbol", "refused", "closest_formula"})
        EXPECT_EQ(answers.at(0, column), answers.at(1, column)) << column;
    EXPECT_NEAR(answers.number(1, "similarity"), answers.number(0, "similarity"), 0.01);
    EXPECT_EQ(answers.at(0, "note") + answers.at(1, "note"), note);
    const std::string indexed = run("index -q stepped.xy").out;
    EXPECT_NE(indexed.find(note), std::string::npos) << indexed;
    EXPECT_EQ(run("index -q stepped.xy --keep-humps").out.find("a step"), std::string::npos);
}

}  // namespace
}  // namespace friedel
