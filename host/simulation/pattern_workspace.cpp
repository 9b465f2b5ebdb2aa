#include "host/simulation/pattern_workspace.h"

#include <algorithm>
#include <string>

#include "host/support/error.h"

namespace friedel {

namespace {

// The most of what any phase of a pattern has.
struct Most {
    int reflections = 0, sites = 0, atoms = 0;
};

Most most_of_phases(const PatternParameters& p, const CrystalView<float>& main, const CrystalView<float>& impurity, const Grid& grid) {
    const float d_min = smallest_d(p.radiation, grid);
    Most most;
    for (int phase = 0; phase < p.phases(); ++phase) {
        const CrystalView<float>& crystal = phase == 0 ? main : impurity;
        most.reflections = std::max(most.reflections, reflections_bound(reciprocal_metric(crystal, p), d_min));
        most.sites = std::max(most.sites, sites_in(crystal));
        most.atoms = std::max(most.atoms, crystal.atoms);
    }
    if (most.reflections > max_reflections) {
        const std::string which = p.structure >= 0 ? "structure " + std::to_string(p.structure + 1) + " of the library"
                                                   : "a generated crystal of space group " + std::to_string(-p.structure);
        fail(which, " has more than ", max_reflections, " reflections in this range; end at a lower angle or use a longer wavelength");
    }
    return most;
}

}  // namespace

PatternWorkspace& CpuWorkspace::reserve(const PatternParameters& p, const CrystalView<float>& main, const CrystalView<float>& impurity,
                                        const Grid& grid) {
    const Most most = most_of_phases(p, main, impurity, grid);
    reflections_.reserve(most.reflections);
    sites_.reserve(most.sites, most.atoms);
    reserve_rows(most.reflections * p.radiation.lines);
    if (p.width_sections > 0) {
        reserve_sections(p.width_sections, grid);
    } else {
        // Room for every part of every axial row. GPUs reserve less (cuda/pattern_stream.cpp), and shorten the rows where that is too
        // little.
        const int parts = p.axial_divergence > 0 ? max_axial_parts : 1;
        reserve_peaks(most.reflections * p.radiation.lines * parts * p.phases());
    }
    widths_.resize(3 * max_width_sections);
    coarse_.resize(level_points(grid, 1));
    coarsest_.resize(level_points(grid, 2));
    starts_.resize(profile_bins(grid) + 1);
    point_to_memory();
    return workspace_;
}

void CpuWorkspace::reserve_peaks(int peaks) {
    if (static_cast<std::size_t>(peaks) <= position_.size()) return;
    for (auto* values : {&position_, &area_, &fwhm_, &eta_}) values->resize(peaks);
    order_.resize(peaks);
    shape_.resize(peaks);
}

// Of the peaks of each line of each reflection.
void CpuWorkspace::reserve_rows(int lines) {
    if (static_cast<std::size_t>(lines) + 1 <= row_.size()) return;
    row_.resize(lines + 1);
    for (std::vector<float>& values : recorded_) values.resize(lines);
}

void CpuWorkspace::reserve_sections(int sections, const Grid& grid) {
    cells_.resize(line_cells(grid));
    cell_starts_.resize(line_steps(grid) + 1);
    entries_.resize(line_cells(grid));
    rows_.resize(line_rows(sections));
    tails_.resize(tail_scratch(grid));
}

void CpuWorkspace::point_to_memory() {
    workspace_.reflections = reflections_.view();
    workspace_.sites = sites_.view();
    workspace_.peaks = {.position_deg = position_.data(),
                        .area = area_.data(),
                        .fwhm_deg = fwhm_.data(),
                        .eta = eta_.data(),
                        .first = row_.data(),
                        .capacity = static_cast<int>(position_.size()),
                        .count = 0,
                        .recorded = {recorded_[0].data(), recorded_[1].data(), recorded_[2].data(), recorded_[3].data()}};
    workspace_.profile = {coarse_.data(), coarsest_.data(), order_.data(), starts_.data(), shape_.data()};
    workspace_.line_sum = {.cells = cells_.data(),
                           .starts = cell_starts_.data(),
                           .entries = entries_.data(),
                           .rows = rows_.data(),
                           .widths = widths_.data(),
                           .tails = tails_.data(),
                           .coarse = coarse_.data()};
}

}  // namespace friedel
