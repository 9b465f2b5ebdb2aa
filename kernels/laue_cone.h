// The cone of reciprocal space that holds one representative of each set of Laue equivalents, the largest in the order of h, then k,
// then l: the reflections with h.w >= 0 for each of its few walls w. A reflection on no wall has as many equivalents as the Laue class
// has operations; on walls, which of them it lies on decides how many fall together and which operations may extinguish it.
// host/crystals/laue_cone.h derives it from the operations.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/block.h"

namespace friedel {

struct LaueCone {
    static constexpr int max_walls = 6;

    // Whole numbers, held as doubles that their products with indices do not overflow.
    double wall[max_walls][3];
    double inverse[max_walls];  // 1 / |wall[i][2]|, or 0
    // The rows (h, k) that the cone's shadow on l = 0 leaves out: h.s < 0.
    std::int64_t shadow[2][2];
    // By the set of walls that a reflection lies on, as bits: its multiplicity, Friedel mates counted, and the representatives that map it
    // onto itself with a translation of their own.
    std::uint64_t fixing[1 << max_walls];
    std::int16_t multiplicity[1 << max_walls];
    std::int32_t walls;
    std::int32_t shadows;
    std::int32_t k_not_negative;  // throughout the cone
};

// The part of a row (h, k) that lies in the cone: l from `first` to `last`, empty if first > last.
struct LaueRow {
    int first, last;
    // Sets of walls, max_walls bits each: those that hold the whole row, that end it at `first`, that end it at `last`, on a reflection.
    std::uint32_t on;

    // The walls that reflection l of the row lies on.
    FRIEDEL_FN std::uint32_t walls_at(int l) const {
        constexpr int shift = LaueCone::max_walls;
        return (on | (l == first ? on >> shift : 0) | (l == last ? on >> 2 * shift : 0)) & ((1u << shift) - 1);
    }
};

constexpr int largest_index = 1023;

// Indices within +-largest_index.
FRIEDEL_FN LaueRow row_in_cone(const LaueCone& cone, int h, int k) {
    constexpr int unlimited = 2048;
    const LaueRow empty{0, -1, 0};
    for (int i = 0; i < cone.shadows; ++i) {
        if (h * cone.shadow[i][0] + k * cone.shadow[i][1] < 0) return empty;
    }
    int first = -unlimited, last = unlimited;
    std::uint32_t inside = 0, at_first = 0, at_last = 0;
    for (int i = 0; i < cone.walls; ++i) {
        const double* w = cone.wall[i];
        const double level = h * w[0] + k * w[1];
        const std::uint32_t bit = std::uint32_t{1} << i;
        if (w[2] == 0) {
            if (level < 0) return empty;
            if (level == 0) inside |= bit;
            continue;
        }
        // level + l w2 >= 0: the row begins at l = -level / w2, rounded up, or ends at level / |w2|, rounded down. The fraction of a
        // quotient that is not whole is at least 2^-25, its rounding error below 2^-40 where it matters.
        const double quotient = floor(level * cone.inverse[i] + 1.0 / (1 << 26));
        const int bound = quotient < -unlimited ? -unlimited : (quotient > unlimited ? unlimited : static_cast<int>(quotient));
        const bool begins = w[2] > 0;
        const std::uint32_t reached = bound * fabs(w[2]) == level ? bit : 0;
        if (begins) {
            if (-bound > first) at_first = 0;
            if (-bound >= first) at_first |= reached;
            first = -bound > first ? -bound : first;
        } else {
            if (bound < last) at_last = 0;
            if (bound <= last) at_last |= reached;
            last = bound < last ? bound : last;
        }
    }
    return {first, last, inside | at_first << LaueCone::max_walls | at_last << 2 * LaueCone::max_walls};
}

}  // namespace friedel
