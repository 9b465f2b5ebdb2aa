#include "host/indexing/cell_refinement.h"

#include <algorithm>
#include <cmath>

#include "host/support/gemm.h"

namespace friedel {

namespace {

constexpr int max_reflections_of_cell = 20000;
constexpr double usual_shift_deg = 0.03, shift_spread_deg = 0.06;
constexpr double min_shift_deg = -0.25, max_shift_deg = 0.3;
constexpr double parameter_density = 1 / 0.05;         // of elements of the reciprocal metric, angstrom^2
constexpr double superlattice_penalty = 7;             // of 14 ways to have one
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

// All reflections up to a little beyond line n - 1.
bool CellRefinement::list(const IndexedCell& cell, int n) {
    reflections_.clear();
    const PatternLine& last = lines_[static_cast<std::size_t>(n - 1)];
    const double limit = last.q + max_shift_deg * last.q_per_deg;
    if (!for_each_reflection(cell.lattice, cell.reciprocal, limit, max_reflections_of_cell, [&](int h, int k, int l, double q) {
            reflections_.push_back({q, h, k, l});
        }))
        return false;
    std::sort(reflections_.begin(), reflections_.end(), [](const Reflection& a, const Reflection& b) { return a.q < b.q; });
    return !reflections_.empty();
}

const CellRefinement::Reflection* CellRefinement::nearest(double q) const {
    const auto at = std::lower_bound(reflections_.begin(), reflections_.end(), q, [](const Reflection& r, double v) { return r.q < v; });
    if (at == reflections_.begin()) return at == reflections_.end() ? nullptr : &*at;
    if (at == reflections_.end()) return &*(at - 1);
    return at->q - q < q - (at - 1)->q ? &*at : &*(at - 1);
}

void CellRefinement::fit(IndexedCell& cell, int n, int rounds, double tolerance_deg) {
    constexpr double within_sigmas = 2.5;
    constexpr double min_volume = 5;  // angstrom^3
    const int p = metric_parameters(cell.lattice);
    for (int round = 0; round < rounds; ++round) {
        if (!list(cell, n)) return;
        Matrix normal{p + 1};
        double moves[max_parameters] = {};
        for (int i = 0; i < n; ++i) {
            const PatternLine& line = lines_[static_cast<std::size_t>(i)];
            const double at = line.q - line.q_per_deg * cell.shift_deg;
            const Reflection* const r = nearest(at);
            if (!r) continue;
            const double off = at - r->q;
            if (std::fabs(off) > std::max(tolerance_deg * line.q_per_deg, within_sigmas * line.sigma)) continue;
            double row[max_parameters];
            metric_row(row, cell.lattice, r->h, r->k, r->l);
            row[p] = line.q_per_deg;
            const double w = 1 / (line.sigma * line.sigma) / (1 + off * off / (4 * line.sigma * line.sigma));
            for (int a = 0; a <= p; ++a) {
                moves[a] += w * row[a] * off;
                for (int b = 0; b <= a; ++b) normal.at(a, b) += w * row[a] * row[b];
            }
        }
        // The shift is about what shifts are.
        const double w = 1 / (shift_spread_deg * shift_spread_deg);
        normal.at(p, p) += w;
        moves[p] += w * (usual_shift_deg - cell.shift_deg);
        if (!solve_shifts(moves, normal)) return;
        double x[max_parameters];
        parameters_of(x, cell.lattice, cell.reciprocal);
        for (int a = 0; a < p; ++a) x[a] += moves[a];
        cell.shift_deg = std::clamp(cell.shift_deg + moves[p], min_shift_deg, max_shift_deg);
        const Metric<double> moved = metric_of(cell.lattice, x);
        if (!(volume_of(moved) > min_volume) || !(moved.m[0] > 0 && moved.m[1] > 0 && moved.m[2] > 0)) return;
        cell.reciprocal = moved;
    }
}

// The lower triangle of `normal` and the right-hand sides in `moves` -> the solution in `moves`. False where there is none.
bool CellRefinement::solve_shifts(double* moves, Matrix& normal) const {
    constexpr double ridge = 1e-9;  // of a diagonal of ones
    const int n = normal.n;
    double scale[max_parameters];
    for (int a = 0; a < n; ++a) scale[a] = 1 / std::sqrt(std::max(1e-30, normal.at(a, a)));
    for (int a = 0; a < n; ++a) {
        moves[a] *= scale[a];
        for (int b = 0; b <= a; ++b) {
            normal.at(a, b) *= scale[a] * scale[b];
            normal.at(b, a) = normal.at(a, b);
        }
        normal.at(a, a) += ridge;
    }
    if (!solve_positive_definite(normal.m, moves, n)) return false;
    for (int a = 0; a < n; ++a) moves[a] *= scale[a];
    return true;
}

void CellRefinement::judge(IndexedCell& cell, int n) {
    cell.evidence = no_evidence;
    if (!list(cell, n)) return;
    const std::array<int, index_parities> distinct = count_distinct(n);
    if (std::all_of(distinct.begin(), distinct.end(), [](int count) { return count == 0; })) return;
    find_densities(cell, n);
    cell.evidence = position_likelihood(n, distinct) + occam_factor(cell, n);
    cell.m20 = m20(cell, n);
}

// Reflections that lines can be, by the parities of their indices: those of a sublattice may be strong and the rest weak.
std::array<int, index_parities> CellRefinement::count_distinct(int n) const {
    std::array<int, index_parities> distinct{};
    std::array<double, index_parities> last;
    last.fill(-1);
    const PatternLine& end = lines_[static_cast<std::size_t>(n - 1)];
    for (const Reflection& r : reflections_) {
        if (r.q < lowest_q_ || r.q > end.q + 2 * end.sigma) continue;
        const auto c = static_cast<std::size_t>(r.parity());
        if (!coincide(r.q, last[c])) ++distinct[c];
        last[c] = r.q;
    }
    return distinct;
}

void CellRefinement::find_densities(const IndexedCell& cell, int n) {
    constexpr double reach = 5;  // standard deviations
    densities_.assign(static_cast<std::size_t>(n) * index_parities, 0.0);
    for (int i = 0; i < n; ++i) {
        const PatternLine& line = lines_[static_cast<std::size_t>(i)];
        const double at = line.q - line.q_per_deg * cell.shift_deg;
        double* const density = densities_.data() + static_cast<std::size_t>(i) * index_parities;
        const auto first = std::lower_bound(reflections_.begin(), reflections_.end(), at - reach * line.sigma,
                                            [](const Reflection& r, double q) { return r.q < q; });
        double last[index_parities];
        std::fill_n(last, index_parities, -1.0);
        for (auto r = first; r != reflections_.end() && r->q < at + reach * line.sigma; ++r) {
            const int c = r->parity();
            if (coincide(r->q, last[c])) continue;
            last[c] = r->q;
            const double z = (at - r->q) / line.sigma;
            density[c] += std::exp(-0.5 * z * z) / (sqrt_two_pi * line.sigma);
        }
    }
}

// Of the positions of n lines, over that of lines anywhere: `share` of them are reflections with h.s even. s = 0: all alike.
double CellRefinement::likelihood(int n, const std::array<int, index_parities>& distinct, int s, double share) const {
    double weight[index_parities];
    int strong = 0, weak = 0;
    for (int c = 0; c < index_parities; ++c) (breaks_sublattice(c, s) ? weak : strong) += distinct[static_cast<std::size_t>(c)];
    if (s != 0 && (weak == 0 || strong == 0)) return impossible;
    for (int c = 0; c < index_parities; ++c)
        weight[c] = s == 0 ? 1.0 / strong : (breaks_sublattice(c, s) ? (1 - share) / weak : share / strong);
    const double range = lines_[static_cast<std::size_t>(n - 1)].q - lowest_q_;
    double sum = 0;
    for (int i = 0; i < n; ++i) {
        const PatternLine& line = lines_[static_cast<std::size_t>(i)];
        const double* const density = densities_.data() + static_cast<std::size_t>(i) * index_parities;
        double mixed = 0;
        for (int c = 0; c < index_parities; ++c) mixed += weight[c] * density[c];
        sum += std::log(line.doubt + (1 - line.doubt) * range * mixed);
    }
    return sum;
}

// With every reflection as likely as another, or with those of a sublattice strong and the rest weak: the parity rule h.s even, for the
// seven s there are.
double CellRefinement::position_likelihood(int n, const std::array<int, index_parities>& distinct) const {
    double best = impossible;
    for (int s = 1; s < index_parities; ++s) {
        for (double share : superlattice_shares) best = std::max(best, likelihood(n, distinct, s, share));
    }
    return std::max(likelihood(n, distinct, 0, 0), best - superlattice_penalty);
}

// What the parameters cost: prior density times the volume that the lines leave them (Laplace). Counts the lines looked at and explained.
double CellRefinement::occam_factor(IndexedCell& cell, int n) const {
    constexpr double explained_within = 3;  // standard deviations
    const int p = metric_parameters(cell.lattice);
    Matrix hessian{p + 1};
    cell.lines = n;
    cell.indexed = 0;
    for (int i = 0; i < n; ++i) {
        const PatternLine& line = lines_[static_cast<std::size_t>(i)];
        const double at = line.q - line.q_per_deg * cell.shift_deg;
        const Reflection* const r = nearest(at);
        if (!r || std::fabs(at - r->q) > explained_within * line.sigma) continue;
        ++cell.indexed;
        double row[max_parameters];
        metric_row(row, cell.lattice, r->h, r->k, r->l);
        row[p] = line.q_per_deg;
        const double w = 1 / (line.sigma * line.sigma);
        for (int a = 0; a <= p; ++a) {
            for (int b = 0; b <= p; ++b) hessian.at(a, b) += w * row[a] * row[b];
        }
    }
    hessian.at(p, p) += 1 / (shift_spread_deg * shift_spread_deg);
    const double z = (cell.shift_deg - usual_shift_deg) / shift_spread_deg;
    const double log_prior = -0.5 * z * z - std::log(sqrt_two_pi * shift_spread_deg) + p * std::log(parameter_density);
    return log_prior + (p + 1) * std::log(sqrt_two_pi) - 0.5 * log_determinant(hessian.m, p + 1);
}

// De Wolff's figure of merit, over the first twenty lines.
double CellRefinement::m20(const IndexedCell& cell, int n) const {
    const int most = std::min(n, 20);
    double off = 0;
    for (int i = 0; i < most; ++i) {
        const PatternLine& line = lines_[static_cast<std::size_t>(i)];
        const double at = line.q - line.q_per_deg * cell.shift_deg;
        off += std::fabs(at - nearest(at)->q);
    }
    const double last = lines_[static_cast<std::size_t>(most - 1)].q;
    const auto calculated = std::count_if(reflections_.begin(), reflections_.end(), [&](const Reflection& r) { return r.q <= last; });
    return last / (2 * std::max(off / most, 1e-7) * std::max(1.0, static_cast<double>(calculated)));
}

}  // namespace friedel
