// Symmetry operations as whole numbers, translations in 24ths of a cell edge: compared, put in order, multiplied.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "host/crystals/structure.h"
#include "kernels/reflections.h"

namespace friedel {

inline int wrap24(int translation) { return ((translation % translation_denominator) + translation_denominator) % translation_denominator; }

// Rotation by rows, then the translation, each part from 0 to 23.
using OperationKey = std::array<int, 12>;

constexpr OperationKey identity_key = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};

inline OperationKey key_of(const SymmetryOperation& operation) {
    OperationKey key;
    for (int i = 0; i < 9; ++i) key[i] = operation.rotation[i];
    for (int i = 0; i < 3; ++i) key[9 + i] = wrap24(operation.translation[i]);
    return key;
}

// `b`, then `a`.
inline OperationKey compose(const OperationKey& a, const OperationKey& b) {
    OperationKey result;
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) {
            result[3 * row + column] = 0;
            for (int k = 0; k < 3; ++k) result[3 * row + column] += a[3 * row + k] * b[3 * k + column];
        }
        int translation = a[9 + row];
        for (int k = 0; k < 3; ++k) translation += a[3 * row + k] * b[9 + k];
        result[9 + row] = wrap24(translation);
    }
    return result;
}

// An operation that leaves h where it is but changes the phase of its structure factor makes it vanish (International Tables A, 2.2.13).
inline bool is_systematically_absent(const std::array<int, 3>& h, const std::vector<SymmetryOperation>& operations) {
    return std::any_of(operations.begin(), operations.end(), [&](const SymmetryOperation& operation) {
        std::array<int, 3> image;
        transform(image.data(), h.data(), operation.rotation);
        return image == h && shifts_phase(h.data(), operation.translation);
    });
}

}  // namespace friedel
