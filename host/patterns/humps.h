// Humps of glass, capillaries and amorphous parts: too round for the background that preprocessing takes off (kernels/preprocess.h), whose
// window is that of lines.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "kernels/simulation_config.h"

namespace friedel {

// What varies slowly in y [points], of a grid's step: y's medians over bins of 0.1 degrees are handed to level_of(medians of the bins
// within 1.4 degrees, first point of the bin in the middle), which gives the level there. [points], empty where there are too few.
std::vector<float> slow_level(const float* y, int points, const Grid& grid,
                              const std::function<float(std::vector<float>& medians, int first)>& level_of);

// The pattern [grid.points] without humps of a fiftieth of its strongest point or more; the very same where there are none.
std::vector<float> without_humps(const float* pattern, const Grid& grid);

// The pattern [grid.points] without the steep rise towards lower angles, of air scatter or the direct beam, in which it was begun beyond
// the grid's first point: nobody measured how it goes on there, and beside a level filled in a background sees a line in it. The very same
// where there is none, of a fiftieth of the strongest point or more. begin: the first point that was measured; those before it are filled
// up.
std::vector<float> without_rise_at_start(const float* pattern, const Grid& grid, int begin);

}  // namespace friedel
