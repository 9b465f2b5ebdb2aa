// Bragg's law, lambda = 2 d sin(theta), in double precision. Angles are 2 theta in degrees, and 180 where the wavelength is too long for d.
#pragma once

#include <cmath>

#include "kernels/real_math.h"

namespace friedel {

inline double theta_rad_of(double two_theta_deg) { return two_theta_deg * (degree<double> / 2); }
inline double two_theta_of_sine(double sin_theta) { return sin_theta < 1 ? 2 / degree<double> * std::asin(sin_theta) : 180; }

// 1/d in 1/angstrom.
inline double inverse_d_of(double two_theta_deg, double wavelength) { return 2 * std::sin(theta_rad_of(two_theta_deg)) / wavelength; }
inline double two_theta_of(double inverse_d, double wavelength) { return two_theta_of_sine(wavelength * inverse_d / 2); }

// Where a line of wavelength `from` lies at wavelength `to`.
inline double converted_angle(double two_theta_deg, double from, double to) {
    return to == from ? two_theta_deg : two_theta_of_sine(std::sin(theta_rad_of(two_theta_deg)) * (to / from));
}

}  // namespace friedel
