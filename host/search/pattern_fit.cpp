#include "host/search/pattern_fit.h"

#include <algorithm>
#include <cmath>

#include "host/patterns/resample.h"
#include "host/search/fit_parameters.h"
#include "host/search/fit_problem.h"
#include "host/search/scattering_power.h"
#include "host/support/correlation.h"
#include "host/support/median.h"

namespace friedel {

namespace {

// From reaching far to seeing all there is.
struct StagePlan {
    double blur_deg;  // of both patterns, a width
    int coarser;      // steps of the grid in one of the stage's
    int steps;        // of the fit, at most
};
constexpr StagePlan plan[] = {{0.4, 3, 6}, {0.2, 2, 5}, {0, 1, 8}};
constexpr std::size_t last_stage = std::size(plan) - 1;
constexpr int composition_steps = 5;

void blur(float* pattern, double fwhm_deg, const Grid& grid) {
    const double sigma = fwhm_deg / fwhm_per_sigma / static_cast<double>(grid.step_deg);
    const int reach = static_cast<int>(std::ceil(3 * sigma)), points = grid.points;
    std::vector<float> kernel(static_cast<std::size_t>(reach) + 1), out(static_cast<std::size_t>(points));
    for (int i = 0; i <= reach; ++i) kernel[static_cast<std::size_t>(i)] = static_cast<float>(std::exp(-0.5 * i * i / (sigma * sigma)));
    for (int i = 0; i < points; ++i) {
        float sum = 0, weight = 0;
        for (int j = std::max(0, i - reach); j <= std::min(points - 1, i + reach); ++j) {
            const float k = kernel[static_cast<std::size_t>(std::abs(j - i))];
            sum += k * pattern[j];
            weight += k;
        }
        out[static_cast<std::size_t>(i)] = sum / weight;
    }
    std::copy(out.begin(), out.end(), pattern);
}

// The part of a row of unit norm [points] that is not noise, as a norm. Noise differs from point to point where lines do not: the median
// deviation of a point from the middle of its neighbours tells it, as long as most of the pattern is no steep flank.
float signal_of(const float* row, int points) {
    if (points < 3) return 1;
    std::vector<float> deviation;
    for (int i = 1; i + 1 < points; ++i) deviation.push_back(std::fabs(row[i] - 0.5f * (row[i - 1] + row[i + 1])));
    constexpr float variance_of_deviation = 1.5f, min_signal_sq = 0.25f;
    const float sigma = median(deviation) / static_cast<float>(median_of_normal);
    const float noise = sigma * sigma / variance_of_deviation * static_cast<float>(points);
    return std::sqrt(std::max(min_signal_sq, 1 - noise));
}

std::vector<int> all_but_composition(const FitProblem& problem) {
    std::vector<int> free = problem.strains();
    free.insert(free.end(), {fit_displacement, fit_width, fit_size, fit_microstrain, fit_b, fit_texture});
    return free;
}

}  // namespace

PatternToFit prepare_for_fit(const float* pattern, const Radiation& radiation) {
    PatternToFit prepared;
    prepared.radiation = radiation;
    prepared.measured = measured_range(pattern, fit_grid);
    for (const StagePlan& stage : plan) {
        std::vector<float> row(pattern, pattern + fit_grid.points);
        if (stage.blur_deg > 0) blur(row.data(), stage.blur_deg, fit_grid);
        const Grid coarse{fit_grid.start_deg, fit_grid.step_deg * static_cast<float>(stage.coarser),
                          (fit_grid.points - 1) / stage.coarser + 1};
        for (int i = 0; i < coarse.points; ++i) row[static_cast<std::size_t>(i)] = row[static_cast<std::size_t>(i * stage.coarser)];
        const int first = (prepared.measured.first + stage.coarser - 1) / stage.coarser;
        const PointRange measured{first, std::max(first, (prepared.measured.end - 1) / stage.coarser + 1)};
        make_comparable(row.data(), coarse, measured);
        row.resize(static_cast<std::size_t>(measured.size()));
        prepared.stages.push_back({coarse, measured, std::move(row)});
    }
    prepared.signal = signal_of(prepared.stages.back().row.data(), prepared.measured.size());
    return prepared;
}

float similarity_to(const PatternToFit& pattern, std::vector<float> other) {
    const PatternToFit::Stage& stage = pattern.stages[last_stage];
    make_comparable(other.data(), stage.grid, stage.measured);
    return std::min(1.0f, dot(other.data(), stage.row.data(), stage.measured.size()) / pattern.signal);
}

PatternFit start_fit(const PatternToFit& pattern, const LibraryView& library, int structure, double strain) {
    PatternFit fit;
    fit.structure = structure;
    fit.strain = strain;
    fit.radiation = pattern.radiation;
    FitProblem problem(pattern, library, fit);
    // Lattice and displacement first; widths once the peaks lie where they should.
    std::vector<int> free = problem.strains();
    free.push_back(fit_displacement);
    for (std::size_t stage = 0; stage < last_stage; ++stage) {
        problem.begin_stage(pattern.stages[stage], plan[stage].blur_deg);
        problem.descend(free, plan[stage].steps);
        free.push_back(fit_width);
    }
    fit.similarity = problem.quick_similarity();
    return fit;
}

void finish_fit(PatternFit& fit, const PatternToFit& pattern, const LibraryView& library) {
    FitProblem problem(pattern, library, fit);
    problem.begin_stage(pattern.stages[last_stage], plan[last_stage].blur_deg);
    problem.choose_texture_axis();
    problem.descend(all_but_composition(problem), plan[last_stage].steps);
    fit.similarity = problem.similarity();
}

void fit_composition(PatternFit& fit, const PatternToFit& pattern, const LibraryView& library) {
    fit.elements = elements_that_matter(library.crystal(fit.structure));
    if (fit.elements.empty()) return;
    FitProblem problem(pattern, library, fit);
    problem.begin_stage(pattern.stages[last_stage], plan[last_stage].blur_deg);
    std::vector<int> free = all_but_composition(problem);
    for (std::size_t e = 0; e < fit.elements.size(); ++e) free.push_back(fit_element + static_cast<int>(e));
    problem.descend(free, composition_steps);
    fit.similarity = problem.similarity();
}

PatternParameters fitted_parameters(const PatternFit& fit, const LibraryView& library) {
    return parameters_of(fit, strain_directions(library.crystal(fit.structure)));
}

}  // namespace friedel
