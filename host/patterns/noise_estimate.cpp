#include "host/patterns/noise_estimate.h"

#include <algorithm>
#include <cmath>

namespace friedel {

// Standard deviation from fourth differences, which smooth lines hardly have, of points that are independent of each other: variance =
// constant + counting, the latter as what was measured (background and all); the pair that describes the medians of windows best.
std::vector<float> estimate_noise(const std::vector<float>& intensity, const float* measured, float top, const Grid& grid, int first_point,
                                  int points, double step_deg) {
    struct Window {
        double level, variance;
    };
    // Where the scan's steps are as wide as the grid's or wider, points are interpolated: those a step or more apart are independent, have
    // two thirds of the variance on the mean of all places between two steps, and in a step all points show the same noise.
    const double steps = step_deg / static_cast<double>(grid.step_deg);
    const bool is_coarse = steps > 0.9;
    const int apart = is_coarse ? static_cast<int>(steps + 0.1) + 1 : 1;
    const double of_points = is_coarse ? std::sqrt(1.5 * steps) : 1;
    std::vector<Window> windows;
    const int width = std::max(20, static_cast<int>(0.7 / static_cast<double>(grid.step_deg)));
    const float lowest = std::min(0.0f, *std::min_element(measured + first_point, measured + first_point + points));
    std::vector<float> rough, level;
    const float* const y = intensity.data();
    const auto median = [](std::vector<float>& v) {
        std::nth_element(v.begin(), v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2), v.end());
        return static_cast<double>(v[v.size() / 2]);
    };
    for (int first = first_point + 2 * apart; first + width + 2 * apart < first_point + points; first += width) {
        rough.clear(), level.clear();
        for (int i = first; i < first + width; ++i) {
            rough.push_back(std::fabs(y[i - 2 * apart] - 4 * y[i - apart] + 6 * y[i] - 4 * y[i + apart] + y[i + 2 * apart]) /
                            std::sqrt(70.0f));
            level.push_back((measured[i] - lowest) / top);
        }
        const double sigma = std::max(min_noise, of_points * median(rough) / 0.6745);
        windows.push_back({std::max(0.0, median(level)) + 1e-6, sigma * sigma});
    }
    double constant = min_noise * min_noise, counting = 0, least = 1e30;
    std::vector<float> noise(static_cast<std::size_t>(grid.points));
    // Where most of a pattern shows no noise it was computed, or counted so long that a hump alone shows any: what little the level is
    // elsewhere says nothing of how noise grows with it. Then each point has what windows nearby show, of which lines are in less than
    // half.
    const auto clean = std::count_if(windows.begin(), windows.end(), [](const Window& w) { return w.variance <= min_noise * min_noise; });
    if (2 * clean > static_cast<std::ptrdiff_t>(windows.size())) {
        constexpr int reach = 3;
        const int last = static_cast<int>(windows.size()) - 1;
        std::vector<float> nearby, of_window;
        for (int w = 0; w <= last; ++w) {
            nearby.clear();
            for (int other = std::max(0, w - reach); other <= std::min(last, w + reach); ++other)
                nearby.push_back(static_cast<float>(std::sqrt(windows[static_cast<std::size_t>(other)].variance)));
            of_window.push_back(static_cast<float>(median(nearby)));
        }
        for (int i = 0; i < grid.points; ++i) {
            const int w = std::clamp((i - first_point - 2 * apart) / width, 0, last);
            noise[static_cast<std::size_t>(i)] = of_window[static_cast<std::size_t>(w)];
        }
        return noise;
    }
    for (int r = 0; r <= 12; ++r) {
        const double share = r / 12.0;  // of counting in the middle of the range
        double mean_level = 0;
        for (const Window& w : windows) mean_level += w.level / static_cast<double>(windows.size());
        std::vector<float> ratios;
        for (const Window& w : windows)
            ratios.push_back(static_cast<float>(w.variance / ((1 - share) + share * w.level / mean_level + 1e-9)));
        if (ratios.empty()) break;
        const double scale = median(ratios);
        double off = 0;
        for (const Window& w : windows)
            off += std::min(2.0, std::fabs(std::log(w.variance / (scale * ((1 - share) + share * w.level / mean_level + 1e-9)))));
        if (off < least - 1e-6) least = off, constant = scale * (1 - share), counting = scale * share / mean_level;
    }
    for (int i = 0; i < grid.points; ++i) {
        const double level_here = std::max(0.0, static_cast<double>((measured[i] - lowest) / top));
        noise[static_cast<std::size_t>(i)] =
            static_cast<float>(std::sqrt(std::max(min_noise * min_noise, constant + counting * level_here)));
    }
    return noise;
}

}  // namespace friedel
