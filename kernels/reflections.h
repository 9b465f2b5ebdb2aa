// The reflections of a crystal: one representative of each set of Laue equivalents with d >= d_min that its space group does not
// extinguish, with the size of the set. Lattice metrics, strained in ways that keep the crystal system, stand here as well.
// Layout: structure of arrays in block scratch, in the order of (h, k, l).
#pragma once

#include <cstdint>

#include "kernels/crystal.h"
#include "kernels/real_math.h"

namespace friedel {

// Symmetric 3x3 tensor: 11, 22, 33, 23, 13, 12.
template <class Real>
struct Metric {
    Real m[6];

    // x . M . y
    template <class X, class Y>
    FRIEDEL_FN Real product(const X* x, const Y* y) const {
        return m[0] * x[0] * y[0] + m[1] * x[1] * y[1] + m[2] * x[2] * y[2] + m[3] * (x[1] * y[2] + x[2] * y[1]) +
               m[4] * (x[0] * y[2] + x[2] * y[0]) + m[5] * (x[0] * y[1] + x[1] * y[0]);
    }

    FRIEDEL_FN Metric inverse() const {
        const Real c0 = m[1] * m[2] - m[3] * m[3], c5 = m[3] * m[4] - m[5] * m[2], c4 = m[5] * m[3] - m[1] * m[4];
        const Real scale = 1 / (m[0] * c0 + m[5] * c5 + m[4] * c4);
        return {{c0 * scale, (m[0] * m[2] - m[4] * m[4]) * scale, (m[0] * m[1] - m[5] * m[5]) * scale, (m[4] * m[5] - m[0] * m[3]) * scale,
                 c4 * scale, c5 * scale}};
    }
};

// Direct metric of a cell, angstrom^2. Right angles are exact: their rounded cosine would split reflections that coincide.
template <class Real>
FRIEDEL_FN Metric<Real> direct_metric(const Real* cell) {
    Real cosine[3];
    for (int i = 0; i < 3; ++i) cosine[i] = cell[3 + i] == Real(90) ? Real(0) : cos_turns(cell[3 + i] / 360);
    return {{cell[0] * cell[0], cell[1] * cell[1], cell[2] * cell[2], cell[1] * cell[2] * cosine[0], cell[0] * cell[2] * cosine[1],
             cell[0] * cell[1] * cosine[2]}};
}

// Metric after a strain: `strain` holds relative changes e_ij (order of Metric), applied as e_ij |a_i| |a_j| and averaged over the
// point group, so that whatever was drawn, the strained lattice keeps the symmetry: G' = G + <R^T dG R>.
template <class Real>
FRIEDEL_FN Metric<Real> strained_metric(const Metric<Real>& g, const float* strain, const OperationSet& operations) {
    Real edge[3];
    for (int i = 0; i < 3; ++i) edge[i] = square_root(g.m[i]);
    const Metric<Real> change{{strain[0] * edge[0] * edge[0], strain[1] * edge[1] * edge[1], strain[2] * edge[2] * edge[2],
                               strain[3] * edge[1] * edge[2], strain[4] * edge[0] * edge[2], strain[5] * edge[0] * edge[1]}};
    constexpr int row[6] = {0, 1, 2, 1, 0, 0}, column[6] = {0, 1, 2, 2, 2, 1};
    Metric<Real> strained = g;
    const int count = operations.laue_count();
    for (int r = 0; r < count; ++r) {
        const std::int8_t* rotation = operations.representatives[r].rotation;
        for (int e = 0; e < 6; ++e) {
            const Real x[3] = {Real(rotation[row[e]]), Real(rotation[3 + row[e]]), Real(rotation[6 + row[e]])};
            const Real y[3] = {Real(rotation[column[e]]), Real(rotation[3 + column[e]]), Real(rotation[6 + column[e]])};
            strained.m[e] += change.product(x, y) / count;
        }
    }
    return strained;
}

template <class Real>
struct Reflections {
    std::int16_t* h;  // [capacity]
    std::int16_t* k;
    std::int16_t* l;
    std::int16_t* multiplicity;  // Laue equivalents, Friedel mates counted
    Real* stol_sq;               // (sin theta / lambda)^2 = 1 / (4 d^2), 1/angstrom^2
    Real* intensity;             // filled by later stages: |F|^2 of the cell, then multiplicity, Lorentz-polarisation, texture
    int capacity;
    int count;
};

// h' = h R for a reflection as a row vector.
FRIEDEL_FN void transform(int* out, const int* hkl, const std::int8_t* rotation) {
    for (int column = 0; column < 3; ++column) {
        out[column] = hkl[0] * rotation[column] + hkl[1] * rotation[3 + column] + hkl[2] * rotation[6 + column];
    }
}

// Orders reflections by h, then k, then l; indices within +-1023.
FRIEDEL_FN int reflection_key(const int* hkl) { return (hkl[0] * 2048 + hkl[1]) * 2048 + hkl[2]; }

FRIEDEL_FN bool extinguished_by_centring(const int* hkl, const OperationSet& operations) {
    for (int i = 1; i < operations.centrings_count; ++i) {
        const std::int8_t* t = operations.centrings + 3 * i;
        if ((hkl[0] * t[0] + hkl[1] * t[1] + hkl[2] * t[2]) % translation_denominator != 0) return true;
    }
    return false;
}

// A reflection is absent where an operation maps it onto itself with another phase: h R = h and h . t not a whole number.
FRIEDEL_FN bool extinguished(const int* hkl, const OperationSet& operations) {
    if (extinguished_by_centring(hkl, operations)) return true;
    for (int i = 1; i < operations.representatives_count; ++i) {
        const SymmetryOperation& op = operations.representatives[i];
        int image[3];
        transform(image, hkl, op.rotation);
        const bool fixed = image[0] == hkl[0] && image[1] == hkl[1] && image[2] == hkl[2];
        const int phase = hkl[0] * op.translation[0] + hkl[1] * op.translation[1] + hkl[2] * op.translation[2];
        if (fixed && phase % translation_denominator != 0) return true;
    }
    return false;
}

// Number of Laue equivalents if hkl is the largest of them in the order of reflection_key, else 0.
FRIEDEL_FN int multiplicity_if_representative(const int* hkl, const OperationSet& operations) {
    const int key = reflection_key(hkl);
    const int count = operations.laue_count();
    int stabiliser = 0;
    for (int i = 0; i < count; ++i) {
        int image[3];
        transform(image, hkl, operations.representatives[i].rotation);
        const int other = reflection_key(image);
        if (other > key || -other > key) return 0;
        stabiliser += (other == key) + (-other == key);
    }
    return 2 * count / stabiliser;
}

constexpr int max_reflections = 4'000'000;  // of one crystal in one pattern

// Upper bound of the number of reflections with d >= d_min, for sizing scratch: half the lattice points of the sphere, with a shell
// for its surface. Above max_reflections there are too many to compute.
template <class Real>
FRIEDEL_FN int reflections_bound(const Metric<Real>& reciprocal, Real d_min) {
    const Metric<Real> g = reciprocal.inverse();
    const Real longest = square_root(g.m[0] > g.m[1] ? (g.m[0] > g.m[2] ? g.m[0] : g.m[2]) : (g.m[1] > g.m[2] ? g.m[1] : g.m[2]));
    const Real det = g.m[0] * (g.m[1] * g.m[2] - g.m[3] * g.m[3]) - g.m[5] * (g.m[5] * g.m[2] - g.m[3] * g.m[4]) +
                     g.m[4] * (g.m[5] * g.m[3] - g.m[1] * g.m[4]);
    const Real volume = square_root(det > 0 ? det : Real(0));
    const Real points = Real(4.19) * volume / (d_min * d_min * d_min);
    const Real shell = 1 + 2 * d_min / longest;
    const Real bound = Real(0.5) * points * shell + 8 * longest / d_min + 64;
    return bound <= Real(max_reflections) ? static_cast<int>(bound) : max_reflections + 1;
}

// Fills `out` (count, h, k, l, multiplicity, stol_sq); out.count is what was found, at most out.capacity (the rest is dropped: size the
// scratch with reflections_bound). `reciprocal` in 1/angstrom^2, d_min in angstrom.
template <class Real, class Block>
FRIEDEL_FN void find_reflections(Block& block, Reflections<Real>& out, const Metric<Real>& reciprocal, const OperationSet& operations,
                                 Real d_min) {
    const Metric<Real> g = reciprocal.inverse();
    const Real limit = (1 + Real(1e-6)) / (d_min * d_min);
    int half_range[3];
    for (int i = 0; i < 3; ++i) half_range[i] = static_cast<int>(square_root(g.m[i] * limit));
    const int rows = (half_range[0] + 1) * (2 * half_range[1] + 1);
    out.count = block.compact_rows(
        rows,
        // Row (h, k): the l with |s|^2 <= limit lie between the roots of a quadratic.
        [&](int row, int& first, int& last) {
            const int hk[2] = {row / (2 * half_range[1] + 1), row % (2 * half_range[1] + 1) - half_range[1]};
            const Real a = reciprocal.m[2];
            const Real b = reciprocal.m[3] * hk[1] + reciprocal.m[4] * hk[0];
            const Real c = reciprocal.m[0] * hk[0] * hk[0] + reciprocal.m[1] * hk[1] * hk[1] + 2 * reciprocal.m[5] * hk[0] * hk[1] - limit;
            const Real discriminant = b * b - a * c;
            if (discriminant < 0 || (hk[0] == 0 && hk[1] < 0)) {
                first = 0;
                last = -1;
                return;
            }
            const Real root = square_root(discriminant);
            first = static_cast<int>(ceil((-b - root) / a));
            last = static_cast<int>(floor((-b + root) / a));
            if (hk[0] == 0 && hk[1] == 0) first = 1;
        },
        [&](int row, int l) {
            const int hkl[3] = {row / (2 * half_range[1] + 1), row % (2 * half_range[1] + 1) - half_range[1], l};
            if (extinguished_by_centring(hkl, operations)) return 0;
            const int multiplicity = multiplicity_if_representative(hkl, operations);
            return multiplicity && !extinguished(hkl, operations) ? multiplicity : 0;
        },
        [&](int row, int l, int multiplicity, int slot) {
            if (slot >= out.capacity) return;
            const int hkl[3] = {row / (2 * half_range[1] + 1), row % (2 * half_range[1] + 1) - half_range[1], l};
            out.h[slot] = static_cast<std::int16_t>(hkl[0]);
            out.k[slot] = static_cast<std::int16_t>(hkl[1]);
            out.l[slot] = static_cast<std::int16_t>(hkl[2]);
            out.multiplicity[slot] = static_cast<std::int16_t>(multiplicity);
            out.stol_sq[slot] = reciprocal.product(hkl, hkl) / 4;
        });
    if (out.count > out.capacity) out.count = out.capacity;
}

}  // namespace friedel
