// The lines of a powder pattern: where they are, how high, and how well that is known. The pattern is described as a sum of pseudo-Voigt
// doublets of one shape that varies slowly with the angle; lines are added where the remainder shows one and refined together.
// Leaves out: axial divergence (its asymmetry moves lines at low angles by some hundredths of a degree), lines of other anodes.
#pragma once

#include <vector>

#include "kernels/simulation_config.h"

namespace friedel {

// FWHM^2 = width_sq + width_tan_sq tan^2(theta), degrees^2. A line is eta Lorentzian and 1 - eta Gaussian, of height 1, and its repetition
// for the second line of the anode.
struct LineShape {
    double width_sq = 0.0144, width_tan_sq = 0;
    double eta = 0.5, eta_slope = 0;  // eta + eta_slope (tan(theta) - 0.3), within 0 to 1
    double second_ratio = 0;          // of heights; 0 where a monochromator took the second line out
    double second_shift = 0.0024896;  // relative difference of the wavelengths; copper's

    double fwhm_deg(double two_theta_deg) const;
};

// line(x) for the points of a grid near one line, and its derivative by the position where asked for.
class LineProfile {
public:
    // Covers `reach` half widths to either side.
    LineProfile(const LineShape& shape, double two_theta_deg, const Grid& grid, double reach = 8);
    int first = 0;                     // of the grid
    std::vector<float> height, slope;  // [points covered], slope by degree of position
};

struct ObservedLine {
    double two_theta_deg, sigma_deg;
    double height;        // of the strongest point of the pattern
    double significance;  // height over its standard deviation
};

struct ObservedLines {
    Grid grid;
    int first = 0, points = 0;     // of the grid, that were measured
    std::vector<float> intensity;  // [grid.points] background taken off, strongest point 1
    std::vector<float> sigma;      // [grid.points] standard deviation, what the shape cannot describe included
    std::vector<float> noise;      // [grid.points] standard deviation of what was counted
    LineShape shape;
    std::vector<ObservedLine> lines;  // by ascending angle
    double remainder = 1;             // part of the pattern (as root mean square) that the lines do not describe
};

// pattern [grid.points], as measured.
ObservedLines find_lines(const float* pattern, const Grid& grid);

}  // namespace friedel
