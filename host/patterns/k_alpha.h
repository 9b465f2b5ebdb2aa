// The lines that a pattern is made of, a tube's K-alpha doublet or a single one, and removing the second from a measured pattern.
#pragma once

#include "host/patterns/pattern_file.h"

namespace friedel {

struct EmissionLines {
    double first_angstrom;    // the strongest
    double second_shift = 0;  // how much longer the second is, relatively; 0: there is no second
};
// Of a pattern that states this wavelength (angstrom): an anode's doublet where it is the first line or the mean of both, else itself
// alone. A monochromator's single line of exactly an anode's wavelength cannot be told from the doublet, unless the file says so
// (is_monochromatic).
EmissionLines emission_lines(double wavelength, bool is_monochromatic = false);

// What a measured pattern that states no wavelength is taken to have been measured with where no model says it, in angstrom: the mean of
// copper's doublet, as of the network that ships.
double assumed_wavelength();

// Rachinger's correction (J. Sci. Instrum. 25 (1948) 254): from low angles on, half of what was found at the angle where the same d
// diffracts the first line is taken off where it diffracts the second. The anode is that of emission_lines(); false, and
// nothing is done, where there is none (a synchrotron). Noise grows by a quarter at most; standard deviations stay.
bool strip_k_alpha_2(MeasuredPattern& pattern, double wavelength);

}  // namespace friedel
