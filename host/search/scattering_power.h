// How strongly each element of a structure scatters, as a fit varies it: factors on the occupancies of all its atoms.
// Leaves out: which of several sites an element goes to.
#pragma once

#include <vector>

#include "host/search/pattern_fit.h"
#include "kernels/crystal.h"

namespace friedel {

// The elements that hold most electrons of the cell, at most max_fit_elements, most first; none where one holds all: that is a scale.
std::vector<int> elements_that_matter(const CrystalView<float>& crystal);

// What the occupancies of each element in fit.elements are multiplied with.
std::vector<double> scattering_power(const PatternFit& fit);

// Occupancies of all atoms of the library with those factors in them, to simulate the fitted pattern with.
std::vector<float> fitted_occupancies(const PatternFit& fit, const LibraryView& library);

// The factor of each atom of the asymmetric unit; empty: nothing was varied.
std::vector<float> occupancy_factors(const PatternFit& fit, const CrystalView<float>& crystal);

}  // namespace friedel
