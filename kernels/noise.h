// Counting statistics and detector noise, point by point. Each point takes its own random number, four points to a Philox block, so that
// the same noise falls on the same point on every backend.
#pragma once

#include "kernels/random.h"
#include "kernels/real_math.h"
#include "kernels/simulation_config.h"

namespace friedel {

constexpr float small_mean = 4.0f;
constexpr int small_counts = 18;  // P(k > 18) at the mean of 4: 1e-8

// Quantile of the Poisson distribution: exact below a mean of 4, above by the normal quantile with its Cornish-Fisher corrections
// (mean and variance then within 0.2 %).
FRIEDEL_FN float poisson_quantile(float mean, float u) {
    float probability = exponential(-(mean < small_mean ? mean : small_mean));
    float cumulative = 0, small = 0;
    const float capped = mean < small_mean ? mean : small_mean;
    for (int k = 0; k < small_counts; ++k) {
        cumulative += probability;
        small += u > cumulative ? 1.0f : 0.0f;
        probability *= capped / (k + 1);
    }
    const float z = normal_quantile(u), root = square_root(mean > small_mean ? mean : small_mean);
    const float large = nearest(mean + root * z + (z * z - 1) * (1.0f / 6) + z * (1 - z * z) / (72 * root));
    return mean < small_mean ? small : (large > 0 ? large : 0.0f);
}

// uniform[j] for the points [begin, begin + n): one number of the block (begin + j) / 4 each. begin must be a multiple of 4 where n > 1.
FRIEDEL_FN void uniform_tile(float* uniform, int begin, int n, std::uint64_t seed, std::uint64_t sample, Purpose purpose) {
    if (n == 1) {
        uniform[0] = uniform_open(random4(seed, sample, purpose, begin / 4).bits[begin % 4]);
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

// In place on a pattern in units of its strongest point; values stay at or above 0 with counting noise alone.
template <class Block>
FRIEDEL_FN void add_noise(Block& block, float* pattern, const Grid& grid, const PatternParameters& p) {
    const bool uniform_noise = p.uniform_noise_high > 0;
    if (!(p.counts_at_maximum > 0) && !(p.gaussian_noise > 0) && !uniform_noise) return;
    block.for_each_tile(grid.points, [&](int begin, int n) {
        float u[Block::tile];
        if (p.counts_at_maximum > 0) {
            uniform_tile(u, begin, n, p.seed, p.sample, Purpose::counting_noise);
            const float counts = p.counts_at_maximum, per_count = 1 / counts;
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) pattern[begin + j] = per_count * poisson_quantile(counts * pattern[begin + j], u[j]);
        }
        if (p.gaussian_noise > 0) {
            uniform_tile(u, begin, n, p.seed, p.sample, Purpose::detector_noise);
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) pattern[begin + j] += p.gaussian_noise * normal_quantile(u[j]);
        }
        if (uniform_noise) {
            uniform_tile(u, begin, n, p.seed, p.sample, Purpose::uniform_noise);
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) pattern[begin + j] += p.uniform_noise_low + (p.uniform_noise_high - p.uniform_noise_low) * u[j];
        }
    });
}

}  // namespace friedel
