// The shape of the lines of one pattern, a pseudo-Voigt doublet whose width varies slowly with the angle, and a first estimate of it
// from the pattern itself. Leaves out: the noise (patterns/noise_estimate.h), axial divergence (its asymmetry moves lines at low angles by
// some hundredths of a degree).
#pragma once

#include <vector>

#include "kernels/simulation_config.h"

namespace friedel {

// FWHM^2 = width_sq + width_tan_sq tan^2(theta), degrees^2. A line is eta Lorentzian and 1 - eta Gaussian, of height 1, and its repetition
// for the second line of the anode.
struct LineShape {
    double width_sq = 0.0144, width_tan_sq = 0;
    double eta = 0.5, eta_slope = 0;  // see eta_at()
    double second_ratio = 0;          // of heights; 0 where a monochromator took the second line out
    double second_shift = 0.0024896;  // relative difference of the wavelengths; copper's

    double fwhm_deg(double two_theta_deg) const;
    // eta in the middle of usual patterns, rising by eta_slope with tan(theta); within 0 to 1.
    double eta_at(double two_theta_deg) const;
    // How far the second line lies beyond a first one here.
    double second_shift_deg(double two_theta_deg) const;
};

// line(x) for the points of a grid near one line, and its derivative by the position.
class LineProfile {
public:
    // Covers `reach` half widths to either side.
    LineProfile(const LineShape& shape, double two_theta_deg, const Grid& grid, double reach = 8);
    int first = 0;                     // of the grid
    std::vector<float> height, slope;  // [points covered], slope by degree of position
};

// Widths from the left sides of lines that stand alone. intensity [grid.points] above background, strongest point 1.
void estimate_widths(LineShape& shape, const std::vector<float>& intensity, const Grid& grid, double noise);

}  // namespace friedel
