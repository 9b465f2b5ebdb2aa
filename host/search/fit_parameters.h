// What the unknowns of a fit mean: the parameters of the pattern that they make, the lattice's symmetry kept.
#pragma once

#include "host/search/pattern_fit.h"
#include "kernels/crystal.h"
#include "kernels/simulation_config.h"

namespace friedel {

// Independent changes of a lattice's metric that keep its symmetry, in the terms of strained_metric(): [count] are used.
struct StrainDirections {
    int count = 0;
    double change[max_fit_strains][6] = {};
};
StrainDirections strain_directions(const CrystalView<float>& crystal);

// Natural logarithm of the March-Dollase parameter; 0: no texture.
double fitted_log_texture(const PatternFit& fit);

// What simulates the pattern of a fit, its lines blurred by blur_deg, a width, besides.
PatternParameters parameters_of(const PatternFit& fit, const StrainDirections& directions, double blur_deg = 0);

}  // namespace friedel
