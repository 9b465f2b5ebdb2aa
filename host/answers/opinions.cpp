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
}  // namespace

void pool_votes(float* probabilities, const float* votes) {
    const double right = std::min(1.0, std::accumulate(votes, votes + space_groups, 0.0));
    std::vector<double> pooled(space_groups);
    double total = 0;
    for (std::size_t group = 0; group < pooled.size(); ++group) {
        const double vote = right > 0 ? static_cast<double>(votes[group]) / right : 0;
        pooled[group] = (vote + min_vote) * std::pow(static_cast<double>(probabilities[group]) + min_probability, network_weight);
        total += pooled[group];
    }
    for (std::size_t group = 0; group < pooled.size(); ++group) {
        probabilities[group] = static_cast<float>(right * pooled[group] / total + (1 - right) * static_cast<double>(probabilities[group]));
    }
}

void pool_indexing(float* probabilities, const float* opinion, const std::vector<double>& group_frequency, double power) {
    std::vector<double> pooled(space_groups);
    double total = 0;
    for (std::size_t g = 0; g < pooled.size(); ++g) {
        pooled[g] = static_cast<double>(probabilities[g]) * std::pow(static_cast<double>(opinion[g]) / group_frequency[g], power);
        total += pooled[g];
    }
    for (std::size_t g = 0; g < pooled.size() && total > 0; ++g) probabilities[g] = static_cast<float>(pooled[g] / total);
}

void pool_all(std::vector<float>& probabilities, const std::vector<float>& votes, const std::vector<float>& indexed, std::size_t classes) {
    for (std::size_t at = 0; at < indexed.size(); at += classes)
        pool_indexing(probabilities.data() + at, indexed.data() + at, usual_group_frequency());
    for (std::size_t at = 0; at < votes.size(); at += classes) pool_votes(probabilities.data() + at, votes.data() + at);
}

std::vector<float> completed_votes(std::vector<float> votes, const std::vector<float>& frequency) {
    const float left = std::max(0.0f, 1 - std::accumulate(votes.begin(), votes.end(), 0.0f));
    for (std::size_t group = 0; group < votes.size(); ++group) votes[group] += left * frequency[group];
    return votes;
}

}  // namespace friedel
