// What the first column of a pattern is: 2theta, or one of the quantities that take its place.
#pragma once

#include <string>
#include <string_view>

#include "host/patterns/pattern_file.h"

namespace friedel {

enum class AxisQuantity { two_theta, theta, q, inverse_d, d };  // inverse_d: d*, without the 2 pi of Q

struct PatternAxis {
    AxisQuantity quantity = AxisQuantity::two_theta;
    double unit = 1;  // in degrees, 1/angstrom or angstrom

    bool operator==(const PatternAxis&) const = default;
};
constexpr PatternAxis two_theta_in_degrees;

// Whether a column of this name is one of the quantities above, whatever its case and punctuation ("2Theta", "tth", "q", "d-spacing",
// "1/d").
bool is_axis_name(std::string_view name);
// Whether a column of this name is an axis of something that no pattern is read against: an energy, a time of flight, an azimuth.
bool is_other_axis_name(std::string_view name);
// The same of names that say so whatever stands beside them: "m/z", "time (s)", "energy_keV", "x (mm)", but not "time".
bool is_surely_other_axis_name(std::string_view name);
// Whether a unit, and what may stand behind its closing bracket, is one over a length: "1/nm", "A^-1)", "Inverse Nanometres".
bool is_inverse_length(std::string_view unit);
// By the name of a column and its units ("deg", "1/nm"), empty where the file states none. Throws Error naming the file where the name is
// that of no axis, or the units are those of something else ("mm").
PatternAxis axis_of(std::string_view name, std::string_view units, const std::string& file);

// Turns two_theta_deg, which holds values of this axis, into angles for the pattern's wavelength. Q and d do not depend on it: without
// one they are converted for, and the pattern gets, the first line of copper. Leaves out what lies beyond 180 degrees.
void convert_axis(MeasuredPattern& pattern, PatternAxis axis);

}  // namespace friedel
