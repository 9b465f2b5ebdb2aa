// Matrices of operands on the processor: of floats, or of bfloat16, whose rows the matrix products want further apart.
#pragma once

#include <cstddef>
#include <type_traits>

#include "host/network/bf16_gemm.h"
#include "kernels/block.h"

namespace friedel {

// Elements from one row to the next.
template <class Value>
int operand_stride(int columns) {
    return std::is_same_v<Value, Bfloat16> ? bf16_stride(columns) : columns;
}

// Where a row starts.
template <class Value>
std::size_t operand_row(int row, int columns) {
    return static_cast<std::size_t>(row) * operand_stride<Value>(columns);
}

// to[n], between operands and floats.
template <class To, class From>
void convert(To* to, const From* from, int n) {
    FRIEDEL_SIMD
    for (int i = 0; i < n; ++i) to[i] = To(static_cast<float>(from[i]));
}

}  // namespace friedel
