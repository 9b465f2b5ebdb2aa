// Lattices that may explain the first lines of a powder pattern. All but one parameter of the reciprocal metric follow from two or three
// lines taken for those of a plane net (or of two nets with a row in common); every line then votes, with each index it might have, for
// values of the last parameter (the idea of Visser, J. Appl. Cryst. 2 (1969) 89, with votes for trials), so that impurities only cost
// votes. Leaves out: refinement and the choice among what is found (indexing.h).
#pragma once

#include <vector>

#include "host/indexing/bravais_lattice.h"
#include "host/indexing/indexing_line.h"

namespace friedel {

struct LatticeCandidate {
    BravaisLattice lattice;
    Metric<double> reciprocal;
    double shift_deg;  // of all lines, that it was found with
    double score;      // logarithm of the likelihood over that of lines anywhere
};

// The best of each Bravais lattice, best first. At most 24 lines, by ascending q.
std::vector<LatticeCandidate> search_lattices(const std::vector<IndexingLine>& lines);

// Monoclinic and triclinic ones, with more patience (oblique_lattices.cpp): about twice the time.
std::vector<LatticeCandidate> search_oblique_lattices(const std::vector<IndexingLine>& lines);

}  // namespace friedel
