// How fast a device does each stage of training and answering, beside the limits that it shows in the same run: the bandwidth of a copy
// and the rate of a matrix product. Nothing is timed but what the engine does itself, through its backend.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/config.h"
#include "host/device.h"
#include "host/structure_library.h"

namespace friedel {

struct BenchmarkRow {
    std::string stage;      // "activation, layer 0", "step"
    double seconds = 0;     // for a batch: the best of several rounds
    double per_second = 0;  // patterns; of the limits, bytes or operations
    // What the stage moves and computes at least, 0 where that says nothing about its limit: operands read and written once,
    // multiplications and additions of matrix products.
    double bytes = 0, operations = 0;
    // The larger of bytes over what a copy moves and operations over what a product does in that time.
    std::optional<double> fraction_of_limit = {};
};

struct BenchmarkOptions {
    double seconds = 0.2;  // of a round; shorter work is repeated
    int rounds = 5;
    std::vector<int> batches;  // besides the configuration's own, for whole steps
    // Called with each row as it is known.
    std::function<void(const BenchmarkRow&)> tell;
};

// Stages of a step of this configuration, whole steps with other batches, and simulation of the library's small, middling and large
// structures, by reflections. Throws Error where memory does not suffice.
std::vector<BenchmarkRow> run_benchmark(const TrainingConfig& config, const StructureLibrary& library, Device& device,
                                        const BenchmarkOptions& options);

}  // namespace friedel
