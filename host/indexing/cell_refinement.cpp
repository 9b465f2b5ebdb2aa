#include "host/indexing/cell_refinement.h"

#include <algorithm>
#include <cmath>

#include "host/support/gemm.h"

namespace friedel {

namespace {

constexpr int max_reflections_of_cell = 20000;
constexpr double min_shift_deg = -0.25, max_shift_deg = 0.3;
// Choices: bench/results/README.md, Indexing, tells what others are worth.
constexpr double usual_shift_deg = 0.03;
constexpr double shift_spread_deg = 0.06;              // standard deviation
constexpr double parameter_range = 0.05;               // 1/angstrom^2, of the reciprocal metric's elements
constexpr double superlattice_penalty = 7;             // of the logarithm, for the best of 14 ways
constexpr double superlattice_shares[] = {0.8, 0.95};  // of the lines, that are the sublattice's
constexpr double impossible = -1e300;

// Reflections that coincide by symmetry beyond the holohedry, or by chance.
bool coincide(double q, double before) { return q - before <= 1e-7 * q + 1e-9; }

double log_determinant(double* m, int n) {
    double sum = 0;
    for (int i = 0; i < n; ++i) {
        for (int j = 0; j < i; ++j) {
            const double f = m[i * n + j] / m[j * n + j];
            for (int k = j; k < n; ++k) m[i * n + k] -= f * m[j * n + k];
        }
        m[i * n + i] = std::max(m[i * n + i], 1.0);  // nothing known of it: as wide as the prior
        sum += std::log(m[i * n + i]);
    }
    return sum;
}

}  // namespace

// All reflections up to a little beyond the last line.
bool CellRefinement::list_reflections(const IndexedCell& cell, Lines lines) {
    reflections_.clear();
    const double limit = lines.back().q + max_shift_deg * lines.back().q_per_deg;
    const auto add = [&](int h, int k, int l, double q) { reflections_.push_back({q, h, k, l}); };
    if (!for_each_reflection(cell.lattice, cell.reciprocal, limit, max_reflections_of_cell, add)) return false;
    std::sort(reflections_.begin(), reflections_.end(), [](const Reflection& a, const Reflection& b) { return a.q < b.q; });
    return !reflections_.empty();
}

const CellRefinement::Reflection& CellRefinement::nearest(double q) const {
    const auto at = std::lower_bound(reflections_.begin(), reflections_.end(), q, [](const Reflection& r, double v) { return r.q < v; });
    if (at == reflections_.begin()) return *at;
    if (at == reflections_.end()) return *(at - 1);
    return at->q - q < q - (at - 1)->q ? *at : *(at - 1);
}

// The lines whose nearest reflection is within so many standard deviations, or so many degrees.
std::vector<CellRefinement::Assignment> CellRefinement::assign(const IndexedCell& cell, Lines lines, double within_sigmas,
                                                               double or_within_deg) const {
    std::vector<Assignment> assigned;
    for (const IndexingLine& line : lines) {
        const double q = line.q_without(cell.shift_deg);
        const Reflection& reflection = nearest(q);
        const double off = q - reflection.q;
        if (std::fabs(off) <= std::max(or_within_deg * line.q_per_deg, within_sigmas * line.sigma))
            assigned.push_back({&line, &reflection, off});
    }
    return assigned;
}

void CellRefinement::NormalEquations::add(BravaisLattice lattice, const Assignment& assigned, double weight) {
    double row[max_parameters];
    metric_row(row, lattice, assigned.reflection->h, assigned.reflection->k, assigned.reflection->l);
    row[n - 1] = assigned.line->q_per_deg;
    for (int a = 0; a < n; ++a) {
        right[a] += weight * row[a] * assigned.off;
        for (int b = 0; b < n; ++b) at(a, b) += weight * row[a] * row[b];
    }
}

// The shift is about what shifts are.
void CellRefinement::NormalEquations::add_usual_shift(double shift_deg) {
    constexpr double weight = 1 / (shift_spread_deg * shift_spread_deg);
    at(n - 1, n - 1) += weight;
    right[n - 1] += weight * (usual_shift_deg - shift_deg);
}

void CellRefinement::fit(IndexedCell& cell, Lines lines, int rounds, double tolerance_deg) {
    constexpr double within_sigmas = 2.5;
    constexpr double min_volume = 5;  // angstrom^3
    const int p = metric_parameters(cell.lattice);
    for (int round = 0; round < rounds; ++round) {
        if (!list_reflections(cell, lines)) return;
        NormalEquations equations{p + 1};
        for (const Assignment& assigned : assign(cell, lines, within_sigmas, tolerance_deg)) {
            const double variance = assigned.line->sigma * assigned.line->sigma;
            // Those that are far off count less: they may be another reflection's.
            equations.add(cell.lattice, assigned, 1 / variance / (1 + assigned.off * assigned.off / (4 * variance)));
        }
        equations.add_usual_shift(cell.shift_deg);
        if (!solve(equations)) return;
        const double* const moves = equations.right;
        double x[max_parameters];
        parameters_of(x, cell.lattice, cell.reciprocal);
        for (int a = 0; a < p; ++a) x[a] += moves[a];
        cell.shift_deg = std::clamp(cell.shift_deg + moves[p], min_shift_deg, max_shift_deg);
        const Metric<double> moved = metric_of(cell.lattice, x);
        if (!(volume_of(moved) > min_volume) || !(moved.m[0] > 0 && moved.m[1] > 0 && moved.m[2] > 0)) return;
        cell.reciprocal = moved;
    }
}

// Leaves the solution on the right side; false where there is none. Parameters differ by orders of magnitude: those of a diagonal of ones
// are solved for.
bool CellRefinement::solve(NormalEquations& equations) {
    constexpr double ridge = 1e-9;  // of a diagonal of ones
    const int n = equations.n;
    double scale[max_parameters];
    for (int a = 0; a < n; ++a) scale[a] = 1 / std::sqrt(std::max(1e-30, equations.at(a, a)));
    for (int a = 0; a < n; ++a) {
        equations.right[a] *= scale[a];
        for (int b = 0; b <= a; ++b) {
            equations.at(a, b) *= scale[a] * scale[b];
            equations.at(b, a) = equations.at(a, b);
        }
        equations.at(a, a) += ridge;
    }
    if (!solve_positive_definite(equations.matrix, equations.right, n)) return false;
    for (int a = 0; a < n; ++a) equations.right[a] *= scale[a];
    return true;
}

void CellRefinement::judge(IndexedCell& cell, Lines lines) {
    cell.evidence = no_evidence;
    if (!list_reflections(cell, lines)) return;
    const Counts distinct = count_distinct(lines);
    if (std::all_of(distinct.begin(), distinct.end(), [](int count) { return count == 0; })) return;
    find_densities(cell, lines);
    const std::vector<Assignment> explained = assign(cell, lines, explained_within_sigmas, 0);
    cell.lines = static_cast<int>(lines.size());
    cell.indexed = static_cast<int>(explained.size());
    cell.evidence = position_likelihood(lines, distinct) + occam_factor(cell, explained);
    cell.m20 = m20(cell, lines);
}

// Reflections that lines can be, by the parities of their indices: those of a sublattice may be strong and the rest weak.
CellRefinement::Counts CellRefinement::count_distinct(Lines lines) const {
    Counts distinct{};
    std::array<double, index_parities> last;
    last.fill(-1);
    const double end = lines.back().q + 2 * lines.back().sigma;
    for (const Reflection& r : reflections_) {
        if (r.q < lowest_q_ || r.q > end) continue;
        const auto c = static_cast<std::size_t>(r.parity());
        if (!coincide(r.q, last[c])) ++distinct[c];
        last[c] = r.q;
    }
    return distinct;
}

void CellRefinement::find_densities(const IndexedCell& cell, Lines lines) {
    constexpr double reach = 5;  // standard deviations
    densities_.assign(lines.size() * index_parities, 0.0);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const double q = lines[i].q_without(cell.shift_deg), sigma = lines[i].sigma;
        double* const density = densities_.data() + i * index_parities;
        const auto first = std::lower_bound(reflections_.begin(), reflections_.end(), q - reach * sigma,
                                            [](const Reflection& r, double least) { return r.q < least; });
        double last[index_parities];
        std::fill_n(last, index_parities, -1.0);
        for (auto r = first; r != reflections_.end() && r->q < q + reach * sigma; ++r) {
            const int c = r->parity();
            if (coincide(r->q, last[c])) continue;
            last[c] = r->q;
            const double z = (q - r->q) / sigma;
            density[c] += std::exp(-0.5 * z * z) / (sqrt_two_pi * sigma);
        }
    }
}

// Of the positions of the lines, over that of lines anywhere: `share` of them are reflections with h.s even. s = 0: all alike.
double CellRefinement::likelihood(Lines lines, const Counts& distinct, int s, double share) const {
    double weight[index_parities];
    int strong = 0, weak = 0;
    for (int c = 0; c < index_parities; ++c) (breaks_sublattice(c, s) ? weak : strong) += distinct[static_cast<std::size_t>(c)];
    if (s != 0 && (weak == 0 || strong == 0)) return impossible;
    for (int c = 0; c < index_parities; ++c)
        weight[c] = s == 0 ? 1.0 / strong : (breaks_sublattice(c, s) ? (1 - share) / weak : share / strong);
    const double range = lines.back().q - lowest_q_;
    double sum = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const double* const density = densities_.data() + i * index_parities;
        double mixed = 0;
        for (int c = 0; c < index_parities; ++c) mixed += weight[c] * density[c];
        sum += std::log(lines[i].doubt + (1 - lines[i].doubt) * range * mixed);
    }
    return sum;
}

// With every reflection as likely as another, or with those of a sublattice strong and the rest weak: the parity rule h.s even, for the
// seven s there are.
double CellRefinement::position_likelihood(Lines lines, const Counts& distinct) const {
    double best = impossible;
    for (int s = 1; s < index_parities; ++s) {
        for (double share : superlattice_shares) best = std::max(best, likelihood(lines, distinct, s, share));
    }
    return std::max(likelihood(lines, distinct, 0, 0), best - superlattice_penalty);
}

// What the parameters cost: prior density times the volume that the lines leave them (Laplace).
double CellRefinement::occam_factor(const IndexedCell& cell, const std::vector<Assignment>& explained) {
    const int p = metric_parameters(cell.lattice);
    NormalEquations hessian{p + 1};
    for (const Assignment& assigned : explained) hessian.add(cell.lattice, assigned, 1 / (assigned.line->sigma * assigned.line->sigma));
    hessian.add_usual_shift(cell.shift_deg);
    const double z = (cell.shift_deg - usual_shift_deg) / shift_spread_deg;
    const double log_prior = -0.5 * z * z - std::log(sqrt_two_pi * shift_spread_deg) + p * std::log(1 / parameter_range);
    return log_prior + (p + 1) * std::log(sqrt_two_pi) - 0.5 * log_determinant(hessian.matrix, p + 1);
}

// De Wolff's figure of merit, over the first twenty lines.
double CellRefinement::m20(const IndexedCell& cell, Lines lines) const {
    const Lines twenty = lines.first(std::min<std::size_t>(lines.size(), 20));
    double off = 0;
    for (const IndexingLine& line : twenty) {
        const double q = line.q_without(cell.shift_deg);
        off += std::fabs(q - nearest(q).q);
    }
    const double last = twenty.back().q, mean_off = std::max(off / static_cast<double>(twenty.size()), 1e-7);
    const auto calculated = std::count_if(reflections_.begin(), reflections_.end(), [&](const Reflection& r) { return r.q <= last; });
    return last / (2 * mean_off * std::max(1.0, static_cast<double>(calculated)));
}

}  // namespace friedel
