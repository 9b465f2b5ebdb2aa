// What matrices of operands hold on the device, and how their rows lie.
#pragma once

#include "host/network/precision.h"

namespace friedel::cuda {

inline int operand_size(Precision precision) { return precision == Precision::bf16 ? 2 : 4; }
// Rows of a matrix of operands start at multiples of 16 bytes, as tensor cores and their copy engines want them.
inline int row_stride(Precision precision, int columns) {
    const int step = 16 / operand_size(precision);
    return (columns + step - 1) / step * step;
}

}  // namespace friedel::cuda
