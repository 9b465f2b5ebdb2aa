// The loop of a training run takes steps, then looks: at losses, clock and signals. What it counts between looks, and what it decides.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "host/training/trainer.h"

namespace friedel {

// How many steps to take between looks: a look waits for the device, and is wanted a few times a second.
class LookInterval {
public:
    // From `step`, to no further than the next multiple of `stop` and `end`, where they are above 0.
    std::int64_t steps_from(std::int64_t step, std::int64_t end, std::int64_t stop) const {
        std::int64_t steps = std::min(steps_, end - step);
        if (stop > 0) steps = std::min(steps, stop - step % stop);
        return std::max<std::int64_t>(steps, 1);
    }
    // The steps since the last look took until `now`.
    void took(std::int64_t steps, double now) {
        constexpr double wanted_seconds = 0.25;
        const double seconds = std::max(now - last_, 1e-6);
        last_ = now;
        const double fitting = wanted_seconds * static_cast<double>(steps) / seconds;
        steps_ = std::clamp<std::int64_t>(static_cast<std::int64_t>(fitting), 1, 2 * steps_);
    }

private:
    std::int64_t steps_ = 1;
    double last_ = 0;
};

// Means over the patterns of some steps, and how many of the steps were skipped.
struct Totals {
    double loss = 0, accuracy = 0, samples = 0;  // sums
    std::int64_t skipped = 0;

    void add(const Trainer::Results& result) {
        skipped += result.skipped;
        if (result.samples == 0) return;
        const auto more = static_cast<double>(result.samples);
        loss += more * result.loss;
        accuracy += more * result.accuracy;
        samples += more;
    }
};

// What the first rank decides at a look, for all.
struct Orders {
    std::int64_t steps;  // until the next look
    std::int64_t total_steps;
    std::int32_t finished, failed;
    std::int32_t signal;                     // that ends the run, else 0
    std::int32_t checkpoint, without_delay;  // write one; and wait until it is written
};

// Why the run cannot go on.
struct Fault {
    std::string text;
    bool steps_too_long = false;
};

}  // namespace friedel
