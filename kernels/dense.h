// What stands between two matrix products of a dense network: bias, ReLU and dropout in one pass, and the same backwards with the
// gradient of the bias. Rows are samples. `Value` is what the products multiply: float or bfloat16; sums are float.
// Leaves out: the matrix products themselves.
#pragma once

#include "kernels/random.h"

namespace friedel {

// Which random numbers decide what is dropped; `rate` 0 drops nothing.
struct Dropout {
    float rate = 0;
    std::uint64_t seed = 0;
    std::uint64_t first_sample = 0;  // of row 0
    std::uint32_t layer = 0;         // member * 256 + layer: no two masks of one sample are alike
};

// The rate as 16 random bits can have it, and what is kept, scaled so that the mean stays.
struct DropoutScale {
    std::uint32_t threshold;
    float scale;

    FRIEDEL_FN static DropoutScale of(float rate) {
        const auto threshold = static_cast<std::uint32_t>(rate * 65536.0f + 0.5f);
        return {threshold, 1 / (1 - threshold * (1.0f / 65536.0f))};
    }
};

constexpr int units_per_draw = 8;   // 16 bits of a Philox block each
constexpr int draws_per_pass = 16;  // one vector register of Philox blocks
constexpr int units_per_pass = draws_per_pass * units_per_draw;
constexpr int columns_at_once = 64;  // the most that activate_backward_columns() and bias_gradient_columns() take at once

// Whether a unit stays: `word` holds the 16 bits that decide about it in its lower half where `part` is even, in its upper half where odd.
FRIEDEL_FN bool is_kept(std::uint32_t word, int part, std::uint32_t threshold) { return (word >> (part % 2 * 16) & 0xffffu) >= threshold; }

// Where these bits are: in which draw of the row, and which of its eight parts, two to a word.
struct DropoutPlace {
    int draw, part;
};
FRIEDEL_FN DropoutPlace dropout_place(int unit) {
    return {unit / units_per_pass * draws_per_pass + unit % draws_per_pass, unit % units_per_pass / draws_per_pass};
}

// One row of the output layer: out[j] += bias[j].
template <class Block>
FRIEDEL_FN void add_bias_row(Block& block, float* out, const float* bias, int width) {
    block.for_each_tile(width, [&](int begin, int n) {
        FRIEDEL_SIMD
        for (int j = begin; j < begin + n; ++j) out[j] += bias[j];
    });
}

// A unit of a hidden layer: ReLU of z, which has its bias, dropped unless `keep`, else scaled.
FRIEDEL_FN float activated(float z, bool keep, float scale) { return keep && z > 0 ? z * scale : 0.0f; }

// One row of a hidden layer: out[j] = relu(out[j] + bias[j]), dropped with probability `rate`, else divided by 1 - rate.
template <class Block, class Value>
FRIEDEL_FN void activate_row(Block& block, Value* out, const float* bias, int row, int width, const Dropout& dropout) {
    if (dropout.rate <= 0) {
        block.for_each_tile(width, [&](int begin, int n) {
            FRIEDEL_SIMD
            for (int j = begin; j < begin + n; ++j) {
                const float z = static_cast<float>(out[j]) + bias[j];
                out[j] = Value(activated(z, true, 1));
            }
        });
        return;
    }
    const DropoutScale dropped = DropoutScale::of(dropout.rate);
    const std::uint32_t threshold = dropped.threshold;
    const float scale = dropped.scale;
    const std::uint64_t seed = dropout.seed, sample = dropout.first_sample + row;
    const std::uint32_t first_draw = dropout.layer << 16;
    const int passes = (width + units_per_pass - 1) / units_per_pass;
    block.for_each(passes, [&](int pass) {
        const int begin = pass * units_per_pass;
        const int n = width - begin < units_per_pass ? width - begin : units_per_pass;
        std::uint32_t bits[4][draws_per_pass];
        FRIEDEL_SIMD
        for (int d = 0; d < draws_per_pass; ++d) {
            const Random4 r = random4(seed, sample, Purpose::dropout, first_draw + pass * draws_per_pass + d);
            bits[0][d] = r.bits[0];
            bits[1][d] = r.bits[1];
            bits[2][d] = r.bits[2];
            bits[3][d] = r.bits[3];
        }
        // Sixteen neighbours take the same half of the same word of sixteen blocks.
        for (int part = 0; part < units_per_draw; ++part) {
            const int first = begin + part * draws_per_pass;
            const int last = first + draws_per_pass < begin + n ? first + draws_per_pass : begin + n;
            const std::uint32_t* const word = bits[part / 2];
            FRIEDEL_SIMD
            for (int j = first; j < last; ++j) {
                const float z = static_cast<float>(out[j]) + bias[j];
                out[j] = Value(activated(z, is_kept(word[j - first], part, threshold), scale));
            }
        }
    });
}

// The derivative of what activate_row did to one unit: gradient of its output -> of its input. The activation itself says what was
// dropped or cut: it is 0 there. `scale`: DropoutScale's.
FRIEDEL_FN float activation_gradient(float gradient, float out, float scale) { return out > 0 ? gradient * scale : 0.0f; }

// Columns [begin, begin + count), at most columns_at_once, of all rows of a matrix, which start `stride` values apart.
struct Columns {
    int begin, count, rows, stride;

    // Of the first column.
    FRIEDEL_FN std::size_t place(int row) const { return static_cast<std::size_t>(row) * stride + begin; }
};

// Of a hidden layer: gradient[row][j] becomes that before bias, ReLU and dropout, and bias_gradient[j] its sum over the rows.
template <class Value>
FRIEDEL_FN void activate_backward_columns(Value* gradient, float* bias_gradient, const Value* out, const Columns& columns, float rate) {
    const float scale = DropoutScale::of(rate).scale;
    const int n = columns.count;
    float total[columns_at_once] = {};
    for (int row = 0; row < columns.rows; ++row) {
        Value* const g = gradient + columns.place(row);
        const Value* const y = out + columns.place(row);
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) {
            const float value = activation_gradient(static_cast<float>(g[j]), static_cast<float>(y[j]), scale);
            g[j] = Value(value);
            total[j] += value;
        }
    }
    for (int j = 0; j < n; ++j) bias_gradient[columns.begin + j] = total[j];
}

// The same for the output layer, which has neither ReLU nor dropout.
template <class Value>
FRIEDEL_FN void bias_gradient_columns(float* bias_gradient, const Value* gradient, const Columns& columns) {
    const int n = columns.count;
    float total[columns_at_once] = {};
    for (int row = 0; row < columns.rows; ++row) {
        const Value* const g = gradient + columns.place(row);
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) total[j] += static_cast<float>(g[j]);
    }
    for (int j = 0; j < n; ++j) bias_gradient[columns.begin + j] = total[j];
}

}  // namespace friedel
