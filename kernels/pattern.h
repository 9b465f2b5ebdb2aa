// One simulated powder pattern by one block, from a resident crystal to intensities on a grid: find reflections,
// sum structure factors, apply texture, place peaks, sum profiles, scale, add background and noise.
// Only the pattern leaves the block; everything else lives in its workspace.
#pragma once

#include "kernels/background.h"
#include "kernels/line_sum.h"
#include "kernels/noise.h"
#include "kernels/profile.h"
#include "kernels/structure_factor.h"
#include "kernels/texture.h"

namespace friedel {

// Scratch of one block, sized by the host for the largest crystal (see reflections_bound).
struct PatternWorkspace {
    Reflections<float> reflections;
    Sites<float> sites;
    Peaks peaks;
    ProfileScratch profile;
    LineScratch line_sum;
};

// Scales so that the largest value is 1; a pattern without a positive value is left as it is.
template <class Block>
FRIEDEL_FN void scale_maximum_to_one(Block& block, float* pattern, int points) {
    const float largest = block.maximum(points, 0.0f, [&](int i) { return pattern[i]; });
    if (!(largest > 0)) return;
    const float scale = 1 / largest;
    block.for_each(points, [&](int i) { pattern[i] *= scale; });
}

// Peaks are looked for so far: half a degree beyond the grid.
FRIEDEL_FN float last_peak_deg(const Grid& grid) { return grid.start_deg + grid.points * grid.step_deg + 0.5f; }

// Smallest d that can matter, at the shortest wavelength that is there.
FRIEDEL_FN float smallest_d(const Radiation& radiation, const Grid& grid) {
    float shortest = radiation.wavelength[0];
    for (int i = 1; i < radiation.lines; ++i) {
        if (radiation.weight[i] > 0 && radiation.wavelength[i] < shortest) shortest = radiation.wavelength[i];
    }
    const float last_deg = last_peak_deg(grid);
    const float sine = sinf(theta_rad(last_deg));
    return 0.5f * shortest / sine;
}

// Direct metric of the crystal, its lattice scaled as in this specimen, without strain.
FRIEDEL_FN Metric<float> scaled_metric(const CrystalView<float>& crystal, const PatternParameters& p) {
    Metric<float> direct = direct_metric(crystal.cell);
    for (float& element : direct.m) element *= p.lattice_scale * p.lattice_scale;
    return direct;
}

// Reciprocal metric of the crystal as scaled and strained in this specimen.
FRIEDEL_FN Metric<float> reciprocal_metric(const CrystalView<float>& crystal, const PatternParameters& p) {
    return strained_metric(scaled_metric(crystal, p), p.strain, crystal.operations).inverse();
}

// The same bits, found by a block of many threads together: every one of them alone would take longer for it than for its share of the
// peaks. scratch [6] of the block.
template <class Block>
FRIEDEL_FN Metric<float> reciprocal_metric_by_block(Block& block, float* scratch, const CrystalView<float>& crystal,
                                                    const PatternParameters& p) {
    if constexpr (Block::is_core) {
        return reciprocal_metric(crystal, p);
    } else {
        const Metric<float> direct = scaled_metric(crystal, p);
        const Metric<float> change = metric_change(direct, p.strain);
        block.for_each(6, [&](int e) { scratch[e] = strained_element(direct, change, crystal.operations, e); });
        Metric<float> strained;
        for (int e = 0; e < 6; ++e) strained.m[e] = scratch[e];
        return strained.inverse();
    }
}

// Crystals are solid solutions: what the sites of an element hold scatters more or less than that element, alike at all of them, so that
// the symmetry stays.
struct Substitution {
    const PatternParameters& p;
    FRIEDEL_FN float operator()(int element) const {
        if (!(p.substitution > 0)) return 1;
        const auto index = static_cast<std::uint32_t>(element);
        return exponential(p.substitution * normal_quantile(uniform_open(random4(p.seed, p.sample, Purpose::substitution, index).bits[0])));
    }
};

// Reflections of one phase and their intensities, into workspace.reflections.
template <class Block>
FRIEDEL_FN void find_intensities(Block& block, PatternWorkspace& w, const CrystalView<float>& crystal, const FormFactorTable<float>& table,
                                 const PatternParameters& p, const Grid& grid) {
    const Metric<float> reciprocal = reciprocal_metric_by_block(block, w.reflections.intensity, crystal, p);
    find_reflections(block, w.reflections, reciprocal, crystal.operations, smallest_d(p.radiation, grid));
    Sites<float> sites = w.sites;
    expand_sites(block, sites, crystal);
    structure_factors(block, w.reflections, sites, crystal, table, p.default_b_iso, p.b_iso_scale, Substitution{p});
    const float jitter = p.intensity_jitter;
    block.for_each_tile(w.reflections.count, [&](int begin, int n) {
        float* const intensity = w.reflections.intensity + begin;
        const std::int16_t* const multiplicity = w.reflections.multiplicity + begin;
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) intensity[j] *= multiplicity[j];
        if (!(jitter > 0)) return;
        float u[Block::tile];
        for (int j = 0; j < n; ++j) u[j] = uniform_open(random4(p.seed, p.sample, Purpose::intensity, begin + j).bits[0]);
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) intensity[j] *= exponential(jitter * normal_quantile(u[j]));
    });
    if (p.march_dollase != 1.0f) apply_texture(block, w.reflections, reciprocal, crystal.operations, p.texture_axis, p.march_dollase);
}

// What a counter with a (non-paralysable) dead time records, of a pattern in units of its strongest point: that one loses the share `lost`.
template <class Block>
FRIEDEL_FN void saturate(Block& block, float* pattern, int points, float lost) {
    if (!(lost > 0)) return;
    const float dead = lost / (1 - lost);
    block.for_each(points, [&](int i) { pattern[i] = pattern[i] > 0 ? pattern[i] / (1 + dead * pattern[i]) : pattern[i]; });
}

// Adds the lines of phase number `phase`, whose intensities find_intensities() has left in `w`. in_sections: p.width_sections > 0.
template <bool in_sections, class Block>
FRIEDEL_FN void add_phase(Block& block, const LineSum& lines, PatternWorkspace& w, const PatternParameters& p, const Grid& grid,
                          int phase) {
    const float scale = phase == 0 ? 1.0f : p.impurity_fraction;  // of the phase's strongest line
    if constexpr (in_sections) {
        add_lines(block, lines, w.reflections, p, scale);
    } else {
        append_peaks(block, w.peaks, w.reflections, p, scale, last_peak_deg(grid));
    }
}

// The whole pattern, maximum 1, into pattern[grid.points]. phase(0) gives the crystal, phase(1) its impurity where p.impurity is not
// negative. in_sections: p.width_sections > 0; known when this is compiled, because a kernel for both ways has the registers of both.
template <bool in_sections, class Block, class Phase>
FRIEDEL_FN void simulate_phases(Block& block, float* pattern, PatternWorkspace& w, Phase&& phase, const FormFactorTable<float>& table,
                                const PatternParameters& p, const Grid& grid) {
    LineSum lines(w.line_sum, grid);
    if constexpr (in_sections) lines.begin(block, p);
    w.peaks.count = 0;
    for (int i = 0; i < p.phases(); ++i) {
        find_intensities(block, w, phase(i), table, p, grid);
        add_phase<in_sections>(block, lines, w, p, grid, i);
    }
    if constexpr (in_sections) {
        lines.sum(block, pattern);
    } else {
        sum_profiles(block, pattern, w.peaks, grid, w.profile);
    }
    scale_maximum_to_one(block, pattern, grid.points);
    add_background(block, pattern, grid, p);
    saturate(block, pattern, grid.points, p.saturation);
    add_noise(block, pattern, grid, p);
    scale_maximum_to_one(block, pattern, grid.points);
}

// The same, in sections of one width where the pattern's parameters say so.
template <class Block, class Phase>
FRIEDEL_FN void simulate_phases(Block& block, float* pattern, PatternWorkspace& w, Phase&& phase, const FormFactorTable<float>& table,
                                const PatternParameters& p, const Grid& grid) {
    if (p.width_sections > 0) {
        simulate_phases<true>(block, pattern, w, phase, table, p, grid);
    } else {
        simulate_phases<false>(block, pattern, w, phase, table, p, grid);
    }
}

}  // namespace friedel
