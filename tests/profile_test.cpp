// The sum of profiles against exact areas and against a direct pseudo-Voigt in double precision.
#include "kernels/profile.h"

#include <gtest/gtest.h>

#include <numbers>
#include <vector>

namespace friedel {
namespace {

struct OneOrMorePeaks {
    std::vector<float> position, area, fwhm, eta;

    std::vector<float> sum(const Grid& grid) {
        const int n = static_cast<int>(position.size());
        std::vector<std::int32_t> row(n + 1), order(n), starts(profile_bins(grid) + 1);
        std::vector<float> coarse(level_points(grid, 1)), coarsest(level_points(grid, 2)), pattern(grid.points);
        std::vector<PeakShape> shape(n);
        const Peaks peaks{position.data(), area.data(), fwhm.data(), eta.data(), row.data(), n, n};
        ProfileScratch scratch{coarse.data(), coarsest.data(), order.data(), starts.data(), shape.data()};
        SerialBlock block;
        sum_profiles(block, pattern.data(), peaks, grid, scratch);
        return pattern;
    }
};

double pseudo_voigt(double x, double fwhm, double eta) {
    const double g = fwhm / 2;
    return eta * g / (std::numbers::pi * (x * x + g * g)) +
           (1 - eta) * std::sqrt(std::numbers::ln2 / std::numbers::pi) / g * std::exp(-std::numbers::ln2 * x * x / (g * g));
}

// Area of the profile within half a range of its centre: what a sum over the grid must give.
double area_within(double half_range, double fwhm, double eta) {
    const double g = fwhm / 2;
    return eta * 2 / std::numbers::pi * std::atan(half_range / g) + (1 - eta) * std::erf(half_range / g * std::sqrt(std::numbers::ln2));
}

TEST(Profile, AreaIsOneAtEveryWidth) {
    const Grid grid{5.0f, 0.01f, 8501};
    for (double fwhm : {1e-5, 0.001, 0.004, 0.01, 0.02, 0.039, 0.041, 0.05, 0.1, 0.3, 1.0, 3.0}) {
        for (double eta : {0.0, 0.3, 1.0}) {
            for (double offset : {0.0, 0.0031, 0.005}) {
                OneOrMorePeaks one{{static_cast<float>(47.5 + offset)}, {1.0f}, {static_cast<float>(fwhm)}, {static_cast<float>(eta)}};
                double area = 0;
                for (float value : one.sum(grid)) area += value * 0.01;
                EXPECT_NEAR(area, area_within(42.5, std::max(fwhm, 1e-5), eta), 1e-4) << fwhm << ' ' << eta << ' ' << offset;
            }
        }
    }
}

// The bins of one tile of points end where those of the next begin, or a narrow peak loses or gains what lies between.
TEST(Profile, AreaIsOneWhereverOnTheGrid) {
    const Grid grid{5.0f, 0.01f, 8501};
    for (double fwhm : {1e-5, 0.004, 0.03, 0.1}) {
        for (int i = 0; i < 200; ++i) {
            const double position = 6 + 0.4137 * i + 0.0001 * i;
            OneOrMorePeaks one{{static_cast<float>(position)}, {1.0f}, {static_cast<float>(fwhm)}, {0.0f}};
            double area = 0;
            for (float value : one.sum(grid)) area += value * 0.01;
            EXPECT_NEAR(area, 1, 1e-4) << fwhm << " at " << position;
        }
    }
}

TEST(Profile, EveryPointAgreesWithTheFormula) {
    const Grid grid{5.0f, 0.01f, 8501};
    OneOrMorePeaks peaks{{20.0f, 20.4f, 47.123f, 89.9f, 4.5f, 91.0f},
                         {1, 0.02f, 0.4f, 0.7f, 1, 1},
                         {0.05f, 0.08f, 0.2f, 1.5f, 0.1f, 0.1f},
                         {0.6f, 0.9f, 0.1f, 0.5f, 0.7f, 0.7f}};
    const std::vector<float> pattern = peaks.sum(grid);
    const double highest = pseudo_voigt(0, 0.05, 0.6);
    for (int i = 0; i < grid.points; ++i) {
        const double x = 5 + 0.01 * i;
        double expected = 0;
        for (std::size_t p = 0; p < peaks.position.size(); ++p) {
            expected += peaks.area[p] * pseudo_voigt(x - peaks.position[p], peaks.fwhm[p], peaks.eta[p]);
        }
        ASSERT_NEAR(pattern[i], expected, 1.5e-4 * highest) << x;
    }
}

TEST(Profile, ThompsonCoxHastingsLimits) {
    EXPECT_NEAR(thompson_cox_hastings(0.1f, 0.0f).fwhm, 0.1f, 1e-6);
    EXPECT_NEAR(thompson_cox_hastings(0.1f, 0.0f).eta, 0.0f, 1e-6);
    EXPECT_NEAR(thompson_cox_hastings(0.0f, 0.1f).fwhm, 0.1f, 1e-6);
    EXPECT_NEAR(thompson_cox_hastings(0.0f, 0.1f).eta, 1.0f, 1e-5);
    // The Voigt function of equal widths is 1.6376 times as wide (Olivero and Longbothum 1977); the fifth-power rule is good to 0.3 %.
    EXPECT_NEAR(thompson_cox_hastings(0.1f, 0.1f).fwhm, 0.16376f, 5e-4);
}

}  // namespace
}  // namespace friedel
