#include "host/lattice_search.h"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace friedel {

namespace {

constexpr double shifts_deg[] = {0.03, -0.03, 0.09};
constexpr double tolerance_deg = 0.035;
constexpr int most_lines = 24;
constexpr double vote_bin = 5e-5, lookup_bin = 2e-5;                          // 1/angstrom^2
constexpr int kept = 14;                                                      // of each lattice
constexpr double longest_edge = 45, largest_volume = 8000, least_volume = 8;  // of a primitive cell

struct VotePoint {
    double known, factor;  // q = known + factor x
};

struct Found {
    double x;
    std::uint32_t lines;
};

// The lines at one shift.
class ShiftedLines {
public:
    ShiftedLines(const std::vector<SearchLine>& lines, double shift_deg) : shift_deg_(shift_deg), n_(static_cast<int>(lines.size())) {
        for (int i = 0; i < n_; ++i) {
            const SearchLine& line = lines[static_cast<std::size_t>(i)];
            q[i] = line.q - line.q_per_deg * shift_deg;
            tolerance[i] = std::max(2e-5, line.q_per_deg * tolerance_deg);
        }
        limit = q[n_ - 1] + tolerance[n_ - 1];
        for (int i = 0; i < n_; ++i) {
            const double doubt = lines[static_cast<std::size_t>(i)].doubt;
            matched_[i] = std::log((1 - doubt) * limit / (2 * tolerance[i]));
            missed_[i] = std::log(doubt);
            all_missed_ += missed_[i];
        }
        lookup_.assign(static_cast<std::size_t>(limit / lookup_bin) + 2, 0);
        for (int i = 0; i < n_; ++i) {
            const int first = std::max(0, static_cast<int>((q[i] - tolerance[i]) / lookup_bin));
            const int last = std::min(static_cast<int>(lookup_.size()) - 1, static_cast<int>((q[i] + tolerance[i]) / lookup_bin));
            for (int b = first; b <= last; ++b) lookup_[static_cast<std::size_t>(b)] |= 1u << i;
        }
    }

    int size() const { return n_; }
    double shift_deg() const { return shift_deg_; }
    std::uint32_t at(double value) const { return lookup_[static_cast<std::size_t>(value / lookup_bin)]; }

    double score(std::uint32_t mask, int count) const {
        if (count == 0) return -1e9;
        double sum = all_missed_;
        const double spread = std::log(static_cast<double>(count));
        for (; mask; mask &= mask - 1) {
            const int i = std::countr_zero(mask);
            sum += std::max(0.0, matched_[i] - spread - missed_[i]);
        }
        return sum;
    }

    double q[most_lines] = {}, tolerance[most_lines] = {}, limit = 0;

private:
    double shift_deg_;
    int n_;
    double matched_[most_lines] = {}, missed_[most_lines] = {}, all_missed_ = 0;
    std::vector<std::uint32_t> lookup_;
};

class Search {
public:
    explicit Search(const std::vector<SearchLine>& lines) : lines_(lines) {}

    std::vector<LatticeCandidate> run() {
        for (double shift : shifts_deg) {
            const ShiftedLines at(lines_, shift);
            now_ = &at;
            cubic();
            uniaxial(Bravais::tP);
            uniaxial(Bravais::hP);
            orthorhombic();
            monoclinic();
            if (found_well()) break;
        }
        // Three pairs of parameters of a triclinic lattice find a home for any line: only where nothing of higher symmetry is good.
        for (double shift : shifts_deg) {
            const ShiftedLines at(lines_, shift);
            now_ = &at;
            triclinic();
            if (found_well()) break;
        }
        std::vector<LatticeCandidate> all;
        for (const auto& of_lattice : best_) all.insert(all.end(), of_lattice.begin(), of_lattice.end());
        std::sort(all.begin(), all.end(), [](const LatticeCandidate& a, const LatticeCandidate& b) { return a.score > b.score; });
        return all;
    }

private:
    // Something explains all lines but one or two with few reflections: other shifts will not do better.
    bool found_well() const {
        double most = 0;
        for (const auto& list : best_) most = std::max(most, list.empty() ? 0 : list.front().score);
        return most > 2.2 * static_cast<double>(lines_.size());
    }

    void keep(Bravais lattice, const Metric<double>& metric, double score) {
        auto& list = best_[static_cast<std::size_t>(lattice)];
        if (list.size() == kept && score <= list.back().score) return;
        const double volume = volume_of(metric);
        for (LatticeCandidate& other : list) {
            if (std::fabs(volume_of(other.reciprocal) / volume - 1) > 0.004) continue;
            // The same lattice, or one that is as good for the same lines.
            if (std::fabs(other.score - score) < 0.5 || lattice == Bravais::mP || lattice == Bravais::mC || lattice == Bravais::aP) {
                if (score > other.score) {
                    other = {lattice, metric, now_->shift_deg(), score};
                    sort(list);
                }
                return;
            }
        }
        if (list.size() == kept) list.pop_back();
        list.push_back({lattice, metric, now_->shift_deg(), score});
        sort(list);
    }

    static void sort(std::vector<LatticeCandidate>& list) {
        std::sort(list.begin(), list.end(), [](const LatticeCandidate& a, const LatticeCandidate& b) { return a.score > b.score; });
    }

    // Scores a lattice with all its centrings at once, from what each class of parities explains.
    void judge(Bravais primitive, const Metric<double>& metric) {
        const double volume = volume_of(metric);
        if (!(volume > least_volume) || volume > 4 * largest_volume) return;
        std::uint32_t mask[8] = {};
        int count[8] = {};
        const bool rhombohedral = primitive == Bravais::hP;
        if (!for_each_reflection(primitive, metric, now_->limit, 6000, [&](int h, int k, int l, double q) {
                const int c = rhombohedral ? ((-h + k + l) % 3 == 0 || (h - k + l) % 3 == 0) : ((h & 1) | (k & 1) << 1 | (l & 1) << 2);
                mask[c] |= now_->at(q);
                ++count[c];
            }))
            return;
        const auto with = [&](Bravais lattice, std::initializer_list<int> classes, const Metric<double>& as) {
            std::uint32_t m = 0;
            int n = 0;
            for (int c : classes) m |= mask[c], n += count[c];
            if (2 * std::popcount(m) < now_->size()) return;
            if (volume / lattice_points(lattice) > largest_volume) return;
            keep(lattice, as, now_->score(m, n));
        };
        const std::initializer_list<int> everything = {0, 1, 2, 3, 4, 5, 6, 7}, body = {0, 3, 5, 6}, all_faces = {0, 7};
        const double* const m = metric.m;
        switch (primitive) {
            case Bravais::cP:
                with(Bravais::cP, everything, metric), with(Bravais::cI, body, metric), with(Bravais::cF, all_faces, metric);
                break;
            case Bravais::tP:
                with(Bravais::tP, everything, metric), with(Bravais::tI, body, metric);
                break;
            case Bravais::hP:
                with(Bravais::hP, {0, 1}, metric), with(Bravais::hR, {1}, metric);
                break;
            case Bravais::oP:
                with(Bravais::oP, everything, metric), with(Bravais::oI, body, metric), with(Bravais::oF, all_faces, metric);
                with(Bravais::oC, {0, 3, 4, 7}, metric);
                with(Bravais::oC, {0, 6, 1, 7}, {{m[1], m[2], m[0], 0, 0, 0}});
                with(Bravais::oC, {0, 5, 2, 7}, {{m[2], m[0], m[1], 0, 0, 0}});
                break;
            case Bravais::mP:
                with(Bravais::mP, everything, metric);
                with(Bravais::mC, {0, 3, 4, 7}, metric);
                with(Bravais::mC, {0, 6, 1, 7}, {{m[2], m[1], m[0], 0, m[4], 0}});
                with(Bravais::mC, body, {{m[0], m[1], m[0] + m[2] - 2 * m[4], 0, m[4] - m[0], 0}});
                break;
            default:
                with(Bravais::aP, everything, metric);
        }
    }

    // Values of x that many lines vote for. `explained`: lines that need no vote.
    const std::vector<Found>& vote(const std::vector<VotePoint>& points, std::uint32_t explained, double least, double most, int results) {
        found_.clear();
        if (!(most > least)) return found_;
        const int bins = std::min(20000, static_cast<int>((most - least) / vote_bin) + 1);
        bins_.assign(static_cast<std::size_t>(bins), 0);
        const int n = now_->size();
        for (const VotePoint& p : points) {
            const double inverse = 1 / p.factor;
            for (int i = 0; i < n; ++i) {
                const double x = (now_->q[i] - p.known) * inverse, t = now_->tolerance[i] * std::fabs(inverse);
                if (x < least || x > most) continue;
                const int first = std::max(0, static_cast<int>((x - t - least) / vote_bin)),
                          last = std::min(bins - 1, static_cast<int>((x + t - least) / vote_bin));
                for (int b = first; b <= last; ++b) bins_[static_cast<std::size_t>(b)] |= 1u << i;
            }
        }
        // Best bins, none next to a better one. Short axes explain as much with fewer reflections.
        int best[8];
        double best_score[8];
        int taken = 0;
        int threshold = std::max(4, n / 2);
        for (int b = 0; b < bins; ++b) {
            const int lines = std::popcount(bins_[static_cast<std::size_t>(b)] | explained);
            if (lines < threshold) continue;
            const double score = lines + 0.5 * (least >= 0 ? std::log(least + b * vote_bin + 1e-4) : 0);
            int at = taken;
            bool worse = false;
            for (int j = 0; j < taken; ++j) {
                if (std::abs(best[j] - b) < 5) {
                    if (best_score[j] >= score)
                        worse = true;
                    else
                        at = j;
                    break;
                }
            }
            if (worse) continue;
            if (at == results) {
                at = static_cast<int>(std::min_element(best_score, best_score + taken) - best_score);
                if (best_score[at] >= score) continue;
            } else if (at == taken) {
                ++taken;
            }
            best[at] = b;
            best_score[at] = score;
        }
        for (int j = 0; j < taken; ++j) {
            // The mean of the votes, by their precision.
            const double centre = least + (best[j] + 0.5) * vote_bin;
            double sum = 0, weights = 0;
            for (const VotePoint& p : points) {
                for (int i = 0; i < n; ++i) {
                    const double off = now_->q[i] - p.known - p.factor * centre;
                    if (std::fabs(off) > now_->tolerance[i] + std::fabs(p.factor) * vote_bin) continue;
                    const double w = p.factor * p.factor / (now_->tolerance[i] * now_->tolerance[i]);
                    sum += w * off / p.factor, weights += w;
                }
            }
            if (weights > 0) found_.push_back({centre + sum / weights, bins_[static_cast<std::size_t>(best[j])]});
        }
        return found_;
    }

    std::uint32_t lines_at(double q) const { return q < now_->limit ? now_->at(q) : 0; }

    void cubic() {
        for (int i = 0; i < std::min(6, now_->size()); ++i) {
            for (int n = 1; n <= 32; ++n) {
                const double a = now_->q[i] / n;
                judge(Bravais::cP, {{a, a, a, 0, 0, 0}});
            }
        }
    }

    // Tetragonal and hexagonal: one line as hk0 or 00l, votes for the other axis.
    void uniaxial(Bravais primitive) {
        const bool hexagonal = primitive == Bravais::hP;
        const auto norm = [&](int h, int k) { return h * h + k * k + (hexagonal ? h * k : 0); };
        const auto metric = [&](double a, double c) { return Metric<double>{{a, a, c, 0, 0, hexagonal ? a / 2 : 0}}; };
        const double least = 1 / (longest_edge * longest_edge);
        const std::vector<int> norms = hexagonal ? std::vector<int>{1, 3, 4, 7, 9, 12, 13} : std::vector<int>{1, 2, 4, 5, 8, 9, 10, 13};
        for (int i = 0; i < std::min(14, now_->size()); ++i) {
            for (int n : norms) {
                const double a = now_->q[i] / n;
                if (a < least) continue;
                points_.clear();
                std::uint32_t base = 0;
                for (int h = 0; h * h * a <= now_->limit; ++h) {
                    for (int k = 0; k <= h; ++k) {
                        const double q = a * norm(h, k);
                        if (q > now_->limit) continue;
                        if (h > 0) base |= lines_at(q);
                        for (int l : {1, 2, 3, 4, 5, 6}) points_.push_back({q, static_cast<double>(l * l)});
                    }
                }
                for (const Found& c : std::vector<Found>(vote(points_, base, least, 0.3, 4))) judge(primitive, metric(a, c.x));
            }
            for (int l : {1, 2, 3, 4, 6, 8, 9, 12}) {
                const double c = now_->q[i] / (l * l);
                if (c < least) continue;
                points_.clear();
                std::uint32_t base = 0;
                for (int z = 0; z * z * c <= now_->limit; ++z) {
                    const double q = c * z * z;
                    if (z > 0) base |= lines_at(q);
                    for (int n : norms) points_.push_back({q, static_cast<double>(n)});
                }
                for (const Found& a : std::vector<Found>(vote(points_, base, least, 0.3, 4))) judge(primitive, metric(a.x, c));
            }
        }
    }

    // Two lines as those of a rectangular net, votes for the third axis.
    void orthorhombic() {
        constexpr int index[][2] = {{1, 0}, {2, 0}, {3, 0}, {4, 0}, {0, 1}, {0, 2}, {0, 3},
                                    {0, 4}, {1, 1}, {1, 2}, {2, 1}, {2, 2}, {1, 3}, {3, 1}};
        const double least = 1 / (longest_edge * longest_edge);
        const int n = std::min(11, now_->size());
        for (int i = 0; i < n; ++i) {
            for (int j = 0; j < n; ++j) {
                if (i == j) continue;
                for (const auto& first : index) {
                    for (const auto& second : index) {
                        const double a1 = first[0] * first[0], b1 = first[1] * first[1], a2 = second[0] * second[0],
                                     b2 = second[1] * second[1];
                        const double det = a1 * b2 - a2 * b1;
                        if (det <= 0) continue;  // the other order of axes is the same net
                        const double a = (now_->q[i] * b2 - now_->q[j] * b1) / det, b = (a1 * now_->q[j] - a2 * now_->q[i]) / det;
                        if (a < least || b < least || a > 0.3 || b > 0.3) continue;
                        net_votes({{a, b, 0, 0, 0, 0}}, false);
                    }
                }
            }
        }
    }

    // Three lines as those of a net h0l and its diagonal, and the nets that have these as every other row; votes for the unique axis.
    void monoclinic() {
        const int n = std::min(15, now_->size());
        for (int i = 0; i < n; ++i) {
            for (int j = i + 1; j < n; ++j) {
                for (int k = j + 1; k < n; ++k) {
                    const double a = now_->q[i], c = now_->q[j], d = (now_->q[k] - a - c) / 2;
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
        std::uint32_t base = 0;
        const double least = 1 / (longest_edge * longest_edge);
        const double a = net.m[0], b = oblique ? net.m[2] : net.m[1], d = oblique ? net.m[4] : 0;
        const double det = a * b - d * d;
        if (!(det > 0)) return;
        const int h_most = static_cast<int>(std::sqrt(now_->limit * b / det)), k_most = static_cast<int>(std::sqrt(now_->limit * a / det));
        if (h_most * k_most > 400) return;
        for (int h = 0; h <= h_most; ++h) {
            for (int k = oblique && h > 0 ? -k_most : 0; k <= k_most; ++k) {
                const double q = a * h * h + b * k * k + 2 * d * h * k;
                if (q > now_->limit) continue;
                if (h || k) base |= lines_at(q);
                points_.push_back({q, 1});
                points_.push_back({q, 4});
                if (q == 0 || q < 0.5 * now_->limit) points_.push_back({q, 9});
            }
        }
        for (const Found& c : std::vector<Found>(vote(points_, base, least, 0.27, 3))) {
            Metric<double> metric = net;
            metric.m[oblique ? 1 : 2] = c.x;
            judge(oblique ? Bravais::mP : Bravais::oP, metric);
        }
    }

    // Two nets with a row in common, each of three lines; votes for the angle between them.
    void triclinic() {
        const int rows = std::min(6, now_->size()), others = std::min(9, now_->size());
        struct Net {
            double length_sq, product;
            int i, j;
        };
        std::vector<Net> nets;
        for (int r = 0; r < rows; ++r) {
            const double a = now_->q[r];
            nets.clear();
            for (int i = 0; i < others; ++i) {
                for (int j = i + 1; j < others; ++j) {
                    if (i == r || j == r) continue;
                    const double b = now_->q[i], product = (now_->q[j] - a - b) / 2;
                    if (a * b - product * product < 0.05 * a * b) continue;
                    nets.push_back({b, product, i, j});
                }
            }
            for (std::size_t x = 0; x < nets.size(); ++x) {
                for (std::size_t y = x + 1; y < nets.size(); ++y) {
                    const Net &p = nets[x], &q = nets[y];
                    if (p.i == q.i || p.i == q.j || p.j == q.i || p.j == q.j) continue;
                    angle_votes(a, p.length_sq, q.length_sq, p.product, q.product);
                }
            }
        }
    }

    // Reciprocal metric with a.b and a.c known; votes for b.c.
    void angle_votes(double a, double b, double c, double ab, double ac) {
        // det >= 0 bounds b.c: (a b - ab^2)(a c - ac^2) >= (a bc - ab ac)^2.
        const double reach = 0.98 * std::sqrt((a * b - ab * ab) * (a * c - ac * ac)), least = (ab * ac - reach) / a,
                     most = (ab * ac + reach) / a;
        points_.clear();
        std::uint32_t base = 0;
        for (int h = 0; h <= 3; ++h) {
            for (int k = h ? -2 : 0; k <= 2; ++k) {
                for (int l = h || k > 0 ? -2 : 1; l <= 2; ++l) {
                    const double q = a * h * h + b * k * k + c * l * l + 2 * (ab * h * k + ac * h * l);
                    if (k * l == 0) {
                        if (q <= now_->limit) base |= lines_at(q);
                    } else {
                        points_.push_back({q, 2.0 * k * l});
                    }
                }
            }
        }
        for (const Found& bc : std::vector<Found>(vote(points_, base, least, most, 2))) judge(Bravais::aP, {{a, b, c, bc.x, ac, ab}});
    }

    const std::vector<SearchLine>& lines_;
    const ShiftedLines* now_ = nullptr;
    std::vector<LatticeCandidate> best_[bravais_lattices];
    std::vector<std::uint32_t> bins_;
    std::vector<VotePoint> points_;
    std::vector<Found> found_;
};

}  // namespace

std::vector<LatticeCandidate> search_lattices(const std::vector<SearchLine>& lines) {
    if (lines.size() < 4) return {};
    return Search(lines).run();
}

}  // namespace friedel
