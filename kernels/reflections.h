// The reflections of a crystal: one representative of each set of Laue equivalents with d >= d_min that its space group does not
// extinguish, with the size of the set.
// Layout: structure of arrays in block scratch, in the order of (h, k, l).
#pragma once

#include <cstdint>

#include "kernels/crystal.h"
#include "kernels/metric.h"
#include "kernels/real_math.h"

namespace friedel {

template <class Real>
struct Reflections {
    std::int16_t* h;  // [capacity]
    std::int16_t* k;
    std::int16_t* l;
    std::int16_t* multiplicity;  // Laue equivalents, Friedel mates counted
    Real* stol_sq;               // (sin theta / lambda)^2 = 1 / (4 d^2), 1/angstrom^2
    Real* intensity;             // filled by later stages: |F|^2 of the cell, then times multiplicity and texture
    int capacity;
    int count;
};

// h' = h R for a reflection as a row vector.
FRIEDEL_FN void transform(int* out, const int* hkl, const std::int8_t* rotation) {
    for (int column = 0; column < 3; ++column) {
        out[column] = hkl[0] * rotation[column] + hkl[1] * rotation[3 + column] + hkl[2] * rotation[6 + column];
    }
}

// Whether a translation, in 24ths, shifts the phase of a reflection: h . t is no whole number.
FRIEDEL_FN bool shifts_phase(const int* hkl, const std::int8_t* t) {
    return (hkl[0] * t[0] + hkl[1] * t[1] + hkl[2] * t[2]) % translation_denominator != 0;
}

FRIEDEL_FN bool absent_by_centring(const int* hkl, const OperationSet& operations) {
    for (int i = 1; i < operations.centrings_count; ++i) {
        if (shifts_phase(hkl, operations.centrings + 3 * i)) return true;
    }
    return false;
}

// A reflection is absent where an operation maps it onto itself with another phase (International Tables A, 2.2.13).
// `fixing`: the representatives that map it onto itself, as bits (LaueCone::fixing).
FRIEDEL_FN bool systematically_absent(const int* hkl, const OperationSet& operations, std::uint64_t fixing) {
    if (absent_by_centring(hkl, operations)) return true;
    for (; fixing; fixing &= fixing - 1) {
        if (shifts_phase(hkl, operations.representatives[count_trailing_zeros(fixing)].translation)) return true;
    }
    return false;
}

constexpr int max_reflections = 4'000'000;  // of one crystal in one pattern

// Upper bound of the number of reflections with d >= d_min, for sizing scratch: half the lattice points of the sphere, with a shell
// for its surface. Above max_reflections there are too many to compute, or their indices are beyond those of row_in_cone().
template <class Real>
FRIEDEL_FN int reflections_bound(const Metric<Real>& reciprocal, Real d_min) {
    const Metric<Real> g = reciprocal.inverse();
    const Real longest = square_root(g.m[0] > g.m[1] ? (g.m[0] > g.m[2] ? g.m[0] : g.m[2]) : (g.m[1] > g.m[2] ? g.m[1] : g.m[2]));
    const Real points = Real(4 * pi_d / 3) * g.volume() / (d_min * d_min * d_min);
    const Real shell = 1 + 2 * d_min / longest;
    const Real bound = Real(0.5) * points * shell + 8 * longest / d_min + 64;
    const bool countable = bound <= Real(max_reflections) && longest <= largest_index * d_min;
    return countable ? static_cast<int>(bound) : max_reflections + 1;
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
    const LaueCone& cone = *operations.cone;
    const int first_k = cone.k_not_negative ? 0 : -half_range[1], columns = half_range[1] - first_k + 1;
    const Real inverse_a = 1 / reciprocal.m[2];
    // Of the row in hand: compact_rows asks for a row's bounds, then for its items.
    LaueRow part{};
    int hkl[3] = {};
    // Row (h, k): the l in the cone for which |s|^2 <= limit, between the roots of a quadratic.
    const auto bounds = [&](int row, int& first, int& last) {
        hkl[0] = row / columns;
        hkl[1] = row - hkl[0] * columns + first_k;
        part = row_in_cone(cone, hkl[0], hkl[1]);
        first = part.first;
        last = part.last;
        if (first > last) return;
        const Real h = static_cast<Real>(hkl[0]), k = static_cast<Real>(hkl[1]), a = reciprocal.m[2];
        const Real b = reciprocal.m[3] * k + reciprocal.m[4] * h;
        const Real c = reciprocal.m[0] * h * h + reciprocal.m[1] * k * k + 2 * reciprocal.m[5] * h * k - limit;
        const Real discriminant = b * b - a * c;
        if (discriminant < 0) {
            last = first - 1;
            return;
        }
        const Real root = square_root(discriminant);
        const int nearest_l = static_cast<int>(ceil((-b - root) * inverse_a)),
                  farthest_l = static_cast<int>(floor((-b + root) * inverse_a));
        if (nearest_l > first) first = nearest_l;
        if (farthest_l < last) last = farthest_l;
        if (hkl[0] == 0 && hkl[1] == 0 && first < 1) first = 1;  // 0 0 0 is no reflection
    };
    const auto multiplicity_of = [&](int, int l) {
        hkl[2] = l;
        const std::uint32_t on = part.walls_at(l);
        return systematically_absent(hkl, operations, cone.fixing[on]) ? 0 : cone.multiplicity[on];
    };
    const auto keep = [&](int, int l, int multiplicity, int slot) {
        if (slot >= out.capacity) return;
        hkl[2] = l;
        out.h[slot] = static_cast<std::int16_t>(hkl[0]);
        out.k[slot] = static_cast<std::int16_t>(hkl[1]);
        out.l[slot] = static_cast<std::int16_t>(l);
        out.multiplicity[slot] = static_cast<std::int16_t>(multiplicity);
        out.stol_sq[slot] = reciprocal.product(hkl, hkl) / 4;
    };
    out.count = block.compact_rows((half_range[0] + 1) * columns, bounds, multiplicity_of, keep);
    if (out.count > out.capacity) out.count = out.capacity;
}

}  // namespace friedel
