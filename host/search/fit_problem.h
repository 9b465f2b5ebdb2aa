// One structure against one measured pattern: which pattern a fit's unknowns make, how far it is from the measured one, and the steps
// that bring it nearer (Levenberg and Marquardt, over differentiable_pattern.h).
// Leaves out: in which order what is varied (pattern_fit.cpp).
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "host/search/fit_parameters.h"
#include "host/search/pattern_fit.h"
#include "host/simulation/differentiable_pattern.h"

namespace friedel {

// Preprocessed, what was measured alone, at the front, with no mean and unit norm. pattern [grid.points].
void make_comparable(float* pattern, const Grid& grid, const PointRange& measured);

class FitProblem {
public:
    // What is passed by reference must outlive the problem; `fit` is what the steps change.
    FitProblem(const PatternToFit& measured, const LibraryView& library, PatternFit& fit);

    // Goes on with this stage of the measured pattern, which is blurred by so much.
    void begin_stage(const PatternToFit::Stage& stage, double blur_deg);

    // The unknowns of the lattice.
    std::vector<int> strains() const;

    // The low-index direction along which either kind of texture, platy or fibrous, helps most.
    void choose_texture_axis();

    // Varies the unknowns `free` until a step is worth nothing any more, or for so many steps.
    void descend(const std::vector<int>& free, int max_steps);

    // Of the pattern as the last descend() left it, and of the one that is simulated everywhere.
    float quick_similarity() const;
    float similarity();

private:
    // Of the free unknowns, [n] of them, around the fit as it is; with the restraint.
    struct NormalEquations {
        std::array<double, max_fit_unknowns * max_fit_unknowns> matrix;  // [n][n]
        std::array<double, max_fit_unknowns> gradient;                   // [n] downhill
    };

    PatternParameters parameters(const PatternFit& fit) const { return parameters_of(fit, directions_, blur_deg_); }
    void simulate(std::vector<float>& raw, std::vector<float>& row, const PatternFit& fit);
    void compare(float* row, const float* raw) const;
    double cost(const std::vector<float>& simulated, const PatternFit& fit) const;
    void find_changes(const std::vector<PatternFit>& fits, float step);
    void compare_changes();
    void differentiate(const std::vector<int>& free);
    NormalEquations normal_equations(const std::vector<int>& free);
    std::optional<PatternFit> damped_step(const std::vector<int>& free, const NormalEquations& equations, double damping) const;
    double go_if_better(double& least, const PatternFit& trial);
    float* change(std::size_t i) { return changes_.data() + i * static_cast<std::size_t>(quick_->width()); }

    const PatternToFit& measured_;
    const LibraryView& library_;
    PatternFit& fit_;
    StrainDirections directions_;
    double blur_deg_ = 0;
    const PatternToFit::Stage* target_ = nullptr;
    std::optional<DifferentiablePattern> quick_;
    std::vector<DifferentiablePattern::Move> moves_;
    std::vector<float> now_, there_, raw_, raw_there_, changes_;  // rows of the fit and of a trial; [moves] rows
};

}  // namespace friedel
