#include "host/answers/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "host/network/classifier.h"
#include "kernels/random.h"

namespace friedel {

Answer judge(const float* probabilities, int classes, int truth, int cluster) {
    int rank = 0, first = 0;
    for (int i = 0; i < classes; ++i) {
        if (probabilities[i] > probabilities[first]) first = i;
        if (probabilities[i] > probabilities[truth] || (probabilities[i] == probabilities[truth] && i < truth)) ++rank;
    }
    return {truth, first, rank, double{probabilities[first]}, double{entropy(probabilities, classes)}, cluster};
}

Estimate bootstrap_mean(const std::vector<double>& values, const std::vector<int>& clusters, std::uint64_t seed) {
    constexpr int draws = 2000;
    Estimate estimate;
    estimate.count = static_cast<int>(values.size());
    if (values.empty()) return estimate;
    estimate.value = std::accumulate(values.begin(), values.end(), 0.0) / estimate.count;

    // Sum and count of every cluster that occurs.
    struct Cluster {
        double total = 0;
        int count = 0;
    };
    std::vector<Cluster> all(static_cast<std::size_t>(*std::max_element(clusters.begin(), clusters.end())) + 1);
    for (std::size_t i = 0; i < values.size(); ++i) {
        Cluster& cluster = all[static_cast<std::size_t>(clusters[i])];
        cluster.total += values[i];
        ++cluster.count;
    }
    std::erase_if(all, [](const Cluster& cluster) { return cluster.count == 0; });

    std::vector<double> means;
    for (int draw = 0; draw < draws; ++draw) {
        RandomSequence random(seed, static_cast<std::uint64_t>(draw), Purpose::bootstrap);
        Cluster drawn;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const Cluster& cluster = all[random.bits() % all.size()];
            drawn.total += cluster.total;
            drawn.count += cluster.count;
        }
        means.push_back(drawn.total / drawn.count);
    }
    std::sort(means.begin(), means.end());
    estimate.low = means[static_cast<std::size_t>(0.025 * draws)];
    estimate.high = means[static_cast<std::size_t>(0.975 * draws) - 1];
    return estimate;
}

Estimate accuracy(const std::vector<Answer>& answers, int top) {
    std::vector<double> right;
    std::vector<int> clusters;
    for (const Answer& answer : answers) {
        right.push_back(answer.rank < top ? 1 : 0);
        clusters.push_back(answer.cluster);
    }
    Estimate estimate = bootstrap_mean(right, clusters);
    if (estimate.count == 0 || (estimate.value > 0 && estimate.value < 1)) return estimate;
    const double witnesses = static_cast<double>(std::set<int>(clusters.begin(), clusters.end()).size());
    const double unlikely = std::pow(0.025, 1 / witnesses);  // with this chance each, all alike happens once in forty times
    if (estimate.value == 1) estimate.low = unlikely;
    if (estimate.value == 0) estimate.high = 1 - unlikely;
    return estimate;
}

RiskCoverage risk_coverage(const std::vector<Answer>& answers, RefuseBy by) {
    const auto doubt = [by](const Answer& answer) { return by == RefuseBy::entropy ? answer.entropy : -answer.confidence; };
    std::vector<const Answer*> order;
    for (const Answer& answer : answers) order.push_back(&answer);
    std::sort(order.begin(), order.end(), [&](const Answer* a, const Answer* b) { return doubt(*a) < doubt(*b); });

    RiskCoverage curve;
    double right = 0;
    for (std::size_t first = 0; first < order.size();) {
        std::size_t end = first;
        double right_here = 0;
        while (end < order.size() && doubt(*order[end]) == doubt(*order[first])) right_here += order[end++]->correct();
        for (std::size_t i = first; i < end; ++i) {
            right += right_here / static_cast<double>(end - first);
            curve.accuracy.push_back(right / static_cast<double>(i + 1));
            curve.threshold.push_back(std::abs(doubt(*order[i])));
            curve.area += 1 - curve.accuracy.back();
        }
        first = end;
    }
    if (!answers.empty()) {
        curve.area /= static_cast<double>(answers.size());
        curve.at_half_coverage = curve.accuracy[(answers.size() + 1) / 2 - 1];
    }
    return curve;
}

std::vector<ReliabilityBin> reliability(const std::vector<Answer>& answers, int bins) {
    std::vector<ReliabilityBin> result(static_cast<std::size_t>(bins));
    for (const Answer& answer : answers) {
        const int bin = std::clamp(static_cast<int>(answer.confidence * bins), 0, bins - 1);
        ReliabilityBin& to = result[static_cast<std::size_t>(bin)];
        ++to.count;
        to.confidence += answer.confidence;
        to.accuracy += answer.correct();
    }
    for (ReliabilityBin& bin : result) {
        if (bin.count == 0) continue;
        bin.confidence /= bin.count;
        bin.accuracy /= bin.count;
    }
    return result;
}

double expected_calibration_error(const std::vector<ReliabilityBin>& bins) {
    double total = 0;
    int count = 0;
    for (const ReliabilityBin& bin : bins) {
        total += bin.count * std::abs(bin.accuracy - bin.confidence);
        count += bin.count;
    }
    return count ? total / count : 0;
}

Estimate calibration_error_by_chance(const std::vector<Answer>& answers, int bins, std::uint64_t seed) {
    constexpr int draws = 1000;
    Estimate estimate;
    estimate.count = static_cast<int>(answers.size());
    if (answers.empty()) return estimate;
    std::vector<double> errors;
    std::vector<Answer> drawn = answers;
    for (int draw = 0; draw < draws; ++draw) {
        RandomSequence random(seed, static_cast<std::uint64_t>(draw), Purpose::bootstrap);
        for (Answer& answer : drawn) answer.rank = random.uniform() < answer.confidence ? 0 : 1;
        errors.push_back(expected_calibration_error(reliability(drawn, bins)));
    }
    std::sort(errors.begin(), errors.end());
    estimate.value = std::accumulate(errors.begin(), errors.end(), 0.0) / draws;
    estimate.low = errors[static_cast<std::size_t>(0.025 * draws)];
    estimate.high = errors[static_cast<std::size_t>(0.975 * draws) - 1];
    return estimate;
}

std::vector<int> confusion_matrix(const std::vector<Answer>& answers, int classes) {
    std::vector<int> counts(static_cast<std::size_t>(classes) * classes);
    for (const Answer& answer : answers) ++counts[static_cast<std::size_t>(answer.truth) * classes + answer.predicted];
    return counts;
}

}  // namespace friedel
