#include "host/indexing/lattice_search.h"

#include <algorithm>

#include "host/indexing/lattice_trials.h"

namespace friedel {

namespace {

// How many lines and indices are tried, and how oblique nets may be, are choices that make the search as long as it is. What shifts are
// looked for is one as well: bench/results/README.md, Indexing, tells what others are worth.
constexpr double shifts_deg[] = {0.03, -0.03, 0.09};
constexpr std::size_t kept = 14;  // of each lattice

class Search {
public:
    explicit Search(const std::vector<IndexingLine>& lines) : trials_(lines, kept) {}

    std::vector<LatticeCandidate> run() {
        for (double shift : shifts_deg) {
            trials_.shift_to(shift);
            cubic();
            uniaxial(BravaisLattice::tP);
            uniaxial(BravaisLattice::hP);
            orthorhombic();
            monoclinic();
            if (trials_.found_well()) break;
        }
        // Three pairs of parameters of a triclinic lattice find a home for any line: only where nothing of higher symmetry is good.
        for (double shift : shifts_deg) {
            trials_.shift_to(shift);
            triclinic();
            if (trials_.found_well()) break;
        }
        return trials_.candidates();
    }

private:
    const ShiftedLines& lines() const { return trials_.lines(); }

    // Of the first lines, those that are taken for a low reflection: `most`, or all there are.
    int first_lines(int most) const { return std::min(most, lines().size()); }

    void cubic() {
        constexpr int highest = 32;  // h^2 + k^2 + l^2 of one of the first lines
        for (int i = 0; i < first_lines(6); ++i) {
            for (int n = 1; n <= highest; ++n) {
                const double a = lines().q[i] / n;
                trials_.judge(BravaisLattice::cP, {{a, a, a, 0, 0, 0}});
            }
        }
    }

    // Tetragonal and hexagonal: one line as hk0 or 00l, votes for the other axis.
    void uniaxial(BravaisLattice primitive) {
        const bool hexagonal = primitive == BravaisLattice::hP;
        // Those below 14 that h^2 + k^2, or h^2 + hk + k^2, can be.
        const std::vector<int> norms = hexagonal ? std::vector<int>{1, 3, 4, 7, 9, 12, 13} : std::vector<int>{1, 2, 4, 5, 8, 9, 10, 13};
        const auto metric = [&](double a, double c) { return Metric<double>{{a, a, c, 0, 0, hexagonal ? a / 2 : 0}}; };
        for (int i = 0; i < first_lines(14); ++i) {
            for (int n : norms) {
                const double a = lines().q[i] / n;
                if (a < min_edge_q) continue;
                for (const VotedValue& c : axis_across(a, hexagonal)) trials_.judge(primitive, metric(a, c.x));
            }
            for (int l : {1, 2, 3, 4, 6, 8, 9, 12}) {
                const double c = lines().q[i] / (l * l);
                if (c < min_edge_q) continue;
                for (const VotedValue& a : axes_around(c, norms)) trials_.judge(primitive, metric(a.x, c));
            }
        }
    }

    // Votes for c, a being known.
    std::vector<VotedValue> axis_across(double a, bool hexagonal) {
        points_.clear();
        LineMask base = 0;
        for (int h = 0; h * h * a <= lines().limit; ++h) {
            for (int k = 0; k <= h; ++k) {
                const double q = a * (h * h + k * k + (hexagonal ? h * k : 0));
                if (q > lines().limit) continue;
                if (h > 0) base |= lines().within(q);
                for (int l : {1, 2, 3, 4, 5, 6}) points_.push_back({q, static_cast<double>(l * l)});
            }
        }
        return trials_.vote(points_, base, {min_edge_q, max_row_q}, 4);
    }

    // Votes for a, c being known.
    std::vector<VotedValue> axes_around(double c, const std::vector<int>& norms) {
        points_.clear();
        LineMask base = 0;
        for (int l = 0; l * l * c <= lines().limit; ++l) {
            const double q = c * l * l;
            if (l > 0) base |= lines().within(q);
            for (int n : norms) points_.push_back({q, static_cast<double>(n)});
        }
        return trials_.vote(points_, base, {min_edge_q, max_row_q}, 4);
    }

    // The squares of two rows and their product: hk0 of an orthorhombic lattice, h0l of a monoclinic one.
    struct PlaneNet {
        double x_sq, z_sq, product = 0;
    };

    // Two lines as those of a rectangular net, votes for the third axis.
    void orthorhombic() {
        constexpr int index[][2] = {{1, 0}, {2, 0}, {3, 0}, {4, 0}, {0, 1}, {0, 2}, {0, 3},
                                    {0, 4}, {1, 1}, {1, 2}, {2, 1}, {2, 2}, {1, 3}, {3, 1}};
        const int n = first_lines(11);
        for (int i = 0; i < n; ++i) {
            for (int j = 0; j < n; ++j) {
                if (i == j) continue;
                for (const auto& first : index) {
                    for (const auto& second : index) {
                        const double a1 = first[0] * first[0], b1 = first[1] * first[1], a2 = second[0] * second[0],
                                     b2 = second[1] * second[1];
                        const double det = a1 * b2 - a2 * b1;
                        if (det <= 0) continue;  // the other order of axes is the same net
                        const double a = (lines().q[i] * b2 - lines().q[j] * b1) / det, b = (a1 * lines().q[j] - a2 * lines().q[i]) / det;
                        if (a < min_edge_q || b < min_edge_q || a > max_row_q || b > max_row_q) continue;
                        vote_across({a, b}, false);
                    }
                }
            }
        }
    }

    // Three lines as those of a net h0l and its diagonal, and the nets that have these as every other row; votes for the unique axis.
    void monoclinic() {
        constexpr double min_sine_sq = 0.02;       // of the angle between rows
        constexpr double longest_diagonal = 0.01;  // the third vector of an obtuse superbase is no longer than the two shorter ones allow
        const int n = first_lines(15);
        for (int i = 0; i < n; ++i) {
            for (int j = i + 1; j < n; ++j) {
                for (int k = j + 1; k < n; ++k) {
                    const double a = lines().q[i], c = lines().q[j], d = (lines().q[k] - a - c) / 2;
                    if (a * c - d * d < min_sine_sq * a * c || d > longest_diagonal * a) continue;
                    const PlaneNet nets[] = {
                        {a, c, d}, {a / 4, c, d / 2}, {a, c / 4, d / 2}, {a, (a + c + 2 * d) / 4, (a + d) / 2}, {a / 4, c / 4, d / 4}};
                    for (const PlaneNet& net : nets) vote_across(net, true);
                }
            }
        }
    }

    // Votes for the axis across a net.
    void vote_across(const PlaneNet& net, bool oblique) {
        constexpr int most_in_net = 400;       // reflections: a larger one explains any line
        constexpr double max_across_q = 0.27;  // 1/angstrom^2: no axis is shorter than 1.9 angstrom
        const auto [x, z, product] = net;
        const double det = x * z - product * product;
        if (!(det > 0)) return;
        const int h_most = static_cast<int>(std::sqrt(lines().limit * z / det)),
                  k_most = static_cast<int>(std::sqrt(lines().limit * x / det));
        if (h_most * k_most > most_in_net) return;
        points_.clear();
        LineMask base = 0;
        for (int h = 0; h <= h_most; ++h) {
            for (int k = oblique && h > 0 ? -k_most : 0; k <= k_most; ++k) {
                const double q = x * h * h + z * k * k + 2 * product * h * k;
                if (q > lines().limit) continue;
                if (h || k) base |= lines().within(q);
                // Orders of the axis; the third one where there is room for it.
                points_.push_back({q, 1});
                points_.push_back({q, 4});
                if (q == 0 || q < 0.5 * lines().limit) points_.push_back({q, 9});
            }
        }
        for (const VotedValue& y : trials_.vote(points_, base, {min_edge_q, max_across_q}, 3)) {
            if (oblique)
                trials_.judge(BravaisLattice::mP, {{x, y.x, z, 0, product, 0}});
            else
                trials_.judge(BravaisLattice::oP, {{x, z, y.x, 0, 0, 0}});
        }
    }

    // Two nets with a row in common, each of three lines; votes for the angle between them.
    void triclinic() {
        constexpr double min_sine_sq = 0.05;  // of the angle between rows
        constexpr double flattest = 0.98;     // of the range of the angle between the nets
        const int rows = first_lines(6), others = first_lines(9);
        struct Net {
            NetOfRow net;
            int i, j;  // the lines that it was made of, beside the row's
        };
        std::vector<Net> nets;
        for (int r = 0; r < rows; ++r) {
            const double a = lines().q[r];
            nets.clear();
            for (int i = 0; i < others; ++i) {
                for (int j = i + 1; j < others; ++j) {
                    if (i == r || j == r) continue;
                    const double b = lines().q[i], product = (lines().q[j] - a - b) / 2;
                    if (a * b - product * product < min_sine_sq * a * b) continue;
                    nets.push_back({{b, product}, i, j});
                }
            }
            for (std::size_t x = 0; x < nets.size(); ++x) {
                for (std::size_t y = x + 1; y < nets.size(); ++y) {
                    const Net &p = nets[x], &q = nets[y];
                    if (p.i == q.i || p.i == q.j || p.j == q.i || p.j == q.j) continue;
                    for (const VotedMetric& voted : trials_.vote_for_angle(a, p.net, q.net, {flattest, 2}))
                        trials_.judge(BravaisLattice::aP, voted.metric);
                }
            }
        }
    }

    LatticeTrials trials_;
    std::vector<VotePoint> points_;
};

}  // namespace

std::vector<LatticeCandidate> search_lattices(const std::vector<IndexingLine>& lines) {
    if (lines.size() < 4) return {};
    return Search(lines).run();
}

}  // namespace friedel
