// Softmax, loss and the gradient of the logits, one block per sample. Targets are a smoothed one-hot vector:
// (1 - s - g) at the label, s spread evenly over all classes, g spread over the label's row of a smoothing matrix.
#pragma once

#include "kernels/block.h"
#include "kernels/loss_config.h"
#include "kernels/real_math.h"

namespace friedel {

struct SampleLoss {
    float loss;
    std::int32_t correct;
};

// Sums over the samples of many batches.
struct LossTotals {
    double loss;
    std::int64_t correct;
    std::int64_t samples;
};

template <class Block>
FRIEDEL_FN LossTotals loss_totals(Block& block, const SampleLoss* samples, int n) {
    return {block.template sum<double>(n, [&](int i) { return double{samples[i].loss}; }),
            block.template sum<int>(n, [&](int i) { return int{samples[i].correct}; }), n};
}

// A loss that is not finite makes its gradient so: the norm of the whole gradient then tells every rank to skip the step.
FRIEDEL_FN float nothing_or_nan(float loss) { return loss - loss; }

// gradient [classes], of the loss with respect to the logits [classes], times `gradient_scale`; it may be the logits' own memory.
template <class Block, class Value>
FRIEDEL_FN SampleLoss softmax_loss_row(Block& block, Value* gradient, const float* logits, int label, const Loss& loss, std::int64_t epoch,
                                       float gradient_scale) {
    const int classes = loss.classes;
    const float label_logit = logits[label];
    const float largest = block.maximum(classes, logits[0], [&](int j) { return logits[j]; });
    const float total = block.template sum<float>(classes, [&](int j) { return exponential(logits[j] - largest); });
    const float log_total = largest + logarithm(total);

    const float even = loss.config.label_smoothing / classes;
    const float graph = loss.smoothing ? loss.config.graph_smoothing : 0.0f;
    const float sharp = 1 - loss.config.label_smoothing - graph;
    const float* const spread = loss.smoothing ? loss.smoothing + static_cast<std::size_t>(label) * classes : nullptr;
    const auto target = [&](int j) { return even + (graph > 0 ? graph * spread[j] : 0.0f) + (j == label ? sharp : 0.0f); };

    SampleLoss result;
    result.correct = label_logit >= largest;
    if (is_squared(loss.config, epoch)) {
        result.loss = block.template sum<float>(classes, [&](int j) {
            const float difference = exponential(logits[j] - log_total) - target(j);
            return difference * difference;
        }) / classes;
        // d/dz_j of mean_k (p_k - t_k)^2 is 2 p_j (d_j - sum_k p_k d_k) / classes with d = p - t.
        const float mean = block.template sum<float>(classes, [&](int j) {
            const float p = exponential(logits[j] - log_total);
            return p * (p - target(j));
        });
        const float scale = 2 * gradient_scale / classes + nothing_or_nan(result.loss);
        block.for_each(classes, [&](int j) {
            const float p = exponential(logits[j] - log_total);
            gradient[j] = Value(scale * p * (p - target(j) - mean));
        });
    } else {
        result.loss = block.template sum<float>(classes, [&](int j) { return target(j) * (log_total - logits[j]); });
        const float scale = gradient_scale + nothing_or_nan(result.loss);
        block.for_each(classes, [&](int j) { gradient[j] = Value(scale * (exponential(logits[j] - log_total) - target(j))); });
    }
    return result;
}

// probabilities[j] = softmax of logits / temperature, in place.
template <class Block>
FRIEDEL_FN void softmax_row(Block& block, float* logits, int classes, float temperature) {
    const float largest = block.maximum(classes, logits[0], [&](int j) { return logits[j]; });
    const float inverse = 1 / temperature;
    block.for_each(classes, [&](int j) { logits[j] = exponential((logits[j] - largest) * inverse); });
    const float total = block.template sum<float>(classes, [&](int j) { return logits[j]; });
    block.for_each(classes, [&](int j) { logits[j] /= total; });
}

}  // namespace friedel
