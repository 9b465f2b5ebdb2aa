// Patterns at other lattices: lines go where Bragg's law has them, and a model that asks for some answers with the mean of its logits.
#include "host/network/lattice_scale.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "host/network/classifier.h"
#include "host/network/device.h"
#include "host/network/network.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

constexpr Grid grid{5, 0.04f, 2125};
constexpr double wavelength = 1.5406;

double two_theta(double d) { return 2 * std::asin(wavelength / (2 * d)) * 180 / std::acos(-1.0); }

// Gaussian lines of 0.1 degrees at these d.
std::vector<float> pattern_of(const std::vector<double>& spacings) {
    std::vector<float> pattern(static_cast<std::size_t>(grid.points), 1.0f);
    for (double d : spacings) {
        for (int i = 0; i < grid.points; ++i) {
            const double x = (grid.start_deg + double{grid.step_deg} * i - two_theta(d)) / 0.1;
            pattern[static_cast<std::size_t>(i)] += static_cast<float>(100 * std::exp(-x * x));
        }
    }
    return pattern;
}

TEST(LatticeScale, LinesGoWhereBraggsLawHasThem) {
    const std::vector<double> spacings = {10.0, 4.257, 3.343, 2.457, 1.818, 1.375};
    for (const double scale : {0.984, 0.996, 1.0, 1.008, 1.016}) {
        std::vector<double> moved;
        for (double d : spacings) moved.push_back(d * scale);
        const std::vector<float> from = pattern_of(spacings), expected = pattern_of(moved);
        std::vector<float> scaled(from.size());
        LatticeScaler(grid, static_cast<float>(scale)).scale(scaled.data(), from.data());
        // Lines get as much wider as the axis is stretched: by 2 % at most, which at the flanks is two parts in a hundred too.
        for (std::size_t i = 0; i < scaled.size(); ++i) EXPECT_NEAR(scaled[i], expected[i], scale == 1 ? 1e-3 : 4) << scale << " at " << i;
        const auto highest = [](const std::vector<float>& pattern, double near) {
            const auto first = pattern.begin() + static_cast<std::ptrdiff_t>((near - 0.5 - grid.start_deg) / grid.step_deg);
            return std::max_element(first, first + 25) - pattern.begin();
        };
        for (double d : moved) EXPECT_LE(std::abs(highest(scaled, two_theta(d)) - highest(expected, two_theta(d))), 1) << d;
    }
}

TEST(LatticeScale, EndsGoOn) {
    const std::vector<float> flat(static_cast<std::size_t>(grid.points), 3.0f);
    std::vector<float> scaled(flat.size());
    for (const float scale : {0.9f, 1.1f}) {
        LatticeScaler(grid, scale).scale(scaled.data(), flat.data());
        for (float value : scaled) EXPECT_NEAR(value, 3, 1e-5);
    }
    EXPECT_EQ(lattice_scales(1), std::vector<float>{1.0f});
    const std::vector<float> five = lattice_scales(5);
    ASSERT_EQ(five.size(), 5u);
    EXPECT_FLOAT_EQ(five[0], 0.984f);
    EXPECT_FLOAT_EQ(five[1], 0.992f);
    EXPECT_FLOAT_EQ(five[2], 1);
    EXPECT_FLOAT_EQ(five[4], 1.016f);
}

TEST(LatticeScale, LogitsAreTheMeanOverLattices) {
    Model model;
    model.grid = grid;
    model.shape.widths = {grid.points, 24, 230};
    model.members = {initial_parameters(model.shape, 3, 0), initial_parameters(model.shape, 4, 0)};
    constexpr int n = 3;
    std::vector<float> patterns;
    for (int row = 0; row < n; ++row) {
        const std::vector<float> one = pattern_of({8.0 - row, 3.1, 2.0 + 0.1 * row, 1.6});
        patterns.insert(patterns.end(), one.begin(), one.end());
    }
    Device device({"cpu"}, 2);
    const std::size_t size = 2 * n * 230;
    std::vector<float> expected(size), found(size), single(size), scaled(patterns.size());
    const std::vector<float> scales = lattice_scales(3);
    for (float scale : scales) {
        const LatticeScaler scaler(grid, scale);
        for (int row = 0; row < n; ++row) scaler.scale(scaled.data() + row * grid.points, patterns.data() + row * grid.points);
        Classifier(model, *device.backend).logits(single.data(), scaled.data(), n);
        for (std::size_t i = 0; i < size; ++i) expected[i] += single[i] / 3;
    }
    model.calibration.lattice_scales = scales;
    Classifier(model, *device.backend).logits(found.data(), patterns.data(), n);
    for (std::size_t i = 0; i < size; ++i) EXPECT_NEAR(found[i], expected[i], 1e-5);

    const test::TemporaryDirectory folder;
    model.wavelength_angstrom = 1.5406f;
    model.write(folder / "model.h5");
    EXPECT_EQ(Model::read(folder / "model.h5").calibration.lattice_scales, scales);
    model.calibration.lattice_scales[1] = 2;
    model.write(folder / "model.h5");
    EXPECT_NE(test::error_of([&] { Model::read(folder / "model.h5"); }).find("lattice scales are impossible"), std::string::npos);
}

}  // namespace
}  // namespace friedel
