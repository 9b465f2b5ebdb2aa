#include "kernels/random.h"

#include <gtest/gtest.h>

namespace friedel {
namespace {

// Known answers of Random123's own kat_vectors file, philox4x32 with 10 rounds. Seed is the key; sample, purpose, index the counter.
TEST(Random, KnownAnswers) {
    const Random4 zeros = random4(0, 0, static_cast<Purpose>(0), 0);
    EXPECT_EQ(zeros.bits[0], 0x6627e8d5u);
    EXPECT_EQ(zeros.bits[1], 0xe169c58du);
    EXPECT_EQ(zeros.bits[2], 0xbc57ac4cu);
    EXPECT_EQ(zeros.bits[3], 0x9b00dbd8u);
    const Random4 pi = random4(0x299f31d0a4093822ull, 0x0370734413198a2eull, static_cast<Purpose>(0x85a308d3u), 0x243f6a88u);
    EXPECT_EQ(pi.bits[0], 0xd16cfe09u);
    EXPECT_EQ(pi.bits[1], 0x94fdccebu);
    EXPECT_EQ(pi.bits[2], 0x5001e420u);
    EXPECT_EQ(pi.bits[3], 0x24126ea1u);
}

TEST(Random, UniformIsOpen) {
    EXPECT_GT(uniform_open(0u), 0.0f);
    EXPECT_LT(uniform_open(0xffffffffu), 1.0f);
}

TEST(Random, NormalHasUnitVariance) {
    double sum = 0, squares = 0;
    constexpr int n = 200000;
    for (int i = 0; i < n; ++i) {
        const double x = RandomSequence(7, i, Purpose::instrument).normal();
        sum += x;
        squares += x * x;
    }
    EXPECT_NEAR(sum / n, 0.0, 0.01);
    EXPECT_NEAR(squares / n, 1.0, 0.015);
}

}  // namespace
}  // namespace friedel
