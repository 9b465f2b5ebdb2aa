// Sum of pseudo-Voigt peaks on a grid, by gather: each tile of points adds up the peaks that reach it.
// A peak is split exactly: what is sharp is summed on the grid itself within a radius, the smooth rest on a grid 8 times coarser within a
// larger radius, and what is smoother still on one 64 times coarser over the whole range; both are interpolated. Lorentzian tails thus
// reach everywhere and cost little. A peak narrower than four steps is integrated over each bin near it, so that it keeps its area.
#pragma once

#include "kernels/peaks.h"

namespace friedel {

constexpr int coarsening = 8;            // from one level to the next
constexpr int radius_steps = 64;         // radius of a level in its own steps
constexpr int bin_points = 64;           // points per bin when peaks are put in order
constexpr int integrated_steps = 12;     // from its centre a narrow peak is integrated over bins; its tails hardly bend within one
constexpr float tail_tolerance = 1e-6f;  // of the highest peak: tails lower than this at the first radius are left out

// lorentz / (x^2 + g^2) outside a radius; inside, the parabola that continues it in value and slope.
struct Tail {
    float radius, cap_0, cap_2;

    FRIEDEL_FN static Tail of(float lorentz, float half_width_sq, float radius) {
        const float edge = radius * radius + half_width_sq;
        const float cap_2 = -lorentz / (edge * edge);
        return {radius, lorentz / edge - cap_2 * radius * radius, cap_2};
    }
    FRIEDEL_FN float radius_sq() const { return radius * radius; }
    FRIEDEL_FN float cap(float x_sq) const { return cap_0 + cap_2 * x_sq; }
};

// Where a Gaussian ends: exp(-gauss_end) = 1.5e-8 of its height.
constexpr float gauss_end = 18;

// The constants of one peak in the sums below: three loads of 16 bytes, which all threads of a GPU's block make for every peak.
struct alignas(16) PeakShape {
    float position_steps;  // from the start of the grid: the bins of all tiles meet exactly, wherever on the axis
    float half_width_sq;   // g^2
    float lorentz;         // L(x) = lorentz / (x^2 + g^2)
    float gauss;           // G(x) = gauss exp(-decay x^2)
    float decay;
    Tail near, far;

    FRIEDEL_FN void set(float area, float fwhm, float eta) {
        const float g = 0.5f * fwhm;
        half_width_sq = g * g;
        lorentz = area * eta * g / pi_f;
        gauss = area * (1 - eta) * 0.46971864f / g;  // sqrt(ln 2 / pi)
        decay = static_cast<float>(ln_2) / half_width_sq;
    }

    // The Lorentzian at a distance from the centre, of which this is the square; and the same within a radius as the cap that stands for
    // it.
    FRIEDEL_LANE_FN float tail(float x_sq) const { return lorentz / (x_sq + half_width_sq); }
    FRIEDEL_LANE_FN float capped(const Tail& by, float x_sq) const { return x_sq < by.radius_sq() ? by.cap(x_sq) : tail(x_sq); }
};

FRIEDEL_FN PeakShape peak_shape(const Peaks& peaks, int i, const Grid& grid, float highest) {
    const float step_deg = grid.step_deg;
    const float fwhm = peaks.fwhm_deg[i] > 1e-3f * step_deg ? peaks.fwhm_deg[i] : 1e-3f * step_deg;
    PeakShape s;
    s.position_steps = (peaks.position_deg[i] - grid.start_deg) / step_deg;
    s.set(peaks.area[i], fwhm, peaks.eta[i]);
    const float radius = radius_steps * step_deg + 2 * fwhm;
    const bool tails = s.lorentz > tail_tolerance * highest * radius * radius;
    s.near = Tail::of(tails ? s.lorentz : 0.0f, s.half_width_sq, radius);
    s.far = Tail::of(tails ? s.lorentz : 0.0f, s.half_width_sq, coarsening * radius);
    return s;
}

// Narrower than four steps.
FRIEDEL_FN bool is_narrow(const PeakShape& s, float step) { return s.half_width_sq < 4 * step * step; }

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
    float* coarse;         // [level_points(grid, 1)]
    float* coarsest;       // [level_points(grid, 2)]
    std::int32_t* order;   // [peaks]
    std::int32_t* starts;  // [profile_bins(grid) + 1]
    PeakShape* shape;      // [peaks] in order of position, where `fast` does not hold them
    FastMemory fast = {};
};

// Points of a coarser grid that starts where the grid does and ends beyond it.
FRIEDEL_FN int level_points(const Grid& grid, int level) {
    const int ratio = level == 1 ? coarsening : coarsening * coarsening;
    return (grid.points + ratio - 1) / ratio + 2;
}
FRIEDEL_FN int profile_bins(const Grid& grid) { return (grid.points + bin_points - 1) / bin_points + 2; }

// Linear interpolation in a coarser level at point i of the finer one.
FRIEDEL_FN float interpolated(const float* coarse, int i) {
    const int cell = i / coarsening;
    return coarse[cell] + (i - cell * coarsening) * (1.0f / coarsening) * (coarse[cell + 1] - coarse[cell]);
}

// A tile of points of one level as a peak sees it: from the peak to the first point in steps of the level, and to where the tile begins
// and ends in degrees.
struct TileView {
    float steps, begin_deg, end_deg;

    FRIEDEL_FN bool is_beyond(float radius_deg) const { return begin_deg > radius_deg || end_deg < -radius_deg; }
};

// Each of the three parts of a peak is added to the n points of a tile. Whole tiles are computed, the last one of a level beyond its end as
// well: loops of constant length have no remainder.

// The coarsest level: the tail everywhere, within the far radius its cap.
template <int n>
FRIEDEL_FN void add_smoothest_part(float* total, const PeakShape s, const TileView& tile, float step) {
    if (s.far.cap_0 == 0) return;
    FRIEDEL_SIMD
    for (int j = 0; j < n; ++j) {
        const float x = tile.begin_deg + j * step, x_sq = x * x;
        total[j] += s.capped(s.far, x_sq);
    }
}

// The coarse level: within the far radius, what the coarsest left of the tail; within the near radius, of its cap.
template <int n>
FRIEDEL_FN void add_smooth_part(float* total, const PeakShape s, const TileView& tile, float step) {
    if (s.far.cap_0 == 0 || tile.is_beyond(s.far.radius)) return;
    FRIEDEL_SIMD
    for (int j = 0; j < n; ++j) {
        const float x = tile.begin_deg + j * step, x_sq = x * x;
        total[j] += x_sq < s.far.radius_sq() ? s.capped(s.near, x_sq) - s.far.cap(x_sq) : 0.0f;
    }
}

// The grid itself: within the near radius, what the coarse level left of the tail, and the Gaussian.
template <int n>
FRIEDEL_FN void add_sharp_part(float* total, const PeakShape s, const TileView& tile, float step) {
    if (tile.is_beyond(s.near.radius)) return;
    const float offset = tile.begin_deg, last = tile.end_deg;
    const float gap = offset > 0 ? offset : (last < 0 ? -last : 0.0f);
    if (is_narrow(s, step)) {
        // A bin's average of the tail by the second derivative: what is left out is (step / x)^4 / 16 of it.
        if (gap > integrated_steps * step) {
            const float bend = step * step / 12;
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) {
                const float x = offset + j * step, x_sq = x * x, q = 1 / (x_sq + s.half_width_sq);
                const float tail = s.lorentz * q * (1 + bend * q * q * (3 * x_sq - s.half_width_sq));
                total[j] += x_sq < s.near.radius_sq() ? tail - s.near.cap(x_sq) : 0.0f;
            }
            return;
        }
        const float g = sqrtf(s.half_width_sq);
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) {
            const float x = (tile.steps + j) * step, x_sq = x * x;  // the sum is exact: a bin ends where the next begins
            const float rest = bin_average(s, x, step, g) - s.near.cap(x_sq);
            total[j] += x_sq < s.near.radius_sq() ? rest : 0.0f;
        }
        return;
    }
    if (s.decay * gap * gap < gauss_end) {
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) {
            const float x = offset + j * step;
            total[j] += s.gauss * exponential(-s.decay * x * x);
        }
    }
    if (s.lorentz == 0) return;
    FRIEDEL_SIMD
    for (int j = 0; j < n; ++j) {
        const float x = offset + j * step, x_sq = x * x;
        const float rest = s.tail(x_sq) - s.near.cap(x_sq);
        total[j] += x_sq < s.near.radius_sq() ? rest : 0.0f;
    }
}

// The sum of peaks on a grid, by the threads of a block.
template <class Block>
class ProfileSum {
public:
    FRIEDEL_FN ProfileSum(Block& block, const Peaks& peaks, const Grid& grid, ProfileScratch& scratch)
        : block_(block), peaks_(peaks), grid_(grid), scratch_(scratch), bins_(profile_bins(grid)) {
        PeakShape* const fast = scratch.fast.template hold<PeakShape>(peaks.count);
        shapes_ = fast ? fast : scratch.shape;
    }

    FRIEDEL_FN void run(float* pattern) {
        block_.counting_sort(scratch_.order, scratch_.starts, peaks_.count, bins_, [&](int i) { return bin_of(peaks_.position_deg[i]); });
        const float widest = set_shapes();
        const float step = grid_.step_deg, coarse_step = step * coarsening, coarsest_step = coarse_step * coarsening;
        constexpr float everywhere = 1e4f;
        constexpr float eighth = 1.0f / coarsening;
        gather({scratch_.coarsest, level_points(grid_, 2), coarsest_step, everywhere, eighth * eighth, nullptr, pattern},
               [&](float* total, const PeakShape& s, const TileView& at) { add_smoothest_part<tile>(total, s, at, coarsest_step); });
        gather({scratch_.coarse, level_points(grid_, 1), coarse_step, coarsening * widest, eighth, scratch_.coarsest, pattern},
               [&](float* total, const PeakShape& s, const TileView& at) { add_smooth_part<tile>(total, s, at, coarse_step); });
        gather({pattern, grid_.points, step, widest, 1.0f, scratch_.coarse, nullptr},
               [&](float* total, const PeakShape& s, const TileView& at) { add_sharp_part<tile>(total, s, at, step); });
    }

private:
    static constexpr int tile = Block::tile;

    struct Level {
        float* out;  // [points]
        int points;
        float step, radius;    // degrees; how far its part of a peak may reach
        float of_step;         // the grid's step over that of the level: a constant, where a GPU would fetch a quotient for every peak
        const float* coarser;  // the level before, which it begins with; null: with nothing
        float* spare;          // [grid.points] free while it is summed, or null
    };

    // Bin 0 holds what lies before the grid, the last one what lies behind.
    FRIEDEL_FN int bin_of(float position_deg) const {
        const int bin = static_cast<int>(floorf((position_deg - grid_.start_deg) / (grid_.step_deg * bin_points))) + 1;
        return bin < 0 ? 0 : (bin >= bins_ ? bins_ - 1 : bin);
    }

    // The shapes in order of position. Returns the largest near radius.
    FRIEDEL_FN float set_shapes() {
        const float step = grid_.step_deg;
        const float highest = block_.maximum(
            peaks_.count, 1e-30f, [&](int i) { return peaks_.area[i] / (peaks_.fwhm_deg[i] > step ? peaks_.fwhm_deg[i] : step); });
        block_.for_each(peaks_.count, [&](int slot) {
            PeakShape shape = peak_shape(peaks_, scratch_.order[slot], grid_, highest);
            // A thread that takes single points need not look at a Gaussian further out than it reaches: see add_sharp_part().
            if (!Block::is_core && shape.lorentz == 0) shape.near.radius = sqrtf(gauss_end / shape.decay) + 2 * step;
            shapes_[slot] = shape;
        });
        return block_.maximum(peaks_.count, 0.0f, [&](int i) { return shapes_[i].near.radius; });
    }

    // Adds to the tile from point `begin` on one of every `parts` peaks that may reach it, from number `part` on.
    template <class Add>
    FRIEDEL_FN void add_peaks(float* total, const Level& level, int begin, int part, int parts, Add&& add) const {
        const float first = grid_.start_deg + begin * level.step, last = first + (tile - 1) * level.step;
        const int end_slot = scratch_.starts[bin_of(last + level.radius) + 1];
        const float width = (tile - 1) * level.step;
        for (int i = scratch_.starts[bin_of(first - level.radius)] + part; i < end_slot; i += parts) {
            const PeakShape shape = shapes_[i];
            const float steps = static_cast<float>(begin) - shape.position_steps * level.of_step, offset = steps * level.step;
            add(total, shape, TileView{steps, offset, offset + width});
        }
    }

    // Every point of a level: the level before, interpolated, and what add(total, shape, tile) adds for each peak.
    template <class Add>
    FRIEDEL_FN void gather(const Level& level, Add&& add) {
        const auto start = [&](int i) { return level.coarser ? interpolated(level.coarser, i) : 0.0f; };
        if constexpr (!Block::is_core) {
            // A coarse level has fewer points than a block has threads: several do one, with the spare memory for their sums.
            constexpr int max_parts = 24;
            const int fitting = grid_.points / level.points;
            const int parts = level.spare ? block_.shares(level.points, fitting < max_parts ? fitting : max_parts) : 1;
            if (parts > 1) {
                block_.for_each(level.points * parts, [&](int item) {
                    float total = 0;
                    add_peaks(&total, level, item % level.points, item / level.points, parts, add);
                    level.spare[item] = total;
                });
                block_.for_each(level.points, [&](int i) {
                    float total = start(i);
                    for (int part = 0; part < parts; ++part) total += level.spare[part * level.points + i];
                    level.out[i] = total;
                });
                return;
            }
        }
        block_.for_each_tile(level.points, [&](int begin, int n) {
            float total[tile];
            for (int j = n; j < tile; ++j) total[j] = 0;
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) total[j] = start(begin + j);
            add_peaks(total, level, begin, 0, 1, add);
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) level.out[begin + j] = total[j];
        });
    }

    Block& block_;
    const Peaks& peaks_;
    const Grid& grid_;
    ProfileScratch& scratch_;
    int bins_;
    PeakShape* shapes_;
};

// pattern[i] = sum of peaks at point i, per degree; overwrites.
template <class Block>
FRIEDEL_FN void sum_profiles(Block& block, float* pattern, const Peaks& peaks, const Grid& grid, ProfileScratch& scratch) {
    ProfileSum<Block>(block, peaks, grid, scratch).run(pattern);
}

}  // namespace friedel
