// Single points far above both of their neighbours, as cosmic rays and sparks of electronics leave in a scan. Leaves out: hits of two
// points or more, and what stands on fewer points than lines do (a scan of coarse steps, a pattern of sticks).
#pragma once

#include <cstddef>
#include <vector>

#include "host/patterns/pattern_file.h"

namespace friedel {

struct Spikes {
    std::vector<double> angles_deg;  // of the file, where those stood that were taken off
    std::size_t left_in = 0;         // how many others there are: so many that they may be lines, or the detector is out of order
};

// Replaces them by the mean of their neighbours; says nothing of any where the pattern's lines are not resolved.
Spikes take_off_spikes(MeasuredPattern& pattern);

}  // namespace friedel
