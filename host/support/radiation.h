// X-ray tube anodes by name, and radiation given as numbers.
#pragma once

#include <string>
#include <vector>

#include "kernels/simulation_config.h"

namespace friedel {

// "cu", "co", "cr", "fe", "mo", "ag", "ni" (K-alpha doublet), "cu-ka1" (the first line alone), "cu-mean" (one line at the weighted mean),
// "cu-kb" (the doublet with 2 % of K-beta, as a filter leaves it), "cu-tube" (that with 1 % of tungsten's L alpha 1 as well, as a tube in
// use shows it); or wavelengths in angstrom with optional weights, "1.5406,1.5444:0.5".
// Wavelengths of the K-alpha doublets: Hoelzer et al. 1997 (Cr to Cu); Bearden 1967 (Mo, Ag). Throws Error naming what is accepted.
Radiation parse_radiation(const std::string& text);

// What powders are measured with, angstrom: from the hardest beams of synchrotrons to chromium's and what lies a little beyond. Numbers in
// files that are below 0.1 are rather nanometres.
constexpr double shortest_wavelength = 0.05, shortest_stated_wavelength = 0.1, longest_wavelength = 5;
inline bool may_be_stated(double angstrom) { return angstrom >= shortest_stated_wavelength && angstrom <= longest_wavelength; }

// The anodes that have names, copper first, with their K-alpha doublets.
struct NamedAnode {
    std::string name;
    Radiation doublet;
};
const std::vector<NamedAnode>& named_anodes();

// Mean wavelength of the K-alpha doublet, the first two lines weighted.
float mean_wavelength(const Radiation& radiation);

}  // namespace friedel
