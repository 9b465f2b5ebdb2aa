#include "host/answers/opinions.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/indexing/indexing_opinion.h"
#include "kernels/crystal.h"

namespace friedel {

namespace {
// Of pool_votes(), a logarithmic opinion pool (Genest and Zidek, Statistical Science 1, 114, 1986): chosen on the RRUFF development set,
// see bench/results.
constexpr double network_weight = 0.8, min_probability = 0.06, min_vote = 3e-4;

// Of indexing: the power that its ratios count with, how much of a network's probability goes to groups as they are met, and how much the
// odds of the votes change with those of their groups, within which bounds. Chosen on simulated patterns, see bench/results.
constexpr double indexing_power = 0.9, network_doubt = 0.1;
constexpr double agreement_power = 0.6, most_against = -3, most_in_favour = 1;  // the bounds are logarithms

// How much likelier than usual indexing finds what is voted for, as a logarithm; 0 where it says nothing.
double agreement(const float* votes, const float* indexed, const std::vector<double>& group_frequency) {
    const double voted = std::accumulate(votes, votes + space_groups, 0.0);
    double ratio = 0, total = 0;
    for (std::size_t group = 0; group < space_groups; ++group) {
        ratio += static_cast<double>(votes[group]) * static_cast<double>(indexed[group]) / group_frequency[group];
        total += static_cast<double>(indexed[group]);
    }
    return voted > 0 && total > 0 ? std::clamp(std::log(std::max(ratio / voted, 1e-300)), most_against, most_in_favour) : 0;
}
}  // namespace

void pool_votes(float* probabilities, const float* votes, double log_odds) {
    const double sum = std::min(1.0, std::accumulate(votes, votes + space_groups, 0.0));
    // Odds times e^log_odds.
    const double right = sum / (sum + (1 - sum) * std::exp(-log_odds));
    std::vector<double> pooled(space_groups);
    double total = 0;
    for (std::size_t group = 0; group < pooled.size(); ++group) {
        const double vote = right > 0 ? static_cast<double>(votes[group]) / sum : 0;
        pooled[group] = (vote + min_vote) * std::pow(static_cast<double>(probabilities[group]) + min_probability, network_weight);
        total += pooled[group];
    }
    for (std::size_t group = 0; group < pooled.size(); ++group) {
        probabilities[group] = static_cast<float>(right * pooled[group] / total + (1 - right) * static_cast<double>(probabilities[group]));
    }
}

void pool_indexing(float* probabilities, const float* opinion, const std::vector<double>& group_frequency) {
    std::vector<double> pooled(space_groups);
    double total = 0;
    for (std::size_t g = 0; g < pooled.size(); ++g) {
        const double network = static_cast<double>(probabilities[g]) + network_doubt * group_frequency[g];
        pooled[g] = network * std::pow(static_cast<double>(opinion[g]) / group_frequency[g], indexing_power);
        total += pooled[g];
    }
    for (std::size_t g = 0; g < pooled.size() && total > 0; ++g) probabilities[g] = static_cast<float>(pooled[g] / total);
}

void pool_all(std::vector<float>& probabilities, const std::vector<float>& votes, const std::vector<float>& indexed, std::size_t classes) {
    const std::vector<double>& frequency = usual_group_frequency();
    for (std::size_t at = 0; at < indexed.size(); at += classes) pool_indexing(probabilities.data() + at, indexed.data() + at, frequency);
    for (std::size_t at = 0; at < votes.size(); at += classes) {
        const double log_odds = indexed.empty() ? 0 : agreement_power * agreement(votes.data() + at, indexed.data() + at, frequency);
        pool_votes(probabilities.data() + at, votes.data() + at, log_odds);
    }
}

std::vector<float> completed_votes(std::vector<float> votes, const std::vector<float>& frequency) {
    const float left = std::max(0.0f, 1 - std::accumulate(votes.begin(), votes.end(), 0.0f));
    for (std::size_t group = 0; group < votes.size(); ++group) votes[group] += left * frequency[group];
    return votes;
}

}  // namespace friedel
