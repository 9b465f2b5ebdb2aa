#include "host/indexing/lattice_trials.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "host/indexing/index_parity.h"

namespace friedel {

namespace {

constexpr double tolerance_deg = 0.035;

void sort(std::vector<LatticeCandidate>& list) {
    std::sort(list.begin(), list.end(), [](const LatticeCandidate& a, const LatticeCandidate& b) { return a.score > b.score; });
}

}  // namespace

ShiftedLines::ShiftedLines(const std::vector<SearchLine>& lines, double shift_deg)
    : shift_deg_(shift_deg), n_(static_cast<int>(lines.size())) {
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
        for (int b = first; b <= last; ++b) lookup_[static_cast<std::size_t>(b)] |= LineMask{1} << i;
    }
}

double ShiftedLines::score(LineMask mask, int count) const {
    if (count == 0) return -1e9;
    double sum = all_missed_;
    const double spread = std::log(static_cast<double>(count));
    for (; mask; mask &= mask - 1) {
        const int i = std::countr_zero(mask);
        sum += std::max(0.0, matched_[i] - spread - missed_[i]);
    }
    return sum;
}

void LatticeTrials::keep(Bravais lattice, const Metric<double>& metric, double score) {
    auto& list = best_[static_cast<std::size_t>(lattice)];
    if (list.size() == kept_ && score <= list.back().score) return;
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
    if (list.size() == kept_) list.pop_back();
    list.push_back({lattice, metric, now_->shift_deg(), score});
    sort(list);
}

std::vector<VotedMetric> LatticeTrials::vote_for_angle(double a, double b, double c, double ab, double ac, double part, int results,
                                                       double bin) {
    // (a b - ab^2)(a c - ac^2) > (a bc - ab ac)^2, or the determinant is not positive.
    const double reach = part * std::sqrt((a * b - ab * ab) * (a * c - ac * ac));
    angle_points_.clear();
    LineMask explained = 0;
    for (int h = 0; h <= 3; ++h) {
        for (int k = h ? -2 : 0; k <= 2; ++k) {
            for (int l = h || k > 0 ? -2 : 1; l <= 2; ++l) {
                const double q = a * h * h + b * k * k + c * l * l + 2 * (ab * h * k + ac * h * l);
                if (k * l == 0) {
                    explained |= lines().within(q);
                } else {
                    angle_points_.push_back({q, 2.0 * k * l});
                }
            }
        }
    }
    std::vector<VotedMetric> metrics;
    for (const VotedValue& bc : vote(angle_points_, explained, (ab * ac - reach) / a, (ab * ac + reach) / a, results, bin))
        metrics.push_back({{{a, b, c, bc.x, ac, ab}}, bc.lines | explained});
    return metrics;
}

void LatticeTrials::judge(Bravais primitive, const Metric<double>& metric) {
    const double volume = volume_of(metric);
    if (!(volume > least_volume) || volume > 4 * largest_volume) return;
    LineMask mask[index_parities] = {};
    int count[index_parities] = {};
    const bool rhombohedral = primitive == Bravais::hP;
    if (!for_each_reflection(primitive, metric, now_->limit, 6000, [&](int h, int k, int l, double q) {
            const int c = rhombohedral ? ((-h + k + l) % 3 == 0 || (h - k + l) % 3 == 0) : index_parity(h, k, l);
            mask[c] |= now_->at(q);
            ++count[c];
        }))
        return;
    const auto with = [&](Bravais lattice, std::initializer_list<int> classes, const Metric<double>& as) {
        LineMask m = 0;
        int n = 0;
        for (int c : classes) {
            m |= mask[c];
            n += count[c];
        }
        if (2 * std::popcount(m) < now_->size()) return;
        if (volume / lattice_points(lattice) > largest_volume) return;
        keep(lattice, as, now_->score(m, n));
    };
    const std::initializer_list<int> everything = {0, 1, 2, 3, 4, 5, 6, 7}, body = {0, 3, 5, 6}, all_faces = {0, 7};
    const double* const m = metric.m;
    switch (primitive) {
        case Bravais::cP:
            with(Bravais::cP, everything, metric);
            with(Bravais::cI, body, metric);
            with(Bravais::cF, all_faces, metric);
            break;
        case Bravais::tP:
            with(Bravais::tP, everything, metric);
            with(Bravais::tI, body, metric);
            break;
        case Bravais::hP:
            with(Bravais::hP, {0, 1}, metric);
            with(Bravais::hR, {1}, metric);
            break;
        case Bravais::oP:
            with(Bravais::oP, everything, metric);
            with(Bravais::oI, body, metric);
            with(Bravais::oF, all_faces, metric);
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

// Three quarters of indexing's time. Tried without gain: groups of 16 bins first, and bins only within the 12 % of groups that may hold
// enough (some 500 votes of 7 bins a call; what is saved on bins goes into looking twice at every vote).
std::vector<VotedValue> LatticeTrials::vote(const std::vector<VotePoint>& points, LineMask explained, double least, double most,
                                            int results, double bin) {
    std::vector<VotedValue> found;
    if (!(most > least)) return found;
    const int bins = std::min(20000, static_cast<int>((most - least) / bin) + 1);
    bins_.assign(static_cast<std::size_t>(bins), 0);
    const int n = now_->size();
    for (const VotePoint& p : points) {
        const double inverse = 1 / p.factor;
        for (int i = 0; i < n; ++i) {
            const double x = (now_->q[i] - p.known) * inverse, t = now_->tolerance[i] * std::fabs(inverse);
            if (x < least || x > most) continue;
            const int first = std::max(0, static_cast<int>((x - t - least) / bin)),
                      last = std::min(bins - 1, static_cast<int>((x + t - least) / bin));
            for (int b = first; b <= last; ++b) bins_[static_cast<std::size_t>(b)] |= 1u << i;
        }
    }
    // Best bins, none next to a better one. Short axes explain as much with fewer reflections.
    int best[most_votes];
    double best_score[most_votes];
    results = std::min(results, most_votes);
    int taken = 0;
    int threshold = std::max(4, n / 2);
    for (int b = 0; b < bins; ++b) {
        const int lines = std::popcount(bins_[static_cast<std::size_t>(b)] | explained);
        if (lines < threshold) continue;
        const double score = lines + 0.5 * (least >= 0 ? std::log(least + b * bin + 1e-4) : 0);
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
        const double centre = least + (best[j] + 0.5) * bin;
        double sum = 0, weights = 0;
        for (const VotePoint& p : points) {
            for (int i = 0; i < n; ++i) {
                const double off = now_->q[i] - p.known - p.factor * centre;
                if (std::fabs(off) > now_->tolerance[i] + std::fabs(p.factor) * bin) continue;
                const double w = p.factor * p.factor / (now_->tolerance[i] * now_->tolerance[i]);
                sum += w * off / p.factor;
                weights += w;
            }
        }
        if (weights > 0) found.push_back({centre + sum / weights, bins_[static_cast<std::size_t>(best[j])]});
    }
    return found;
}

bool LatticeTrials::found_well() const {
    double most = 0;
    for (const auto& list : best_) most = std::max(most, list.empty() ? 0 : list.front().score);
    return most > 2.2 * static_cast<double>(all_lines_.size());
}

std::vector<LatticeCandidate> LatticeTrials::candidates() const {
    std::vector<LatticeCandidate> all;
    for (const auto& of_lattice : best_) all.insert(all.end(), of_lattice.begin(), of_lattice.end());
    sort(all);
    return all;
}

}  // namespace friedel
