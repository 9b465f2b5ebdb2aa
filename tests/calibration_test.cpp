// What calibration fits and chooses, on answers whose right values are known by hand.
#include "host/answers/calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "host/support/error.h"

namespace friedel {
namespace {

TEST(Calibration, RulesByHand) {
    std::vector<Outcome> outcomes;  // the 20 surest right, then right and wrong in turn
    for (int i = 0; i < 40; ++i) outcomes.push_back({0.1f * static_cast<float>(i), i < 20 || i % 2 == 0});
    const RefusalRule sure = rule_for_accuracy(outcomes, 1.0);
    EXPECT_DOUBLE_EQ(sure.coverage, 21.0 / 40);
    EXPECT_DOUBLE_EQ(sure.accuracy, 1);
    EXPECT_GT(sure.entropy_threshold, 2.0f);
    EXPECT_LT(sure.entropy_threshold, 2.1f);
    const RefusalRule half = rule_for_coverage(outcomes, 0.75);
    EXPECT_DOUBLE_EQ(half.coverage, 0.75);
    EXPECT_DOUBLE_EQ(half.accuracy, 25.0 / 30);
    EXPECT_TRUE(std::isinf(rule_for_coverage(outcomes, 1).entropy_threshold));
    for (Outcome& outcome : outcomes) outcome.correct = false;
    EXPECT_THROW(rule_for_accuracy(outcomes, 0.5), Error);
    EXPECT_THROW(rule_for_coverage({outcomes.begin(), outcomes.begin() + 5}, 0.5), Error);
}

// Answers of a network that gives crystal system 1 a probability `sure` and the others what is left, in logits that are twice too sure; of
// every 7 000 such patterns `right` are of system 1.
void add_answers(KnownAnswers& answers, double sure, int right) {
    constexpr int of_system[] = {1, 3, 16, 75, 143, 168, 195};
    answers.members = 1;
    answers.classes = 7;
    for (int i = 0; i < 7000; ++i) {
        for (int c = 0; c < 7; ++c) answers.logits.push_back(c == 0 ? 2 * static_cast<float>(std::log(6 * sure / (1 - sure))) : 0);
        answers.known.emplace_back().space_group = of_system[i < right ? 0 : 1 + i % 6];
    }
}

TEST(Calibration, FindsHowFarToBelieve) {
    // Right as often as the half as sure network says: the temperature is 2, and nothing is left to doubt.
    KnownAnswers answers;
    for (const double sure : {0.3, 0.7, 0.99}) add_answers(answers, sure, static_cast<int>(std::lround(7000 * sure)));
    Belief belief = fit_belief(answers, Target::crystal_system);
    EXPECT_NEAR(belief.temperature, 2, 0.02);
    EXPECT_NEAR(belief.doubt, 0, 0.002);

    // A tenth of them is of any system at all, however sure the network is.
    KnownAnswers doubtful;
    for (const double sure : {0.3, 0.7, 0.99}) add_answers(doubtful, sure, static_cast<int>(std::lround(7000 * (0.9 * sure + 0.1 / 7))));
    belief = fit_belief(doubtful, Target::crystal_system);
    EXPECT_NEAR(belief.temperature, 2, 0.02);
    EXPECT_NEAR(belief.doubt, 0.1, 0.002);
    const float first = doubtful.probabilities(belief)[7 * 14000];
    EXPECT_NEAR(first, 0.9 * 0.99 + 0.1 / 7, 0.002);
    // What is given is kept, and the other one makes the best of it.
    EXPECT_EQ(fit_belief(doubtful, Target::crystal_system, {1.5f, {}}).temperature, 1.5f);
    belief = fit_belief(doubtful, Target::crystal_system, {{}, 0.0f});
    EXPECT_EQ(belief.doubt, 0);
    EXPECT_GT(belief.temperature, 2.2f);
}

TEST(Calibration, WhichAnswersAreSureIsForTheNewBeliefToSay) {
    KnownAnswers answers;
    for (const double sure : {0.3, 0.95}) add_answers(answers, sure, 7000);
    for (Known& one : answers.known) one.reasons = {"unlike", ""};
    answers.known[13999].reasons = {"unlike", "no lines"};
    answers.sure = 0.9f;
    answers.decide_refusals({2, 0});  // 0.3 and 0.95, as it is
    EXPECT_EQ(answers.known[0].refused, "unlike");
    EXPECT_EQ(answers.known[7000].refused, "");
    EXPECT_EQ(answers.known[13999].refused, "no lines");
    answers.decide_refusals({2, 0.2f});  // 0.79
    EXPECT_EQ(answers.known[7000].refused, "unlike");
    EXPECT_EQ(answers.known[13999].refused, "unlike");
}

TEST(Calibration, WhatIsLeftOutIsLeftOutOfEveryMember) {
    KnownAnswers answers;
    answers.members = answers.classes = 2;
    answers.logits = {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17};  // [2][4][2]
    answers.votes = {20, 21, 22, 23, 24, 25, 26, 27};                           // [4][2]
    for (int i = 0; i < 4; ++i) answers.known.push_back({i + 1, static_cast<std::size_t>(i), {}, i == 3 ? "no lines" : "", i != 1});
    answers.leave_out_uncovered();
    ASSERT_EQ(answers.size(), 3u);
    EXPECT_EQ(answers.logits, (std::vector<float>{0, 1, 4, 5, 6, 7, 10, 11, 14, 15, 16, 17}));
    answers.leave_out_refused();
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_EQ(answers.logits, (std::vector<float>{0, 1, 4, 5, 10, 11, 14, 15}));
    EXPECT_EQ(answers.votes, (std::vector<float>{20, 21, 24, 25}));
    EXPECT_TRUE(answers.indexed.empty());
    EXPECT_EQ(answers.known[1].space_group, 3);
    EXPECT_EQ(answers.known[1].source, 2u);
}

// The promise of conformal sets holds whatever the probabilities are worth: here they are noise with a little truth in it.
TEST(Calibration, SetsHoldTheTruthAsOftenAsPromised) {
    std::mt19937 random(5);
    std::normal_distribution<float> normal(0, 2);
    const auto patterns = [&](int n) {
        KnownAnswers answers;
        answers.members = 1;
        answers.classes = 7;
        constexpr int of_system[] = {1, 3, 16, 75, 143, 168, 195};
        for (int i = 0; i < n; ++i) {
            const int truth = static_cast<int>(random() % 7);
            for (int c = 0; c < 7; ++c) answers.logits.push_back(normal(random) + (c == truth ? 1.5f : 0));
            answers.known.emplace_back().space_group = of_system[truth];
        }
        return answers;
    };
    constexpr int fitted_on = 99, asked = 200, rounds = 200;
    for (const double level : {0.8, 0.95}) {
        int held = 0;
        double size = 0;
        for (int round = 0; round < rounds; ++round) {
            const float threshold = set_probability(patterns(fitted_on), Target::crystal_system, {}, level);
            const KnownAnswers others = patterns(asked);
            const std::vector<float> probabilities = others.probabilities({});
            for (std::size_t i = 0; i < others.size(); ++i) {
                held += probabilities[7 * i + static_cast<std::size_t>(class_of(Target::crystal_system, others.known[i].space_group))] >=
                        threshold;
                for (std::size_t c = 0; c < 7; ++c) size += probabilities[7 * i + c] >= threshold;
            }
        }
        constexpr double all = rounds * asked;
        EXPECT_NEAR(held / all, level, 0.012) << "with 99 patterns the promise is exact on average";
        EXPECT_LT(size / all, 6.5) << "and the sets leave something out";
    }
    EXPECT_THROW(set_probability(patterns(30), Target::crystal_system, {}, 0.99), Error) << "30 patterns cannot promise 99 %";
}

}  // namespace
}  // namespace friedel
