// The lines of a powder pattern: where they are, how high, and how well that is known. The pattern is described as a sum of pseudo-Voigt
// doublets of one shape that varies slowly with the angle; lines are added where the remainder shows one and refined together.
// Leaves out: axial divergence (its asymmetry moves lines at low angles by some hundredths of a degree).
#pragma once

#include <vector>

#include "host/indexing/line_shape.h"
#include "host/patterns/point_range.h"
#include "host/patterns/recording.h"

namespace friedel {

struct ObservedLine {
    double two_theta_deg, sigma_deg;
    double height;        // of the strongest point of the pattern
    double significance;  // height over its standard deviation
};

// A pattern above its background, and the lines that it is the sum of.
struct ResolvedPattern {
    Grid grid;
    PointRange measured;           // of the grid
    std::vector<float> intensity;  // [grid.points] background taken off, strongest point 1
    std::vector<float> sigma;      // [grid.points] standard deviation, what the shape cannot describe included
    std::vector<float> noise;      // [grid.points] standard deviation of what was counted
    LineShape shape;
    std::vector<ObservedLine> lines;  // by ascending angle
    double remainder = 1;             // part of the pattern (as root mean square) that the lines do not describe

    double angle_deg(int point) const { return static_cast<double>(grid.start_deg) + point * static_cast<double>(grid.step_deg); }
};

// Whether the second line of the radiation is missing where it would show: at the highest lines, where the two are furthest apart.
// Of broad lines nobody can say.
bool lacks_second_line(const ResolvedPattern& pattern);

// What is left of the pattern, rest [grid.points], as a part of it: roots of mean squares.
double part_left(const ResolvedPattern& pattern, const std::vector<float>& rest);

// pattern [grid.points], as measured, of copper's doublet in fine steps unless told.
ResolvedPattern find_lines(const float* pattern, const Grid& grid, const Recording& recorded = {LineShape().second_shift});

}  // namespace friedel
