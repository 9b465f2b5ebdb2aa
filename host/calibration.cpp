#include "host/calibration.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/error.h"

namespace friedel {

namespace {

void require_enough(std::size_t patterns) {
    if (patterns < fewest_known_patterns) {
        fail("only ", patterns, " patterns to calibrate on; ", fewest_known_patterns, " are the least, some hundred are better");
    }
}

// Every rule that tells patterns apart, by ascending coverage: patterns of equal entropy are answered together or not at all.
std::vector<RefusalRule> all_rules(std::vector<Outcome>& outcomes) {
    require_enough(outcomes.size());
    std::sort(outcomes.begin(), outcomes.end(), [](const Outcome& a, const Outcome& b) { return a.entropy < b.entropy; });
    std::vector<RefusalRule> rules;
    std::size_t correct = 0;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        correct += outcomes[i].correct;
        const bool last = i + 1 == outcomes.size();
        if (!last && outcomes[i].entropy == outcomes[i + 1].entropy) continue;
        const double answered = static_cast<double>(i + 1);
        // Half-way to the next pattern; a rule that refuses nothing here refuses nothing anywhere.
        const float threshold = last ? std::numeric_limits<float>::infinity()
                                     : std::max(outcomes[i].entropy, 0.5f * (outcomes[i].entropy + outcomes[i + 1].entropy));
        rules.push_back({threshold, answered / static_cast<double>(outcomes.size()), static_cast<double>(correct) / answered});
    }
    return rules;
}

}  // namespace

double negative_log_likelihood(const KnownAnswers& answers, Target target, float temperature) {
    const std::vector<float> probabilities = answers.probabilities(temperature);
    double total = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const std::size_t truth = static_cast<std::size_t>(class_of(target, answers.space_group[i]));
        // A probability that rounds to zero would make every temperature infinitely bad.
        total -= std::log(std::max(probabilities[i * static_cast<std::size_t>(answers.classes) + truth], 1e-30f));
    }
    return total / static_cast<double>(answers.size());
}

float fit_temperature(const KnownAnswers& answers, Target target) {
    require_enough(answers.size());
    const auto loss = [&](double log_temperature) {
        return negative_log_likelihood(answers, target, static_cast<float>(std::exp(log_temperature)));
    };
    const double golden = (std::sqrt(5.0) - 1) / 2;
    double low = std::log(0.05), high = std::log(20.0);
    double left = high - golden * (high - low), right = low + golden * (high - low);
    double loss_left = loss(left), loss_right = loss(right);
    while (high - low > 1e-3) {
        if (loss_left < loss_right) {
            high = right;
            right = left;
            loss_right = loss_left;
            left = high - golden * (high - low);
            loss_left = loss(left);
        } else {
            low = left;
            left = right;
            loss_left = loss_right;
            right = low + golden * (high - low);
            loss_right = loss(right);
        }
    }
    return static_cast<float>(std::exp(0.5 * (low + high)));
}

std::vector<Outcome> outcomes(const KnownAnswers& answers, Target target, float temperature) {
    const std::vector<float> probabilities = answers.probabilities(temperature);
    std::vector<Outcome> all;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const float* const row = probabilities.data() + i * static_cast<std::size_t>(answers.classes);
        const auto first = std::max_element(row, row + answers.classes) - row;
        all.push_back({entropy(row, answers.classes), first == class_of(target, answers.space_group[i])});
    }
    return all;
}

RefusalRule rule_for_accuracy(std::vector<Outcome> outcomes, double accuracy) {
    const std::vector<RefusalRule> rules = all_rules(outcomes);
    const double least_coverage = static_cast<double>(fewest_known_patterns) / static_cast<double>(outcomes.size());
    const RefusalRule* best = nullptr;
    for (const RefusalRule& rule : rules) {
        if (rule.coverage < least_coverage) continue;
        if (!best || rule.accuracy >= accuracy || rule.accuracy > best->accuracy) best = &rule;
    }
    if (best->accuracy < accuracy) {
        fail("an accuracy of ", accuracy, " is out of reach; the best is ", best->accuracy, " at coverage ", best->coverage,
             ", ask for less");
    }
    return *best;
}

RefusalRule rule_for_coverage(std::vector<Outcome> outcomes, double coverage) {
    const std::vector<RefusalRule> rules = all_rules(outcomes);
    return *std::find_if(rules.begin(), rules.end(), [&](const RefusalRule& rule) { return rule.coverage >= coverage - 1e-12; });
}

float set_probability(const KnownAnswers& answers, Target target, float temperature, double level) {
    require_enough(answers.size());
    const std::vector<float> probabilities = answers.probabilities(temperature);
    std::vector<float> of_truth;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto truth = static_cast<std::size_t>(class_of(target, answers.space_group[i]));
        of_truth.push_back(probabilities[i * static_cast<std::size_t>(answers.classes) + truth]);
    }
    // One more pattern than these falls below the k-th lowest with a probability of k / (n + 1).
    const auto k = static_cast<std::size_t>((1 - level) * static_cast<double>(of_truth.size() + 1) + 1e-9);
    if (k == 0) {
        fail("sets that hold the truth for ", level, " of the patterns need ", std::ceil(1 / (1 - level)) - 1,
             " patterns to be fitted on, there are ", of_truth.size());
    }
    const auto at = of_truth.begin() + static_cast<std::ptrdiff_t>(k - 1);
    std::nth_element(of_truth.begin(), at, of_truth.end());
    return *at;
}

}  // namespace friedel
