// Correlation of two patterns: the product of both once each has no mean and unit norm.
#pragma once

#include <cmath>

#include "kernels/block.h"

namespace friedel {

inline float dot(const float* a, const float* b, int n) {
    float sum = 0;
    FRIEDEL_SIMD_SUM(sum)
    for (int i = 0; i < n; ++i) sum += a[i] * b[i];
    return sum;
}

// To no mean and unit norm; values that are all alike become 0.
inline void normalise(float* values, int n) {
    float mean = 0;
    FRIEDEL_SIMD_SUM(mean)
    for (int i = 0; i < n; ++i) mean += values[i];
    mean /= static_cast<float>(n);
    for (int i = 0; i < n; ++i) values[i] -= mean;
    const float square = dot(values, values, n), scale = square > 0 ? 1 / std::sqrt(square) : 0.0f;
    for (int i = 0; i < n; ++i) values[i] *= scale;
}

}  // namespace friedel
