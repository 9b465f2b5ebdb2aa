// From a pattern (simulated or measured alike) on the model's grid to the network's input; in place, one block per pattern.
// The settings are stored with the model, so that both kinds of pattern are treated the same. No step up to the square root
// refers to the scale or the level of the intensity: the result does not change with counting time or a constant background.
#pragma once

#include <cmath>

#include "kernels/block.h"
#include "kernels/simulation_config.h"

namespace friedel {

struct PreprocessConfig {
    bool remove_background = true;       // SNIP: Statistics-sensitive Non-linear Iterative Peak clipping (Ryan et al. 1988)
    float background_window_deg = 2.0f;  // largest clipping half-window; a hump narrower than this is taken for a peak
    bool remove_pedestal = true;         // the mean of the noise that an estimate along its lower edge leaves behind
    bool square_root = true;             // of the scaled intensity: weak lines carry as much symmetry as strong ones
    bool unit_rms = false;               // scale to a root mean square of 1 afterwards: what a network's first weights expect

    bool operator==(const PreprocessConfig&) const = default;
};

// The background varies slowly: it is estimated on means over bins of this width, which hold a tenth of the noise and of the work.
constexpr float background_bin_deg = 0.1f;

FRIEDEL_FN int background_bin_points(const Grid& grid) {
    const int points = static_cast<int>(exact_quotient(background_bin_deg, grid.step_deg) + 0.5f);
    return points < 1 ? 1 : points;
}

// The largest clipping half-window, in bins.
FRIEDEL_FN int background_window_bins(const Grid& grid, const PreprocessConfig& config) {
    const float bin_deg = static_cast<float>(background_bin_points(grid)) * grid.step_deg;
    return static_cast<int>(exact_quotient(config.background_window_deg, bin_deg) + 0.5f);
}

// A point no higher than this above the background, relative to the highest of the pattern as it came, is rounding and no peak.
constexpr float preprocess_rounding = 1e-5f;

// Floats of scratch that preprocess() needs for one pattern.
FRIEDEL_FN int preprocess_scratch(const Grid& grid) { return 3 * (grid.points / background_bin_points(grid)); }

// SNIP with a shrinking window (Morhac and Matousek 2008): each pass lowers a point to the mean of its two neighbours at +-half_window
// where it exceeds it. Without the usual log-log-square-root the estimate keeps step with any scale, offset and slope of the data.
// The result is left in `level`; `other` is scratch. Both [points].
template <class Block>
FRIEDEL_FN void snip(const Block& block, float* level, float* other, int points, int largest_half_window) {
    for (int half = largest_half_window; half >= 1; --half) {
        if (2 * half >= points) continue;
        const int inside = points - 2 * half;
        block.for_each_tile(inside, [&](int first, int count) {
            const float* const centre = level + half + first;
            float* const lowered = other + half + first;
            FRIEDEL_SIMD
            for (int i = 0; i < count; ++i) {
                const float mean = 0.5f * (centre[i - half] + centre[i + half]);
                lowered[i] = mean < centre[i] ? mean : centre[i];
            }
        });
        block.for_each_tile(inside, [&](int first, int count) {
            FRIEDEL_SIMD
            for (int i = 0; i < count; ++i) level[half + first + i] = other[half + first + i];
        });
    }
}

// Mean of the noise among `excess` [bins], most of which is noise above its lower edge and some of which is peaks: the mean of whatever
// lies below twice the mean, repeated. Peaks drop out after a few rounds; without noise it goes to zero.
template <class Block>
FRIEDEL_FN float noise_pedestal(const Block& block, const float* excess, int bins) {
    float pedestal = block.template sum<float>(bins, [&](int i) { return excess[i]; }) / static_cast<float>(bins);
    for (int round = 0; round < 10; ++round) {
        const float limit = 2.0f * pedestal;
        const float total = block.template sum<float>(bins, [&](int i) { return excess[i] < limit ? excess[i] : 0.0f; });
        const int kept = block.template sum<int>(bins, [&](int i) { return excess[i] < limit ? 1 : 0; });
        if (kept == 0) break;
        pedestal = total / static_cast<float>(kept);
    }
    return pedestal;
}

// Subtracts the background, and the pedestal of noise if asked to; nothing from a pattern shorter than two bins. scratch as in
// preprocess().
template <class Block>
FRIEDEL_FN void subtract_background(const Block& block, float* pattern, const Grid& grid, const PreprocessConfig& config, float* scratch) {
    const int bin_points = background_bin_points(grid);
    const int bins = grid.points / bin_points;
    if (bins < 2) return;
    const float per_bin = 1.0f / static_cast<float>(bin_points);
    float* const background = scratch;
    float* const mean = scratch + bins;
    float* const other = scratch + 2 * bins;
    block.for_each(bins, [&](int bin) {
        float total = 0;
        for (int i = 0; i < bin_points; ++i) total += pattern[bin * bin_points + i];
        background[bin] = mean[bin] = total * per_bin;
    });
    snip(block, background, other, bins, background_window_bins(grid, config));
    float pedestal = 0;
    if (config.remove_pedestal) {
        block.for_each(bins, [&](int bin) { other[bin] = mean[bin] - background[bin]; });
        pedestal = noise_pedestal(block, other, bins);
    }
    // Linear between the centres of the bins, and beyond the first and the last along the same line.
    block.for_each_tile(grid.points, [&](int first, int count) {
        FRIEDEL_SIMD
        for (int i = first; i < first + count; ++i) {
            const float at = (static_cast<float>(i) + 0.5f) * per_bin - 0.5f;
            int left = static_cast<int>(at);
            left = left > bins - 2 ? bins - 2 : left;
            pattern[i] -= background[left] + (at - static_cast<float>(left)) * (background[left + 1] - background[left]) + pedestal;
        }
    });
}

// Returns the height of the strongest point above the background, in the units of the input; it is 0 where there is nothing to
// classify, and the pattern is then all zeros. pattern [grid.points], finite; scratch [preprocess_scratch(grid)].
template <class Block>
FRIEDEL_FN float preprocess(const Block& block, float* pattern, const Grid& grid, const PreprocessConfig& config, float* scratch) {
    const int points = grid.points;
    float nothing = 0;
    if (config.remove_background) {
        nothing = preprocess_rounding * block.template maximum<float>(points, 0.0f, [&](int i) { return fabsf(pattern[i]); });
        subtract_background(block, pattern, grid, config, scratch);
    }
    float highest = block.template maximum<float>(points, 0.0f, [&](int i) { return pattern[i]; });
    highest = highest > nothing ? highest : 0.0f;
    block.for_each_tile(points, [&](int first, int count) {
        FRIEDEL_SIMD
        for (int i = first; i < first + count; ++i) {
            const float value = pattern[i] > 0.0f && highest > 0.0f ? pattern[i] / highest : 0.0f;
            pattern[i] = config.square_root ? sqrtf(value) : value;
        }
    });
    if (config.unit_rms && highest > 0.0f) {
        const float square = block.template sum<float>(points, [&](int i) { return pattern[i] * pattern[i]; });
        const float scale = sqrtf(static_cast<float>(points) / square);
        block.for_each(points, [&](int i) { pattern[i] *= scale; });
    }
    return highest;
}

}  // namespace friedel
