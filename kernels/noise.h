// Counting statistics and detector noise, point by point. Each point takes its own random number, four points to a Philox block, so that
// the same noise falls on the same point on every backend.
#pragma once

#include "kernels/random.h"
#include "kernels/real_math.h"
#include "kernels/simulation_config.h"

namespace friedel {

constexpr float small_mean = 4.0f;
constexpr int small_counts = 18;  // P(k > 18) at the mean of 4: 1e-8

// Quantiles of the Poisson distribution for n <= max_tile points: count[j] for mean[j] >= 0 and u[j] in (0, 1). Exact below a mean of 4;
// above, the normal quantile with its corrections after Cornish and Fisher (Revue de l'Institut International de Statistique 5, 307, 1938)
// and its variance lowered by the 1/12 that rounding to whole counts adds (mean and variance then within 0.5 %). Loops over points
// innermost, so that they vectorise.
FRIEDEL_FN void poisson_quantiles(float* count, const float* mean, const float* u, int n) {
    int below = 0;
    FRIEDEL_SIMD_SUM(below)
    for (int j = 0; j < n; ++j) below += mean[j] < small_mean ? 1 : 0;
    const bool any_small = below > 0, any_large = below < n;
    float large[max_tile];
    if (any_large) {
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) {
            const float z = normal_quantile(u[j]), root = square_root((mean[j] > small_mean ? mean[j] : small_mean) - 1.0f / 12);
            const float k = nearest(mean[j] + root * z + (z * z - 1) * (1.0f / 6) + z * (1 - z * z) / (72 * root));
            large[j] = k > 0 ? k : 0.0f;
        }
    }
    if (any_small) {
        float probability[max_tile], cumulative[max_tile];
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) {
            probability[j] = exponential(-(mean[j] < small_mean ? mean[j] : small_mean));
            cumulative[j] = probability[j];
            count[j] = u[j] > cumulative[j] ? 1.0f : 0.0f;
        }
        for (int k = 1; k < small_counts; ++k) {
            const float per_k = 1.0f / k;
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) {
                probability[j] *= (mean[j] < small_mean ? mean[j] : small_mean) * per_k;
                cumulative[j] += probability[j];
                count[j] += u[j] > cumulative[j] ? 1.0f : 0.0f;
            }
        }
    }
    if (any_large) {
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) count[j] = mean[j] < small_mean ? count[j] : large[j];
    }
}

// uniform[j] for the points [begin, begin + n): one number of the block (begin + j) / 4 each. begin must be a multiple of 4.
FRIEDEL_FN void uniform_tile(float* uniform, int begin, int n, std::uint64_t seed, std::uint64_t sample, Purpose purpose) {
    if (n == 4) {  // known when compiled, where a thread works at so many
        const Random4 r = random4(seed, sample, purpose, begin / 4);
        for (int j = 0; j < 4; ++j) uniform[j] = uniform_open(r.bits[j]);
        return;
    }
    const int blocks = (n + 3) / 4;
    std::uint32_t bits[4][32];
    FRIEDEL_SIMD
    for (int b = 0; b < blocks; ++b) {
        const Random4 r = random4(seed, sample, purpose, begin / 4 + b);
        bits[0][b] = r.bits[0];
        bits[1][b] = r.bits[1];
        bits[2][b] = r.bits[2];
        bits[3][b] = r.bits[3];
    }
    for (int j = 0; j < n; ++j) uniform[j] = uniform_open(bits[j % 4][j / 4]);
}

// Noise on the points value[n] of a pattern, which begin at point `begin`; `room` is what n may be at most.
template <int room>
FRIEDEL_FN void add_noise_to(float* value, int begin, int n, const PatternParameters& p) {
    float u[room];
    if (p.counts_at_maximum > 0) {
        uniform_tile(u, begin, n, p.seed, p.sample, Purpose::counting_noise);
        const float counts = p.counts_at_maximum, per_count = 1 / counts;
        float mean[room], count[room] = {};
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) mean[j] = counts * value[j];
        poisson_quantiles(count, mean, u, n);
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) value[j] = per_count * count[j];
    }
    if (p.gaussian_noise > 0) {
        uniform_tile(u, begin, n, p.seed, p.sample, Purpose::detector_noise);
        const float sigma = p.gaussian_noise;
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) value[j] += sigma * normal_quantile(u[j]);
    }
    if (p.uniform_noise_high > 0) {
        uniform_tile(u, begin, n, p.seed, p.sample, Purpose::uniform_noise);
        const float low = p.uniform_noise_low, span = p.uniform_noise_high - p.uniform_noise_low;
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) value[j] += low + span * u[j];
    }
}

// In place on a pattern in units of its strongest point; values stay at or above 0 with counting noise alone.
template <class Block>
FRIEDEL_FN void add_noise(Block& block, float* pattern, const Grid& grid, const PatternParameters& p) {
    if (!(p.counts_at_maximum > 0) && !(p.gaussian_noise > 0) && !(p.uniform_noise_high > 0)) return;
    if constexpr (Block::is_core) {
        block.for_each_tile(grid.points, [&](int begin, int n) { add_noise_to<Block::tile>(pattern + begin, begin, n, p); });
    } else {
        // A thread takes the four points of one Philox block; beyond the grid it works for nothing.
        block.for_each((grid.points + 3) / 4, [&](int four) {
            const int begin = 4 * four;
            float value[4];
            for (int j = 0; j < 4; ++j) value[j] = begin + j < grid.points ? pattern[begin + j] : 0.0f;
            add_noise_to<4>(value, begin, 4, p);
            for (int j = 0; j < 4; ++j) {
                if (begin + j < grid.points) pattern[begin + j] = value[j];
            }
        });
    }
}

}  // namespace friedel
