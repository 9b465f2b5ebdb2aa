// What the network is trained towards: settings of softmax.h, copied to the device as they are.
#pragma once

#include <cstdint>

#include "kernels/block.h"

namespace friedel {

enum class LossKind : std::int32_t {
    cross_entropy,
    mean_squared_error,  // of the softmax, mean over the classes
    alternating,         // mean squared error in even epochs, cross-entropy in odd ones (Vecsei et al. 2019)
};

struct LossConfig {
    LossKind kind = LossKind::cross_entropy;
    float label_smoothing = 0;        // share of the target spread evenly over all classes
    float graph_smoothing = 0;        // share of the target spread over a row of the smoothing matrix
    std::int64_t epoch_patterns = 0;  // patterns in one epoch, for the alternation; 0: as many as the library has structures
};

// What a network's logits are held to.
struct Loss {
    LossConfig config;
    int classes = 0;
    const float* smoothing = nullptr;  // [classes][classes], rows summing to 1; null: labels are smoothed evenly alone
};

// Which epoch a step of `batch` patterns is in.
FRIEDEL_FN std::int64_t loss_epoch(const LossConfig& config, std::int64_t step, std::int64_t batch) {
    return config.epoch_patterns > 0 ? step * batch / config.epoch_patterns : 0;
}

// Whether the loss is the squared error in this epoch, rather than the cross-entropy.
FRIEDEL_FN bool is_squared(const LossConfig& config, std::int64_t epoch) {
    return config.kind == LossKind::mean_squared_error || (config.kind == LossKind::alternating && epoch % 2 == 0);
}

}  // namespace friedel
