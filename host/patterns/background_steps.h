// Steps in the background, where a slit, an attenuator or the time of counting was changed on the way: the level of all points beyond
// differs. A background that follows lines' width leaves a wedge beside a step, and takes it for a line. Leaves out: slopes that change,
// and the scale of the lines beyond, which may be another, too.
#pragma once

#include <vector>

#include "host/patterns/pattern_file.h"

namespace friedel {

struct BackgroundStep {
    double two_theta_deg;  // of the file
    double height;         // by how much the points beyond are higher; negative: lower
};

// Takes off those of a thirtieth of the strongest line or more that rise or fall within a tenth of a degree, by lowering the higher side,
// and returns them, the highest first.
std::vector<BackgroundStep> take_off_steps(MeasuredPattern& pattern);

}  // namespace friedel
