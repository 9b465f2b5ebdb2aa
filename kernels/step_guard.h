// A training step whose loss or gradient is not finite changes no weight, moment or average. Decided on the device, once per network:
// neither the host nor the recorded step has a branch on it.
#pragma once

#include <cstdint>

#include "kernels/softmax.h"

namespace friedel {

struct StepGuard {
    double loss = 0;            // of the batch, all its samples
    std::int64_t skipped = 0;   // steps, so far
    std::int64_t in_a_row = 0;  // the last ones of them, with no step taken between
};

FRIEDEL_FN bool is_finite(double x) { return x - x == 0; }

// The norm is the whole gradient's.
FRIEDEL_FN bool may_step(const StepGuard& guard, double norm) { return is_finite(guard.loss) && is_finite(norm); }

FRIEDEL_FN void count_step(StepGuard& guard, bool taken) {
    guard.skipped += taken ? 0 : 1;
    guard.in_a_row = taken ? 0 : guard.in_a_row + 1;
}

// The losses of a batch that this rank will have skipped do not count; the others' do.
FRIEDEL_FN void add_batch(LossTotals& totals, StepGuard& guard, const LossTotals& batch) {
    guard.loss = batch.loss;
    if (!is_finite(batch.loss)) return;
    totals.loss += batch.loss;
    totals.correct += batch.correct;
    totals.samples += batch.samples;
}

}  // namespace friedel
