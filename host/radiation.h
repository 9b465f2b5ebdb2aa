// X-ray tube anodes by name, and radiation given as numbers.
#pragma once

#include <string>

#include "kernels/simulation_config.h"

namespace friedel {

// "cu", "co", "cr", "fe", "mo", "ag", "ni" (K-alpha doublet), "cu-ka1" (the first line alone), "cu-mean" (one line at the weighted mean),
// "cu-kb" (the doublet with 2 % of K-beta, as a filter leaves it), "cu-tube" (that with 1 % of tungsten's L alpha 1 as well, as a tube in
// use shows it); or wavelengths in angstrom with optional weights, "1.5406,1.5444:0.5".
// Wavelengths of the K-alpha doublets: Hoelzer et al. 1997 (Cr to Cu); Bearden 1967 (Mo, Ag). Throws Error naming what is accepted.
Radiation parse_radiation(const std::string& text);

// Mean wavelength of the K-alpha doublet, the first two lines weighted.
float mean_wavelength(const Radiation& radiation);

}  // namespace friedel
