#include "host/indexing.h"

#include <algorithm>
#include <cmath>

#include "host/gemm.h"
#include "host/lattice_search.h"
#include "host/lattice_symmetry.h"

namespace friedel {

namespace {

constexpr int most_parameters = 7;
constexpr int most_reflections = 20000;
constexpr double usual_shift_deg = 0.03, shift_spread_deg = 0.06;
// What the shape of lines and the rest of the geometry leave: as good as it gets, and as it is where lines are asymmetric.
constexpr double extra_sigma_deg[] = {0.007, 0.02};
constexpr double doubtful_evidence = 8;         // where nothing has more, lattices of low symmetry are looked for with more patience
constexpr double superlattice_penalty = 7;      // of 14 ways to have one
constexpr double parameter_density = 1 / 0.05;  // of elements of the reciprocal metric, angstrom^2

struct Line {
    double q, q_per_deg, sigma, doubt;
};

// Lines beside a much higher one are more often part of its shape.
bool is_shoulder(const ObservedLines& pattern, const ObservedLine& line) {
    const double reach = std::max(0.09, 1.6 * pattern.shape.fwhm_deg(line.two_theta_deg));
    return std::any_of(pattern.lines.begin(), pattern.lines.end(), [&](const ObservedLine& other) {
        return other.height > 2.5 * line.height && std::fabs(other.two_theta_deg - line.two_theta_deg) < reach;
    });
}

// What is observed, as 1/d^2.
std::vector<Line> lines_of(const ObservedLines& pattern, const IndexingConfig& config, double extra_sigma) {
    std::vector<Line> lines;
    const double square = config.wavelength_angstrom * config.wavelength_angstrom;
    for (const ObservedLine& o : pattern.lines) {
        const double theta = o.two_theta_deg * pi_d / 360, s = std::sin(theta);
        const double per_deg = 2 * std::sin(2 * theta) / square * pi_d / 180;
        // Impurities are weak as a rule, and so is what is no line at all.
        double doubt = 0.03 + 0.3 * std::exp(-o.height / 0.03) + 0.4 * std::exp(-o.significance / 4);
        if (is_shoulder(pattern, o)) doubt = std::max(doubt, 0.6);
        lines.push_back({4 * s * s / square, per_deg, per_deg * std::hypot(o.sigma_deg, extra_sigma), std::clamp(doubt, 0.03, 0.7)});
    }
    return lines;
}

struct Reflection {
    double q;
    int h, k, l;
};

class Refinement {
public:
    Refinement(const std::vector<Line>& lines, double lowest_q) : lines_(lines), lowest_q_(lowest_q) {}

    // Least squares for the first n lines, with reflections assigned anew in each round.
    void fit(IndexedCell& cell, int n, int rounds, double tolerance_deg) {
        const int p = metric_parameters(cell.lattice);
        for (int round = 0; round < rounds; ++round) {
            if (!list(cell, n)) return;
            double normal[most_parameters * most_parameters] = {}, right[most_parameters] = {};
            double x[most_parameters];
            parameters_of(x, cell.lattice, cell.reciprocal);
            for (int i = 0; i < n; ++i) {
                const Line& line = lines_[static_cast<std::size_t>(i)];
                const double at = line.q - line.q_per_deg * cell.shift_deg;
                const Reflection* const r = nearest(at);
                if (!r) continue;
                const double off = at - r->q;
                const double width = std::max(tolerance_deg * line.q_per_deg, 2.5 * line.sigma);
                if (std::fabs(off) > width) continue;
                double row[most_parameters];
                metric_row(row, cell.lattice, r->h, r->k, r->l);
                row[p] = line.q_per_deg;
                const double w = 1 / (line.sigma * line.sigma) / (1 + off * off / (4 * line.sigma * line.sigma));
                for (int a = 0; a <= p; ++a) {
                    right[a] += w * row[a] * off;
                    for (int b = 0; b <= a; ++b) normal[a * (p + 1) + b] += w * row[a] * row[b];
                }
            }
            // The shift is about what shifts are.
            const double w = 1 / (shift_spread_deg * shift_spread_deg);
            normal[p * (p + 1) + p] += w;
            right[p] += w * (usual_shift_deg - cell.shift_deg);
            double scale[most_parameters];
            for (int a = 0; a <= p; ++a) scale[a] = 1 / std::sqrt(std::max(1e-30, normal[a * (p + 1) + a]));
            for (int a = 0; a <= p; ++a) {
                right[a] *= scale[a];
                for (int b = 0; b <= a; ++b) {
                    normal[a * (p + 1) + b] *= scale[a] * scale[b];
                    normal[b * (p + 1) + a] = normal[a * (p + 1) + b];
                }
                normal[a * (p + 1) + a] += 1e-9;
            }
            if (!solve_positive_definite(normal, right, p + 1)) return;
            for (int a = 0; a < p; ++a) x[a] += scale[a] * right[a];
            cell.shift_deg = std::clamp(cell.shift_deg + scale[p] * right[p], -0.25, 0.3);
            const Metric<double> moved = metric_of(cell.lattice, x);
            if (!(volume_of(moved) > 5) || !(moved.m[0] > 0 && moved.m[1] > 0 && moved.m[2] > 0)) return;
            cell.reciprocal = moved;
        }
    }

    void judge(IndexedCell& cell, int n) {
        cell.evidence = -1e9;
        if (!list(cell, n)) return;
        const int p = metric_parameters(cell.lattice);
        const double range = lines_[static_cast<std::size_t>(n - 1)].q - lowest_q_;
        // Reflections by the parities of their indices: those of a sublattice may be strong and the rest weak.
        int distinct[8] = {};
        double last[8];
        std::fill_n(last, 8, -1.0);
        const Line& end = lines_[static_cast<std::size_t>(n - 1)];
        const auto parity = [](const Reflection& r) { return (r.h & 1) | (r.k & 1) << 1 | (r.l & 1) << 2; };
        for (const Reflection& r : reflections_) {
            if (r.q < lowest_q_ || r.q > end.q + 2 * end.sigma) continue;
            const int c = parity(r);
            if (r.q - last[c] > 1e-7 * r.q + 1e-9) ++distinct[c];
            last[c] = r.q;
        }
        int all_distinct = 0;
        for (int c : distinct) all_distinct += c;
        if (all_distinct == 0) return;
        double hessian[most_parameters * most_parameters] = {};
        double off_20 = 0;
        cell.lines = n, cell.indexed = 0;
        int of_20 = 0;
        densities_.assign(static_cast<std::size_t>(n) * 8, 0.0);
        for (int i = 0; i < n; ++i) {
            const Line& line = lines_[static_cast<std::size_t>(i)];
            const double at = line.q - line.q_per_deg * cell.shift_deg;
            double* const density = densities_.data() + static_cast<std::size_t>(i) * 8;
            const auto first = std::lower_bound(reflections_.begin(), reflections_.end(), at - 5 * line.sigma,
                                                [](const Reflection& r, double q) { return r.q < q; });
            double last_q[8];
            std::fill_n(last_q, 8, -1.0);
            for (auto r = first; r != reflections_.end() && r->q < at + 5 * line.sigma; ++r) {
                const int c = parity(*r);
                if (r->q - last_q[c] <= 1e-7 * r->q + 1e-9) continue;
                last_q[c] = r->q;
                const double z = (at - r->q) / line.sigma;
                density[c] += std::exp(-0.5 * z * z) / (2.5066 * line.sigma);
            }
            const Reflection* const r = nearest(at);
            if (!r) continue;
            const double off = at - r->q;
            if (i < 20) off_20 += std::fabs(off), ++of_20;
            if (std::fabs(off) > 3 * line.sigma) continue;
            ++cell.indexed;
            double row[most_parameters];
            metric_row(row, cell.lattice, r->h, r->k, r->l);
            row[p] = line.q_per_deg;
            const double w = 1 / (line.sigma * line.sigma);
            for (int a = 0; a <= p; ++a) {
                for (int b = 0; b <= p; ++b) hessian[a * (p + 1) + b] += w * row[a] * row[b];
            }
        }
        double sum = likelihood(n, range, distinct, 0, 0.5);
        // Every other reflection weak: the sublattice's parity rule h.s even, for the seven s there are.
        double best = -1e300;
        for (int s = 1; s < 8; ++s) {
            for (double share : {0.8, 0.95}) best = std::max(best, likelihood(n, range, distinct, s, share));
        }
        sum = std::max(sum, best - superlattice_penalty);
        const double w = 1 / (shift_spread_deg * shift_spread_deg), z = (cell.shift_deg - usual_shift_deg) / shift_spread_deg;
        hessian[p * (p + 1) + p] += w;
        sum += -0.5 * z * z - std::log(2.5066 * shift_spread_deg) + p * std::log(parameter_density);
        sum += 0.5 * (p + 1) * std::log(2 * pi_d) - 0.5 * log_determinant(hessian, p + 1);
        cell.evidence = sum;
        if (of_20 > 0) {
            const double last_20 = lines_[static_cast<std::size_t>(of_20 - 1)].q;
            int calculated = 0;
            for (const Reflection& r : reflections_) calculated += r.q <= last_20;
            cell.m20 = last_20 / (2 * std::max(off_20 / of_20, 1e-7) * std::max(1, calculated));
        }
    }

private:
    // Of the positions of n lines: `share` of them are reflections with h.s even. s = 0: all alike.
    double likelihood(int n, double range, const int* distinct, int s, double share) const {
        double weight[8];
        int strong = 0, weak = 0;
        const auto odd = [s](int c) { return ((c & s & 1) + ((c & s) >> 1 & 1) + ((c & s) >> 2 & 1)) % 2 == 1; };
        for (int c = 0; c < 8; ++c) (odd(c) ? weak : strong) += distinct[c];
        if (s != 0 && (weak == 0 || strong == 0)) return -1e300;
        for (int c = 0; c < 8; ++c) weight[c] = s == 0 ? 1.0 / strong : (odd(c) ? (1 - share) / weak : share / strong);
        double sum = 0;
        for (int i = 0; i < n; ++i) {
            const Line& line = lines_[static_cast<std::size_t>(i)];
            const double* const density = densities_.data() + static_cast<std::size_t>(i) * 8;
            double mixed = 0;
            for (int c = 0; c < 8; ++c) mixed += weight[c] * density[c];
            sum += std::log(line.doubt + (1 - line.doubt) * range * mixed);
        }
        return sum;
    }

    static double log_determinant(double* m, int n) {
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

    bool list(const IndexedCell& cell, int n) {
        reflections_.clear();
        const Line& last = lines_[static_cast<std::size_t>(n - 1)];
        const double limit = last.q + 0.3 * last.q_per_deg;
        if (!for_each_reflection(cell.lattice, cell.reciprocal, limit, most_reflections, [&](int h, int k, int l, double q) {
                reflections_.push_back({q, h, k, l});
            }))
            return false;
        std::sort(reflections_.begin(), reflections_.end(), [](const Reflection& a, const Reflection& b) { return a.q < b.q; });
        return !reflections_.empty();
    }

    const Reflection* nearest(double q) const {
        const auto at =
            std::lower_bound(reflections_.begin(), reflections_.end(), q, [](const Reflection& r, double v) { return r.q < v; });
        if (at == reflections_.begin()) return at == reflections_.end() ? nullptr : &*at;
        if (at == reflections_.end()) return &*(at - 1);
        return at->q - q < q - (at - 1)->q ? &*at : &*(at - 1);
    }

    const std::vector<Line>& lines_;
    double lowest_q_;
    std::vector<Reflection> reflections_;
    std::vector<double> densities_;  // [lines][8 parities]
};

// Refined with either idea of how well positions are known; the one that makes more of it.
IndexedCell refined(const IndexedCell& start, const std::vector<Line> (&lines)[2], double lowest_q, const IndexingConfig& config) {
    IndexedCell best = start;
    for (const std::vector<Line>& these : lines) {
        IndexedCell cell = &these == &lines[0] ? start : best;
        Refinement refinement(these, lowest_q);
        const int all = std::min(static_cast<int>(these.size()), config.all_lines);
        refinement.fit(cell, std::min(all, config.search_lines), 3, 0.04);
        refinement.fit(cell, std::min(all, config.search_lines), 2, 0.02);
        if (all > config.search_lines) refinement.fit(cell, std::min(all, 2 * config.search_lines), 2, 0.02);
        refinement.fit(cell, all, 2, 0.02);
        refinement.judge(cell, all);
        if (&these == &lines[0] || cell.evidence > best.evidence) best = cell;
    }
    return best;
}

double lowest_q_of(const ObservedLines& pattern, const IndexingConfig& config) {
    const double angle = static_cast<double>(pattern.grid.start_deg) + pattern.first * static_cast<double>(pattern.grid.step_deg);
    const double s = 2 * std::sin(angle * pi_d / 360) / config.wavelength_angstrom;
    return s * s;
}

// At most n of them, of those that may be the crystal's.
std::vector<SearchLine> first_lines(const ObservedLines& pattern, const std::vector<Line>& lines, double least_height, int n) {
    std::vector<SearchLine> first;
    for (std::size_t i = 0; i < lines.size() && static_cast<int>(first.size()) < n; ++i) {
        if (lines[i].doubt <= 0.5 && pattern.lines[i].height >= least_height)
            first.push_back({lines[i].q, lines[i].q_per_deg, lines[i].doubt});
    }
    return first;
}

}  // namespace

std::vector<IndexedCell> index_pattern(const ObservedLines& pattern, const IndexingConfig& config) {
    const std::vector<Line> lines[2] = {lines_of(pattern, config, extra_sigma_deg[0]), lines_of(pattern, config, extra_sigma_deg[1])};
    std::vector<IndexedCell> cells;
    const double lowest = lowest_q_of(pattern, config);
    const auto add = [&](Bravais lattice, const Metric<double>& reciprocal, double shift_deg) {
        IndexedCell cell{lattice, reciprocal};
        cell.shift_deg = shift_deg;
        cells.push_back(refined(cell, lines, lowest, config));
    };
    const auto search = [&](auto how, const std::vector<SearchLine>& first) {
        for (const LatticeCandidate& candidate : how(first)) add(candidate.lattice, candidate.reciprocal, candidate.shift_deg);
    };
    const auto is_found = [&](double certain) {
        return std::any_of(cells.begin(), cells.end(), [&](const IndexedCell& cell) { return cell.evidence > certain; });
    };
    // Lines that are no impurity's for certain, and where that does not do, weaker ones as well, or the strongest alone.
    struct Turn {
        double least_height, enough;
    };
    std::vector<std::vector<SearchLine>> tried;
    for (const Turn& turn : {Turn{0.02, 40}, Turn{0, 15}, Turn{0.07, 0}}) {
        std::vector<SearchLine> first = first_lines(pattern, lines[0], turn.least_height, config.search_lines);
        if (std::find(tried.begin(), tried.end(), first) == tried.end()) {
            search(search_lattices, first);
            tried.push_back(std::move(first));
        }
        if (is_found(turn.enough)) break;
    }
    if (!is_found(doubtful_evidence)) search(search_oblique_lattices, tried.front());
    std::sort(cells.begin(), cells.end(), [](const IndexedCell& a, const IndexedCell& b) { return a.evidence > b.evidence; });
    const std::size_t found = std::min<std::size_t>(cells.size(), 25);
    for (std::size_t i = 0; i < found; ++i) {
        for (const BravaisCell& higher : higher_symmetries({cells[i].lattice, cells[i].reciprocal}, 2.0))
            add(higher.lattice, higher.reciprocal, cells[i].shift_deg);
    }
    std::sort(cells.begin(), cells.end(), [](const IndexedCell& a, const IndexedCell& b) { return a.evidence > b.evidence; });
    std::vector<IndexedCell> distinct;
    for (const IndexedCell& cell : cells) {
        if (static_cast<int>(distinct.size()) == config.cells) break;
        const bool known = std::any_of(distinct.begin(), distinct.end(), [&](const IndexedCell& other) {
            return other.lattice == cell.lattice && std::fabs(volume_of(other.reciprocal) / volume_of(cell.reciprocal) - 1) < 2e-3 &&
                   other.evidence - cell.evidence < 3;
        });
        if (!known && cell.evidence > -1e8) distinct.push_back(cell);
    }
    return distinct;
}

IndexedCell refine_cell(const IndexedCell& start, const ObservedLines& pattern, const IndexingConfig& config) {
    const std::vector<Line> lines[2] = {lines_of(pattern, config, extra_sigma_deg[0]), lines_of(pattern, config, extra_sigma_deg[1])};
    return refined(start, lines, lowest_q_of(pattern, config), config);
}

}  // namespace friedel
