// What the rate of a device's arithmetic is measured with: Backend::calculate(). No stage of the computation uses these loops.
#pragma once

#include "kernels/real_math.h"

namespace friedel {

// value[n] computed upon `times` times. Values stay within bounds.
FRIEDEL_FN void repeat_multiply_add(float* value, int n, int times) {
    for (int t = 0; t < times; ++t) {
        FRIEDEL_SIMD
        for (int i = 0; i < n; ++i) value[i] = 0.75f * value[i] + 0.25f;
    }
}
FRIEDEL_FN void repeat_exponential(float* value, int n, int times) {
    for (int t = 0; t < times; ++t) {
        FRIEDEL_SIMD
        for (int i = 0; i < n; ++i) value[i] = exponential(-value[i]);
    }
}

}  // namespace friedel
