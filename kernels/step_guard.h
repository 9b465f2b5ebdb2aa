// A training step whose loss or gradient is not finite changes no weight, moment or average, and those after it are shorter. Decided on
// the device, once per network: neither the host nor the recorded step has a branch on it.
#pragma once

#include <cstdint>

#include "kernels/softmax.h"

namespace friedel {

struct StepGuard {
    double loss = 0;            // of the batch, all its samples
    double halvings = 0;        // of the learning rate of this step
    std::int64_t skipped = 0;   // steps, until the host takes their number
    std::int64_t in_a_row = 0;  // the last ones of them, with no step taken between
    // Sums, until the host takes them, over the batches of finite loss, [0] of the cross-entropy, [1] of the squared error.
    double losses[2] = {0, 0};
    std::int64_t samples[2] = {0, 0};
};

// From the second step in a row that is skipped, each halves the learning rate of those that follow, down to 1/1024; a hundred steps that
// are taken double it again. One alone has a bad pattern rather than a step that was too long.
FRIEDEL_FN double next_halvings(const StepGuard& guard) {
    constexpr double most = 10, recovery = 0.01;
    const double next = guard.in_a_row > 1 ? guard.halvings + 1 : guard.halvings - recovery;
    return next < 0 ? 0 : next > most ? most : next;
}

FRIEDEL_FN bool is_finite(double x) { return x - x == 0; }

// The norm is the whole gradient's.
FRIEDEL_FN bool may_step(const StepGuard& guard, double norm) { return is_finite(guard.loss) && is_finite(norm); }

FRIEDEL_FN void count_step(StepGuard& guard, bool taken) {
    guard.skipped += taken ? 0 : 1;
    guard.in_a_row = taken ? 0 : guard.in_a_row + 1;
}

// Begins a step, after the one before was counted. The losses of a batch that this rank will have skipped do not count; the others' do.
FRIEDEL_FN void add_batch(LossTotals& totals, StepGuard& guard, const LossTotals& batch, bool squared) {
    guard.loss = batch.loss;
    guard.halvings = next_halvings(guard);
    if (!is_finite(batch.loss)) return;
    totals.loss += batch.loss;
    totals.correct += batch.correct;
    totals.samples += batch.samples;
    guard.losses[squared] += batch.loss;
    guard.samples[squared] += batch.samples;
}

}  // namespace friedel
