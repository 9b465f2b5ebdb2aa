// The noise of a measured pattern, told from the pattern itself.
#pragma once

#include <vector>

#include "host/patterns/point_range.h"
#include "kernels/simulation_config.h"

namespace friedel {

constexpr double min_noise = 3e-4;  // of the strongest point: less cannot be told from none

// Standard deviation at each point [grid.points], as independent points would have it. intensity [grid.points] is above the background, its
// strongest point 1, and was measured in `range`; `measured` is the same as it came, `top` the height of its strongest point above the
// background. step_deg: Recording.
std::vector<float> estimate_noise(const std::vector<float>& intensity, const float* measured, float top, const Grid& grid,
                                  const PointRange& range, double step_deg);

}  // namespace friedel
