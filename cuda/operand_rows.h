// A matrix of operands in device memory as kernels take it, by value.
#pragma once

#include "kernels/block.h"

namespace friedel::cuda {

// Value: float or __nv_bfloat16; rows lie `stride` values apart.
template <class Value>
struct OperandRows {
    Value* data;
    int rows, columns, stride;

    FRIEDEL_FN Value* row(std::size_t i) const { return data + i * stride; }
};

}  // namespace friedel::cuda
