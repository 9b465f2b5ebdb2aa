// What indexing says about the space group of a pattern: lines, unit cells, absences, and how often groups of each lattice occur, put
// together as probabilities. They sum to less than 1 by the probability that the pattern is not indexed rightly.
#pragma once

#include <vector>

#include "host/extinction_likelihood.h"
#include "host/indexing.h"

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

// pattern [grid.points] as measured. group_frequency [230]: how often groups are met, sum 1.
IndexingOpinion indexing_opinion(const float* pattern, const Grid& grid, const std::vector<double>& group_frequency,
                                 const IndexingConfig& config = {}, const OpinionConfig& weights = {});

// Probabilities and weights from what was found.
void weigh(IndexingOpinion& opinion, const std::vector<double>& group_frequency, const OpinionConfig& weights);

// The opinion taken into a network's probabilities [230], in their place: they are multiplied by how much likelier than usual (than
// group_frequency) indexing finds each group, to a power below 1 because the two look at the same lines.
void pool_indexing(float* probabilities, const IndexingOpinion& opinion, const std::vector<double>& group_frequency, double power = 0.75);

}  // namespace friedel
