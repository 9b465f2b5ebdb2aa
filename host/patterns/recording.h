// How a pattern was recorded, which its points on a grid no longer tell.
#pragma once

namespace friedel {

struct Recording {
    double second_shift = 0;  // of EmissionLines (k_alpha.h); 0 where there is no second line, or it was stripped
    double step_deg = 0;      // of the scan, at the wavelength that the pattern was brought to; 0: no wider than the grid's
};

}  // namespace friedel
