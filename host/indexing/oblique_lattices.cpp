// The search for monoclinic and triclinic lattices that search_lattices() misses where the lines it builds on are weak or absent: more
// ways to take lines for rows of the lattice, millions of guesses, ranked by the lines that votes explain before the best are judged.
#include <algorithm>
#include <bit>
#include <cmath>

#include "host/indexing/lattice_trials.h"

namespace friedel {

namespace {

constexpr double shifts_deg[] = {0.025, 0.075};  // with the tolerance of lines, what displacements are
constexpr std::size_t kept = 30;                 // of each lattice
constexpr std::size_t max_drafts = 3000;         // judged, of each kind
constexpr double vote_bin = 1e-5;                // 1/angstrom^2; indices multiply it: five times as much loses half of the lines

struct Draft {
    double score;
    Metric<double> metric;
};

class ObliqueSearch {
public:
    explicit ObliqueSearch(const std::vector<IndexingLine>& lines) : trials_(lines, kept) {}

    std::vector<LatticeCandidate> run() {
        for (double shift : shifts_deg) {
            trials_.shift_to(shift);
            for (const bool centred : {false, true}) {
                prisms(centred);
                judge_drafts(BravaisLattice::mP);
            }
            triclinic();
            judge_drafts(BravaisLattice::aP);
            if (trials_.found_well()) break;
        }
        return trials_.candidates();
    }

private:
    const ShiftedLines& lines() const { return trials_.lines(); }

    void draft(double score, const Metric<double>& metric) {
        drafts_.push_back({score, metric});
        if (drafts_.size() == 20 * max_drafts) keep_best_drafts();
    }
    void keep_best_drafts() {
        if (drafts_.size() <= max_drafts) return;
        std::nth_element(drafts_.begin(), drafts_.begin() + max_drafts, drafts_.end(),
                         [](const Draft& a, const Draft& b) { return a.score > b.score; });
        drafts_.resize(max_drafts);
    }
    void judge_drafts(BravaisLattice lattice) {
        keep_best_drafts();
        for (const Draft& guess : drafts_) trials_.judge(lattice, guess.metric);
        drafts_.clear();
    }

    // Monoclinic lattices, primitive ones or those with C centring, by a line h00, one 0k0 or 110 and one 0kl; votes for the angle.
    void prisms(bool centred) {
        const int n = std::min(12, lines().size());
        for (int i = 0; i < n; ++i) {
            for (int h = centred ? 2 : 1; h <= (centred ? 4 : 3); h += centred ? 2 : 1) {
                const double a = lines().q[i] / (h * h);
                if (a < min_edge_q) continue;
                for (int j = 0; j < n; ++j) {
                    if (j == i) continue;
                    const double q = lines().q[j];
                    // As 110, 020, 040 and 010.
                    prisms_on(a, q - a, i, j, centred);
                    prisms_on(a, q / 4, i, j, centred);
                    prisms_on(a, q / 16, i, j, centred);
                    if (!centred) prisms_on(a, q, i, j, centred);
                }
            }
        }
    }

    // a and b known, from lines i and j.
    void prisms_on(double a, double b, int i, int j, bool centred) {
        struct Index {
            int k, l;
        };
        static constexpr Index primitive[] = {{0, 1}, {0, 2}, {0, 3}, {1, 1}, {1, 2}, {2, 1}},
                               c_centred[] = {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {2, 1}, {2, 2}};
        if (b < min_edge_q || b > max_row_q) return;
        const LineMask hk0 = rectangle(a, b, 0, centred ? Rows::centred : Rows::all);
        const int n = std::min(12, lines().size());
        for (int line = 0; line < n; ++line) {
            if (line == i || line == j) continue;
            for (const Index& index : centred ? c_centred : primitive) {
                const double c = (lines().q[line] - b * index.k * index.k) / (index.l * index.l);
                if (c < min_edge_q || c > max_row_q || 1 / (a * b * c) > 2 * largest_volume * largest_volume) continue;
                const LineMask explained = hk0 | rectangle(c, b, 1, centred ? Rows::even : Rows::all);
                if (4 * std::popcount(explained) >= lines().size()) angle_of_prism(a, b, c, explained, centred);
            }
        }
    }

    // What a rectangular net explains: q = a x^2 + b y^2 from x = first, with all y, with even ones, or with those as even as x.
    enum class Rows { all, even, centred };
    LineMask rectangle(double a, double b, int first, Rows rows) const {
        LineMask mask = 0;
        for (int x = first; a * x * x < lines().limit; ++x) {
            const int step = rows == Rows::all ? 1 : 2;
            for (int y = rows == Rows::centred ? x % 2 : 0; a * x * x + b * y * y < lines().limit; y += step)
                mask |= lines().at(a * x * x + b * y * y);
        }
        return mask;
    }

    void angle_of_prism(double a, double b, double c, LineMask explained, bool centred) {
        constexpr double largest_cosine = 0.75;  // of the angle between a* and c*
        const double most = largest_cosine * std::sqrt(a * c);
        points_.clear();
        for (int h = 1; h <= 5; ++h) {
            for (int l = 1; l <= 5; ++l) {
                for (int k = centred ? h % 2 : 0; k <= 3; k += centred ? 2 : 1) {
                    const double q = a * h * h + b * k * k + c * l * l;
                    if (q - 2 * most * h * l >= lines().limit) continue;
                    points_.push_back({q, -2.0 * h * l});
                    points_.push_back({q, 2.0 * h * l});
                }
            }
        }
        for (const VotedValue& d : trials_.vote(points_, explained, {0, most}, 1, vote_bin)) {
            const double determinant = b * (a * c - d.x * d.x) * (centred ? 4 : 1);
            draft(std::popcount(d.lines) + 0.5 * std::log(determinant), {{a, b, c, 0, d.x, 0}});
        }
    }

    // With the shortest vector across its row, and how much it explains.
    struct Net {
        NetOfRow net;
        double score;
    };

    // Triclinic lattices by two nets with a row in common. A line is a row or its second order, and a net is known by the row, a line
    // across and a sum of both, or by the row and the two sums.
    void triclinic() {
        const int rows = std::min(9, lines().size()), others = std::min(15, lines().size());
        constexpr std::size_t max_nets = 50;
        const double* const q = lines().q;
        for (int r = 0; r < rows; ++r) {
            for (const int order : {1, 2}) {
                const double a = q[r] / (order * order);
                nets_.clear();
                for (int i = 0; i < others; ++i) {
                    for (int j = 0; j < others; ++j) {
                        if (i == j || i == r || j == r) continue;
                        add_net(a, q[i], (q[j] - a - q[i]) / 2);
                        add_net(a, q[i] / 4, (q[j] - a - q[i] / 4) / 2);
                        if (j > i) add_net(a, (q[i] + q[j]) / 2 - a, (q[j] - q[i]) / 4);
                    }
                }
                std::sort(nets_.begin(), nets_.end(), [](const Net& x, const Net& y) { return x.score > y.score; });
                if (nets_.size() > max_nets) nets_.resize(max_nets);
                for (std::size_t x = 0; x < nets_.size(); ++x) {
                    for (std::size_t y = x + 1; y < nets_.size(); ++y) angle_of_nets(a, nets_[x], nets_[y]);
                }
            }
        }
    }

    void add_net(double a, double b, double product) {
        constexpr double min_sine_sq = 0.1;    // of the angle between the rows
        constexpr double same = 1e-4;          // 1/angstrom^2
        constexpr int most_h = 4, most_k = 4;  // of the reflections that a net is ranked by
        if (b < min_edge_q || a * b - product * product < min_sine_sq * a * b) return;
        // The shortest vector across, at an acute angle to the row.
        product = std::fabs(product);
        while (2 * product > a) {
            b += a - 2 * product;
            product = std::fabs(product - a);
        }
        if (b < min_edge_q) return;
        const auto is_known = [&](const Net& known) {
            return std::fabs(known.net.across_sq - b) < same && std::fabs(known.net.product - product) < same;
        };
        if (std::any_of(nets_.begin(), nets_.end(), is_known)) return;
        LineMask mask = 0;
        int count = 0;
        for (int k = 0; k <= most_k; ++k) {
            for (int h = k ? -most_h : 1; h <= most_h; ++h) {
                const double q = a * h * h + b * k * k + 2 * product * h * k;
                if (q > lines().limit) continue;
                mask |= lines().at(q);
                ++count;
            }
        }
        nets_.push_back({{b, product}, lines().score(mask, count)});
    }

    void angle_of_nets(double a, const Net& first, const Net& second) {
        constexpr double flattest = 0.95;  // of the range of the angle between the nets
        for (const VotedMetric& voted : trials_.vote_for_angle(a, first.net, second.net, {flattest, 1, 2 * vote_bin})) {
            const double volume = volume_of(voted.metric);
            if (volume > min_volume && volume < largest_volume) draft(std::popcount(voted.lines) - std::log(volume), voted.metric);
        }
    }

    LatticeTrials trials_;
    std::vector<VotePoint> points_;
    std::vector<Net> nets_;
    std::vector<Draft> drafts_;
};

}  // namespace

std::vector<LatticeCandidate> search_oblique_lattices(const std::vector<IndexingLine>& lines) {
    if (lines.size() < 4) return {};
    return ObliqueSearch(lines).run();
}

}  // namespace friedel
