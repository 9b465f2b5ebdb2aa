// What lies under the peaks: Chebyshev polynomial, amorphous humps, air scatter, and the recipe of Vecsei et al. 2019.
// Heights are in units of the strongest point of the diffraction pattern, which must be scaled to 1 before.
#pragma once

#include "kernels/random.h"
#include "kernels/real_math.h"
#include "kernels/simulation_config.h"

namespace friedel {

// The paper's background (arXiv 1812.05625): each of step up, step down, polynomial and low-angle bump with probability 1/2, in shares
// of 0.1. t is the relative angle in [0, 1].
struct PaperBackground {
    float step_height[2] = {0, 0}, steepness[2] = {10, 10}, position[2] = {0, 1};
    float polynomial[5] = {};
    float bump_height = 0, bump_rate = 40;

    FRIEDEL_FN static PaperBackground draw(std::uint64_t seed, std::uint64_t sample) {
        RandomSequence random(seed, sample, Purpose::paper_background);
        const auto cut_normal = [&](float mean, float sigma, float highest) {
            const float x = mean + sigma * random.normal();
            return x < 0 ? 0.0f : (x > highest ? highest : x);
        };
        PaperBackground b;
        bool chosen[4];
        int kinds = 0;
        for (bool& one : chosen) kinds += one = random.uniform() < 0.5f;
        const float unit = kinds ? 0.1f / kinds : 0.0f;
        for (int side = 0; side < 2; ++side) {
            const float height = cut_normal(unit / 3, unit / 7, unit);
            b.step_height[side] = chosen[side] ? height : 0.0f;
            b.steepness[side] = random.uniform(10, 60);
            const float depth = random.uniform() / 7;
            b.position[side] = side == 0 ? depth : 1 - depth;
        }
        const int degree_max = static_cast<int>(5 * random.uniform());
        for (int n = 0; n <= 4; ++n) {
            const bool zero = random.uniform() < 0.5f;
            const float value = 3 * unit / (2 * (degree_max + 1)) * random.uniform(-1, 1);
            b.polynomial[n] = chosen[2] && !zero && n <= degree_max ? value : 0.0f;
        }
        const float bump = cut_normal(2 * unit / 5, 3 * unit / 35, 3 * unit / 5);
        b.bump_height = chosen[3] ? bump : 0.0f;
        b.bump_rate = random.uniform(40, 70);
        return b;
    }

    FRIEDEL_FN float at(float t) const {
        float value = polynomial[0] + t * (polynomial[1] + t * (polynomial[2] + t * (polynomial[3] + t * polynomial[4])));
        value += step_height[0] / (1 + exponential(-steepness[0] * (t - position[0])));
        value += step_height[1] / (1 + exponential(steepness[1] * (t - position[1])));
        const float n_t = bump_rate * t;
        return value + bump_height * n_t * n_t * exponential(-n_t);
    }
};

// sum[j] = c_0 + c_1 T_1(x_j) + ... at n <= max_tile points x_j = first + j step in [-1, 1], by Clenshaw's recurrence.
FRIEDEL_FN void chebyshev_sum(float* sum, int n, const float* c, int terms, float first, float step) {
    float next[max_tile], after[max_tile];
    FRIEDEL_SIMD
    for (int j = 0; j < n; ++j) next[j] = after[j] = 0;
    for (int term = terms - 1; term > 0; --term) {
        const float coefficient = c[term];
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) {
            const float current = coefficient + 2 * (first + j * step) * next[j] - after[j];
            after[j] = next[j];
            next[j] = current;
        }
    }
    const float constant = terms > 0 ? c[0] : 0.0f;
    FRIEDEL_SIMD
    for (int j = 0; j < n; ++j) sum[j] = constant + (first + j * step) * next[j] - after[j];
}

// pattern[i] += background; the polynomial part never pulls the sum of all parts below zero.
template <class Block>
FRIEDEL_FN void add_background(Block& block, float* pattern, const Grid& grid, const PatternParameters& p) {
    const bool any_hump = p.hump_height[0] > 0 || p.hump_height[1] > 0 || p.hump_height[2] > 0;
    if (!p.chebyshev_terms && !any_hump && !(p.air_scatter > 0) && !p.paper_background) return;
    const PaperBackground paper = p.paper_background ? PaperBackground::draw(p.seed, p.sample) : PaperBackground{};
    const float per_point = grid.points > 1 ? 1.0f / (grid.points - 1) : 0.0f;
    block.for_each_tile(grid.points, [&](int begin, int n) {
        float total[Block::tile];
        chebyshev_sum(total, n, p.chebyshev, p.chebyshev_terms, 2 * begin * per_point - 1, 2 * per_point);
        for (int hump = 0; hump < max_humps; ++hump) {
            if (!(p.hump_height[hump] > 0)) continue;
            const float height = p.hump_height[hump], centre = p.hump_center_deg[hump];
            const float decay = static_cast<float>(four_ln_2) / (p.hump_width_deg[hump] * p.hump_width_deg[hump]);
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) {
                const float x = grid.start_deg + (begin + j) * grid.step_deg - centre;
                total[j] += height * exponential(-decay * x * x);
            }
        }
        if (p.air_scatter > 0) {
            const float height = p.air_scatter, rate = grid.step_deg / p.air_scatter_decay_deg;
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) total[j] += height * exponential(-(begin + j) * rate);
        }
        if (p.paper_background) {
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) total[j] += paper.at((begin + j) * per_point);
        }
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) pattern[begin + j] += total[j] > 0 ? total[j] : 0.0f;
    });
}

}  // namespace friedel
