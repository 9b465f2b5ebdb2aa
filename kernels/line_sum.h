// The sum of lines whose widths change in sections: within a section of the range every line has the width of its middle, so profiles are
// worked out once a section and the time hardly depends on how many lines there are. Of a line, area and position are exact; its width is
// that of the first wavelength, and off by what widths change within half a section: in 24 sections the worst point of a pattern of preset
// friedel differs from that of profile.h, which gives every line its own width, by 0.6 % of the maximum in the median.
// Lines go into cells finer than the grid as whole numbers, which add up to the same in any order. What is sharp about profiles is summed
// on the grid within a radius, Lorentzian tails on a grid 8 or 16 times coarser over the whole range.
#pragma once

#include "kernels/peaks.h"
#include "kernels/profile.h"

namespace friedel {

constexpr int max_cells_per_step = 8;
constexpr int margin_steps = 128;                           // cells go so far beyond the grid; lines further off leave nothing
constexpr float cells_of_width = 4;                         // at least: then four cells stand for a line to a hundredth of its height
constexpr float narrowest_steps = 0.4f, widest_steps = 48;  // of widths: where eight cells a step are enough, and a radius of margin_steps
constexpr float whole_area = 4194304;                       // of a line of area 1 in the cells: 2^22, so that 500 of them fit in one

// Sections that patterns of this configuration are summed in: none where a width may be drawn for which they do not serve.
FRIEDEL_FN int width_sections_of(const SimulationConfig& c) {
    if (c.width_sections == 0) return 0;
    const Distribution& size = c.size_angstrom;
    if (size.low() <= 0 && size.high() > 0) return 0;  // any width
    PatternParameters narrow, wide;
    narrow.caglioti_u = c.caglioti_u.lowest(), narrow.caglioti_v = c.caglioti_v.lowest(), narrow.caglioti_w = c.caglioti_w.lowest();
    wide.caglioti_u = c.caglioti_u.highest(), wide.caglioti_v = c.caglioti_v.highest(), wide.caglioti_w = c.caglioti_w.highest();
    narrow.microstrain = c.microstrain.lowest(), wide.microstrain = c.microstrain.highest();
    narrow.size_angstrom = size.lowest() > 0 ? size.highest() : 0.0f;  // 0: no broadening
    wide.size_angstrom = size.lowest() > 0 ? size.lowest() : size.low();
    for (const float two_theta_deg :
         {c.grid.start_deg, c.grid.start_deg + c.grid.points * c.grid.step_deg}) {  // widths are largest at ends
        const float theta = theta_rad(two_theta_deg);
        const auto fwhm = [&](const PatternParameters& p) {
            return peak_width(tanf(theta), cosf(theta), c.radiation.wavelength[0], p).fwhm / c.grid.step_deg;
        };
        if (fwhm(narrow) < narrowest_steps || fwhm(wide) > widest_steps) return 0;
    }
    return c.width_sections;
}

// What a line leaves in one cell.
struct alignas(16) LineEntry {
    float area;
    float lorentz;       // L(x) = lorentz / (x^2 + g^2) of it, x in steps
    float place;         // of the cell, steps from the first
    std::int32_t shift;  // rows[shift + i] is its profile at point i of the grid
};

struct LineScratch {
    std::int32_t* cells;   // [line_cells(grid)]
    std::int32_t* starts;  // [line_steps(grid) + 1] first entry of each step
    LineEntry* entries;    // [line_cells(grid)], where `fast` does not hold them
    float* rows;           // [line_rows(sections)]
    float* widths;         // [3][max_width_sections], as below
    float* tails;          // [tail_scratch(grid)]
    float* coarse;         // [level_points(grid, 1)]
    FastMemory fast = {};  // for entries

    // [max_width_sections] of the lines of each section: width in steps, eta, LineEntry's lorentz of a line of area 1. (Three pointers
    // instead of one would take registers of which a GPU's block has none left.)
    FRIEDEL_FN float* fwhm() const { return widths; }
    FRIEDEL_FN float* eta() const { return widths + max_width_sections; }
    FRIEDEL_FN float* lorentz() const { return widths + 2 * max_width_sections; }
};

// Where so many entries lie. (nvcc 13.0 fails with an internal error where a member function asks `fast` for entries.)
FRIEDEL_FN LineEntry* entries_for(const LineScratch& scratch, int count) {
    LineEntry* const fast = scratch.fast.hold<LineEntry>(count);
    return fast ? fast : scratch.entries;
}

FRIEDEL_FN int line_steps(const Grid& grid) { return (grid.points + 2 * margin_steps + 15) / 16 * 16; }
FRIEDEL_FN int line_cells(const Grid& grid) { return line_steps(grid) * max_cells_per_step; }
FRIEDEL_FN int tail_scratch(const Grid& grid) { return 3 * (line_steps(grid) / coarsening + max_tile + 1); }

// Half a row of profiles: they reach so far from number half - 1, and are 0 for the other points of a span.
FRIEDEL_FN int half_row(int radius, int span) { return (radius + 3 * span / 2) / (span / 2) * (span / 2); }
FRIEDEL_FN int line_rows(int sections) { return sections * max_cells_per_step * 2 * half_row(margin_steps, max_tile); }

// How one pattern's lines are summed; the same for all threads of its block.
class LineSum {
public:
    // Points that look at the same entries: a tile of a core, a warp of a GPU.
    template <class Block>
    static constexpr int span = Block::is_core ? Block::tile : 32;

    FRIEDEL_FN LineSum(const LineScratch& scratch, const Grid& grid) : scratch_(scratch), grid_(grid), steps_(line_steps(grid)) {}

    // Works out the widths of one pattern and clears the cells: before anything below.
    template <class Block>
    FRIEDEL_FN void begin(Block& block, const PatternParameters& p) {
        const Grid& grid = grid_;
        sections_ = p.width_sections;
        sections_per_step_ = static_cast<float>(sections_) / static_cast<float>(grid.points);
        float *const fwhm = scratch_.fwhm(), *const eta = scratch_.eta(), *const lorentz = scratch_.lorentz();
        block.for_each(sections_, [&](int section) {
            const float middle = grid.start_deg + (section + 0.5f) / sections_ * grid.points * grid.step_deg;
            const float theta = theta_rad(middle);
            const PseudoVoigt shape = peak_width(tanf(theta), cosf(theta), p.radiation.wavelength[0], p);
            const float steps = shape.fwhm / grid.step_deg;
            fwhm[section] = steps > 1e-3f ? steps : 1e-3f;
            eta[section] = shape.eta;
            lorentz[section] = shape.eta * 0.5f * fwhm[section] / pi_f;
        });
        const float widest = block.maximum(sections_, 0.0f, [&](int i) { return fwhm[i]; });
        const float narrowest = 1 / block.maximum(sections_, 0.0f, [&](int i) { return 1 / fwhm[i]; });
        tails_ = block.maximum(sections_, 0.0f, [&](int i) { return eta[i]; }) > 0;
        const float seen = sqrtf(narrowest * narrowest + step_variance);
        cells_per_step_ = 1;
        while (cells_per_step_ < max_cells_per_step && cells_per_step_ * seen < cells_of_width) cells_per_step_ *= 2;
        const float reach = tails_ ? 32 + 2 * widest : 2 + 2.55f * widest;  // a Gaussian has fallen to e^-18 there
        radius_ = reach < margin_steps ? static_cast<int>(reach) : margin_steps;
        coarse_ = radius_ < 64 ? coarsening : 2 * coarsening;
        tail_ = Tail::of(1, 0.25f * widest * narrowest, static_cast<float>(radius_));
        tail_width_sq_ = 0.25f * widest * narrowest;
        block.for_each(steps_ * cells_per_step_, [&](int i) { scratch_.cells[i] = 0; });
    }

    // Width of a line at this place.
    FRIEDEL_FN float fwhm_deg(float position_deg) const {
        return scratch_.fwhm()[section_of((position_deg - grid_.start_deg) / grid_.step_deg)] * grid_.step_deg;
    }

    // What a line leaves in the four cells around it, as whole numbers. The weights of Lagrange's cubic through four points keep its area,
    // mean and variance, and change without a step where the line passes a cell.
    struct Share {
        float cell;  // the second of them
        float below, at, above, beyond;
    };

    // Of a line of an area in units of the strongest peak of the first crystal, at most a few hundred in one place. Out of reach: nothing.
    FRIEDEL_LANE_FN Share share(float position_deg, float area) const {
        const float asked = ((position_deg - grid_.start_deg) / grid_.step_deg + margin_steps) * static_cast<float>(cells_per_step_);
        const auto last = static_cast<float>(steps_ * cells_per_step_ - 3);
        const bool within = asked > 2 && asked < last;
        const float place = within ? asked : 2.0f, scaled = within ? area * whole_area : 0.0f;
        const float cell = nearest(place - 0.5f), f = place - cell, g = 1 - f;
        const float outer = scaled * f * g / 6;
        const float below = nearest(-outer * (1 + g)), beyond = nearest(-outer * (1 + f));
        const float above = nearest(0.5f * scaled * f * (1 + f) * (1 + g));
        return {cell, below, nearest(scaled) - below - above - beyond, above, beyond};
    }
    template <class Block>
    FRIEDEL_FN void put(const Block& block, const Share& share) const {
        std::int32_t* const at = scratch_.cells + static_cast<int>(share.cell);
        block.add(at - 1, static_cast<std::int32_t>(share.below));
        block.add(at, static_cast<std::int32_t>(share.at));
        block.add(at + 1, static_cast<std::int32_t>(share.above));
        block.add(at + 2, static_cast<std::int32_t>(share.beyond));
    }

    // pattern[i] = sum of all lines at point i, per degree; overwrites.
    template <class Block>
    FRIEDEL_FN void sum(Block& block, float* pattern) {
        const int half = half_row(radius_, span<Block>);
        find_profiles(block, half);
        collect(block, half);
        if (tails_) sum_tails(block);
        const float unit = 1 / (whole_area * grid_.step_deg), per_coarse = 1.0f / static_cast<float>(coarse_);
        block.for_each_tile(grid_.points, [&](int begin, int n) {
            float total[Block::tile];
            for (int j = 0; j < Block::tile; ++j) total[j] = 0;
            const int first = begin / span<Block> * span<Block> + margin_steps;  // of the span, as steps are counted
            const int end = scratch_.starts[first + span<Block> - 1 + radius_ < steps_ ? first + span<Block> + radius_ : steps_];
            for (int i = scratch_.starts[first - radius_]; i < end; ++i) {
                const LineEntry entry = entries_[i];
                const float* const row = scratch_.rows + entry.shift + begin;
                FRIEDEL_SIMD
                for (int j = 0; j < Block::tile; ++j) total[j] += entry.area * row[j];
            }
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) pattern[begin + j] = unit * (total[j] + (tails_ ? tail_at(begin + j, per_coarse) : 0.0f));
        });
    }

    // How many cells hold anything.
    template <class Block>
    FRIEDEL_FN int filled_cells(Block& block) const {
        return block.template sum<int>(steps_ * cells_per_step_, [&](int i) { return scratch_.cells[i] != 0; });
    }
    FRIEDEL_FN int rows_worked_out() const { return sections_ * (cells_per_step_ / 2 + 1); }
    FRIEDEL_FN int radius() const { return radius_; }
    // Cells times points of the coarse grid.
    FRIEDEL_FN double tail_terms() const { return tails_ ? static_cast<double>(steps_ / coarse_) * (grid_.points / coarse_) : 0.0; }

private:
    FRIEDEL_FN float tail_at(int point, float per_coarse) const {
        const float place = static_cast<float>(point) * per_coarse;
        const int cell = static_cast<int>(place);
        const float* const coarse = scratch_.coarse + cell;
        return coarse[0] + (place - static_cast<float>(cell)) * (coarse[1] - coarse[0]);
    }

    FRIEDEL_FN int section_of(float step) const {
        const int section = static_cast<int>(step * sections_per_step_);
        return section < 0 ? 0 : (section < sections_ ? section : sections_ - 1);
    }

    // A row for each section and each cell of a step: the mean over the bin of each point, less the tail that the coarse grid has. Profiles
    // are even, so a row is that of the cell as far from the step's other end, backwards.
    template <class Block>
    FRIEDEL_FN void find_profiles(Block& block, int half) const {
        const auto radius = static_cast<float>(radius_);
        const int length = 2 * half, worked_out = cells_per_step_ / 2 + 1;
        block.for_each_tile(sections_ * worked_out * length, [&](int begin, int n) {
            const int row = begin / length, section = row / worked_out, cell = row - section * worked_out, in_row = begin - row * length;
            float* const rows = scratch_.rows + section * cells_per_step_ * length;
            float* const out = rows + cell * length + in_row;
            const bool mirrored = 2 * cell < cells_per_step_ && cell > 0;
            float* const mirror = rows + (cells_per_step_ - cell + 1) * length - 1 - in_row;
            // Of the first point from the line.
            const float start = static_cast<float>(in_row - half + 1) - static_cast<float>(cell) / static_cast<float>(cells_per_step_);
            if (start >= radius || start + static_cast<float>(n - 1) <= -radius) {
                for (int j = 0; j < n; ++j) out[j] = 0;
                for (int j = 0; mirrored && j < n; ++j) mirror[-j] = 0;
                return;
            }
            const float eta = scratch_.eta()[section], g = 0.5f * scratch_.fwhm()[section];
            const float lorentz = scratch_.lorentz()[section], narrow = 1 / g;
            float below[Block::tile + 1];  // areas up to where the bins meet
            FRIEDEL_SIMD
            for (int j = 0; j < Block::tile + 1; ++j) {
                const float x = (start + static_cast<float>(j) - 0.5f) * narrow;
                below[j] = eta / pi_f * arc_tangent(x) + 0.5f * (1 - eta) * error_function(0.83255461f * x);  // sqrt(ln 2)
            }
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) {
                const float x = start + static_cast<float>(j);
                const float rest = below[j + 1] - below[j] - lorentz * tail_.cap(x * x);
                out[j] = x > -radius && x < radius ? rest : 0.0f;
            }
            for (int j = 0; mirrored && j < n; ++j) mirror[-j] = out[j];
        });
    }

    template <int n>
    FRIEDEL_FN static int filled(const std::int32_t* cells) {
        int count = 0;
        for (int i = 0; i < n; ++i) count += cells[i] != 0;
        return count;
    }

    // The cells that hold anything, in order.
    template <class Block>
    FRIEDEL_FN void collect(Block& block, int half) {
        const int count = block.exclusive_scan(scratch_.starts, steps_, [&](int step) {
            const std::int32_t* const cells = scratch_.cells + step * cells_per_step_;
            switch (cells_per_step_) {  // loops of constant length
                case 1:
                    return filled<1>(cells);
                case 2:
                    return filled<2>(cells);
                case 4:
                    return filled<4>(cells);
                default:
                    return filled<8>(cells);
            }
        });
        entries_ = entries_for(scratch_, count);
        block.for_each(steps_, [&](int step) {
            int slot = scratch_.starts[step];
            if (slot == scratch_.starts[step + 1]) return;
            const int from_grid = step - margin_steps, section = section_of(static_cast<float>(from_grid));
            const float lorentz = scratch_.lorentz()[section], per_step = 1.0f / static_cast<float>(cells_per_step_);
            for (int cell = 0; cell < cells_per_step_; ++cell) {
                const auto area = static_cast<float>(scratch_.cells[step * cells_per_step_ + cell]);
                if (!Block::is_core && area == 0) continue;  // a core is sooner done writing over what an empty cell has left
                entries_[slot] = LineEntry{area, area * lorentz, step + static_cast<float>(cell) * per_step,
                                           (2 * (section * cells_per_step_ + cell) + 1) * half - 1 - from_grid};
                slot += area != 0;
            }
        });
    }

    // What all lines leave at the points of the coarse grid: what is far from a line does not see how wide it is.
    template <class Block>
    FRIEDEL_FN void sum_tails(Block& block) const {
        const int cells = steps_ / coarse_ + 1, padded = cells + max_tile;
        const float per_coarse = 1.0f / static_cast<float>(coarse_);
        float* const weights = scratch_.tails;
        float* const falls = weights + padded;  // [padded * 2] at distance i - padded
        // Each entry is shared by the two points that it lies between. The second's share waits where `falls` will be.
        float* const of_next = falls;
        block.for_each(cells, [&](int cell) {
            const int first = cell * coarse_, last = first + coarse_;
            const int end = scratch_.starts[last < steps_ ? last : steps_];
            const auto left = static_cast<float>(first);
            float all = 0, right = 0;
            for (int i = scratch_.starts[first < steps_ ? first : steps_]; i < end; ++i) {
                all += entries_[i].lorentz;
                right += entries_[i].lorentz * (entries_[i].place - left);
            }
            weights[cell] = all - right * per_coarse;
            of_next[cell] = right * per_coarse;
        });
        block.for_each(cells - 1, [&](int cell) { weights[cell + 1] += of_next[cell]; });
        block.for_each(2 * padded, [&](int i) {
            const float x = static_cast<float>((i - padded) * coarse_), x_sq = x * x;
            falls[i] = x_sq < tail_.radius_sq() ? tail_.cap(x_sq) : 1 / (x_sq + tail_width_sq_);
        });
        const int points = (grid_.points + coarse_ - 1) / coarse_ + 2;
        block.for_each_tile(points, [&](int begin, int n) {
            float total[Block::tile];
            for (int j = 0; j < Block::tile; ++j) total[j] = 0;
            for (int cell = 0; cell < cells; ++cell) {
                const float weight = weights[cell];
                if (weight == 0) continue;
                const float* const fall = falls + padded + begin + margin_steps / coarse_ - cell;
                FRIEDEL_SIMD
                for (int j = 0; j < Block::tile; ++j) total[j] += weight * fall[j];
            }
            for (int j = 0; j < n; ++j) scratch_.coarse[begin + j] = total[j];
        });
    }

    LineScratch scratch_;
    Grid grid_;
    int steps_, sections_ = 0, cells_per_step_ = 1, radius_ = 0, coarse_ = coarsening;
    float sections_per_step_ = 0;
    bool tails_ = false;
    Tail tail_{};
    float tail_width_sq_ = 0;
    LineEntry* entries_ = nullptr;
};

// Adds the lines of `reflections` (intensity = multiplicity |F|^2 texture). The strongest reflection with its Lorentz-polarisation factor
// gets area `scale` at the line of the largest weight.
template <class Block>
FRIEDEL_FN void add_lines(Block& block, const LineSum& sum, const Reflections<float>& reflections, const PatternParameters& p,
                          float scale) {
    const float polarisation = polarisation_of(p), strongest = strongest_line(block, reflections, p, polarisation);
    if (!(strongest > 0)) return;
    const WeightedEmissionLines emitted(p.radiation);
    float heaviest = 1;  // of the lines' weights, so that whole numbers hold the areas; patterns are scaled in the end
    for (int i = 0; i < emitted.count; ++i) heaviest = fmaxf(heaviest, p.radiation.weight[emitted[i]]);
    const float unit = scale / (strongest * heaviest);
    constexpr int tile = Block::tile;
    for (int i = 0; i < emitted.count; ++i) {
        const int line = emitted[i];
        block.for_each_tile(reflections.count, [&](int begin, int n) {
            float position_deg[tile], area[tile], spread_deg[tile];
            float cell[tile], below[tile], at[tile], above[tile], beyond[tile];  // where axial divergence makes no row of a line
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) {
                const LinePlace placed =
                    place_line(reflections.stol_sq[begin + j], unit * reflections.intensity[begin + j], line, p, polarisation);
                position_deg[j] = placed.position_deg;
                area[j] = placed.area;
                spread_deg[j] = axial_spread_deg(placed.position_deg, p.axial_divergence);
                const LineSum::Share share = sum.share(axial_position_deg(placed.position_deg, p.axial_divergence, 0.5f), placed.area);
                cell[j] = share.cell, below[j] = share.below, at[j] = share.at, above[j] = share.above, beyond[j] = share.beyond;
            }
            for (int j = 0; j < n; ++j) {
                const int parts = axial_parts(spread_deg[j], sum.fwhm_deg(position_deg[j]));
                if (parts == 1) {  // so are most
                    sum.put(block, {cell[j], below[j], at[j], above[j], beyond[j]});
                    continue;
                }
                for (int part = 0; part < parts; ++part) {
                    const float quantile = (static_cast<float>(part) + 0.5f) / static_cast<float>(parts);
                    sum.put(block, sum.share(axial_position_deg(position_deg[j], p.axial_divergence, quantile),
                                             area[j] / static_cast<float>(parts)));
                }
            }
        });
    }
}

}  // namespace friedel
