// Lattices that may explain the first lines of a powder pattern. All but one parameter of the reciprocal metric follow from two or three
// lines taken for those of a plane net (or of two nets with a row in common); every line then votes, with each index it might have, for
// values of the last parameter (the idea of Visser, J. Appl. Cryst. 2 (1969) 89, with votes for trials), so that impurities only cost
// votes. Leaves out: refinement and the choice among what is found (indexing.h).
#pragma once

#include <vector>

#include "host/indexing/bravais_lattice.h"

namespace friedel {

struct SearchLine {
    double q;          // 1/d^2 as observed, 1/angstrom^2
    double q_per_deg;  // change of it for a shift of one degree of two-theta
    double doubt;      // probability that it is none of the lattice's

    bool operator==(const SearchLine&) const = default;
};

struct LatticeCandidate {
    BravaisLattice lattice;
    Metric<double> reciprocal;
    double shift_deg;  // of all lines, that it was found with
    double score;      // logarithm of the likelihood over that of lines anywhere
};

// The best of each Bravais lattice, best first. At most 24 lines, by ascending q.
std::vector<LatticeCandidate> search_lattices(const std::vector<SearchLine>& lines);

// Monoclinic and triclinic ones, with more patience (oblique_lattices.cpp): about twice the time.
std::vector<LatticeCandidate> search_oblique_lattices(const std::vector<SearchLine>& lines);

}  // namespace friedel
