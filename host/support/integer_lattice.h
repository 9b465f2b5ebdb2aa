// Lattices of vectors of whole numbers, and 3 x 3 systems of equations in whole numbers.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "host/support/error.h"
#include "host/support/matrix3.h"

namespace friedel {

// A lattice by a triangular basis: the i-th vector is zero before its i-th component, which is positive, or zero altogether where no
// vector of the lattice begins there.
template <std::size_t n>
class IntegerLattice {
public:
    using Vector = std::array<int, n>;
    using Basis = std::array<Vector, n>;

    const Basis& basis() const { return basis_; }

    // Of all lattices that have the vector too, the smallest.
    void add(Vector v) {
        for (std::size_t i = 0; i < n; ++i) {
            while (v[i] != 0) {  // Euclid, on whole vectors
                subtract(basis_[i], basis_[i][i] / v[i], v);
                std::swap(basis_[i], v);
            }
            if (basis_[i][i] < 0)
                for (int& component : basis_[i]) component = -component;
        }
    }

    // The one vector of each class modulo `multiple` times the lattice that it is told by.
    Vector reduced(const Vector& v, int multiple = 1) const { return reduced_from(0, v, multiple); }

    // In units of the basis. v must be a vector of the lattice.
    Vector coordinates(Vector v) const {
        Vector result{};
        for (std::size_t i = 0; i < n; ++i) {
            if (v[i] % basis_[i][i] != 0) fail("a vector is not of the lattice; this is an error in friedel");
            result[i] = v[i] / basis_[i][i];
            subtract(v, result[i], basis_[i]);
        }
        return result;
    }

    // The basis that a lattice has once only, Hermite's: every vector reduced by those behind it.
    Basis hermite_basis() const {
        Basis result = basis_;
        for (std::size_t i = 0; i < n; ++i) result[i] = reduced_from(i + 1, basis_[i], 1);
        return result;
    }

    // In that of all integer vectors; 0: infinite.
    int index() const {
        int product = 1;
        for (std::size_t i = 0; i < n; ++i) product *= basis_[i][i];
        return product;
    }

private:
    static void subtract(Vector& from, int factor, const Vector& v) {
        for (std::size_t i = 0; i < n; ++i) from[i] -= factor * v[i];
    }

    Vector reduced_from(std::size_t first, Vector v, int multiple) const {
        for (std::size_t i = first; i < n; ++i) {
            if (basis_[i][i] == 0) continue;
            const int length = multiple * basis_[i][i];
            const int quotient = v[i] / length - (v[i] % length < 0 ? 1 : 0);
            subtract(v, quotient * multiple, basis_[i]);
        }
        return v;
    }

    Basis basis_{};
};

// left m right = diagonal, with left and right unimodular: the Smith normal form without its order of divisors. The equations m x = b in
// whole numbers fall apart: diagonal y = left b, and x = right y.
struct DiagonalForm {
    explicit DiagonalForm(const Matrix3<int>& m);

    Matrix3<int> left = unit_matrix<int>, right = unit_matrix<int>, diagonal;
    int rank = 0;  // entries of the diagonal that are not zero, the first ones

private:
    void add_row(int to, int from, int factor);
    void add_column(int to, int from, int factor);
    bool bring_smallest_to(int k);
    bool clear_beside(int k);
};

}  // namespace friedel
