#include "host/simulation/simulation_work.h"

#include <algorithm>
#include <cmath>

#include "host/simulation/form_factors.h"
#include "host/simulation/pattern_workspace.h"

namespace friedel {

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

namespace {

// Of one phase, whose reflections have been worked out.
void count_phase(SimulationWork& work, const CrystalView<float>& crystal, const PatternParameters& p, double reflections) {
    work.reflections += reflections;
    work.atom_terms += reflections * crystal.atoms;
    work.phase_terms += reflections * sites_in(crystal) * (crystal.operations.inversion_at_origin() ? 1 : 2);
    if (p.march_dollase != 1) work.texture_terms += reflections * crystal.operations.laue_count();
}

// Operations of a point after its lines: background, noise, preparation.
double operations_of_point(const PatternParameters& p) {
    constexpr double special = SimulationWork::special, philox = 20;
    double sum = 20 + 2 * special + 4 * p.chebyshev_terms;  // scaled twice, prepared
    for (const float height : p.hump_height) sum += height > 0 ? 6 + special : 0;
    if (p.air_scatter > 0) sum += 4 + special;
    if (p.paper_background) sum += 20 + 3 * special;
    if (p.counts_at_maximum > 0) sum += philox + 60 + 3 * special;
    if (p.gaussian_noise > 0) sum += philox + 40 + special;
    if (p.uniform_noise_high > 0) sum += philox + 2;
    return sum;
}

// Points of a grid of this step within so far of a peak.
double points_within(double radius_deg, double centre_deg, double step_deg, double points) {
    const double centre = centre_deg / step_deg, reach = radius_deg / step_deg;
    return std::max(0.0, std::floor(std::min(points - 1, centre + reach)) - std::ceil(std::max(0.0, centre - reach)) + 1);
}

void count_peak(SimulationWork& work, const PeakShape& shape, const Grid& grid) {
    const double centre_deg = shape.position_steps * grid.step_deg;
    const auto near = [&](double radius_deg) { return points_within(radius_deg, centre_deg, grid.step_deg, grid.points); };
    // A wide Gaussian alone ends at e^-18 and takes half the operations.
    const bool gaussian = shape.lorentz == 0;
    const double points = near(gaussian ? std::sqrt(gauss_end / shape.decay) : shape.near.radius);
    if (is_narrow(shape, grid.step_deg)) {
        const double integrated = std::min(points, near(integrated_steps * grid.step_deg));
        work.sharp_terms += integrated;
        work.tail_terms += points - integrated;
    } else {
        work.wide_terms += gaussian ? points / 2 : points;
    }
    if (shape.far.cap_0 == 0) return;
    work.tail_terms +=
        points_within(shape.far.radius, centre_deg, grid.step_deg * coarsening, level_points(grid, 1)) + level_points(grid, 2);
}

}  // namespace

SimulationWork work_of_pattern(const PatternParameters& p, const LibraryView& library, const Grid& grid) {
    thread_local CpuWorkspace workspace;
    const auto phase = [&](int i) { return library.crystal(i == 0 || p.impurity < 0 ? p.structure : p.impurity); };
    const bool in_sections = p.width_sections > 0;  // see kernels/line_sum.h
    PatternWorkspace& w = workspace.reserve(p, phase(0), phase(1), grid);
    w.peaks.count = 0;
    SerialBlock block;
    SimulationWork work;
    LineSum lines(w.line_sum, grid);
    if (in_sections) lines.begin(block, p);
    for (int i = 0; i < p.phases(); ++i) {
        const CrystalView<float> crystal = phase(i);
        find_intensities(block, w, crystal, form_factors_float(), p, grid);
        if (in_sections) {
            add_phase<true>(block, lines, w, p, grid, i);
        } else {
            add_phase<false>(block, lines, w, p, grid, i);
        }
        count_phase(work, crystal, p, w.reflections.count);
    }
    work.point_operations = operations_of_point(p) * grid.points;
    if (in_sections) {
        const double of_row = 2.0 * lines.radius() + 1;
        work.peaks = lines.filled_cells(block);
        work.row_terms = lines.rows_worked_out() * of_row;
        work.cell_terms = work.peaks * of_row + lines.tail_terms();
        return work;
    }
    work.peaks = w.peaks.count;
    float highest = 1e-30f;
    for (int i = 0; i < w.peaks.count; ++i) highest = std::max(highest, w.peaks.area[i] / std::max(w.peaks.fwhm_deg[i], grid.step_deg));
    for (int i = 0; i < w.peaks.count; ++i) count_peak(work, peak_shape(w.peaks, i, grid, highest), grid);
    return work;
}

}  // namespace friedel
