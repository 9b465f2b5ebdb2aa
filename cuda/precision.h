// What matrices of operands hold on the device, and how their rows lie.
#pragma once

#include <cuda_bf16.h>

#include "host/network/precision.h"

namespace friedel {
struct Operand;
}

namespace friedel::cuda {

inline int operand_size(Precision precision) { return precision == Precision::bf16 ? 2 : 4; }
// Rows of a matrix of operands start at multiples of 16 bytes, as tensor cores and their copy engines want them.
inline int row_stride(Precision precision, int columns) {
    const int step = 16 / operand_size(precision);
    return (columns + step - 1) / step * step;
}

// Calls f with the operands as what they are.
template <class F>
void with_operands(Precision precision, Operand* operands, F&& f) {
    if (precision == Precision::bf16) {
        f(reinterpret_cast<__nv_bfloat16*>(operands));
    } else {
        f(reinterpret_cast<float*>(operands));
    }
}
template <class F>
void with_operands(Precision precision, const Operand* operands, F&& f) {
    with_operands(precision, const_cast<Operand*>(operands), [&]<class Value>(Value* values) { f(const_cast<const Value*>(values)); });
}

}  // namespace friedel::cuda
