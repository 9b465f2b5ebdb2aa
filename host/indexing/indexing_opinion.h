// What indexing says about the space group of a pattern: lines, unit cells, absences, and how often groups of each lattice occur, put
// together as probabilities. They sum to less than 1 by the probability that the pattern is not indexed rightly.
#pragma once

#include <vector>

#include "host/indexing/extinction_likelihood.h"
#include "host/indexing/indexing.h"
#include "host/support/thread_pool.h"

namespace friedel {

// What was found out about one cell.
struct CellFindings {
    IndexedCell cell;
    std::vector<double> likelihoods;  // of absence_settings(), empty where not looked at
    double weight = 0;                // of the answer
    int setting = -1;                 // the likeliest
};

struct IndexingOpinion {
    std::vector<float> probabilities;  // [230]
    ObservedLines lines;
    std::vector<CellFindings> cells;  // by evidence
    double indexed = 0;               // probability that the best are right at all
};

// Numbers chosen on simulated patterns of structure types set aside. Evidence counts less than it says: errors are not independent.
struct OpinionConfig {
    double evidence_power = 0.8, absence_power = 0.6, prior_power = 1;
    double most_certain = 0.88;   // never surer than this of being indexed rightly
    double lower_symmetry = 0.1;  // probability that the symmetry of the atoms is lower than that of the lattice's shape
    double even_evidence = 8, evidence_width = 10;
};

// What patterns are brought to for it. Steps of 0.02 degrees gave no better answers on RRUFF; lines are looked for as copper's doublet.
constexpr Grid indexing_grid{5, 0.04f, 2125};
constexpr double indexing_wavelength = 1.5418;  // angstrom

// pattern [grid.points] as measured. group_frequency [230]: how often groups are met, sum 1.
IndexingOpinion indexing_opinion(const float* pattern, const Grid& grid, const std::vector<double>& group_frequency,
                                 const IndexingConfig& config = {}, const OpinionConfig& weights = {});

// Probabilities and weights from what was found.
void weigh(IndexingOpinion& opinion, const std::vector<double>& group_frequency, const OpinionConfig& weights);

// How often groups are met in the structures that ship as statistics, none of them never.
const std::vector<double>& usual_group_frequency();

// probabilities of indexing_opinion() of many patterns, [n][230] of [n][grid.points], which are for `wavelength_angstrom`. votes: of a
// search [n][230]; empty without one. What a search is sure of is not indexed, its row is 0. Throws Error when interrupted.
std::vector<float> indexed_patterns(const float* patterns, int n, const Grid& grid, double wavelength_angstrom,
                                    const std::vector<float>& votes, ThreadPool& pool);

}  // namespace friedel
