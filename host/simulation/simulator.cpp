#include "host/simulation/simulator.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "host/crystals/generated_structures.h"
#include "host/simulation/form_factors.h"
#include "host/support/error.h"
#include "kernels/pattern.h"

namespace friedel {

namespace {

// Memory behind a PatternWorkspace; grows to the largest crystal it has met.
class CpuWorkspace {
public:
    // `impurity` counts where p.impurity is not negative.
    PatternWorkspace& reserve(const PatternParameters& p, const CrystalView<float>& main, const CrystalView<float>& impurity,
                              const Grid& grid) {
        const float d_min = smallest_d(p.radiation, grid);
        int reflections = 0, sites = 0;
        for (int phase = 0; phase < p.phases(); ++phase) {
            const CrystalView<float>& crystal = phase == 0 ? main : impurity;
            reflections = std::max(reflections, reflections_bound(reciprocal_metric(crystal, p), d_min));
            sites = std::max(sites, sites_in(crystal));
            if (static_cast<std::size_t>(crystal.atoms) + 1 > first_.size()) first_.resize(crystal.atoms + 1);
        }
        if (reflections > max_reflections) {
            const std::string which = p.structure >= 0 ? "structure " + std::to_string(p.structure + 1) + " of the library"
                                                       : "a generated crystal of space group " + std::to_string(-p.structure);
            fail(which, " has more than ", max_reflections, " reflections in this range; end at a lower angle or use a longer wavelength");
        }
        if (reflections > workspace_.reflections.capacity) fit_reflections(reflections);
        if (sites > workspace_.sites.capacity) {
            for (auto* values : {&x_, &y_, &z_}) values->resize(sites);
            workspace_.sites.capacity = sites;
        }
        // Room for every part of every axial row. GPUs reserve less (cuda/pattern_stream.cpp), and shorten the rows where that is too
        // little.
        const int parts = p.axial_divergence > 0 ? max_axial_parts : 1;
        const int peaks = p.width_sections > 0 ? 0 : reflections * p.radiation.lines * parts * p.phases();
        if (peaks > workspace_.peaks.capacity) {
            for (auto* values : {&position_, &area_, &fwhm_, &eta_}) values->resize(peaks);
            order_.resize(peaks);
            shape_.resize(peaks);
            workspace_.peaks.capacity = peaks;
        }
        const auto lines = static_cast<std::size_t>(reflections) * p.radiation.lines;
        if (lines + 1 > row_.size()) {
            row_.resize(lines + 1);
            for (std::vector<float>& values : recorded_) values.resize(lines);
        }
        if (p.width_sections > 0) {
            cells_.resize(line_cells(grid));
            cell_starts_.resize(line_steps(grid) + 1);
            entries_.resize(line_cells(grid));
            rows_.resize(line_rows(p.width_sections));
            widths_.resize(3 * most_width_sections);
            tails_.resize(tail_scratch(grid));
        }
        coarse_.resize(level_points(grid, 1));
        coarsest_.resize(level_points(grid, 2));
        starts_.resize(profile_bins(grid) + 1);
        workspace_.sites = {x_.data(), y_.data(), z_.data(), first_.data(), workspace_.sites.capacity};
        workspace_.peaks = {position_.data(),
                            area_.data(),
                            fwhm_.data(),
                            eta_.data(),
                            row_.data(),
                            workspace_.peaks.capacity,
                            0,
                            {recorded_[0].data(), recorded_[1].data(), recorded_[2].data(), recorded_[3].data()}};
        workspace_.profile = {coarse_.data(), coarsest_.data(), order_.data(), starts_.data(), shape_.data()};
        workspace_.line_sum = {cells_.data(),  cell_starts_.data(), entries_.data(), rows_.data(),
                               widths_.data(), tails_.data(),       coarse_.data()};
        return workspace_;
    }

private:
    void fit_reflections(int capacity) {
        for (auto* values : {&h_, &k_, &l_, &multiplicity_}) values->resize(capacity);
        for (auto* values : {&stol_sq_, &intensity_}) values->resize(capacity);
        workspace_.reflections = {h_.data(), k_.data(), l_.data(), multiplicity_.data(), stol_sq_.data(), intensity_.data(), capacity, 0};
    }

    PatternWorkspace workspace_{};
    std::vector<std::int16_t> h_, k_, l_, multiplicity_;
    std::vector<float> stol_sq_, intensity_, x_, y_, z_, position_, area_, fwhm_, eta_, coarse_, coarsest_;
    std::array<std::vector<float>, 4> recorded_;
    std::vector<std::int32_t> first_, row_, order_, starts_;
    std::vector<PeakShape> shape_;
    std::vector<std::int32_t> cells_, cell_starts_;
    std::vector<LineEntry> entries_;
    std::vector<float> rows_, widths_, tails_;
};

}  // namespace

PatternParameters draw_parameters(const SimulationConfig& config, const LibraryView& library, int structure, std::uint64_t seed,
                                  std::uint64_t sample) {
    return draw_pattern(config, structure, library.structures, seed, sample);
}

namespace {

void simulate_crystals(float* pattern, const PatternParameters& parameters, const CrystalView<float>& main,
                       const CrystalView<float>& impurity, const Grid& grid) {
    thread_local CpuWorkspace workspace;
    SerialBlock block;
    PatternWorkspace& scratch = workspace.reserve(parameters, main, impurity, grid);
    simulate_phases(
        block, pattern, scratch, [&](int phase) { return phase == 0 ? main : impurity; }, form_factors_float(), parameters, grid);
}

}  // namespace

void simulate_generated_pattern(float* pattern, const PatternParameters& parameters, const CrystalTables& tables, const Grid& grid) {
    thread_local GeneratedCrystal main, impurity;
    generate(main, tables, -parameters.structure, parameters.seed, parameters.sample, 0);
    if (parameters.impurity >= 0) generate(impurity, tables, parameters.impurity + 1, parameters.seed, parameters.sample, 1);
    simulate_crystals(pattern, parameters, main.view(), (parameters.impurity >= 0 ? impurity : main).view(), grid);
}

void simulate_one_pattern(float* pattern, const PatternParameters& parameters, const LibraryView& library, const Grid& grid) {
    const int other = parameters.impurity >= 0 ? parameters.impurity : parameters.structure;
    simulate_crystals(pattern, parameters, library.crystal(parameters.structure), library.crystal(other), grid);
}

void simulate_patterns(float* patterns, std::span<const PatternParameters> parameters, const LibraryView& library, const Grid& grid,
                       ThreadPool& pool) {
    pool.run(static_cast<int>(parameters.size()),
             [&](int i, int) { simulate_one_pattern(patterns + static_cast<std::size_t>(i) * grid.points, parameters[i], library, grid); });
}

double SimulationWork::operations() const {
    return atom_terms * (10 + special) + phase_terms * 25 + texture_terms * (14 + 2 * special) + sharp_terms * (60 + 9 * special) +
           wide_terms * (16 + 2 * special) + tail_terms * (9 + special) + row_terms * (25 + 3 * special) + cell_terms + point_operations;
}

SimulationWork& SimulationWork::operator+=(const SimulationWork& other) {
    for (double SimulationWork::*count :
         {&SimulationWork::reflections, &SimulationWork::peaks, &SimulationWork::atom_terms, &SimulationWork::phase_terms,
          &SimulationWork::texture_terms, &SimulationWork::sharp_terms, &SimulationWork::wide_terms, &SimulationWork::tail_terms,
          &SimulationWork::row_terms, &SimulationWork::cell_terms, &SimulationWork::point_operations})
        this->*count += other.*count;
    return *this;
}

SimulationWork work_of_pattern(const PatternParameters& p, const LibraryView& library, const Grid& grid) {
    thread_local CpuWorkspace workspace;
    const auto phase = [&](int i) { return library.crystal(i == 0 || p.impurity < 0 ? p.structure : p.impurity); };
    PatternWorkspace& w = workspace.reserve(p, phase(0), phase(1), grid);
    w.peaks.count = 0;
    SerialBlock block;
    SimulationWork work;
    LineSum lines(w.line_sum, grid);
    if (p.width_sections > 0) lines.begin(block, p);
    for (int i = 0; i < p.phases(); ++i) {
        const CrystalView<float> crystal = phase(i);
        find_intensities(block, w, crystal, form_factors_float(), p, grid);
        if (p.width_sections > 0) {
            add_phase<true>(block, lines, w, p, grid, i);
        } else {
            add_phase<false>(block, lines, w, p, grid, i);
        }
        const int sites = sites_in(crystal);
        const double reflections = w.reflections.count;
        work.reflections += reflections;
        work.atom_terms += reflections * crystal.atoms;
        work.phase_terms += reflections * sites * (crystal.operations.inversion_at_origin() ? 1 : 2);
        if (p.march_dollase != 1) work.texture_terms += reflections * crystal.operations.laue_count();
    }
    work.peaks = w.peaks.count;
    const double special = SimulationWork::special, philox = 20;
    double of_point = 20 + 2 * special + 4 * p.chebyshev_terms;  // scaled twice, prepared
    for (const float height : p.hump_height) of_point += height > 0 ? 6 + special : 0;
    if (p.air_scatter > 0) of_point += 4 + special;
    if (p.paper_background) of_point += 20 + 3 * special;
    if (p.counts_at_maximum > 0) of_point += philox + 60 + 3 * special;
    if (p.gaussian_noise > 0) of_point += philox + 40 + special;
    if (p.uniform_noise_high > 0) of_point += philox + 2;
    work.point_operations = of_point * grid.points;
    if (p.width_sections > 0) {
        const double of_row = 2.0 * lines.radius() + 1;
        work.peaks = lines.filled_cells(block);
        work.row_terms = lines.rows_worked_out() * of_row;
        work.cell_terms = work.peaks * of_row + lines.tail_terms();
        return work;
    }
    float highest = 1e-30f;
    for (int i = 0; i < w.peaks.count; ++i) highest = std::max(highest, w.peaks.area[i] / std::max(w.peaks.fwhm_deg[i], grid.step_deg));
    for (int i = 0; i < w.peaks.count; ++i) {
        const PeakShape shape = peak_shape(w.peaks, i, grid, highest);
        const auto within = [&](double radius, double step, double points) {
            const double centre = shape.position_steps * grid.step_deg / step, reach = radius / step;
            return std::max(0.0, std::floor(std::min(points - 1, centre + reach)) - std::ceil(std::max(0.0, centre - reach)) + 1);
        };
        const bool narrow = is_narrow(shape, grid.step_deg);
        // A wide Gaussian alone ends at e^-18 and takes half the operations.
        const bool gaussian = shape.lorentz == 0;
        const double points = within(gaussian ? std::sqrt(18 / shape.decay) : shape.near.radius, grid.step_deg, grid.points);
        if (narrow) {
            const double integrated = std::min(points, within(integrated_steps * grid.step_deg, grid.step_deg, grid.points));
            work.sharp_terms += integrated;
            work.tail_terms += points - integrated;
        } else {
            work.wide_terms += gaussian ? points / 2 : points;
        }
        if (shape.far.cap_0 == 0) continue;
        work.tail_terms += within(shape.far.radius, grid.step_deg * coarsening, level_points(grid, 1)) + level_points(grid, 2);
    }
    return work;
}

}  // namespace friedel
