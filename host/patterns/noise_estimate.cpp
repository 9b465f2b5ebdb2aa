#include "host/patterns/noise_estimate.h"

#include <algorithm>
#include <cmath>

#include "host/support/median.h"

namespace friedel {

namespace {

constexpr double least_variance = min_noise * min_noise;

// What was measured above its lowest point, the strongest line's height 1: noise of counting grows with it.
struct Level {
    const float* measured;  // [points of the grid]
    float lowest, top;
    float operator()(int i) const { return (measured[i] - lowest) / top; }
};

// Medians of neighbouring points.
struct Window {
    double level, variance;
};

struct Windows {
    int first, width;         // where the first one begins, and how many points of the grid each has
    std::vector<Window> all;  // one after the other
};

// From fourth differences, which smooth lines hardly have. y [points of the grid], measured in `range`.
Windows windows_of(const float* y, const Level& level_of, const Grid& grid, const PointRange& range, double step_deg) {
    // Where the scan's steps are as wide as the grid's or wider, points are interpolated: those a step or more apart are independent, have
    // two thirds of the variance on the mean of all places between two steps, and in a step all points show the same noise.
    const double steps = step_deg / static_cast<double>(grid.step_deg);
    const bool is_coarse = steps > 0.9;
    const int apart = is_coarse ? static_cast<int>(steps + 0.1) + 1 : 1;
    const double of_points = is_coarse ? std::sqrt(1.5 * steps) : 1;
    Windows windows{range.first + 2 * apart, std::max(20, static_cast<int>(0.7 / static_cast<double>(grid.step_deg))), {}};
    std::vector<float> rough, level;
    for (int first = windows.first; first + windows.width + 2 * apart < range.end; first += windows.width) {
        rough.clear(), level.clear();
        for (int i = first; i < first + windows.width; ++i) {
            rough.push_back(std::fabs(y[i - 2 * apart] - 4 * y[i - apart] + 6 * y[i] - 4 * y[i + apart] + y[i + 2 * apart]) /
                            std::sqrt(70.0f));
            level.push_back(level_of(i));
        }
        const double sigma = std::max(min_noise, of_points * static_cast<double>(median(rough)) / median_of_normal);
        windows.all.push_back({std::max(0.0, static_cast<double>(median(level))) + 1e-6, sigma * sigma});
    }
    return windows;
}

// What windows nearby show, of which lines are in less than half. [grid.points]
std::vector<float> noise_by_window(const Windows& windows, const Grid& grid) {
    constexpr int reach = 3;
    const int last = static_cast<int>(windows.all.size()) - 1;
    std::vector<float> nearby, of_window, noise;
    for (int w = 0; w <= last; ++w) {
        nearby.clear();
        for (int other = std::max(0, w - reach); other <= std::min(last, w + reach); ++other)
            nearby.push_back(static_cast<float>(std::sqrt(windows.all[static_cast<std::size_t>(other)].variance)));
        of_window.push_back(median(nearby));
    }
    for (int i = 0; i < grid.points; ++i)
        noise.push_back(of_window[static_cast<std::size_t>(std::clamp((i - windows.first) / windows.width, 0, last))]);
    return noise;
}

// Variance = constant + counting, the latter as the level: the pair that describes the windows best. [grid.points]
std::vector<float> noise_by_level(const Windows& windows, const Level& level_of, const Grid& grid) {
    double mean_level = 0;
    for (const Window& w : windows.all) mean_level += w.level / static_cast<double>(windows.all.size());
    double constant = least_variance, counting = 0, least = 1e30;
    std::vector<float> ratios, noise;
    for (int r = 0; r <= 12 && !windows.all.empty(); ++r) {
        const double share = r / 12.0;  // of counting in the middle of the range
        const auto relative_variance = [&](const Window& w) { return (1 - share) + share * w.level / mean_level + 1e-9; };
        ratios.clear();
        for (const Window& w : windows.all) ratios.push_back(static_cast<float>(w.variance / relative_variance(w)));
        const double scale = median(ratios);
        double off = 0;
        for (const Window& w : windows.all) off += std::min(2.0, std::fabs(std::log(w.variance / (scale * relative_variance(w)))));
        if (off < least - 1e-6) least = off, constant = scale * (1 - share), counting = scale * share / mean_level;
    }
    for (int i = 0; i < grid.points; ++i) {
        const double level = std::max(0.0, static_cast<double>(level_of(i)));
        noise.push_back(static_cast<float>(std::sqrt(std::max(least_variance, constant + counting * level))));
    }
    return noise;
}

}  // namespace

std::vector<float> estimate_noise(const std::vector<float>& intensity, const float* measured, float top, const Grid& grid,
                                  const PointRange& range, double step_deg) {
    const float lowest = std::min(0.0f, *std::min_element(measured + range.first, measured + range.end));
    const Level level_of{measured, lowest, top};
    const Windows windows = windows_of(intensity.data(), level_of, grid, range, step_deg);
    // Where most of a pattern shows no noise it was computed, or counted so long that a hump alone shows any: what little the level is
    // elsewhere says nothing of how noise grows with it.
    const auto clean = std::count_if(windows.all.begin(), windows.all.end(), [](const Window& w) { return w.variance <= least_variance; });
    if (2 * clean > static_cast<std::ptrdiff_t>(windows.all.size())) return noise_by_window(windows, grid);
    return noise_by_level(windows, level_of, grid);
}

}  // namespace friedel
