// Indexing of a powder pattern: the lattices that explain its lines, refined together with the shift of the angles. They are compared by
// evidence: the likelihood of the lines' positions, each line any reflection of the lattice or something else, integrated over the
// parameters (Laplace), so that neither a large cell nor a low symmetry comes for nothing. M20 (de Wolff, J. Appl. Cryst. 1 (1968) 108) is
// told beside it. Leaves out: intensities, and which lines are absent (extinction_likelihood.h).
#pragma once

#include <vector>

#include "host/indexing/bravais_lattice.h"
#include "host/indexing/peak_search.h"

namespace friedel {

constexpr double explained_within_sigmas = 3;  // of a line's position, that a reflection which explains it lies from it
constexpr double no_evidence = -1e9;           // of a cell that could not be judged

struct IndexedCell {
    BravaisLattice lattice;
    Metric<double> reciprocal;
    double shift_deg = 0;  // of the observed lines, to be taken off
    double evidence = 0;   // logarithm; 0: lines anywhere
    double m20 = 0;
    int lines = 0, indexed = 0;  // looked at, explained
    double extra_sigma_deg = 0;  // that positions of lines were given beyond what counting leaves
};

struct IndexingConfig {
    double wavelength_angstrom = 1.5405929;  // of the first line
    int search_lines = 20, all_lines = 60;
    int cells = 12;  // returned
};

// Best first.
std::vector<IndexedCell> index_pattern(const ResolvedPattern& pattern, const IndexingConfig& config = {});

}  // namespace friedel
