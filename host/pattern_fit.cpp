#include "host/pattern_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/correlation.h"
#include "host/gemm.h"
#include "host/simulator.h"
#include "kernels/pattern.h"

namespace friedel {

namespace {

// Widths that both patterns are blurred by in each stage, degrees: from reaching far to seeing all there is.
constexpr int stages = 3;
constexpr double blur_deg[stages] = {0.4, 0.2, 0};
constexpr int steps[stages] = {6, 5, 8};
constexpr double start_fwhm_deg = 0.15;

// What one unit of each unknown is.
constexpr double displacement_deg = 0.1, log_width = 0.7, inverse_size = 1.0 / 800, microstrain = 0.002, log_b = 0.7, log_texture = 0.3,
                 lattice_strain = 0.01;
constexpr double furthest = 4, furthest_in_a_step = 1;
constexpr double difference = 0.02;  // for derivatives
// Pull towards the start, so that what the pattern does not tell stays there.
constexpr double restraint = 3e-4;
// Levenberg and Marquardt.
constexpr double first_damping = 1e-2, least_damping = 1e-5, damping_down = 5, damping_up = 8;
constexpr int attempts = 4;
constexpr double worthwhile = 2e-5;  // a step that gains less is the last

void blur(float* pattern, double fwhm_deg, const Grid& grid) {
    const double sigma = fwhm_deg / 2.3548 / static_cast<double>(grid.step_deg);
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

void preprocess_row(float* pattern) {
    thread_local std::vector<float> scratch(static_cast<std::size_t>(preprocess_scratch(PatternFitter::grid)));
    SerialBlock block;
    preprocess(block, pattern, PatternFitter::grid, PreprocessConfig(), scratch.data());
}

// The part of a row of unit norm [points] that is not noise, as a norm. Noise differs from point to point where lines do not: the median
// deviation of a point from the middle of its neighbours tells it, as long as most of the pattern is no steep flank.
float signal_of(const float* row, int points) {
    if (points < 3) return 1;
    std::vector<float> deviation;
    for (int i = 1; i + 1 < points; ++i) deviation.push_back(std::fabs(row[i] - 0.5f * (row[i - 1] + row[i + 1])));
    const auto middle = deviation.begin() + static_cast<std::ptrdiff_t>(deviation.size() / 2);
    std::nth_element(deviation.begin(), middle, deviation.end());
    constexpr float median_of_normal = 0.6745f, variance_of_deviation = 1.5f, least_signal = 0.25f;
    const float sigma = *middle / median_of_normal;
    const float noise = sigma * sigma / variance_of_deviation * static_cast<float>(points);
    return std::sqrt(std::max(least_signal, 1 - noise));
}

}  // namespace

// One structure against one measured pattern.
class PatternFitter::Problem {
public:
    Problem(const PatternFitter& fitter, const Prepared& measured, const LibraryView& library, PatternFit& fit)
        : fitter_(fitter), measured_(measured), library_(library), fit_(fit), now_(static_cast<std::size_t>(grid.points)), there_(now_) {
        find_strain_directions();
        slope_.resize(static_cast<std::size_t>(fit_strain + strains_) * now_.size());
    }

    PatternParameters parameters(const PatternFit& fit) const {
        PatternParameters p;
        p.structure = fit.structure;
        p.radiation = fitter_.radiation_;
        p.lattice_scale = static_cast<float>(1 + fit.strain);
        for (int d = 0; d < strains_; ++d) {
            // A relative change of the metric is twice that of the lengths.
            const double change = 2 * lattice_strain * fit.unknown[static_cast<std::size_t>(fit_strain + d)];
            for (int e = 0; e < 6; ++e) p.strain[e] += static_cast<float>(change * direction_[d][e]);
        }
        p.displacement_deg = static_cast<float>(displacement_deg * fit.unknown[fit_displacement]);
        const double fwhm_deg = start_fwhm_deg * std::exp(log_width * fit.unknown[fit_width]);
        p.caglioti_w = static_cast<float>(fwhm_deg * fwhm_deg + blur_square_);
        const double per_angstrom = inverse_size * std::max(0.0, fit.unknown[fit_size]);
        p.size_angstrom = per_angstrom > 1e-6 ? static_cast<float>(1 / per_angstrom) : 0.0f;
        p.microstrain = static_cast<float>(microstrain * std::max(0.0, fit.unknown[fit_microstrain]));
        p.b_iso_scale = static_cast<float>(std::exp(log_b * fit.unknown[fit_b]));
        p.march_dollase = static_cast<float>(std::exp(log_texture * fit.unknown[fit_texture]));
        std::copy_n(fit.texture_axis.data(), 3, p.texture_axis);
        return p;
    }

    void run_stage(int stage) {
        stage_ = stage;
        blur_square_ = blur_deg[stage] * blur_deg[stage];
        // Lattice and displacement first; widths, displacement parameters and texture once the peaks lie where they should.
        std::vector<int> free{fit_displacement};
        for (int d = 0; d < strains_; ++d) free.push_back(fit_strain + d);
        if (stage > 0) free.push_back(fit_width);
        const bool last = stage == stages - 1;
        if (last) free.insert(free.end(), {fit_size, fit_microstrain, fit_b, fit_texture});
        if (last) choose_texture_axis();
        descend(free);
        fit_.similarity = product(now_.data(), target(), measured_.points);
        if (last) fit_.similarity = std::min(1.0f, fit_.similarity / measured_.signal);
    }

private:
    const float* target() const { return measured_.stages[static_cast<std::size_t>(stage_)].data(); }

    // Independent changes of the metric that keep the symmetry of the lattice, in the terms of strained_metric().
    void find_strain_directions() {
        const CrystalView<float> crystal = library_.crystal(fit_.structure);
        double cell[6];
        std::copy_n(crystal.cell, 6, cell);
        const Metric<double> metric = direct_metric(cell);
        double edge[3];
        for (int i = 0; i < 3; ++i) edge[i] = std::sqrt(metric.m[i]);
        const double unit[6] = {edge[0] * edge[0], edge[1] * edge[1], edge[2] * edge[2],
                                edge[1] * edge[2], edge[0] * edge[2], edge[0] * edge[1]};
        for (int e = 0; e < 6; ++e) {
            float strain[6] = {};
            strain[e] = 1;
            const Metric<double> changed = strained_metric(metric, strain, crystal.operations);
            double* const direction = direction_[strains_];
            for (int i = 0; i < 6; ++i) direction[i] = (changed.m[i] - metric.m[i]) / unit[i];
            for (int other = 0; other < strains_; ++other) {
                const double along = std::inner_product(direction, direction + 6, direction_[other], 0.0);
                for (int i = 0; i < 6; ++i) direction[i] -= along * direction_[other][i];
            }
            const double square = std::inner_product(direction, direction + 6, direction, 0.0);
            if (square < 1e-6) continue;
            for (int i = 0; i < 6; ++i) direction[i] /= std::sqrt(square);
            ++strains_;
        }
    }

    // The fitted pattern, as target() is, into out [grid.points], of which [measured.points] are what matters.
    void simulate(std::vector<float>& out, const PatternFit& fit) const {
        simulate_one_pattern(out.data(), parameters(fit), library_, grid);
        preprocess_row(out.data());
        if (measured_.first > 0) std::copy_n(out.data() + measured_.first, measured_.points, out.data());
        normalise(out.data(), measured_.points);
    }

    // Squared distance to the target, with the restraint.
    double cost(const std::vector<float>& simulated, const PatternFit& fit) const {
        double sum = 2 - 2 * static_cast<double>(product(simulated.data(), target(), measured_.points));
        for (double x : fit.unknown) sum += restraint * x * x;
        return sum;
    }

    // The low-index direction along which either kind of texture, platy or fibrous, helps most.
    void choose_texture_axis() {
        simulate(now_, fit_);
        double least = cost(now_, fit_);
        PatternFit trial = fit_;
        for (int a = 0; a < texture_axes; ++a) {
            texture_axis(trial.texture_axis.data(), a);
            for (double r : {-1.0, 1.0}) {
                trial.unknown[fit_texture] = r;
                simulate(there_, trial);
                const double c = cost(there_, trial);
                if (c < least) least = c, fit_ = trial;
            }
        }
    }

    // Levenberg and Marquardt over the free unknowns, with derivatives by differences.
    void descend(const std::vector<int>& free) {
        const int n = static_cast<int>(free.size()), points = measured_.points;
        const auto column = [&](int j) { return slope_.data() + static_cast<std::size_t>(j) * now_.size(); };
        simulate(now_, fit_);
        double least = cost(now_, fit_), damping = first_damping;
        for (int step = 0; step < steps[stage_]; ++step) {
            double normal[max_fit_unknowns * max_fit_unknowns], gradient[max_fit_unknowns];
            for (int j = 0; j < n; ++j) {
                PatternFit moved = fit_;
                moved.unknown[static_cast<std::size_t>(free[static_cast<std::size_t>(j)])] += difference;
                simulate(there_, moved);
                for (int i = 0; i < points; ++i)
                    column(j)[i] =
                        (there_[static_cast<std::size_t>(i)] - now_[static_cast<std::size_t>(i)]) / static_cast<float>(difference);
            }
            for (int i = 0; i < points; ++i) there_[static_cast<std::size_t>(i)] = target()[i] - now_[static_cast<std::size_t>(i)];
            for (int j = 0; j < n; ++j) {
                gradient[j] = static_cast<double>(product(column(j), there_.data(), points)) -
                              restraint * fit_.unknown[static_cast<std::size_t>(free[static_cast<std::size_t>(j)])];
                for (int k = 0; k <= j; ++k)
                    normal[j * n + k] = normal[k * n + j] = static_cast<double>(product(column(j), column(k), points));
                normal[j * n + j] += restraint;
            }
            double gained = 0;
            for (int attempt = 0; attempt < attempts && gained == 0; ++attempt) {
                double matrix[max_fit_unknowns * max_fit_unknowns], change[max_fit_unknowns];
                std::copy_n(normal, n * n, matrix);
                std::copy_n(gradient, n, change);
                for (int j = 0; j < n; ++j) matrix[j * n + j] += damping * normal[j * n + j];
                if (solve_positive_definite(matrix, change, n)) {
                    PatternFit trial = fit_;
                    for (int j = 0; j < n; ++j) {
                        double& x = trial.unknown[static_cast<std::size_t>(free[static_cast<std::size_t>(j)])];
                        x = std::clamp(x + std::clamp(change[j], -furthest_in_a_step, furthest_in_a_step), -furthest, furthest);
                    }
                    simulate(there_, trial);
                    const double c = cost(there_, trial);
                    if (c < least) {
                        gained = least - c;
                        least = c;
                        fit_ = trial;
                        now_.swap(there_);
                    }
                }
                damping = gained > 0 ? std::max(damping / damping_down, least_damping) : damping * damping_up;
            }
            if (gained < worthwhile) break;
        }
    }

    const PatternFitter& fitter_;
    const Prepared& measured_;
    const LibraryView& library_;
    PatternFit& fit_;
    double direction_[6][6] = {};
    int strains_ = 0, stage_ = 0;
    double blur_square_ = 0;
    std::vector<float> now_, there_, slope_;  // [grid.points] of the fit, of a trial; [unknowns][grid.points] derivatives
};

PatternFitter::Prepared PatternFitter::prepare(const float* pattern) const {
    Prepared prepared;
    const auto [lowest, highest] = std::minmax_element(pattern, pattern + grid.points);
    const float rounding = 1e-6f * (*highest - *lowest);
    int end = grid.points;
    while (prepared.first + 1 < end && std::fabs(pattern[prepared.first + 1] - pattern[0]) <= rounding) ++prepared.first;
    while (end - 2 > prepared.first && std::fabs(pattern[end - 2] - pattern[grid.points - 1]) <= rounding) --end;
    prepared.points = end - prepared.first;
    for (int stage = 0; stage < stages; ++stage) {
        std::vector<float> row(pattern, pattern + grid.points);
        if (blur_deg[stage] > 0) blur(row.data(), blur_deg[stage], grid);
        preprocess_row(row.data());
        std::vector<float>& out = prepared.stages[static_cast<std::size_t>(stage)];
        out.assign(row.begin() + prepared.first, row.begin() + end);
        normalise(out.data(), prepared.points);
    }
    prepared.signal = signal_of(prepared.stages.back().data(), prepared.points);
    return prepared;
}

PatternFit PatternFitter::start(const Prepared& measured, const LibraryView& library, int structure, double strain) const {
    PatternFit fit;
    fit.structure = structure;
    fit.strain = strain;
    Problem problem(*this, measured, library, fit);
    for (int stage = 0; stage + 1 < stages; ++stage) problem.run_stage(stage);
    return fit;
}

void PatternFitter::finish(PatternFit& fit, const Prepared& measured, const LibraryView& library) const {
    Problem(*this, measured, library, fit).run_stage(stages - 1);
}

PatternParameters PatternFitter::parameters(const PatternFit& fit, const LibraryView& library) const {
    const Prepared nothing;
    PatternFit copy = fit;
    return Problem(*this, nothing, library, copy).parameters(copy);
}

}  // namespace friedel
