// From a pattern (simulated or measured alike) on the model's grid to the network's input; in place, one block per pattern.
// The declaration of the settings stands here; they are stored with the model, so that both kinds of pattern are treated the same.
#pragma once

#include "kernels/block.h"

namespace friedel {

struct PreprocessConfig {
    bool remove_background = true;       // SNIP: Statistics-sensitive Non-linear Iterative Peak clipping (Ryan et al. 1988)
    float background_window_deg = 3.0f;  // largest clipping half-window
    bool square_root = true;             // of the scaled intensity
};

}  // namespace friedel
