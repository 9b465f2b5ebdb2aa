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

// Of doubt in the votes: their odds fall with the probability that the other opinions give to what is voted for, once that is below e^-1,
// to this power and to e^-3 of it at most. Chosen on simulated patterns, but the power, where RRUFF has its say, too; see bench/results.
constexpr double doubt_power = 0.5, probable = -1, least_probable = -4;  // the last two are logarithms

// Of indexing: the power that its ratios count with, and how much of a network's probability goes to groups as they are met. Chosen on
// simulated patterns, see bench/results.
constexpr double indexing_power = 0.9, network_doubt = 0.1;

// The probability that some candidate is right, after a look at what the others say of their groups. votes: with a sum of 1, [230].
double doubted(double right, const std::vector<double>& votes, const float* probabilities) {
    const double probability = std::inner_product(votes.begin(), votes.end(), probabilities, 0.0);
    const double log_probability = std::clamp(std::log(std::max(probability, 1e-300)), least_probable, probable);
    const double factor = std::exp(doubt_power * (log_probability - probable));
    return right * factor / (right * factor + 1 - right);  // of the odds
}
}  // namespace

void pool_votes(float* probabilities, const float* votes) {
    const double sum = std::accumulate(votes, votes + space_groups, 0.0);
    if (sum <= 0) return;
    std::vector<double> shares(votes, votes + space_groups), pooled(space_groups);
    for (double& share : shares) share /= sum;
    const double right = doubted(std::min(1.0, sum), shares, probabilities);
    double total = 0;
    for (std::size_t group = 0; group < pooled.size(); ++group) {
        pooled[group] = (shares[group] + min_vote) * std::pow(static_cast<double>(probabilities[group]) + min_probability, network_weight);
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

SecondGroup second_group(int space_group, float part) {
    const float weaker = part * part, stronger = (1 - part) * (1 - part);
    return {space_group, weaker / (weaker + stronger)};
}

void pool_all(std::vector<float>& probabilities, const std::vector<float>& votes, const std::vector<float>& indexed,
              const std::vector<SecondGroup>& seconds, std::size_t classes) {
    const std::vector<double>& frequency = usual_group_frequency();
    for (std::size_t at = 0; at < indexed.size(); at += classes) pool_indexing(probabilities.data() + at, indexed.data() + at, frequency);
    for (std::size_t at = 0; at < votes.size(); at += classes) pool_votes(probabilities.data() + at, votes.data() + at);
    for (std::size_t i = 0; i < seconds.size(); ++i) {
        if (seconds[i].space_group == 0) continue;
        float* const row = probabilities.data() + i * classes;
        std::for_each(row, row + classes, [&](float& probability) { probability *= 1 - seconds[i].probability; });
        row[seconds[i].space_group - 1] += seconds[i].probability;
    }
}

std::vector<float> completed_votes(std::vector<float> votes, const std::vector<float>& frequency) {
    const float left = std::max(0.0f, 1 - std::accumulate(votes.begin(), votes.end(), 0.0f));
    for (std::size_t group = 0; group < votes.size(); ++group) votes[group] += left * frequency[group];
    return votes;
}

}  // namespace friedel
