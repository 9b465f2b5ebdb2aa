// What fits to many patterns of known space group say together: how instruments and specimens are, for the simulation to cover, and what
// stands in the way of right answers.
#pragma once

#include <string>
#include <vector>

#include "kernels/simulation_config.h"

namespace friedel {

// Of one pattern: the likeliest fit of a structure of the right group, and how the search went.
struct FittedPattern {
    bool answered_rightly = false;
    bool right_group_found = false;  // among the candidates
    float similarity = -1;           // of the right group's best fit, and what was fitted
    PatternParameters parameters;
    double lattice_change = 0;
};

// Similarity from which a fit is believed here.
constexpr float believed_similarity = 0.85f;

// Tables for the terminal: quantiles of what was fitted where it is believed, and the wrong answers by what was missing.
std::string fit_summary(const std::vector<FittedPattern>& patterns);

}  // namespace friedel
