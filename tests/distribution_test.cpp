// Distributions of random effects: means, variances and ends of many draws, and that one effect's setting moves no other effect's draw.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>
#include <vector>

#include "host/simulation/simulator.h"
#include "host/training/config.h"
#include "tests/minerals.h"

namespace friedel {
namespace {

using Kind = Distribution::Kind;
constexpr int draws = 100'000, lines = std::size(Radiation{}.wavelength);

std::vector<double> drawn(const Distribution& distribution) {
    std::vector<double> values(draws);
    for (std::size_t i = 0; i < values.size(); ++i) {
        RandomSequence random(11, i, Purpose::specimen);
        values[i] = distribution.draw(random);
    }
    return values;
}

double mean_of(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0) / draws; }

double variance_of(const std::vector<double>& values) {
    const double mean = mean_of(values);
    return std::accumulate(values.begin(), values.end(), 0.0, [=](double sum, double x) { return sum + (x - mean) * (x - mean); }) / draws;
}

// Draws reach to within `near` of both ends and never beyond.
void expect_ends(const std::vector<double>& values, double low, double high, double near) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    EXPECT_GE(*least, low);
    EXPECT_LE(*most, high);
    EXPECT_NEAR(*least, low, near);
    EXPECT_NEAR(*most, high, near);
}

// Tolerances are four to five standard deviations of the mean of so many draws.
TEST(Distribution, UniformHasItsMeanItsVarianceAndItsEnds) {
    const std::vector<double> values = drawn({Kind::uniform, 2, 5});
    EXPECT_NEAR(mean_of(values), 3.5, 0.012);
    EXPECT_NEAR(variance_of(values), 9 / 12.0, 0.01);
    expect_ends(values, 2, 5, 0.001);
}

TEST(Distribution, LogarithmsOfLogUniformAreUniform) {
    std::vector<double> values = drawn({Kind::log_uniform, 0.015625f, 4});
    expect_ends(values, 0.015625, 4, 0.004);
    EXPECT_NEAR(mean_of(values), (4 - 0.015625) / std::log(256), 0.015);
    for (double& x : values) x = std::log2(x);
    EXPECT_NEAR(mean_of(values), -2, 0.033);
    EXPECT_NEAR(variance_of(values), 64 / 12.0, 0.07);
}

// What lies beyond 3 standard deviations is drawn at 3: the variance is 1 - 6 phi(3) + 16 Q(3) = 0.99501 of the whole.
TEST(Distribution, NormalIsCutAtThreeStandardDeviations) {
    const std::vector<double> values = drawn({Kind::normal, 10, 2});
    EXPECT_NEAR(mean_of(values), 10, 0.028);
    EXPECT_NEAR(variance_of(values), 4 * 0.99501, 0.075);
    expect_ends(values, 4, 16, 0);
    EXPECT_NEAR(std::count_if(values.begin(), values.end(), [](double x) { return std::abs(x - 10) < 2; }), 0.682689 * draws, 650);
}

TEST(Distribution, ConstantIsItsValue) { expect_ends(drawn({Kind::constant, 0.25f, 7}), 0.25, 0.25, 0); }

TEST(Distribution, AnEffectIsThereWithItsProbabilityAndOtherwiseItsOtherValue) {
    for (const Kind kind : {Kind::constant, Kind::uniform, Kind::log_uniform, Kind::normal}) {
        const std::vector<double> values = drawn({kind, 2, 3, 0.3f, -70});
        EXPECT_NEAR(draws - std::count(values.begin(), values.end(), -70.0), 0.3 * draws, 650);
        const std::vector<double> never = drawn({kind, 2, 3, 0, -70}), always = drawn({kind, 2, 3, 1, -70});
        EXPECT_EQ(std::count(never.begin(), never.end(), -70.0), draws);
        EXPECT_EQ(std::count(always.begin(), always.end(), -70.0), 0);
    }
}

// Every number that was drawn for a pattern.
std::vector<double> values_of(const PatternParameters& p) {
    std::vector<double> values{p.impurity_fraction,
                               double(p.impurity),
                               p.b_iso_scale,
                               p.caglioti_u,
                               p.caglioti_v,
                               p.caglioti_w,
                               p.axial_divergence,
                               p.zero_shift_deg,
                               p.displacement_deg,
                               p.transparency_deg,
                               p.size_angstrom,
                               p.microstrain,
                               p.march_dollase,
                               p.lattice_scale,
                               p.substitution,
                               p.intensity_jitter,
                               double(p.chebyshev_terms),
                               p.air_scatter,
                               p.air_scatter_decay_deg,
                               p.saturation,
                               p.counts_at_maximum,
                               p.gaussian_noise,
                               p.uniform_noise_low,
                               p.uniform_noise_high};
    values.insert(values.end(), p.radiation.wavelength, p.radiation.wavelength + lines);
    values.insert(values.end(), p.radiation.weight, p.radiation.weight + lines);
    values.insert(values.end(), p.texture_axis, p.texture_axis + 3);
    values.insert(values.end(), p.strain, p.strain + 6);
    values.insert(values.end(), p.chebyshev, p.chebyshev + max_background_terms);
    for (const auto* hump : {p.hump_height, p.hump_center_deg, p.hump_width_deg}) values.insert(values.end(), hump, hump + max_humps);
    return values;
}

// With the most numbers of a pattern that each effect may change: its own.
TEST(Distribution, OneEffectsSettingNeverMovesAnothersDraw) {
    using C = SimulationConfig;
    const std::vector<std::pair<Distribution C::*, int>> effects{{&C::b_iso_scale, 1},
                                                                 {&C::caglioti_u, 1},
                                                                 {&C::caglioti_v, 1},
                                                                 {&C::caglioti_w, 1},
                                                                 {&C::axial_divergence, 1},
                                                                 {&C::zero_shift_deg, 1},
                                                                 {&C::wavelength_scale, lines},
                                                                 {&C::kalpha2_ratio, 1},
                                                                 {&C::kbeta_ratio, 1},
                                                                 {&C::tungsten_ratio, 1},
                                                                 {&C::displacement_deg, 1},
                                                                 {&C::transparency_deg, 1},
                                                                 {&C::size_angstrom, 1},
                                                                 {&C::microstrain, 1},
                                                                 {&C::march_dollase, 1},
                                                                 {&C::lattice_strain, 1},
                                                                 {&C::lattice_strain_anisotropic, 6},
                                                                 {&C::substitution, 1},
                                                                 {&C::intensity_jitter, 1},
                                                                 {&C::impurity_fraction, 2},
                                                                 {&C::chebyshev_amplitude, 1 + max_background_terms},
                                                                 {&C::hump_height, max_humps},
                                                                 {&C::hump_width_deg, max_humps},
                                                                 {&C::air_scatter, 1},
                                                                 {&C::air_scatter_decay_deg, 1},
                                                                 {&C::saturation, 1},
                                                                 {&C::counts_at_maximum, 1},
                                                                 {&C::gaussian_noise, 1},
                                                                 {&C::uniform_noise_low, 1},
                                                                 {&C::uniform_noise_high, 1}};
    const StructureLibrary two = test::minerals_named({"quartz", "NaCl"});
    const LibraryView library = two.view();
    SimulationConfig config = preset("friedel").simulation;
    config.radiation.lines = lines;
    for (const auto& [effect, own] : effects) config.*effect = {Kind::uniform, 0.25f, 0.5f};
    for (const auto& [effect, own] : effects) {
        for (const Distribution& other : {Distribution{}, Distribution{Kind::constant, 0.75f}, Distribution{Kind::log_uniform, 0.6f, 0.7f},
                                          Distribution{Kind::normal, 2, 0.1f}, Distribution{Kind::normal, 2, 0.1f, 0.5f, 0.6f}}) {
            SimulationConfig changed = config;
            changed.*effect = other;
            for (std::uint64_t sample = 0; sample < 20; ++sample) {
                const std::vector<double> before = values_of(draw_parameters(config, library, 0, 9, sample)),
                                          after = values_of(draw_parameters(changed, library, 0, 9, sample));
                int moved = 0;
                for (std::size_t i = 0; i < before.size(); ++i) moved += before[i] != after[i];
                EXPECT_TRUE(moved >= 1 && moved <= own) << moved << " numbers changed, " << own << " are its own";
            }
        }
    }
}

}  // namespace
}  // namespace friedel
