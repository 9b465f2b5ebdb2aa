// Removing the second line of a K-alpha doublet from a measured pattern.
#pragma once

#include "host/patterns/pattern_file.h"

namespace friedel {

// Rachinger's correction (J. Sci. Instrum. 25 (1948) 254): from low angles on, half of what was found at the angle where the same d
// diffracts the first line is taken off where it diffracts the second. The anode is the one that has `wavelength` (angstrom) as its first
// line or as the mean of both; false, and nothing is done, where there is none (a synchrotron). A monochromator's single line of exactly
// that wavelength cannot be told from a doublet. Noise grows by a quarter at most; standard deviations stay.
bool strip_k_alpha_2(MeasuredPattern& pattern, double wavelength);

}  // namespace friedel
