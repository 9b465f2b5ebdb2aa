// A matrix product as a backend is asked for it.
#pragma once

#include "host/support/transpose.h"

namespace friedel {

struct Operand;

// op(a) op(b), with op(a) [rows][inner] and op(b) [inner][columns].
struct Product {
    const Operand* a;
    Transpose transpose_a;
    const Operand* b;
    Transpose transpose_b;
    int rows, columns, inner;
};

}  // namespace friedel
