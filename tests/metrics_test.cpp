// Metrics on answers few enough to work out by hand, and the bootstrap against the binomial distribution.
#include "host/answers/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace friedel {
namespace {

Answer answer(bool correct, double confidence, double entropy, int cluster = 0) {
    return {0, correct ? 0 : 1, correct ? 0 : 1, confidence, entropy, cluster};
}

TEST(Metrics, JudgesARowOfProbabilities) {
    const float row[] = {0.1f, 0.5f, 0.0f, 0.3f, 0.1f};
    const Answer third = judge(row, 5, 0, 7);
    EXPECT_EQ(third.truth, 0);
    EXPECT_EQ(third.predicted, 1);
    EXPECT_EQ(third.rank, 2);
    EXPECT_FALSE(third.correct());
    EXPECT_EQ(third.cluster, 7);
    EXPECT_FLOAT_EQ(static_cast<float>(third.confidence), 0.5f);
    EXPECT_NEAR(third.entropy, -(0.2 * std::log(0.1) + 0.5 * std::log(0.5) + 0.3 * std::log(0.3)), 1e-6);
    EXPECT_EQ(judge(row, 5, 4, 0).rank, 3) << "equal to class 0, which stands first";
    EXPECT_EQ(judge(row, 5, 2, 0).rank, 4);
    EXPECT_TRUE(judge(row, 5, 1, 0).correct());
    const float equal[] = {0.25f, 0.25f, 0.25f, 0.25f};
    EXPECT_EQ(judge(equal, 4, 0, 0).rank, 0);
    EXPECT_EQ(judge(equal, 4, 3, 0).rank, 3) << "an undecided network is not right four times";
    EXPECT_EQ(judge(equal, 4, 3, 0).predicted, 0);
}

TEST(Metrics, AccuracyCountsTheFirstAnswers) {
    std::vector<Answer> answers;
    for (int i = 0; i < 10; ++i) answers.push_back({i, 0, i, 0.5, 1, i});  // ranks 0 to 9
    EXPECT_DOUBLE_EQ(accuracy(answers).value, 0.1);
    EXPECT_DOUBLE_EQ(accuracy(answers, 5).value, 0.5);
    EXPECT_EQ(accuracy(answers).count, 10);
    for (Answer& answer : answers) answer.rank = 0;
    EXPECT_EQ(accuracy(answers).high, 1);
    EXPECT_NEAR(accuracy(answers).low, 0.6915, 1e-4) << "ten of ten, Clopper and Pearson";
    for (Answer& answer : answers) answer.rank = 9;
    EXPECT_NEAR(accuracy(answers).high, 0.3085, 1e-4);
    EXPECT_EQ(accuracy({}).count, 0);
    EXPECT_EQ(accuracy({}).value, 0);
}

TEST(Metrics, BootstrapIntervalIsBinomialForSinglePatterns) {
    std::vector<double> values;
    std::vector<int> clusters;
    for (int i = 0; i < 400; ++i) {
        values.push_back(i % 10 < 3 ? 1 : 0);
        clusters.push_back(i);
    }
    const Estimate estimate = bootstrap_mean(values, clusters);
    const double sigma = std::sqrt(0.3 * 0.7 / 400);  // the bootstrap of a proportion is exactly binomial
    EXPECT_DOUBLE_EQ(estimate.value, 0.3);
    EXPECT_NEAR(estimate.low, 0.3 - 1.96 * sigma, 0.005);
    EXPECT_NEAR(estimate.high, 0.3 + 1.96 * sigma, 0.005);
}

TEST(Metrics, BootstrapDrawsWholeClusters) {
    // The same values in clusters of four that agree: a quarter as many independent observations, an interval twice as wide.
    std::vector<double> values;
    std::vector<int> clusters;
    for (int i = 0; i < 400; ++i) {
        values.push_back((i / 4) % 10 < 3 ? 1 : 0);
        clusters.push_back(i / 4);
    }
    const Estimate estimate = bootstrap_mean(values, clusters);
    const double sigma = std::sqrt(0.3 * 0.7 / 100);
    EXPECT_NEAR(estimate.low, 0.3 - 1.96 * sigma, 0.015);
    EXPECT_NEAR(estimate.high, 0.3 + 1.96 * sigma, 0.015);
    const Estimate one = bootstrap_mean({1, 0, 1}, {5, 5, 5});
    EXPECT_EQ(one.low, one.high) << "one cluster says nothing about the spread";
}

TEST(Metrics, RiskCoverageByHand) {
    // Entropy puts them in the order right, wrong, right, wrong; probability in the order right, right, wrong, wrong.
    const std::vector<Answer> answers = {answer(true, 0.8, 0.3), answer(true, 0.9, 0.1), answer(false, 0.5, 0.2), answer(false, 0.4, 0.4)};
    const RiskCoverage by_entropy = risk_coverage(answers, RefuseBy::entropy);
    ASSERT_EQ(by_entropy.accuracy.size(), 4u);
    EXPECT_DOUBLE_EQ(by_entropy.accuracy[0], 1);
    EXPECT_DOUBLE_EQ(by_entropy.accuracy[1], 0.5);
    EXPECT_DOUBLE_EQ(by_entropy.accuracy[2], 2.0 / 3);
    EXPECT_DOUBLE_EQ(by_entropy.accuracy[3], 0.5);
    EXPECT_DOUBLE_EQ(by_entropy.threshold[2], 0.3);
    EXPECT_DOUBLE_EQ(by_entropy.at_half_coverage, 0.5);
    EXPECT_DOUBLE_EQ(by_entropy.area, (0 + 0.5 + 1.0 / 3 + 0.5) / 4);
    const RiskCoverage by_probability = risk_coverage(answers, RefuseBy::largest_probability);
    EXPECT_DOUBLE_EQ(by_probability.at_half_coverage, 1);
    EXPECT_DOUBLE_EQ(by_probability.area, (0 + 0 + 1.0 / 3 + 0.5) / 4);
    EXPECT_DOUBLE_EQ(by_probability.threshold[1], 0.8);
}

TEST(Metrics, EquallySurePatternsCountInAnyOrder) {
    std::vector<Answer> answers = {answer(true, 0.5, 1), answer(false, 0.5, 1), answer(false, 0.5, 1), answer(true, 0.9, 0.5)};
    const RiskCoverage curve = risk_coverage(answers, RefuseBy::entropy);
    std::reverse(answers.begin(), answers.end());
    const RiskCoverage reversed = risk_coverage(answers, RefuseBy::entropy);
    EXPECT_EQ(curve.accuracy, reversed.accuracy);
    EXPECT_DOUBLE_EQ(curve.accuracy[1], (1 + 1.0 / 3) / 2);
    EXPECT_DOUBLE_EQ(curve.accuracy[3], 0.5);
    EXPECT_EQ(risk_coverage({}, RefuseBy::entropy).area, 0);
}

TEST(Metrics, CalibrationErrorByHand) {
    // Two bins: in [0.5, 1) three answers of mean confidence 0.8, two right; in [0, 0.5) one of confidence 0.4, wrong.
    const std::vector<Answer> answers = {answer(true, 0.7, 0), answer(true, 0.8, 0), answer(false, 0.9, 0), answer(false, 0.4, 0)};
    const std::vector<ReliabilityBin> bins = reliability(answers, 2);
    ASSERT_EQ(bins.size(), 2u);
    EXPECT_EQ(bins[0].count, 1);
    EXPECT_EQ(bins[1].count, 3);
    EXPECT_NEAR(bins[1].confidence, 0.8, 1e-12);
    EXPECT_NEAR(bins[1].accuracy, 2.0 / 3, 1e-12);
    EXPECT_NEAR(expected_calibration_error(bins), (3 * (0.8 - 2.0 / 3) + 0.4) / 4, 1e-12);
    EXPECT_EQ(reliability({answer(true, 1.0, 0)}, 15).back().count, 1) << "certainty belongs to the last bin";
    EXPECT_EQ(expected_calibration_error(reliability({}, 15)), 0);
}

// Twenty answers of one probability: the mean gap is that of a binomial distribution, summed outright.
TEST(Metrics, CalibrationErrorByChanceIsTheBinomialOne) {
    constexpr int n = 20;
    constexpr double p = 0.7;
    double gap = 0, weight = std::pow(1 - p, n);
    for (int right = 0; right <= n; ++right) {
        gap += weight * std::abs(static_cast<double>(right) / n - p);
        weight *= p / (1 - p) * (n - right) / (right + 1);
    }
    const std::vector<Answer> answers(n, answer(true, p, 0));
    const Estimate by_chance = calibration_error_by_chance(answers);
    EXPECT_NEAR(by_chance.value, gap, 0.006);  // of 1000 draws
    EXPECT_LT(by_chance.low, 0.01);
    EXPECT_NEAR(by_chance.high, 0.2, 0.051);  // 10 or 18 right of 20
    EXPECT_EQ(calibration_error_by_chance({}).count, 0);
    EXPECT_EQ(calibration_error_by_chance(std::vector<Answer>(n, answer(true, 1.0, 0))).value, 0) << "what is certain is right";
}

TEST(Metrics, ConfusionMatrixHasTheTruthInRows) {
    const std::vector<Answer> answers = {{0, 1, 1, 0, 0, 0}, {0, 1, 1, 0, 0, 0}, {2, 2, 0, 0, 0, 0}};
    EXPECT_EQ(confusion_matrix(answers, 3), (std::vector<int>{0, 2, 0, 0, 0, 0, 0, 0, 1}));
}

}  // namespace
}  // namespace friedel
