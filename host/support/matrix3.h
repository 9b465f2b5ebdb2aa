// 3 x 3 matrices by rows, of any numbers.
#pragma once

#include <array>

namespace friedel {

template <class T>
using Matrix3 = std::array<T, 9>;

template <class T>
Matrix3<T> product(const Matrix3<T>& a, const Matrix3<T>& b) {
    Matrix3<T> result{};
    for (int i = 0; i < 9; ++i) {
        for (int k = 0; k < 3; ++k) result[i] += a[i / 3 * 3 + k] * b[3 * k + i % 3];
    }
    return result;
}

}  // namespace friedel
