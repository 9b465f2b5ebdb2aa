#include "host/patterns/point_noise.h"

#include <algorithm>
#include <cmath>

#include "host/support/median.h"

namespace friedel {

namespace {

constexpr std::size_t width = 64;  // points of a window

}  // namespace

PointNoise::PointNoise(const std::vector<double>& y) {
    std::vector<double> differences, level;
    for (std::size_t first = 1; first + 1 < y.size(); first += width) {
        differences.clear(), level.clear();
        for (std::size_t i = first; i < std::min(first + width, y.size() - 1); ++i) {
            differences.push_back(std::abs(y[i - 1] - 2 * y[i] + y[i + 1]));
            level.push_back(y[i]);
        }
        windows_.push_back({median(differences) / (median_of_normal * std::sqrt(6.0)), median(level)});
    }
    std::vector<double> all;
    for (const Window& window : windows_) all.push_back(window.sigma);
    usual_ = all.empty() ? 0 : median(all);
    are_counts_ = std::all_of(y.begin(), y.end(), [](double value) { return value == std::floor(value); });
}

double PointNoise::at(std::size_t i, double height) const {
    const Window& window = windows_[std::min(i / width, windows_.size() - 1)];
    const double larger = window.level > 0 ? std::max(1.0, height / window.level) : 1;
    const double of_counting = are_counts_ ? std::sqrt(std::max(1.0, height)) : 0;  // few counts differ by whole ones
    return std::max(of_counting, std::max(usual_, window.sigma) * std::sqrt(larger));
}

}  // namespace friedel
