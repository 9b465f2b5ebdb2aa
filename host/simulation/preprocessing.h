// Preprocessing of a pattern on the calling thread (kernels/preprocess.h says what is done).
#pragma once

#include "kernels/preprocess.h"

namespace friedel {

// pattern [grid.points], in place.
void preprocess_pattern(float* pattern, const Grid& grid, const PreprocessConfig& config);

}  // namespace friedel
