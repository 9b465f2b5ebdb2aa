// Reflections by the parities of their indices: centrings forbid whole classes of them, and superlattices leave whole classes weak.
#pragma once

#include <bit>

namespace friedel {

constexpr int index_parities = 8;

// Bit 0: h is odd, bit 1: k, bit 2: l.
inline int index_parity(int h, int k, int l) { return (h & 1) | (k & 1) << 1 | (l & 1) << 2; }

// h.s is odd for reflections of this class; s, 1 to 7, tells one sublattice of index two from the others.
inline bool breaks_sublattice(int parity, int s) { return std::popcount(static_cast<unsigned>(parity & s)) % 2 == 1; }

}  // namespace friedel
