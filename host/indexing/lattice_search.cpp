#include "host/indexing/lattice_search.h"

#include <algorithm>

#include "host/indexing/lattice_trials.h"

namespace friedel {

namespace {

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

    void cubic() {
        for (int i = 0; i < std::min(6, lines().size()); ++i) {
            for (int n = 1; n <= 32; ++n) {
                const double a = lines().q[i] / n;
                trials_.judge(BravaisLattice::cP, {{a, a, a, 0, 0, 0}});
            }
        }
    }

    // Tetragonal and hexagonal: one line as hk0 or 00l, votes for the other axis.
    void uniaxial(BravaisLattice primitive) {
        const bool hexagonal = primitive == BravaisLattice::hP;
        const auto norm = [&](int h, int k) { return h * h + k * k + (hexagonal ? h * k : 0); };
        const auto metric = [&](double a, double c) { return Metric<double>{{a, a, c, 0, 0, hexagonal ? a / 2 : 0}}; };
        const std::vector<int> norms = hexagonal ? std::vector<int>{1, 3, 4, 7, 9, 12, 13} : std::vector<int>{1, 2, 4, 5, 8, 9, 10, 13};
        for (int i = 0; i < std::min(14, lines().size()); ++i) {
            for (int n : norms) {
                const double a = lines().q[i] / n;
                if (a < min_edge_q) continue;
                points_.clear();
                LineMask base = 0;
                for (int h = 0; h * h * a <= lines().limit; ++h) {
                    for (int k = 0; k <= h; ++k) {
                        const double q = a * norm(h, k);
                        if (q > lines().limit) continue;
                        if (h > 0) base |= lines().within(q);
                        for (int l : {1, 2, 3, 4, 5, 6}) points_.push_back({q, static_cast<double>(l * l)});
                    }
                }
                for (const VotedValue& c : trials_.vote(points_, base, min_edge_q, 0.3, 4)) trials_.judge(primitive, metric(a, c.x));
            }
            for (int l : {1, 2, 3, 4, 6, 8, 9, 12}) {
                const double c = lines().q[i] / (l * l);
                if (c < min_edge_q) continue;
                points_.clear();
                LineMask base = 0;
                for (int z = 0; z * z * c <= lines().limit; ++z) {
                    const double q = c * z * z;
                    if (z > 0) base |= lines().within(q);
                    for (int n : norms) points_.push_back({q, static_cast<double>(n)});
                }
                for (const VotedValue& a : trials_.vote(points_, base, min_edge_q, 0.3, 4)) trials_.judge(primitive, metric(a.x, c));
            }
        }
    }

    // Two lines as those of a rectangular net, votes for the third axis.
    void orthorhombic() {
        constexpr int index[][2] = {{1, 0}, {2, 0}, {3, 0}, {4, 0}, {0, 1}, {0, 2}, {0, 3},
                                    {0, 4}, {1, 1}, {1, 2}, {2, 1}, {2, 2}, {1, 3}, {3, 1}};
        const int n = std::min(11, lines().size());
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
                        if (a < min_edge_q || b < min_edge_q || a > 0.3 || b > 0.3) continue;
                        net_votes({{a, b, 0, 0, 0, 0}}, false);
                    }
                }
            }
        }
    }

    // Three lines as those of a net h0l and its diagonal, and the nets that have these as every other row; votes for the unique axis.
    void monoclinic() {
        const int n = std::min(15, lines().size());
        for (int i = 0; i < n; ++i) {
            for (int j = i + 1; j < n; ++j) {
                for (int k = j + 1; k < n; ++k) {
                    const double a = lines().q[i], c = lines().q[j], d = (lines().q[k] - a - c) / 2;
                    // The third vector of an obtuse superbase is no longer than the two shorter ones allow.
                    if (a * c - d * d < 0.02 * a * c || d > 0.01 * a) continue;
                    for (int option = 0; option < 5; ++option) {
                        double x = a, z = c, y = d;
                        if (option == 1 || option == 4) x /= 4, y /= 2;
                        if (option == 2 || option == 4) z /= 4, y /= 2;
                        if (option == 3) z = (a + c + 2 * d) / 4, y = (a + d) / 2;
                        net_votes({{x, 0, z, 0, y, 0}}, true);
                    }
                }
            }
        }
    }

    // A plane net (hk0 of an orthorhombic lattice, h0l of a monoclinic one) and votes for the axis across.
    void net_votes(const Metric<double>& net, bool oblique) {
        points_.clear();
        LineMask base = 0;
        const double a = net.m[0], b = oblique ? net.m[2] : net.m[1], d = oblique ? net.m[4] : 0;
        const double det = a * b - d * d;
        if (!(det > 0)) return;
        const int h_most = static_cast<int>(std::sqrt(lines().limit * b / det)),
                  k_most = static_cast<int>(std::sqrt(lines().limit * a / det));
        if (h_most * k_most > 400) return;
        for (int h = 0; h <= h_most; ++h) {
            for (int k = oblique && h > 0 ? -k_most : 0; k <= k_most; ++k) {
                const double q = a * h * h + b * k * k + 2 * d * h * k;
                if (q > lines().limit) continue;
                if (h || k) base |= lines().within(q);
                points_.push_back({q, 1});
                points_.push_back({q, 4});
                if (q == 0 || q < 0.5 * lines().limit) points_.push_back({q, 9});
            }
        }
        for (const VotedValue& c : trials_.vote(points_, base, min_edge_q, 0.27, 3)) {
            Metric<double> metric = net;
            metric.m[oblique ? 1 : 2] = c.x;
            trials_.judge(oblique ? BravaisLattice::mP : BravaisLattice::oP, metric);
        }
    }

    // Two nets with a row in common, each of three lines; votes for the angle between them.
    void triclinic() {
        const int rows = std::min(6, lines().size()), others = std::min(9, lines().size());
        struct Net {
            double length_sq, product;
            int i, j;
        };
        std::vector<Net> nets;
        for (int r = 0; r < rows; ++r) {
            const double a = lines().q[r];
            nets.clear();
            for (int i = 0; i < others; ++i) {
                for (int j = i + 1; j < others; ++j) {
                    if (i == r || j == r) continue;
                    const double b = lines().q[i], product = (lines().q[j] - a - b) / 2;
                    if (a * b - product * product < 0.05 * a * b) continue;
                    nets.push_back({b, product, i, j});
                }
            }
            for (std::size_t x = 0; x < nets.size(); ++x) {
                for (std::size_t y = x + 1; y < nets.size(); ++y) {
                    const Net &p = nets[x], &q = nets[y];
                    if (p.i == q.i || p.i == q.j || p.j == q.i || p.j == q.j) continue;
                    for (const VotedMetric& voted : trials_.vote_for_angle(a, p.length_sq, q.length_sq, p.product, q.product, 0.98, 2))
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
