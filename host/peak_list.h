// The reflection list of one crystal, in double precision: what `friedel peaks` prints and the oracles are held against.
#pragma once

#include <vector>

#include "host/structure.h"

namespace friedel {

struct PeakListOptions {
    double wavelength = 1.54184;  // angstrom
    double low_deg = 5, high_deg = 90;
    bool anomalous = false;
    double default_b_iso = 0;  // angstrom^2, for atoms without one
};

struct Peak {
    double two_theta_deg, d_angstrom;
    int h, k, l;
    int multiplicity;
    double f_squared;  // electrons^2, of the cell as given
    double intensity;  // percent of the strongest line, lines at one angle counted together
};

// Every reflection that the space group allows between the two angles, by ascending angle. Throws Error if the cell is impossible
// or the range holds no angle between 0 and 180.
std::vector<Peak> peak_list(const Structure& structure, const PeakListOptions& options);

}  // namespace friedel
