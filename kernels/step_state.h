// What changes from step to step, kept on the device: a recorded training step reads it and advances it, the host writes only
// how many steps there are to be.
// Learning-rate schedule: linear warm-up, then constant or half a cosine down to a fraction of the peak.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/real_math.h"

namespace friedel {

struct OptimiserConfig {
    float learning_rate = 1e-3f;
    float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
    float weight_decay = 0;   // decoupled (Loshchilov & Hutter 2019); weights only, not biases
    float clip_norm = 0;      // of the gradient of all parameters together, 0: none
    float average_decay = 0;  // of the exponential moving average of the parameters, 0: none
    int warmup_steps = 0;
    bool cosine = true;            // decay; otherwise the learning rate stays at its peak
    float final_fraction = 0.01f;  // of the peak, at the last step
};

struct StepState {
    std::uint64_t seed = 0;
    std::int64_t step = 0;         // steps completed
    std::int64_t total_steps = 1;  // where the schedule ends
    std::int64_t batch = 0;        // patterns of a step, those of other ranks included; 0: as many rows as there are here
    std::int64_t first_row = 0;    // of the batch, here
};

// The last thing of a step: the next one has begun.
FRIEDEL_FN void complete_step(StepState& state) { ++state.step; }

FRIEDEL_FN std::int64_t batch_of(const StepState& state, int rows) { return state.batch > 0 ? state.batch : rows; }

// The number, in the whole run, of the sample in row 0 here, `ahead` steps after the present one.
FRIEDEL_FN std::uint64_t first_sample(const StepState& state, int ahead, int rows) {
    return static_cast<std::uint64_t>((state.step + ahead) * batch_of(state, rows) + state.first_row);
}

// Quantities of one step, all pure functions of the configuration and the step's number (0-based).
struct StepRates {
    float learning_rate;
    float correction1, correction2;  // 1 / (1 - beta^t)
    float average_decay;             // starts low, so that the average forgets the random start
};

FRIEDEL_FN StepRates step_rates(const OptimiserConfig& c, std::int64_t step, std::int64_t total_steps) {
    StepRates rates;
    const double t = static_cast<double>(step + 1);
    // A short run is not all warm-up.
    const std::int64_t warmup = 2 * std::int64_t{c.warmup_steps} < total_steps ? c.warmup_steps : total_steps / 2;
    double scale = 1;
    if (step < warmup) {
        scale = t / static_cast<double>(warmup);
    } else if (c.cosine && total_steps > warmup) {
        double progress = static_cast<double>(step - warmup) / static_cast<double>(total_steps - warmup);
        progress = progress > 1 ? 1 : progress;
        scale = c.final_fraction + (1 - c.final_fraction) * 0.5 * (1 + cos(pi_d * progress));
    }
    rates.learning_rate = static_cast<float>(c.learning_rate * scale);
    rates.correction1 = static_cast<float>(1 / (1 - pow(static_cast<double>(c.beta1), t)));
    rates.correction2 = static_cast<float>(1 / (1 - pow(static_cast<double>(c.beta2), t)));
    const double warm = t / (t + 9);  // TensorFlow's rule for its num_updates n = t - 1: (1 + n) / (10 + n)
    rates.average_decay = static_cast<float>(c.average_decay < warm ? c.average_decay : warm);
    return rates;
}

}  // namespace friedel
