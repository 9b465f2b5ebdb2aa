#include "host/search/fit_problem.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/search/scattering_power.h"
#include "host/simulation/preprocessing.h"
#include "host/simulation/simulator.h"
#include "host/support/correlation.h"
#include "host/support/gemm.h"
#include "kernels/pattern.h"

namespace friedel {

namespace {

constexpr double furthest = 4, furthest_in_a_step = 1;  // of an unknown
constexpr double difference = 0.02;                     // for derivatives
// Pull towards the start, so that what the pattern does not tell stays there.
constexpr double restraint = 3e-4;
// Stronger for the composition: with it a wrong structure becomes more like a pattern, too.
constexpr double composition_restraint = 3e-3;
constexpr double restraint_of(int unknown) { return unknown >= fit_element && unknown < fit_strain ? composition_restraint : restraint; }
constexpr double first_damping = 1e-2, min_damping = 1e-5, damping_down = 5, damping_up = 8;
constexpr int attempts = 4;          // at a step, each more damped
constexpr double worthwhile = 2e-5;  // a step that gains less is the last

}  // namespace

void make_comparable(float* pattern, const Grid& grid, const PointRange& measured) {
    preprocess_pattern(pattern, grid, PreprocessConfig());
    if (measured.first > 0) std::copy(pattern + measured.first, pattern + measured.end, pattern);
    normalise(pattern, measured.size());
}

FitProblem::FitProblem(const PatternToFit& measured, const LibraryView& library, PatternFit& fit)
    : measured_(measured), library_(library), fit_(fit), directions_(strain_directions(library.crystal(fit.structure))) {}

void FitProblem::begin_stage(const PatternToFit::Stage& stage, double blur_deg) {
    target_ = &stage;
    blur_deg_ = blur_deg;
    quick_.emplace(library_, parameters(fit_), stage.grid);
    for (auto* row : {&now_, &there_, &raw_, &raw_there_}) row->resize(static_cast<std::size_t>(quick_->width()));
}

std::vector<int> FitProblem::strains() const {
    std::vector<int> unknowns(static_cast<std::size_t>(directions_.count));
    std::iota(unknowns.begin(), unknowns.end(), static_cast<int>(fit_strain));
    return unknowns;
}

float FitProblem::quick_similarity() const { return dot(now_.data(), target_->row.data(), target_->measured.size()); }

float FitProblem::similarity() {
    const std::vector<float> occupancy = fitted_occupancies(fit_, library_);
    LibraryView varied = library_;
    varied.occupancy = occupancy.data();
    simulate_one_pattern(now_.data(), parameters(fit_), varied, target_->grid);
    return similarity_to(measured_, now_);
}

// The fitted pattern as it is, and as the target is.
void FitProblem::simulate(std::vector<float>& raw, std::vector<float>& row, const PatternFit& fit) {
    quick_->simulate(raw.data(), parameters(fit), occupancy_factors(fit, library_.crystal(fit.structure)));
    compare(row.data(), raw.data());
}

void FitProblem::compare(float* row, const float* raw) const {
    std::copy_n(raw, target_->grid.points, row);
    make_comparable(row, target_->grid, target_->measured);
}

// Squared distance to the target, with the restraint.
double FitProblem::cost(const std::vector<float>& simulated, const PatternFit& fit) const {
    double sum = 2 - 2 * static_cast<double>(dot(simulated.data(), target_->row.data(), target_->measured.size()));
    for (int j = 0; j < max_fit_unknowns; ++j) {
        const double x = fit.unknown[static_cast<std::size_t>(j)];
        sum += restraint_of(j) * x * x;
    }
    return sum;
}

// changes_ [fits][width]: of the raw pattern raw_, per `step` (a part of the way), on the way to each of these fits.
void FitProblem::find_changes(const std::vector<PatternFit>& fits, float step) {
    moves_.clear();
    for (const PatternFit& fit : fits) moves_.push_back({parameters(fit), occupancy_factors(fit, library_.crystal(fit.structure))});
    changes_.resize(fits.size() * static_cast<std::size_t>(quick_->width()));
    quick_->differentiate(changes_.data(), moves_, step);
}

void FitProblem::choose_texture_axis() {
    std::vector<PatternFit> trials;
    for (int a = 0; a < texture_axes; ++a) {
        for (double r : {-1.0, 1.0}) {
            trials.push_back(fit_);
            texture_axis(trials.back().texture_axis.data(), a);
            trials.back().unknown[fit_texture] = r;
        }
    }
    simulate(raw_, now_, fit_);
    double least = cost(now_, fit_);
    find_changes(trials, 1);
    for (std::size_t i = 0; i < trials.size(); ++i) {
        float* const pattern = change(i);
        for (int point = 0; point < target_->grid.points; ++point) pattern[point] += raw_[static_cast<std::size_t>(point)];
        compare(there_.data(), pattern);
        const double c = cost(there_, trials[i]);
        if (c < least) least = c, fit_ = trials[i];
    }
}

// Rows of changes_ become the derivatives of now_.
void FitProblem::compare_changes() {
    constexpr float step = static_cast<float>(difference);
    for (std::size_t j = 0; j < moves_.size(); ++j) {
        float* const row = change(j);
        for (int i = 0; i < target_->grid.points; ++i) row[i] = raw_[static_cast<std::size_t>(i)] + step * row[i];
        make_comparable(row, target_->grid, target_->measured);
        for (int i = 0; i < target_->measured.size(); ++i) row[i] = (row[i] - now_[static_cast<std::size_t>(i)]) / step;
    }
}

// Rows of changes_ become the derivatives of now_ to the free unknowns.
void FitProblem::differentiate(const std::vector<int>& free) {
    std::vector<PatternFit> moved(free.size(), fit_);
    for (std::size_t j = 0; j < free.size(); ++j) moved[j].unknown[static_cast<std::size_t>(free[j])] += difference;
    find_changes(moved, static_cast<float>(difference));
    compare_changes();
}

// Of the derivatives in changes_.
FitProblem::NormalEquations FitProblem::normal_equations(const std::vector<int>& free) {
    const std::size_t n = free.size();
    const int points = target_->measured.size();
    std::vector<float>& residual = there_;  // until something is tried, there_ is free
    for (std::size_t i = 0; i < static_cast<std::size_t>(points); ++i) residual[i] = target_->row[i] - now_[i];
    NormalEquations equations;
    for (std::size_t j = 0; j < n; ++j) {
        equations.gradient[j] = static_cast<double>(dot(change(j), residual.data(), points)) -
                                restraint_of(free[j]) * fit_.unknown[static_cast<std::size_t>(free[j])];
        for (std::size_t k = 0; k <= j; ++k)
            equations.matrix[j * n + k] = equations.matrix[k * n + j] = static_cast<double>(dot(change(j), change(k), points));
        equations.matrix[j * n + j] += restraint_of(free[j]);
    }
    return equations;
}

// Where Levenberg and Marquardt's next step leads; none where the equations cannot be solved.
std::optional<PatternFit> FitProblem::damped_step(const std::vector<int>& free, const NormalEquations& equations, double damping) const {
    const std::size_t n = free.size();
    NormalEquations damped = equations;
    for (std::size_t j = 0; j < n; ++j) damped.matrix[j * n + j] += damping * equations.matrix[j * n + j];
    double* const shift = damped.gradient.data();
    if (!solve_positive_definite(damped.matrix.data(), shift, static_cast<int>(n))) return std::nullopt;
    PatternFit there = fit_;
    for (std::size_t j = 0; j < n; ++j) {
        double& x = there.unknown[static_cast<std::size_t>(free[j])];
        x = std::clamp(x + std::clamp(shift[j], -furthest_in_a_step, furthest_in_a_step), -furthest, furthest);
    }
    return there;
}

// Goes to `trial` if that costs less than `least`, which is what it costs then; returns how much was gained.
double FitProblem::go_if_better(double& least, const PatternFit& trial) {
    simulate(raw_there_, there_, trial);
    const double there = cost(there_, trial);
    if (!(there < least)) return 0;
    const double gained = least - there;
    least = there;
    fit_ = trial;
    now_.swap(there_);
    raw_.swap(raw_there_);
    return gained;
}

void FitProblem::descend(const std::vector<int>& free, int max_steps) {
    simulate(raw_, now_, fit_);
    double least = cost(now_, fit_), damping = first_damping;
    for (int step = 0; step < max_steps; ++step) {
        differentiate(free);
        const NormalEquations equations = normal_equations(free);
        double gained = 0;
        for (int attempt = 0; attempt < attempts && gained == 0; ++attempt) {
            if (const std::optional<PatternFit> trial = damped_step(free, equations, damping)) gained = go_if_better(least, *trial);
            damping = gained > 0 ? std::max(damping / damping_down, min_damping) : damping * damping_up;
        }
        if (gained < worthwhile) break;
    }
}

}  // namespace friedel
