// The lattices of the space groups: their types, cells of a given shape and volume, and whether a cell has more symmetry than its type by
// accident (twofold axes as Le Page, J. Appl. Cryst. 15, 255 (1982), finds them: a row of the lattice along a row of its reciprocal).
#pragma once

#include <cstdint>

#include "kernels/crystal.h"
#include "kernels/metric.h"
#include "kernels/real_math.h"

namespace friedel {

// Bravais types as the standard settings have them: one-face-centred orthorhombic cells occur as C and as A.
enum class BravaisLattice : std::uint8_t { aP, mP, mC, oP, oC, oA, oF, oI, tP, tI, hP, hR, cP, cF, cI };
constexpr int bravais_lattices = 15;

FRIEDEL_FN bool triclinic(BravaisLattice type) { return type == BravaisLattice::aP; }
FRIEDEL_FN bool monoclinic(BravaisLattice type) { return type == BravaisLattice::mP || type == BravaisLattice::mC; }
FRIEDEL_FN bool rhombohedral_or_hexagonal(BravaisLattice type) { return type == BravaisLattice::hP || type == BravaisLattice::hR; }
FRIEDEL_FN bool cubic(BravaisLattice type) { return type >= BravaisLattice::cP; }
FRIEDEL_FN bool equal_a_b(BravaisLattice type) { return type >= BravaisLattice::tP; }

// Twofold axes of the holohedry, by which it is generated together with the inversion.
FRIEDEL_FN int twofold_axes(BravaisLattice type) {
    if (triclinic(type)) return 0;
    if (monoclinic(type)) return 1;
    if (type < BravaisLattice::tP) return 3;
    if (type < BravaisLattice::hP) return 5;
    return type == BravaisLattice::hP ? 7 : (type == BravaisLattice::hR ? 3 : 9);
}

// The cell with this volume (angstrom^3); shape: ln b/a, ln c/a, alpha, beta, gamma in degrees, of which only what the type leaves free
// counts. Angles are kept within bounds that enclose a volume.
FRIEDEL_FN void cell_of_shape(float* cell, const float* shape, BravaisLattice type, float volume) {
    const float b = equal_a_b(type) ? 1.0f : expf(shape[0]), c = cubic(type) ? 1.0f : expf(shape[1]);
    float angle[3] = {90, 90, rhombohedral_or_hexagonal(type) ? 120.0f : 90.0f};
    for (int i = 0; i < 3; ++i) {
        if (triclinic(type) || (monoclinic(type) && i == 1))
            angle[i] = shape[2 + i] < 50 ? 50.0f : (shape[2 + i] > 130 ? 130.0f : shape[2 + i]);
    }
    float unit = 0;  // volume of a cell with a = 1, b and c taken out
    for (int shrink = 0; shrink < 8; ++shrink) {
        const float ca = cosf(angle[0] * degree<float>), cb = cosf(angle[1] * degree<float>), cg = cosf(angle[2] * degree<float>);
        unit = unit_volume_sq(ca, cb, cg);
        if (unit > 0.05f) break;
        for (float& one : angle) one = 90 + 0.7f * (one - 90);
    }
    const float a = cbrtf(volume / (b * c * sqrtf(unit)));
    cell[0] = a;
    cell[1] = b * a;
    cell[2] = c * a;
    for (int i = 0; i < 3; ++i) cell[3 + i] = angle[i];
}

// Whether the rotation about the row u that a reciprocal row h is parallel to, R = 2 u h / (u . h) - 1, leaves the metric as it is, within
// a tolerance of the lengths of edges (angstrom), and maps the lattice on itself.
FRIEDEL_FN bool is_twofold_axis(const int* u, const int* h, const Metric<float>& g, float longest, const OperationSet& operations) {
    constexpr float tolerance = 0.03f;
    const int product = u[0] * h[0] + u[1] * h[1] + u[2] * h[2];
    // In a primitive cell R is whole: u . h is 1 or 2 (Le Page).
    if (product == 0 || (operations.centrings_count == 1 && (product > 2 || product < -2))) return false;
    float r[9];
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column)
            r[3 * row + column] = static_cast<float>(2 * u[row] * h[column]) / static_cast<float>(product) - (row == column ? 1.0f : 0.0f);
    }
    for (int e = 0; e < 6; ++e) {
        if (fabsf(transformed_element(g, r, e) - g.m[e]) > 2 * tolerance * longest) return false;
    }
    constexpr float unit = 1.0f / translation_denominator;
    for (int v = 0; v < 2 + operations.centrings_count; ++v) {
        // The edges, then the centring translations.
        const float t[3] = {v < 3 ? static_cast<float>(v == 0) : operations.centrings[3 * (v - 2)] * unit,
                            v < 3 ? static_cast<float>(v == 1) : operations.centrings[3 * (v - 2) + 1] * unit,
                            v < 3 ? static_cast<float>(v == 2) : operations.centrings[3 * (v - 2) + 2] * unit};
        bool in_lattice = false;
        for (int c = 0; c < operations.centrings_count && !in_lattice; ++c) {
            in_lattice = true;
            for (int row = 0; row < 3; ++row) {
                const float image = r[3 * row] * t[0] + r[3 * row + 1] * t[1] + r[3 * row + 2] * t[2];
                const float step = image - operations.centrings[3 * c + row] * unit;
                in_lattice = in_lattice && fabsf(step - nearest(step)) < 1e-3f;
            }
        }
        if (!in_lattice) return false;
    }
    return true;
}

FRIEDEL_FN float largest_of(float x, float y, float z) {
    const float xy = x > y ? x : y;
    return xy > z ? xy : z;
}

// How far a row times `by` is from whole numbers.
FRIEDEL_FN float off_row(float x, float y, float z, float by) {
    return fabsf(x * by - nearest(x * by)) + fabsf(y * by - nearest(y * by)) + fabsf(z * by - nearest(z * by));
}

// Whether the metric has the symmetry of its type and no more: no twofold axis that the type lacks.
template <class Block>
FRIEDEL_FN bool has_only_its_symmetry(Block& block, const float* cell, BravaisLattice type, const OperationSet& operations) {
    if (cubic(type)) return true;
    constexpr int reach = 3, side = 2 * reach + 1, rows = side * side * side / 2, tile = Block::tile;
    constexpr int largest_row_index = 4;
    constexpr float tolerance = 0.015f;
    const Metric<float> g = direct_metric(cell);
    const float longest = largest_of(cell[0], cell[1], cell[2]);
    const int axes = block.template sum<int>((rows + tile - 1) / tile, [&](int part) {
        const int begin = part * tile, n = rows - begin < tile ? rows - begin : tile;
        // Rows come in opposite pairs: half of them. The row u is along h = G u, of which indices up to 4 are tried.
        std::int32_t index[tile];
        FRIEDEL_SIMD
        for (int a = 0; a < n; ++a) {
            const int i = begin + a;
            const float u = static_cast<float>(i / (side * side) - reach), v = static_cast<float>(i / side % side - reach),
                        w = static_cast<float>(i % side - reach);
            const float x = g.m[0] * u + g.m[5] * v + g.m[4] * w, y = g.m[5] * u + g.m[1] * v + g.m[3] * w,
                        z = g.m[4] * u + g.m[3] * v + g.m[2] * w;
            const float ax = fabsf(x), ay = fabsf(y), az = fabsf(z);
            const float xy = ax > ay ? ax : ay, most = xy > az ? xy : az;
            const float scale = 1 / most;
            // The smallest index that brings all three near whole numbers, largest_row_index + 1 if none does. The largest of the three is
            // whole, so two may be off, each by the index times the tolerance. (Written out: g++ does not vectorise it with functions of
            // three values, as Metric::times() and largest_of() are.)
            const float one = off_row(x, y, z, scale), two = off_row(x, y, z, 2 * scale), three = off_row(x, y, z, 3 * scale),
                        four = off_row(x, y, z, 4 * scale);
            std::int32_t found = four < 8 * tolerance ? 4 : largest_row_index + 1;
            found = three < 6 * tolerance ? 3 : found;
            found = two < 4 * tolerance ? 2 : found;
            found = one < 2 * tolerance ? 1 : found;
            index[a] = found;
        }
        int here = 0;
        for (int a = 0; a < n; ++a) {
            if (index[a] > largest_row_index) continue;
            const int i = begin + a;
            const int u[3] = {i / (side * side) - reach, i / side % side - reach, i % side - reach};
            bool multiple = false;
            for (int prime = 2; prime <= reach; ++prime)
                multiple = multiple || (u[0] % prime == 0 && u[1] % prime == 0 && u[2] % prime == 0);
            if (multiple) continue;
            float along[3];
            g.times(along, u);
            const float scale = 1 / largest_of(fabsf(along[0]), fabsf(along[1]), fabsf(along[2]));
            bool axis = false;
            for (int size = index[a]; size <= largest_row_index && !axis; ++size) {
                const float by = scale * static_cast<float>(size);
                const int h[3] = {static_cast<int>(nearest(along[0] * by)), static_cast<int>(nearest(along[1] * by)),
                                  static_cast<int>(nearest(along[2] * by))};
                axis = is_twofold_axis(u, h, g, longest, operations);
            }
            here += axis;
        }
        return here;
    });
    return axes <= twofold_axes(type);
}

}  // namespace friedel
