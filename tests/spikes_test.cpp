// What cosmic rays leave in a scan is taken off, and lines are not, however narrow.
#include "host/patterns/spikes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "host/patterns/pattern_list.h"
#include "host/patterns/pattern_reader.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

// Counts of lines of `fwhm` degrees on a background of 100, in steps of `step`.
MeasuredPattern counted(double fwhm, double step, double height = 2000) {
    std::mt19937 random(3);
    MeasuredPattern pattern;
    for (int i = 0; i * step < 80; ++i) {
        const double x = 10 + i * step;
        double mean = 100;
        for (const double angle : {18.31, 21.1, 25.9, 31.43, 36.2, 39.8, 44.17, 52.7, 61.3, 77.2})
            mean += height * std::exp(-4 * std::log(2.0) * std::pow((x - angle) / fwhm, 2));
        pattern.two_theta_deg.push_back(x);
        pattern.intensity.push_back(std::poisson_distribution<int>(mean)(random));
    }
    return pattern;
}

// On the background, on a line's flank and at its top.
TEST(Spikes, AreTakenOffWhereverTheyStand) {
    const MeasuredPattern clean = counted(0.12, 0.02);
    for (const double height : {500.0, 20000.0, 2e6}) {
        for (const std::size_t at : {1200u, 1070u, 1074u, 1071u}) {
            MeasuredPattern pattern = clean;
            pattern.intensity[at] += height;
            const bool is_seen = at == 1200 || height > 500;  // beside a line's top noise may be as high
            const std::vector<double> spikes = take_off_spikes(pattern).angles_deg;
            if (is_seen) {
                ASSERT_EQ(spikes.size(), 1u) << height << ' ' << at;
                EXPECT_EQ(spikes[0], clean.two_theta_deg[at]);
                EXPECT_NEAR(pattern.intensity[at], clean.intensity[at], 6 * std::sqrt(clean.intensity[at]) + 0.2 * 2000);
                pattern.intensity[at] = clean.intensity[at];
                EXPECT_EQ(pattern.intensity, clean.intensity);
            }
        }
    }
}

TEST(Spikes, LinesAreNone) {
    for (const double height : {200.0, 2000.0, 2e5}) {
        for (const double fwhm : {0.001, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.3}) {
            for (const double step : {0.01, 0.02, 0.04, 0.1}) {
                MeasuredPattern pattern = counted(fwhm, step, height);
                const MeasuredPattern before = pattern;
                EXPECT_TRUE(take_off_spikes(pattern).angles_deg.empty()) << height << ' ' << fwhm << ' ' << step;
                EXPECT_EQ(pattern.intensity, before.intensity);
                pattern.intensity[pattern.intensity.size() / 2 + 7] += 20 * height;
                const MeasuredPattern hit = pattern;
                if (fwhm < 2.5 * step) {
                    EXPECT_TRUE(take_off_spikes(pattern).angles_deg.empty()) << "who can tell? " << height << ' ' << fwhm << ' ' << step;
                    EXPECT_EQ(pattern.intensity, hit.intensity);
                }
            }
        }
    }
    // Few lines, no noise: nothing is known of the lines, or of the noise.
    MeasuredPattern glass = counted(0.12, 0.02, 0), calculated = counted(0.12, 0.02);
    for (double& value : calculated.intensity) value = 100;
    for (std::size_t at = 300; at < 3900; at += 300) glass.intensity[at == 300 ? 300 : 0] = 5000, calculated.intensity[at] = 900;
    for (MeasuredPattern* pattern : {&glass, &calculated}) EXPECT_TRUE(take_off_spikes(*pattern).angles_deg.empty());
}

// Unless they are so many that the detector is to be looked after.
TEST(Spikes, AreTakenOffHoweverMany) {
    const MeasuredPattern clean = counted(0.12, 0.02);
    for (const std::size_t apart : {700u, 300u, 200u, 100u, 60u, 10u}) {
        MeasuredPattern pattern = clean;
        std::size_t hits = 0;
        for (std::size_t at = 111; at + 2 < pattern.intensity.size(); at += apart, ++hits) pattern.intensity[at] += 6000;
        const MeasuredPattern hit = pattern;
        const Spikes spikes = take_off_spikes(pattern);
        const bool is_too_many = apart < 200;
        EXPECT_EQ(spikes.angles_deg.size(), is_too_many ? 0 : hits) << apart;
        EXPECT_EQ(spikes.left_in, is_too_many ? hits : 0) << apart;
        for (std::size_t i = 0; i < clean.intensity.size(); ++i) {
            if (is_too_many || hit.intensity[i] == clean.intensity[i]) {
                ASSERT_EQ(pattern.intensity[i], hit.intensity[i]);
            } else {
                ASSERT_NEAR(pattern.intensity[i], clean.intensity[i], 6 * std::sqrt(clean.intensity[i]) + 0.1 * 2000) << i;
            }
        }
    }
}

// Lines of one phase that are narrower than a step, beside broad ones of another.
TEST(Spikes, LinesNarrowerThanAStepAreNoneHoweverBroadOthersAre) {
    for (const double step : {0.02, 0.05, 0.1, 0.2}) {
        for (const double width : {0.1, 0.3, 0.6, 0.8, 1.0, 1.5, 2.5}) {
            if (width * step < 0.03) continue;  // as tubes have them
            for (unsigned seed = 0; seed < 5; ++seed) {
                MeasuredPattern pattern = counted(8 * step, step);
                std::mt19937 random(seed);
                std::uniform_real_distribution<double> anywhere(12, 12 + step * static_cast<double>(pattern.intensity.size() - 10) - 4);
                for (int line = 0; line < 30; ++line) {
                    const double angle = anywhere(random);
                    for (std::size_t i = 0; i < pattern.intensity.size(); ++i)
                        pattern.intensity[i] += std::floor(
                            1500 * std::exp(-4 * std::log(2.0) * std::pow((pattern.two_theta_deg[i] - angle) / (width * step), 2)));
                }
                const MeasuredPattern before = pattern;
                EXPECT_TRUE(take_off_spikes(pattern).angles_deg.size() <= 3) << step << ' ' << width << ' ' << seed;
            }
        }
    }
}

TEST(Spikes, OfFewCountsAreNoise) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        std::mt19937 random(seed);
        MeasuredPattern pattern = counted(0.12, 0.02, 2000);
        for (double& value : pattern.intensity) value = std::poisson_distribution<int>((value - 60) / 40)(random);
        EXPECT_TRUE(take_off_spikes(pattern).angles_deg.empty()) << seed;
    }
}

TEST(Spikes, AreTakenOffWhenAPatternIsReadUnlessTheyAreWanted) {
    const test::TemporaryDirectory folder;
    const MeasuredPattern clean = counted(0.12, 0.02);
    std::string text = "# wavelength 1.5405929\n";
    for (std::size_t i = 0; i < clean.intensity.size(); ++i)
        text += std::to_string(clean.two_theta_deg[i]) + ' ' + std::to_string(clean.intensity[i] + (i == 1200 ? 50000 : 0)) + '\n';
    test::write_text(folder / "hit.xy", text);
    const auto highest = [&](bool keep_spikes) {
        PatternReaderConfig config;
        config.grid = comparison_grid;
        config.keep_spikes = keep_spikes;
        const PatternList list = PatternList::of_paths({(folder / "hit.xy").string()});
        PatternReader reader(list, config);
        PatternBatch batch;
        EXPECT_TRUE(reader.next(batch));
        return *std::max_element(batch.patterns.begin(), batch.patterns.end());
    };
    EXPECT_GT(highest(true), 20000);
    EXPECT_LT(highest(false), 2500);
}

}  // namespace
}  // namespace friedel
