// 3 x 3 matrices by rows and columns of three, of any numbers.
#pragma once

#include <array>

namespace friedel {

template <class T>
using Matrix3 = std::array<T, 9>;
template <class T>
using Vector3 = std::array<T, 3>;

template <class T>
inline constexpr Matrix3<T> unit_matrix = {1, 0, 0, 0, 1, 0, 0, 0, 1};

template <class T>
Matrix3<T> product(const Matrix3<T>& a, const Matrix3<T>& b) {
    Matrix3<T> result{};
    for (int i = 0; i < 9; ++i) {
        for (int k = 0; k < 3; ++k) result[i] += a[i / 3 * 3 + k] * b[3 * k + i % 3];
    }
    return result;
}

template <class T>
Vector3<T> product(const Matrix3<T>& m, const Vector3<T>& v) {
    Vector3<T> result{};
    for (int i = 0; i < 9; ++i) result[i / 3] += m[i] * v[i % 3];
    return result;
}

template <class Real>
Matrix3<Real> inverse(const Matrix3<Real>& m) {
    Matrix3<Real> adjugate;
    for (int i = 0; i < 9; ++i) {
        const int r0 = (i % 3 + 1) % 3, r1 = (i % 3 + 2) % 3, c0 = (i / 3 + 1) % 3, c1 = (i / 3 + 2) % 3;
        adjugate[i] = m[3 * r0 + c0] * m[3 * r1 + c1] - m[3 * r0 + c1] * m[3 * r1 + c0];
    }
    const Real determinant = m[0] * adjugate[0] + m[1] * adjugate[3] + m[2] * adjugate[6];
    for (Real& element : adjugate) element /= determinant;
    return adjugate;
}

}  // namespace friedel
