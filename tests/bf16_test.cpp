// bfloat16 on the processor: rounding, and matrix products against sums in double precision. Products are skipped where they cannot be had.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <tuple>
#include <vector>

#include "host/network/bf16_gemm.h"
#include "host/network/device.h"
#include "host/support/error.h"

namespace friedel {
namespace {

TEST(Bfloat16, RoundsToTheNearestEven) {
    const auto rounded = [](float x) { return static_cast<float>(Bfloat16(x)); };
    EXPECT_EQ(rounded(1.0f), 1.0f);
    EXPECT_EQ(rounded(-0.15625f), -0.15625f);
    constexpr float place = 1.0f / 128;  // of the last bit above 1
    EXPECT_EQ(rounded(1 + 0.4f * place), 1.0f);
    EXPECT_EQ(rounded(1 + 0.6f * place), 1 + place);
    EXPECT_EQ(rounded(1 + 0.5f * place), 1.0f);
    EXPECT_EQ(rounded(1 + 1.5f * place), 1 + 2 * place);
    EXPECT_EQ(rounded(std::numeric_limits<float>::infinity()), std::numeric_limits<float>::infinity());
    EXPECT_EQ(rounded(std::numeric_limits<float>::max()), std::numeric_limits<float>::infinity());
    EXPECT_TRUE(std::isnan(rounded(std::numeric_limits<float>::quiet_NaN())));
    EXPECT_TRUE(std::isnan(rounded(std::bit_cast<float>(0x7f800001u)))) << "a NaN of low bits alone";
    std::mt19937 random(1);
    for (int i = 0; i < 10000; ++i) {
        const float x = std::ldexp(std::uniform_real_distribution<float>(-1, 1)(random), static_cast<int>(random() % 60) - 30);
        ASSERT_LE(std::abs(rounded(x) - x), std::abs(x) / 256);
    }
}

class Bf16 : public testing::Test {
protected:
    void SetUp() override {
        if (const std::string missing = Bf16Gemm::missing(); !missing.empty()) GTEST_SKIP() << missing;
    }
};

struct Padded {
    Padded(int rows, int columns, unsigned seed) : stride(bf16_stride(columns)), values(static_cast<std::size_t>(rows) * stride) {
        std::mt19937 random(seed);
        // Rubbish between the rows must not matter.
        for (Bfloat16& value : values) value = Bfloat16(std::numeric_limits<float>::quiet_NaN());
        for (int row = 0; row < rows; ++row) {
            for (int column = 0; column < columns; ++column) at(row, column) = Bfloat16(std::normal_distribution<float>()(random));
        }
    }
    Bfloat16& at(int row, int column) { return values[static_cast<std::size_t>(row) * stride + column]; }
    int stride;
    std::vector<Bfloat16> values;
};

TEST_F(Bf16, ProductsAreRightAndTheSameOnAnyNumberOfThreads) {
    Bf16Gemm products;
    ThreadPool alone(1), many(3);
    for (const auto& [rows, columns, inner] :
         std::vector<std::tuple<int, int, int>>{{1, 1, 1}, {5, 7, 3}, {300, 700, 123}, {257, 1100, 64}, {130, 230, 1000}, {700, 65, 33}}) {
        for (const Transpose ta : {Transpose::no, Transpose::yes}) {
            for (const Transpose tb : {Transpose::no, Transpose::yes}) {
                const bool a_turned = ta == Transpose::yes, b_turned = tb == Transpose::yes;
                Padded a(a_turned ? inner : rows, a_turned ? rows : inner, 1), b(b_turned ? columns : inner, b_turned ? inner : columns, 2);
                std::vector<float> one(static_cast<std::size_t>(rows) * columns), three(one.size());
                Padded one_bf16(rows, columns, 3), three_bf16 = one_bf16;
                products.multiply(one.data(), a.values.data(), ta, b.values.data(), tb, rows, columns, inner, alone);
                products.multiply(three.data(), a.values.data(), ta, b.values.data(), tb, rows, columns, inner, many);
                products.multiply(one_bf16.values.data(), a.values.data(), ta, b.values.data(), tb, rows, columns, inner, alone);
                products.multiply(three_bf16.values.data(), a.values.data(), ta, b.values.data(), tb, rows, columns, inner, many);
                ASSERT_EQ(one, three) << rows << ' ' << columns << ' ' << inner;
                for (int row = 0; row < rows; row += 1 + rows / 17) {
                    for (int column = 0; column < columns; column += 1 + columns / 19) {
                        double sum = 0, size = 0;
                        for (int e = 0; e < inner; ++e) {
                            const double x = a_turned ? a.at(e, row) : a.at(row, e), y = b_turned ? b.at(column, e) : b.at(e, column);
                            sum += x * y;
                            size += std::abs(x * y);
                        }
                        ASSERT_NEAR(one[static_cast<std::size_t>(row) * columns + column], sum, 1e-6 * size + 1e-30);
                        ASSERT_NEAR(one_bf16.at(row, column), sum, std::abs(sum) / 256 + 1e-6 * size);
                        ASSERT_EQ(one_bf16.at(row, column).bits, three_bf16.at(row, column).bits);
                    }
                }
            }
        }
    }
}

TEST(Bf16Device, SaysWhatIsMissing) {
    if (Bf16Gemm::missing().empty()) {
        const Device device({"cpu", "bf16"}, 1);
        EXPECT_FALSE(device.backend->operands_are_floats());
        return;
    }
    try {
        const Device device({"cpu", "bf16"}, 1);
        FAIL() << "no bf16 here, and no complaint";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("--precision float"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace friedel
