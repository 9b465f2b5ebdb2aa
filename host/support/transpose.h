#pragma once

namespace friedel {

enum class Transpose { no, yes };  // whether a matrix product takes an operand transposed

}  // namespace friedel
