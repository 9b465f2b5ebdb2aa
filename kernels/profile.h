// Sum of pseudo-Voigt peaks on a grid, by gather: each tile of points adds up the peaks that reach it.
// A peak is split exactly into a smooth tail, which is evaluated on a grid coarse_points times coarser and interpolated, and the rest,
// which is zero beyond a radius: far Lorentzian tails cost next to nothing and are nowhere cut off above 1e-5 of the strongest peak.
// A peak narrower than four steps is integrated over each bin, so that it keeps its area however narrow it is.
#pragma once

#include "kernels/peaks.h"

namespace friedel {

constexpr int coarse_points = 8;
constexpr float tail_tolerance = 1e-5f;

// The constants of one peak in the sums below.
struct PeakShape {
    float position_deg;
    float half_width_sq;  // g^2
    float lorentz;        // L(x) = lorentz / (x^2 + g^2)
    float gauss;          // G(x) = gauss exp(-decay x^2)
    float decay;
    float radius;  // the tail T(x) is L(x) beyond, cap_0 + cap_2 x^2 within, equal in value and slope at the radius
    float cap_0, cap_2;
    float reach;  // T is left out beyond
};

FRIEDEL_FN PeakShape peak_shape(const Peaks& peaks, int i, float step_deg, float floor_height) {
    const float fwhm = peaks.fwhm_deg[i] > 1e-3f * step_deg ? peaks.fwhm_deg[i] : 1e-3f * step_deg;
    const float g = 0.5f * fwhm, eta = peaks.eta[i], area = peaks.area[i];
    PeakShape s;
    s.position_deg = peaks.position_deg[i];
    s.half_width_sq = g * g;
    s.lorentz = area * eta * g / pi_f;
    s.gauss = area * (1 - eta) * 0.46971864f / g;  // sqrt(ln 2 / pi) / g
    s.decay = 0.69314718f / s.half_width_sq;
    s.radius = coarse_points * 8 * step_deg + 2 * fwhm;
    const float edge = s.radius * s.radius + s.half_width_sq;
    s.cap_2 = -s.lorentz / (edge * edge);
    s.cap_0 = s.lorentz / edge - s.cap_2 * s.radius * s.radius;
    const float reach = sqrtf(s.lorentz / floor_height);
    s.reach = reach > s.radius ? reach : s.radius;
    return s;
}

// Integral of the peak over a bin of width `step` centred at x, divided by `step`; for narrow peaks.
FRIEDEL_FN float bin_average(const PeakShape& s, float x, float step, float g) {
    const float half = 0.5f * step;
    // atan u - atan v as one arc tangent: no cancellation far out
    const float bent = s.half_width_sq + x * x - half * half;
    float angle = arc_tangent(step * g / (bent != 0 ? bent : 1e-30f));
    angle = bent < 0 ? angle + pi_f : angle;
    const float scale = sqrtf(s.decay);
    const float gaussian = error_function(scale * (x + half)) - error_function(scale * (x - half));
    return (s.lorentz / g * angle + s.gauss * 0.88622693f / scale * gaussian) / step;  // sqrt(pi) / 2
}

struct ProfileScratch {
    float* coarse;         // [coarse_count(grid)]
    std::int32_t* order;   // [peaks]
    std::int32_t* starts;  // [profile_bins(grid) + 1]
    PeakShape* shape;      // [peaks] in order of position
};

FRIEDEL_FN int coarse_count(const Grid& grid) { return (grid.points + coarse_points - 1) / coarse_points + 2; }
constexpr int bin_points = 64;
FRIEDEL_FN int profile_bins(const Grid& grid) { return (grid.points + bin_points - 1) / bin_points + 2; }

// pattern[i] = sum of peaks at point i, per degree; overwrites.
template <class Block>
FRIEDEL_FN void sum_profiles(Block& block, float* pattern, const Peaks& peaks, const Grid& grid, ProfileScratch& scratch) {
    const float step = grid.step_deg;
    const int bins = profile_bins(grid);
    // Bin 0 holds what lies before the grid, the last one what lies behind.
    const auto bin_of = [&](float position_deg) {
        const int bin = static_cast<int>(floorf((position_deg - grid.start_deg) / (step * bin_points))) + 1;
        return bin < 0 ? 0 : (bin >= bins ? bins - 1 : bin);
    };
    block.order_by_key(scratch.order, scratch.starts, peaks.count, bins, [&](int i) { return bin_of(peaks.position_deg[i]); });
    const float highest =
        block.maximum(peaks.count, 1e-30f, [&](int i) { return peaks.area[i] / (peaks.fwhm_deg[i] > step ? peaks.fwhm_deg[i] : step); });
    const float floor_height = tail_tolerance * highest;
    block.for_each(peaks.count, [&](int slot) { scratch.shape[slot] = peak_shape(peaks, scratch.order[slot], step, floor_height); });
    const float widest = block.maximum(peaks.count, 0.0f, [&](int i) { return scratch.shape[i].radius; });

    const int coarse = coarse_count(grid);
    const float coarse_step = step * coarse_points;
    block.for_each_tile(coarse, [&](int begin, int n) {
        float total[Block::tile];
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) total[j] = 0;
        const float first = grid.start_deg + begin * coarse_step, last = first + (n - 1) * coarse_step;
        for (int i = 0; i < peaks.count; ++i) {
            const PeakShape s = scratch.shape[i];
            if (s.position_deg + s.reach < first || s.position_deg - s.reach > last) continue;
            const float radius_sq = s.radius * s.radius, reach_sq = s.reach * s.reach;
            const float offset = first - s.position_deg;
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) {
                const float x = offset + j * coarse_step, x_sq = x * x;
                const float tail = x_sq < radius_sq ? s.cap_0 + s.cap_2 * x_sq : s.lorentz / (x_sq + s.half_width_sq);
                total[j] += x_sq < reach_sq ? tail : 0.0f;
            }
        }
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) scratch.coarse[begin + j] = total[j];
    });

    block.for_each_tile(grid.points, [&](int begin, int n) {
        float total[Block::tile];
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) {
            const int cell = (begin + j) / coarse_points;
            const float part = ((begin + j) - cell * coarse_points) * (1.0f / coarse_points);
            total[j] = scratch.coarse[cell] + part * (scratch.coarse[cell + 1] - scratch.coarse[cell]);
        }
        const float first = grid.start_deg + begin * step, last = first + (n - 1) * step;
        const int begin_slot = scratch.starts[bin_of(first - widest)], end_slot = scratch.starts[bin_of(last + widest) + 1];
        for (int i = begin_slot; i < end_slot; ++i) {
            const PeakShape s = scratch.shape[i];
            if (s.position_deg + s.radius < first || s.position_deg - s.radius > last) continue;
            const float radius_sq = s.radius * s.radius;
            const float offset = first - s.position_deg;
            if (s.half_width_sq < 4 * step * step) {
                const float g = sqrtf(s.half_width_sq);
                FRIEDEL_SIMD
                for (int j = 0; j < n; ++j) {
                    const float x = offset + j * step, x_sq = x * x;
                    const float rest = bin_average(s, x, step, g) - (s.cap_0 + s.cap_2 * x_sq);
                    total[j] += x_sq < radius_sq ? rest : 0.0f;
                }
                continue;
            }
            const float gap = offset > 0 ? offset : (s.position_deg > last ? s.position_deg - last : 0.0f);
            if (s.decay * gap * gap < 18.0f) {  // e^-18 = 1.5e-8
                FRIEDEL_SIMD
                for (int j = 0; j < n; ++j) {
                    const float x = offset + j * step;
                    total[j] += s.gauss * exponential(-s.decay * x * x);
                }
            }
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) {
                const float x = offset + j * step, x_sq = x * x;
                const float rest = s.lorentz / (x_sq + s.half_width_sq) - (s.cap_0 + s.cap_2 * x_sq);
                total[j] += x_sq < radius_sq ? rest : 0.0f;
            }
        }
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) pattern[begin + j] = total[j];
    });
}

}  // namespace friedel
