// Where the optimiser leaves a parameter once more, as the matrix products multiply it: a table of the tensors that have a matrix of
// operands, rows at the distance that the device chose, so that one pass over all parameters refreshes them too.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/block.h"

namespace friedel {

template <class Value>
struct OperandCopyTable {
    static constexpr int capacity = 32;  // tensors; small enough to be an argument of a kernel
    struct Tensor {
        std::size_t begin, end;         // within the array of all parameters; tensors ascend
        std::uint32_t columns, stride;  // stride: from one row to the next, in values
        Value* to;
    };
    Tensor tensor[capacity];
    int count;

    // Parameter i, which may belong to no tensor.
    FRIEDEL_FN void put(std::size_t i, float parameter) const {
        for (int t = 0; t < count; ++t) {
            const Tensor& here = tensor[t];
            if (i >= here.end) continue;
            if (i < here.begin) return;
            const auto at = static_cast<std::uint32_t>(i - here.begin), row = at / here.columns;
            here.to[static_cast<std::size_t>(row) * here.stride + (at - row * here.columns)] = Value(parameter);
            return;
        }
    }
};

}  // namespace friedel
