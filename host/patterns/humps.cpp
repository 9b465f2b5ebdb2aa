#include "host/patterns/humps.h"

#include <numeric>

#include "host/patterns/resample.h"
#include "host/support/median.h"
#include "kernels/block.h"
#include "kernels/preprocess.h"

namespace friedel {

namespace {

constexpr float least = 0.02f;  // part of the strongest point: a lower hump or rise is left

// Values of bins of `width` points brought to a point: straight between their middles, level beyond the first and last.
float between_bins(const std::vector<float>& of_bin, int width, int point) {
    const double at = std::clamp((point + 0.5) / width - 0.5, 0.0, static_cast<double>(of_bin.size()) - 1.001);
    const auto left = static_cast<std::size_t>(at);
    const float part = static_cast<float>(at - static_cast<double>(left));
    return of_bin[left] + part * (of_bin[left + 1] - of_bin[left]);
}

}  // namespace

std::vector<float> slow_level(const float* y, int points, const Grid& grid,
                              const std::function<float(std::vector<float>& medians, int first)>& level_of) {
    const int width = std::max(1, static_cast<int>(0.1 / static_cast<double>(grid.step_deg) + 0.5)), bins = points / width;
    constexpr int reach = 14;
    if (bins < 2 * reach) return {};
    std::vector<float> of_bin, window, of_window, level;
    for (int b = 0; b < bins; ++b) {
        window.assign(y + b * width, y + (b + 1) * width);
        of_bin.push_back(median(window));
    }
    for (int b = 0; b < bins; ++b) {
        window.assign(of_bin.begin() + std::max(0, b - reach), of_bin.begin() + std::min(bins, b + reach + 1));
        of_window.push_back(level_of(window, b * width));
    }
    for (int i = 0; i < points; ++i) level.push_back(between_bins(of_window, width, i));
    return level;
}

namespace {

// Each value's extreme over those within `reach`.
std::vector<float> extreme_nearby(const std::vector<float>& values, int reach, bool largest) {
    const int n = static_cast<int>(values.size());
    std::vector<float> out;
    for (int i = 0; i < n; ++i) {
        const auto begin = values.begin() + std::max(0, i - reach), end = values.begin() + std::min(n, i + reach + 1);
        out.push_back(largest ? *std::max_element(begin, end) : *std::min_element(begin, end));
    }
    return out;
}

std::vector<float> mean_nearby(const std::vector<float>& values, int reach) {
    const int n = static_cast<int>(values.size());
    std::vector<float> out;
    for (int i = 0; i < n; ++i) {
        const auto begin = values.begin() + std::max(0, i - reach), end = values.begin() + std::min(n, i + reach + 1);
        out.push_back(std::accumulate(begin, end, 0.0f) / static_cast<float>(end - begin));
    }
    return out;
}

std::vector<float> above_background(const float* pattern, const Grid& grid, float window_deg) {
    PreprocessConfig config;
    config.background_window_deg = window_deg;
    std::vector<float> out(pattern, pattern + grid.points), scratch(static_cast<std::size_t>(preprocess_scratch(grid)));
    SerialBlock block;
    subtract_background(block, out.data(), grid, config, scratch.data());
    return out;
}

// Takes off what humps there are, and says whether there were any.
bool level_humps(std::vector<float>& pattern, const Grid& grid, const PointRange& measured) {
    // A background of a narrow window follows humps, and crowded lines; what of it is as wide as a hump stays when it is opened
    // (eroded, then dilated) by a window that is wider than what lines crowd in.
    constexpr float narrow_deg = 0.8f, opening_deg = 1.5f, smoothing_deg = 0.7f, bin_deg = 0.1f;
    const std::vector<float> wide = above_background(pattern.data(), grid, PreprocessConfig().background_window_deg),
                             narrow = above_background(pattern.data(), grid, narrow_deg);
    const int width = std::max(1, static_cast<int>(bin_deg / grid.step_deg + 0.5f)), bins = measured.size() / width;
    if (bins < 2) return false;
    const float top = *std::max_element(wide.begin() + measured.first, wide.begin() + measured.end);
    std::vector<float> followed;
    for (int b = 0; b < bins; ++b) {
        float sum = 0;
        for (int i = measured.first + b * width; i < measured.first + (b + 1) * width; ++i) sum += wide[i] - narrow[i];
        followed.push_back(sum / static_cast<float>(width));
    }
    const auto bins_of = [&](float degrees) { return static_cast<int>(degrees / (static_cast<float>(width) * grid.step_deg) + 0.5f); };
    std::vector<float> level = extreme_nearby(extreme_nearby(followed, bins_of(opening_deg), false), bins_of(opening_deg), true);
    for (int round = 0; round < 2; ++round) level = mean_nearby(level, bins_of(smoothing_deg));
    if (!(*std::max_element(level.begin(), level.end()) > least * top)) return false;
    for (int i = 0; i < grid.points; ++i) pattern[static_cast<std::size_t>(i)] -= between_bins(level, width, i - measured.first);
    return true;
}

}  // namespace

std::vector<float> without_humps(const float* pattern, const Grid& grid) {
    constexpr int rounds = 6;  // each leaves a lower hump where the one before was roundest
    std::vector<float> rest(pattern, pattern + grid.points);
    const PointRange measured = measured_range(pattern, grid);
    for (int round = 0; round < rounds && level_humps(rest, grid, measured); ++round) {
    }
    return rest;
}

namespace {

// Takes off what rises at the start, and says whether anything did.
bool level_start(std::vector<float>& pattern, const Grid& grid, int begin) {
    constexpr float window_deg = 0.3f;
    constexpr int end_points = 10;   // averaged for the level below the start
    constexpr float steepening = 2;  // a rise that steepens towards the start goes on at least as steeply as its last windows' mean
    const int width = std::max(2, static_cast<int>(window_deg / grid.step_deg + 0.5f));
    if (begin <= 0 || grid.points - begin < std::max(4 * width, end_points)) return false;
    float window[3];
    for (int w = 0; w < 3; ++w) {
        std::vector<float> values(pattern.begin() + begin + w * width, pattern.begin() + begin + (w + 1) * width);
        window[w] = median(values);
    }
    // Both differences: a line within one of the windows is no rise.
    const float fall = steepening * std::min(window[0] - window[1], window[1] - window[2]) / static_cast<float>(width);
    if (!(fall > 0)) return false;
    std::vector<float> gone_on = pattern;
    for (int i = 0; i < begin; ++i)
        gone_on[static_cast<std::size_t>(i)] = window[0] + fall * (static_cast<float>(begin - i) + 0.5f * static_cast<float>(width));
    const float window_of_lines = PreprocessConfig().background_window_deg;
    const std::vector<float> above = above_background(pattern.data(), grid, window_of_lines),
                             above_rise = above_background(gone_on.data(), grid, window_of_lines);
    const auto at = [&](int i) { return above[static_cast<std::size_t>(i)] - above_rise[static_cast<std::size_t>(i)]; };
    const float top = *std::max_element(above_rise.begin() + begin, above_rise.end());
    if (!(at(begin) > least * top)) return false;
    for (int i = begin; i < grid.points; ++i) pattern[static_cast<std::size_t>(i)] -= std::max(0.0f, at(i));
    const float level = std::accumulate(pattern.begin() + begin, pattern.begin() + begin + end_points, 0.0f) / end_points;
    std::fill(pattern.begin(), pattern.begin() + begin, level);
    return true;
}

}  // namespace

std::vector<float> without_rise_at_start(const float* pattern, const Grid& grid, int begin) {
    constexpr int rounds = 4;  // the steeper the rise, the more each leaves
    std::vector<float> rest(pattern, pattern + grid.points);
    for (int round = 0; round < rounds && level_start(rest, grid, begin); ++round) {
    }
    return rest;
}

}  // namespace friedel
