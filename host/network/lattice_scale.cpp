#include "host/network/lattice_scale.h"

#include <algorithm>
#include <cmath>

#include "host/support/bragg.h"
#include "kernels/real_math.h"

namespace friedel {

std::vector<float> lattice_scales(int count, float reach) {
    std::vector<float> scales;
    const int half = count / 2;
    for (int i = -half; i <= half; ++i) scales.push_back(half ? 1 + reach * static_cast<float>(i) / static_cast<float>(half) : 1.0f);
    return scales;
}

LatticeScaler::LatticeScaler(const Grid& grid, float scale) : points_(grid.points) {
    for (int i = 0; i < points_; ++i) {
        // What lies here when d is `scale` times as large lay, before, where sin theta is as many times larger.
        const double sine = std::sin(theta_rad_of(grid.start_deg + double{grid.step_deg} * i)) * scale;
        const double from = sine < 1 ? (two_theta_of_sine(sine) - grid.start_deg) / grid.step_deg : points_ - 1.0;
        const double inside = std::clamp(from, 0.0, points_ - 1.0);
        const int second = std::min(static_cast<int>(inside), points_ - 1);
        first_.push_back(second - 1);
        fraction_.push_back(static_cast<float>(inside - second));
    }
}

void LatticeScaler::scale(float* scaled, const float* pattern) const {
    for (int i = 0; i < points_; ++i) {
        const auto index = static_cast<std::size_t>(i);
        const auto at = [&](int neighbour) { return pattern[std::clamp(first_[index] + neighbour, 0, points_ - 1)]; };
        const float a = at(0), b = at(1), c = at(2), d = at(3), t = fraction_[index];
        scaled[i] = b + 0.5f * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
    }
}

}  // namespace friedel
