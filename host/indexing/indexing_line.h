// A line as indexing sees it: of an ObservedLine (peak_search.h) not where it lies but the 1/d^2 that this means, which is quadratic in the
// indices and linear in the reciprocal metric, and how far it is to be trusted. Searches and refinements of lattices know no other lines.
#pragma once

#include <vector>

#include "host/indexing/peak_search.h"

namespace friedel {

struct IndexingLine {
    double q;          // 1/d^2 as observed, 1/angstrom^2
    double q_per_deg;  // change of it for a shift of one degree of two-theta
    double sigma;      // standard deviation of q; searches go by a tolerance of their own
    double doubt;      // probability that it is none of the crystal's
    double height;     // of the strongest point of the pattern

    // 1/d^2 if all lines were shifted by so much.
    double q_without(double shift_deg) const { return q - q_per_deg * shift_deg; }

    bool operator==(const IndexingLine&) const = default;
};

// Of all observed lines, in their order. extra_sigma_deg: what positions are off by beyond what counting leaves.
std::vector<IndexingLine> indexing_lines(const ResolvedPattern& pattern, double wavelength_angstrom, double extra_sigma_deg);

}  // namespace friedel
