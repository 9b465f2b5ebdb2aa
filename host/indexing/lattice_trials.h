// What searches for lattices try their guesses on: the lines of a pattern at one shift, votes of lines for values of an unknown, and
// lattices judged with all their centrings, the best of each kept. Leaves out: the guesses (lattice_search.cpp, oblique_lattices.cpp).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <vector>

#include "host/indexing/lattice_search.h"

namespace friedel {

constexpr double longest_edge = 45, largest_volume = 8000, min_volume = 8;  // angstrom, angstrom^3 of a primitive cell
constexpr double min_edge_q = 1 / (longest_edge * longest_edge);            // 1/d^2
constexpr double max_row_q = 0.3;                                           // 1/d^2: no row of a net is closer than 1.8 angstrom

// Of a line's index: the line explains.
using LineMask = std::uint32_t;

// The lines at one shift.
class ShiftedLines {
public:
    static constexpr int most = 24;

    ShiftedLines(const std::vector<IndexingLine>& lines, double shift_deg);

    int size() const { return n_; }
    double shift_deg() const { return shift_deg_; }
    // The lines that a reflection at 1/d^2 = value explains; value within the limit, or anywhere.
    LineMask at(double value) const { return lookup_[static_cast<std::size_t>(value / lookup_bin)]; }
    LineMask within(double value) const { return value < limit ? at(value) : 0; }
    // Logarithm of the likelihood, over that of lines anywhere, if `count` reflections explain these lines.
    double score(LineMask mask, int count) const;

    // 1/angstrom^2, by ascending q. Beyond size() q is out of reach: loops of constant length have no remainder.
    double q[most], tolerance[most] = {}, limit = 0;
    double precision[most] = {};  // 1 / tolerance^2

private:
    static constexpr double lookup_bin = 2e-5;

    double shift_deg_;
    int n_;
    double matched_[most] = {}, missed_[most] = {}, all_missed_ = 0;
    std::vector<LineMask> lookup_;
};

struct VotePoint {
    double known, factor;  // q = known + factor x
};

constexpr double usual_vote_bin = 5e-5;  // 1/angstrom^2

// Where values that are voted for lie.
struct VoteRange {
    double least, most;
};

struct VotedValue {
    double x;
    LineMask lines;  // that voted for it or needed no vote
};

// A net of the reciprocal lattice that has a certain row: the square of its next row, and the product of the two.
struct NetOfRow {
    double across_sq, product;
};

// How the angle between two nets is looked for: within this part (below 1) of the range that keeps the determinant positive.
struct AngleVote {
    double part;
    int results;
    double bin = usual_vote_bin;
};

struct VotedMetric {
    Metric<double> metric;
    LineMask lines;  // that it explains
};

class LatticeTrials {
public:
    static constexpr int most_votes = 8;

    LatticeTrials(const std::vector<IndexingLine>& lines, std::size_t kept) : all_lines_(lines), kept_(kept) {}

    void shift_to(double deg) { now_.emplace(all_lines_, deg); }
    const ShiftedLines& lines() const { return *now_; }

    // At most `results` (and no more than most_votes) values of x that many lines vote for. `explained`: lines that need no vote.
    std::vector<VotedValue> vote(const std::vector<VotePoint>& points, LineMask explained, const VoteRange& range, int results,
                                 double bin = usual_vote_bin);
    // Reciprocal metrics, of two nets with a row in common, whose b.c many lines vote for. row_sq: a.a; the nets know b.b, a.b, c.c and
    // a.c.
    std::vector<VotedMetric> vote_for_angle(double row_sq, const NetOfRow& first, const NetOfRow& second, const AngleVote& sought);
    // Scores a lattice with all its centrings at once, from what each class of parities explains.
    void judge(BravaisLattice primitive, const Metric<double>& metric);

    // Something explains all lines but one or two with few reflections: other shifts will not do better.
    bool found_well() const;
    // The best of each Bravais lattice, best first.
    std::vector<LatticeCandidate> candidates() const;

private:
    // A range of values of the unknown, in bins.
    struct Bins {
        double least, width;
        int count;
        double centre(int bin) const { return least + (bin + 0.5) * width; }
    };
    void cast_votes(const std::vector<VotePoint>& points, LineMask explained, double most, const Bins& bins);
    struct BestBins {
        int bin[most_votes];
        int count = 0;
    };
    BestBins best_bins(LineMask explained, int results, const Bins& bins) const;
    std::optional<double> mean_vote(const std::vector<VotePoint>& points, double centre, double reach) const;
    struct ClassesOfReflections;
    std::optional<ClassesOfReflections> classes_of(BravaisLattice primitive, const Metric<double>& metric) const;
    void keep(BravaisLattice lattice, const Metric<double>& metric, double score);

    const std::vector<IndexingLine>& all_lines_;
    std::size_t kept_;  // of each lattice
    std::optional<ShiftedLines> now_;
    std::vector<LatticeCandidate> best_[bravais_lattices];
    std::vector<LineMask> votes_;  // of each bin, with a block of none behind
    std::vector<VotePoint> angle_points_;
};

}  // namespace friedel
