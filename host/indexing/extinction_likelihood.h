// What the absences of a powder pattern say about the space group, its lattice being known: the pattern is decomposed into the intensities
// of all reflections of the lattice (as Pawley and Le Bail do, by non-negative least squares), and for each set of systematic absences
// that groups of the lattice have, the likelihood of what is forbidden being absent is held against that of its being there by chance
// (after Markvardsen, David, Johnson and Shankland, Acta Cryst. A57 (2001) 47). Reflections nearer than a third of the width count as one.
// Leaves out: what intensities say beyond absences.
#pragma once

#include <array>
#include <vector>

#include "host/indexing/absence_settings.h"
#include "host/indexing/indexing.h"
#include "host/indexing/peak_search.h"

namespace friedel {

struct LatticeIntensities {
    struct Cluster {
        double two_theta_deg = 0;
        double height = 0, sigma = 0;    // of the strongest point; height may be negative
        double weight = 0;               // of its reflections: multiplicity, Lorentz and polarisation factor over width
        double expected = 0;             // mean height of such reflections here
        int first = 0, reflections = 0;  // of `hkl`
    };
    std::vector<Cluster> clusters;
    std::vector<std::array<int, 3>> hkl;
    double remainder = 1;  // of the pattern, root mean square
};

LatticeIntensities decompose(const ResolvedPattern& pattern, const IndexedCell& cell, double wavelength_angstrom);

// Logarithm of the likelihood of each setting over that of one that allows just what is there: what is allowed and absent counts against
// it, and more so what is forbidden and there. Lattices can be compared by it as well; what they explain counts for them as evidence.
std::vector<double> absence_likelihoods(const LatticeIntensities& intensities, BravaisLattice lattice);

}  // namespace friedel
