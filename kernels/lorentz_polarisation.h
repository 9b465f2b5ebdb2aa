// Lorentz-polarisation factor of a powder line in Bragg-Brentano geometry (International Tables C, 6.2):
//   (1 + A cos^2 2theta) / ((1 + A) sin^2 theta cos theta),  A = cos^2 2theta_m of the monochromator;
// without one, by convention, (1 + cos^2 2theta) / (sin^2 theta cos theta), not halved.
#pragma once

#include "kernels/real_math.h"

namespace friedel {

// sin_theta_sq = sin^2 theta in (0, 1); polarisation = cos^2 2theta_m, or a negative number without a monochromator.
template <class Real>
FRIEDEL_FN Real lorentz_polarisation(Real sin_theta_sq, Real polarisation) {
    const Real cos_two_theta = 1 - 2 * sin_theta_sq;
    const Real squared = cos_two_theta * cos_two_theta;
    const Real lorentz = 1 / (sin_theta_sq * square_root(1 - sin_theta_sq));
    return polarisation < 0 ? (1 + squared) * lorentz : (1 + polarisation * squared) / (1 + polarisation) * lorentz;
}

}  // namespace friedel
