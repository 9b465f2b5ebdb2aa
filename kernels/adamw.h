// AdamW (Loshchilov & Hutter 2019) over a range of parameters in one pass: clipping, both moments, weight decay, step, moving average.
#pragma once

#include "kernels/step_guard.h"
#include "kernels/step_state.h"

namespace friedel {

// Sum of squares of gradient [begin, begin + n); partial sums are added up by the caller in a fixed order.
FRIEDEL_FN float squared_norm_range(const float* gradient, std::size_t begin, int n) {
    float total = 0;
    FRIEDEL_SIMD_SUM(total)
    for (int i = 0; i < n; ++i) total += gradient[begin + i] * gradient[begin + i];
    return total;
}

// What multiplies the gradient so that its norm stays within the limit.
FRIEDEL_FN float clip_factor(const OptimiserConfig& c, double norm) {
    return c.clip_norm > 0 && norm > c.clip_norm ? static_cast<float>(c.clip_norm / norm) : 1.0f;
}

// Of the present step, shorter after steps that were skipped.
FRIEDEL_FN StepRates rates_of(const StepGuard& guard, const OptimiserConfig& c, const StepState& state) {
    StepRates rates = step_rates(c, state.step, state.total_steps);
    rates.learning_rate *= static_cast<float>(exp2(-guard.halvings));
    return rates;
}

struct AdamwArrays {
    float* parameters;
    float* first_moment;
    float* second_moment;
    float* average;  // exponential moving average of the parameters, null where there is none
    const float* gradient;
};

// Parameters [begin, begin + n). `clip` multiplies the gradient; `decay` is 0 for biases.
FRIEDEL_FN void adamw_range(const AdamwArrays& a, std::size_t begin, int n, const OptimiserConfig& c, const StepRates& rates, float clip,
                            float decay) {
    float* const w = a.parameters + begin;
    float* const m = a.first_moment + begin;
    float* const v = a.second_moment + begin;
    const float* const g = a.gradient + begin;
    const float beta1 = c.beta1, beta2 = c.beta2, epsilon = c.epsilon, rate = rates.learning_rate;
    const float step = rate * rates.correction1, correction2 = rates.correction2, keep = 1 - rate * decay;
    FRIEDEL_SIMD
    for (int i = 0; i < n; ++i) {
        const float gradient = clip * g[i];
        const float first = beta1 * m[i] + (1 - beta1) * gradient;
        const float second = beta2 * v[i] + (1 - beta2) * gradient * gradient;
        m[i] = first;
        v[i] = second;
        w[i] = keep * w[i] - step * first / (sqrtf(second * correction2) + epsilon);
    }
    if (!a.average) return;
    float* const average = a.average + begin;
    const float blend = 1 - rates.average_decay;
    FRIEDEL_SIMD
    for (int i = 0; i < n; ++i) average[i] += blend * (w[i] - average[i]);
}

}  // namespace friedel
