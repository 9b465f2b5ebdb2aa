// Makes a model's probabilities mean what they say, and chooses when it should refuse, on patterns it was not trained on.
#pragma once

#include <optional>
#include <vector>

#include "host/answers/known_patterns.h"
#include "host/network/model.h"

namespace friedel {

// Fewer patterns than this say nothing about a model.
constexpr std::size_t min_known_patterns = 20;
// Throws Error where there are fewer.
void require_enough(std::size_t patterns);

// Nats per pattern.
double negative_log_likelihood(const KnownAnswers& answers, Target target, const Belief& belief);

// What is not to be fitted; unset where it is.
struct GivenBelief {
    std::optional<float> temperature, doubt;
};

// The temperature, 0.05 to 20, and the doubt, 0 to 0.5, that minimise the negative log-likelihood; golden sections of the logarithm of the
// former, and for each of the latter.
Belief fit_belief(const KnownAnswers& answers, Target target, const GivenBelief& given = {});
// Whether a temperature or doubt was fitted that is the largest looked at: what the network says of these patterns is worth next to
// nothing.
bool is_at_bound(const Belief& belief, const GivenBelief& given);

// One pattern's entropy and whether its first answer was right.
struct Outcome {
    float entropy;
    bool correct;
};
std::vector<Outcome> outcomes(const KnownAnswers& answers, Target target, const Belief& belief);

// Refuse above `entropy_threshold`: what is then answered, and how well.
struct RefusalRule {
    float entropy_threshold;
    double coverage, accuracy;
};
// The rule of largest coverage that reaches the accuracy, both 0 to 1. Throws Error if none that answers min_known_patterns does.
RefusalRule rule_for_accuracy(std::vector<Outcome> outcomes, double accuracy);
// The rule that answers at least this part of the patterns, and as little more as equal entropies allow.
RefusalRule rule_for_coverage(std::vector<Outcome> outcomes, double coverage);

// The probability that a class needs to be in a pattern's conformal set, for sets that hold the truth for the part `level` of patterns like
// these: split conformal prediction (Vovk et al. 2005; the sets of Sadinle et al. 2019). Throws Error where there are too few patterns.
float set_probability(const KnownAnswers& answers, Target target, const Belief& belief, double level);

}  // namespace friedel
