#include "host/answers/calibration.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "host/support/error.h"

namespace friedel {

namespace {

constexpr double lowest_temperature = 0.05, highest_temperature = 20, max_doubt = 0.5, doubt_tolerance = 5e-4;

// Where a function of one minimum between `low` and `high` has it, to `tolerance`: golden sections.
double least_at(const std::function<double(double)>& f, double low, double high, double tolerance) {
    const double golden = (std::sqrt(5.0) - 1) / 2;
    double left = high - golden * (high - low), right = low + golden * (high - low);
    double f_left = f(left), f_right = f(right);
    while (high - low > tolerance) {
        if (f_left < f_right) {
            high = right;
            right = left;
            f_right = f_left;
            f_left = f(left = high - golden * (high - low));
        } else {
            low = left;
            left = right;
            f_left = f_right;
            f_right = f(right = low + golden * (high - low));
        }
    }
    return 0.5 * (low + high);
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

void require_enough(std::size_t patterns) {
    if (patterns < min_known_patterns) {
        fail("only ", patterns, " patterns to calibrate on; ", min_known_patterns, " are the least, some hundred are better");
    }
}

double negative_log_likelihood(const KnownAnswers& answers, Target target, const Belief& belief) {
    const std::vector<float> probabilities = answers.probabilities(belief);
    double total = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const std::size_t truth = static_cast<std::size_t>(class_of(target, answers.known[i].space_group));
        // A probability that rounds to zero would make every belief infinitely bad.
        total -= std::log(std::max(probabilities[i * static_cast<std::size_t>(answers.classes) + truth], 1e-30f));
    }
    return total / static_cast<double>(answers.size());
}

Belief fit_belief(const KnownAnswers& answers, Target target, const GivenBelief& given) {
    require_enough(answers.size());
    const auto loss = [&](const Belief& belief) { return negative_log_likelihood(answers, target, belief); };
    const auto with_best_doubt = [&](float temperature) {
        const auto loss_of_doubt = [&](double doubt) { return loss({temperature, static_cast<float>(doubt)}); };
        return Belief{temperature, given.doubt ? *given.doubt : static_cast<float>(least_at(loss_of_doubt, 0, max_doubt, doubt_tolerance))};
    };
    const auto temperature_of = [](double logarithm) { return static_cast<float>(std::exp(logarithm)); };
    if (given.temperature) return with_best_doubt(*given.temperature);
    const auto loss_of_temperature = [&](double logarithm) { return loss(with_best_doubt(temperature_of(logarithm))); };
    return with_best_doubt(
        temperature_of(least_at(loss_of_temperature, std::log(lowest_temperature), std::log(highest_temperature), 1e-3)));
}

bool is_at_bound(const Belief& belief, const GivenBelief& given) {
    const bool temperature = belief.temperature > 0.99 * highest_temperature;
    const bool doubt = belief.doubt > max_doubt - 2 * doubt_tolerance;
    return (temperature && !given.temperature) || (doubt && !given.doubt);
}

std::vector<Outcome> outcomes(const KnownAnswers& answers, Target target, const Belief& belief) {
    const std::vector<float> probabilities = answers.probabilities(belief);
    std::vector<Outcome> all;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const float* const row = probabilities.data() + i * static_cast<std::size_t>(answers.classes);
        const auto first = std::max_element(row, row + answers.classes) - row;
        all.push_back({entropy(row, answers.classes), first == class_of(target, answers.known[i].space_group)});
    }
    return all;
}

RefusalRule rule_for_accuracy(std::vector<Outcome> outcomes, double accuracy) {
    const std::vector<RefusalRule> rules = all_rules(outcomes);
    const double min_coverage = static_cast<double>(min_known_patterns) / static_cast<double>(outcomes.size());
    const RefusalRule* best = nullptr;
    for (const RefusalRule& rule : rules) {
        if (rule.coverage < min_coverage) continue;
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

float set_probability(const KnownAnswers& answers, Target target, const Belief& belief, double level) {
    require_enough(answers.size());
    const std::vector<float> probabilities = answers.probabilities(belief);
    std::vector<float> of_truth;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto truth = static_cast<std::size_t>(class_of(target, answers.known[i].space_group));
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
