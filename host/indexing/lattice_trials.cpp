#include "host/indexing/lattice_trials.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <iterator>
#include <numeric>

#include "host/indexing/index_parity.h"
#include "kernels/block.h"

namespace friedel {

namespace {

// How far lines may be off. A choice: bench/results/README.md, Indexing, tells what others are worth.
constexpr double tolerance_deg = 0.035;
constexpr double min_tolerance = 2e-5;     // 1/angstrom^2
constexpr double out_of_reach = 1e9;       // 1/angstrom^2
constexpr double explains_nothing = -1e9;  // a score below all others
constexpr int max_bins = 20000;
constexpr int block = 32;  // bins that are looked at together

void sort(std::vector<LatticeCandidate>& list) {
    std::sort(list.begin(), list.end(), [](const LatticeCandidate& a, const LatticeCandidate& b) { return a.score > b.score; });
}

}  // namespace

ShiftedLines::ShiftedLines(const std::vector<IndexingLine>& lines, double shift_deg)
    : shift_deg_(shift_deg), n_(static_cast<int>(lines.size())) {
    std::fill(std::begin(q), std::end(q), out_of_reach);
    for (int i = 0; i < n_; ++i) {
        const IndexingLine& line = lines[static_cast<std::size_t>(i)];
        q[i] = line.q_without(shift_deg);
        tolerance[i] = std::max(min_tolerance, line.q_per_deg * tolerance_deg);
        precision[i] = 1 / (tolerance[i] * tolerance[i]);
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
    if (count == 0) return explains_nothing;
    double sum = all_missed_;
    const double spread = std::log(static_cast<double>(count));
    for (; mask; mask &= mask - 1) {
        const int i = std::countr_zero(mask);
        sum += std::max(0.0, matched_[i] - spread - missed_[i]);
    }
    return sum;
}

void LatticeTrials::keep(BravaisLattice lattice, const Metric<double>& metric, double score) {
    // The same lattice, or one that is as good for the same lines; of oblique ones that of one volume alone.
    constexpr double same_volume = 0.004, same_score = 0.5;
    const bool is_oblique = lattice_system(lattice) <= systems::monoclinic;
    auto& list = best_[static_cast<std::size_t>(lattice)];
    if (list.size() == kept_ && score <= list.back().score) return;
    const double volume = volume_of(metric);
    for (LatticeCandidate& other : list) {
        if (std::fabs(volume_of(other.reciprocal) / volume - 1) > same_volume) continue;
        if (std::fabs(other.score - score) >= same_score && !is_oblique) continue;
        if (score > other.score) {
            other = {lattice, metric, now_->shift_deg(), score};
            sort(list);
        }
        return;
    }
    if (list.size() == kept_) list.pop_back();
    list.push_back({lattice, metric, now_->shift_deg(), score});
    sort(list);
}

std::vector<VotedMetric> LatticeTrials::vote_for_angle(double row_sq, const NetOfRow& first, const NetOfRow& second,
                                                       const AngleVote& sought) {
    const double a = row_sq, b = first.across_sq, ab = first.product, c = second.across_sq, ac = second.product;
    // (a b - ab^2)(a c - ac^2) > (a bc - ab ac)^2, or the determinant is not positive.
    const double reach = sought.part * std::sqrt((a * b - ab * ab) * (a * c - ac * ac));
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
    for (const VotedValue& bc : vote(angle_points_, explained, {(ab * ac - reach) / a, (ab * ac + reach) / a}, sought.results, sought.bin))
        metrics.push_back({{{a, b, c, bc.x, ac, ab}}, bc.lines});
    return metrics;
}

// What centrings leave out as a whole: reflections by the parities of their indices, of a hexagonal lattice those that a rhombohedral one
// has not (0) and has (1).
struct LatticeTrials::ClassesOfReflections {
    LineMask mask[index_parities] = {};
    int count[index_parities] = {};
};

// None where there are too many to look at.
std::optional<LatticeTrials::ClassesOfReflections> LatticeTrials::classes_of(BravaisLattice primitive, const Metric<double>& metric) const {
    constexpr int most_looked_at = 6000;
    ClassesOfReflections classes;
    const bool hexagonal = primitive == BravaisLattice::hP;
    const auto add = [&](int h, int k, int l, double q) {
        const int c = hexagonal ? is_reflection(BravaisLattice::hR, h, k, l) : index_parity(h, k, l);
        classes.mask[c] |= now_->at(q);
        ++classes.count[c];
    };
    if (!for_each_reflection(primitive, metric, now_->limit, most_looked_at, add)) return {};
    return classes;
}

void LatticeTrials::judge(BravaisLattice primitive, const Metric<double>& metric) {
    const double volume = volume_of(metric);
    constexpr int most_points = 4;  // of a centred cell, as of F
    if (!(volume > min_volume) || volume > most_points * largest_volume) return;
    const std::optional<ClassesOfReflections> found = classes_of(primitive, metric);
    if (!found) return;
    const auto with = [&](BravaisLattice lattice, std::initializer_list<int> classes, const Metric<double>& as) {
        LineMask m = 0;
        int n = 0;
        for (int c : classes) {
            m |= found->mask[c];
            n += found->count[c];
        }
        if (2 * std::popcount(m) < now_->size()) return;  // it explains less than half
        if (volume / lattice_points(lattice) > largest_volume) return;
        keep(lattice, as, now_->score(m, n));
    };
    // By index_parity(), the reflections that each centring leaves: h + k even for C, and so on.
    const std::initializer_list<int> everything = {0, 1, 2, 3, 4, 5, 6, 7}, body = {0, 3, 5, 6}, all_faces = {0, 7};
    const std::initializer_list<int> a_face = {0, 1, 6, 7}, b_face = {0, 2, 5, 7}, c_face = {0, 3, 4, 7};
    const double* const m = metric.m;
    switch (primitive) {
        case BravaisLattice::cP:
            with(BravaisLattice::cP, everything, metric);
            with(BravaisLattice::cI, body, metric);
            with(BravaisLattice::cF, all_faces, metric);
            break;
        case BravaisLattice::tP:
            with(BravaisLattice::tP, everything, metric);
            with(BravaisLattice::tI, body, metric);
            break;
        case BravaisLattice::hP:
            with(BravaisLattice::hP, {0, 1}, metric);
            with(BravaisLattice::hR, {1}, metric);
            break;
        case BravaisLattice::oP:
            with(BravaisLattice::oP, everything, metric);
            with(BravaisLattice::oI, body, metric);
            with(BravaisLattice::oF, all_faces, metric);
            with(BravaisLattice::oC, c_face, metric);
            with(BravaisLattice::oC, a_face, {{m[1], m[2], m[0], 0, 0, 0}});
            with(BravaisLattice::oC, b_face, {{m[2], m[0], m[1], 0, 0, 0}});
            break;
        case BravaisLattice::mP:
            with(BravaisLattice::mP, everything, metric);
            with(BravaisLattice::mC, c_face, metric);
            with(BravaisLattice::mC, a_face, {{m[2], m[1], m[0], 0, m[4], 0}});
            with(BravaisLattice::mC, body, {{m[0], m[1], m[0] + m[2] - 2 * m[4], 0, m[4] - m[0], 0}});
            break;
        default:
            with(BravaisLattice::aP, everything, metric);
    }
}

std::vector<VotedValue> LatticeTrials::vote(const std::vector<VotePoint>& points, LineMask explained, const VoteRange& range, int results,
                                            double bin) {
    std::vector<VotedValue> found;
    const auto [least, most] = range;
    if (!(most > least)) return found;
    const Bins bins{least, bin, std::min(max_bins, static_cast<int>((most - least) / bin) + 1)};
    cast_votes(points, explained, std::min(most, least + bins.count * bin), bins);
    const BestBins best = best_bins(explained, std::min(results, most_votes), bins);
    for (int j = 0; j < best.count; ++j) {
        const std::optional<double> x = mean_vote(points, bins.centre(best.bin[j]), bin);
        if (x) found.push_back({*x, votes_[static_cast<std::size_t>(best.bin[j])] | explained});
    }
    return found;
}

// Every line that is not explained votes, at every point, for the bins that its tolerance reaches. `most` lies within the bins.
void LatticeTrials::cast_votes(const std::vector<VotePoint>& points, LineMask explained, double most, const Bins& bins) {
    constexpr int lanes = ShiftedLines::most, width = 16;  // bins of one step
    static_assert(width <= block);
    double q[lanes], tolerance[lanes] = {};
    LineMask line[lanes];
    int voters = 0;
    std::fill(std::begin(q), std::end(q), out_of_reach);
    for (int i = 0; i < now_->size(); ++i) {
        const LineMask vote = LineMask{1} << i;
        if (explained & vote) continue;
        line[voters] = vote;
        q[voters] = now_->q[i];
        tolerance[voters++] = now_->tolerance[i];
    }
    votes_.assign(static_cast<std::size_t>(bins.count + block), 0);
    const double per_bin = 1 / bins.width, end = bins.count;
    for (const VotePoint& p : points) {
        const double inverse = 1 / p.factor, size = std::fabs(inverse);
        double from[lanes], to[lanes], below = 0, above = 0;
        FRIEDEL_SIMD_SUM(below, above)
        for (int i = 0; i < lanes; ++i) {
            const double x = (q[i] - p.known) * inverse, t = tolerance[i] * size;
            below += x < bins.least ? 1.0 : 0.0;
            above += x > most ? 1.0 : 0.0;
            const double low = (x - t - bins.least) * per_bin, high = (x + t - bins.least) * per_bin + 1;
            from[i] = low < 0 ? 0 : low;
            to[i] = high > end ? end : high;
        }
        // x rises or falls with q.
        const int begin = static_cast<int>(p.factor > 0 ? below : above), behind = lanes - static_cast<int>(p.factor > 0 ? above : below);
        for (int i = begin; i < behind; ++i) {
            const int first = static_cast<int>(from[i]), reached = static_cast<int>(to[i]) - first;
            LineMask* votes = votes_.data() + first;
            const LineMask vote = line[i];
            FRIEDEL_SIMD
            for (int k = 0; k < width; ++k) votes[k] |= k < reached ? vote : 0;
            for (int j = width; j < reached; ++j) votes[j] |= vote;
        }
    }
}

// The bins, at most `results`, with lines for half of the pattern and more than those next to them. Short axes explain as much with fewer
// reflections: they are worth a little more.
LatticeTrials::BestBins LatticeTrials::best_bins(LineMask explained, int results, const Bins& bins) const {
    constexpr int apart = 5;  // bins, of two that are taken
    const int threshold = std::max(4, now_->size() / 2);
    const auto worth = [&](int bin) { return bins.least >= 0 ? 0.5 * std::log(bins.least + bin * bins.width + 1e-4) : 0; };
    const double most_worth = worth(bins.count);
    BestBins best;
    int& taken = best.count;
    double score_of[most_votes], lowest = explains_nothing;  // of those taken, once there are `results`
    const auto consider = [&](int bin, double score) {
        int at = taken;
        for (int j = 0; j < taken; ++j) {
            if (std::abs(best.bin[j] - bin) >= apart) continue;
            if (score_of[j] >= score) return;
            at = j;
            break;
        }
        if (at == results) at = static_cast<int>(std::min_element(score_of, score_of + taken) - score_of);
        if (at == taken) ++taken;
        best.bin[at] = bin;
        score_of[at] = score;
        if (taken == results) lowest = *std::min_element(score_of, score_of + taken);
    };
    for (int begin = 0; begin < bins.count; begin += block) {
        const LineMask* const votes = votes_.data() + begin;
        int lines[block], most_lines = 0;
        FRIEDEL_SIMD_MAXIMUM(most_lines)
        for (int j = 0; j < block; ++j) {
            lines[j] = std::popcount(votes[j] | explained);
            most_lines = lines[j] > most_lines ? lines[j] : most_lines;
        }
        if (most_lines < threshold || most_lines + most_worth <= lowest) continue;
        const int end = std::min(block, bins.count - begin);
        const double best_worth = worth(begin + end);
        for (int j = 0; j < end; ++j) {
            if (lines[j] < threshold || lines[j] + best_worth <= lowest) continue;
            const double score = lines[j] + worth(begin + j);
            if (score > lowest) consider(begin + j, score);
        }
    }
    return best;
}

// The mean of all lines' votes near `centre`, by their precision; nothing where there are none.
std::optional<double> LatticeTrials::mean_vote(const std::vector<VotePoint>& points, double centre, double reach) const {
    const ShiftedLines& now = *now_;
    double sums[ShiftedLines::most] = {}, weights[ShiftedLines::most] = {};
    for (const VotePoint& p : points) {
        const double at = p.known + p.factor * centre, factor_sq = p.factor * p.factor, wide = std::fabs(p.factor) * reach;
        FRIEDEL_SIMD
        for (int i = 0; i < ShiftedLines::most; ++i) {
            const double off = now.q[i] - at, precision = now.precision[i];
            const double counted = std::fabs(off) <= now.tolerance[i] + wide ? precision : 0.0;
            sums[i] += counted * p.factor * off;
            weights[i] += counted * factor_sq;
        }
    }
    const double weight = std::accumulate(weights, std::end(weights), 0.0);
    if (weight == 0) return {};
    return centre + std::accumulate(sums, std::end(sums), 0.0) / weight;
}

bool LatticeTrials::found_well() const {
    constexpr double well = 2.2;  // of score for each line
    double most = 0;
    for (const auto& list : best_) most = std::max(most, list.empty() ? 0 : list.front().score);
    return most > well * static_cast<double>(all_lines_.size());
}

std::vector<LatticeCandidate> LatticeTrials::candidates() const {
    std::vector<LatticeCandidate> all;
    for (const auto& of_lattice : best_) all.insert(all.end(), of_lattice.begin(), of_lattice.end());
    sort(all);
    return all;
}

}  // namespace friedel
