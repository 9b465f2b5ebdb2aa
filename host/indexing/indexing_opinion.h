// What indexing says about the space group of a pattern: lines, unit cells, absences, and how often groups of each lattice occur, put
// together as probabilities. As far as the pattern may not be indexed rightly, groups are as frequent as among patterns that are not.
#pragma once

#include <array>
#include <vector>

#include "host/indexing/extinction_likelihood.h"
#include "host/indexing/indexing.h"
#include "host/support/thread_pool.h"

namespace friedel {

// What was found out about one cell.
struct CellFindings {
    IndexedCell cell;
    std::vector<double> likelihoods;  // of absence_settings(), empty where not looked at
    int reflections = 0;              // of the lattice, that could be told apart; at most 160, 0 where there are too many to look at
    double weight = 0;                // of the answer
    int setting = -1;                 // the likeliest
};

struct IndexingOpinion {
    std::vector<float> probabilities;  // [230], sum 1; all 0 where too few lines say nothing
    ResolvedPattern pattern;           // that was indexed
    double wavelength_angstrom = 0;    // of what is seen of its lines: of the first line of the doublet, or the mean of both
    std::vector<CellFindings> cells;   // by evidence
    double indexed = 0;                // probability that the best are right at all
};

// Numbers chosen on simulated patterns. Likelihoods count less than they say: errors are not independent.
struct OpinionConfig {
    // Of a cell among others: its evidence, the sum over its groups of frequency and absences together, and a gain for each reflection,
    // since both of these take a weak one for a missing one.
    double evidence_power = 0.4, groups_power = 0.28, reflection_gain = 0.08;
    double absence_power = 0.65, prior_power = 1;  // of a group among those of its cell
    double most_certain = 0.94;                    // never surer than this of being indexed rightly
    double lower_symmetry = 0.08;                  // probability that the symmetry of the atoms is lower than that of the lattice's shape
    double even_evidence = 4, evidence_width = 8;
};

// pattern: on comparison_grid, for copper's wavelength (resolved_patterns()); steps of 0.02 degrees gave no better answers
// on RRUFF. group_frequency [230]: how often groups are met, sum 1.
IndexingOpinion indexing_opinion(const ResolvedPattern& pattern, const std::vector<double>& group_frequency,
                                 const IndexingConfig& config = {}, const OpinionConfig& weights = {});

// Probabilities and weights from what was found.
void weigh(IndexingOpinion& opinion, const std::vector<double>& group_frequency, const OpinionConfig& weights);

// Patterns of fewer lines are not indexed: they say nothing.
constexpr std::size_t min_indexed_lines = 4;

// The likeliest cell of a pattern, in its standard setting.
struct LikeliestCell {
    BravaisLattice lattice{};
    std::array<double, 6> cell{};  // a b c in angstrom, alpha beta gamma in degrees
    double probability = 0;        // that it is right; 0: there is none
};
LikeliestCell likeliest_cell(const IndexingOpinion& opinion);

// How often groups are met in the structures that ship as statistics, none of them never.
const std::vector<double>& usual_group_frequency();

struct IndexedPatterns {
    std::vector<float> probabilities;  // [n][230] of indexing_opinion()
    std::vector<LikeliestCell> cells;  // [n]
};

// votes: of a search [n][230]; empty without one. What a search is sure of is not indexed: its probabilities are 0 and say nothing, and it
// has no cell. Throws Error when interrupted.
IndexedPatterns indexed_patterns(const std::vector<ResolvedPattern>& patterns, const std::vector<float>& votes, ThreadPool& pool);

}  // namespace friedel
