// Single points far above both of their neighbours, as cosmic rays and sparks of electronics leave in a scan. Leaves out: hits of two
// points or more, and what stands on fewer points than lines do (a scan of coarse steps, a pattern of sticks).
#pragma once

#include <vector>

#include "host/patterns/pattern_file.h"

namespace friedel {

// Replaces them by the mean of their neighbours, and returns where they stood, in degrees of the file; none where the pattern's lines are
// not resolved.
std::vector<double> take_off_spikes(MeasuredPattern& pattern);

}  // namespace friedel
