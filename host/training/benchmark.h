// How fast a device does each stage of training and answering, beside the limits that it shows in the same run: the bandwidth of a copy,
// the rate of a matrix product, of multiply-adds and of exponentials. Nothing is timed but what the engine does itself, through its
// backend.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/crystals/structure_library.h"
#include "host/network/device.h"
#include "host/training/config.h"

namespace friedel {

// What a stage moves and computes at least for a batch, 0 where that says nothing about its limit.
struct Traffic {
    double bytes = 0;       // operands read and written once
    double operations = 0;  // multiplications and additions of matrix products
    double arithmetic = 0;  // operations outside matrix products, a special function counted as SimulationWork does
};

struct BenchmarkRow {
    std::string stage;      // "bias, ReLU, dropout, layer 0", "step, batch of 512"
    double seconds = 0;     // for a batch: the best of several rounds
    double per_second = 0;  // patterns; of the limits, bytes or operations
    Traffic traffic = {};
    // The largest of bytes over what a copy moves, operations over what a product does and arithmetic over what multiply-adds do in that
    // time.
    std::optional<double> fraction_of_limit = {};
};

struct BenchmarkOptions {
    double seconds = 0.2;  // of a round; shorter work is repeated
    int rounds = 5;
    std::vector<int> batches;       // besides the configuration's own, for the simulation and whole steps
    std::vector<std::string> only;  // stages that have one of these in their names, and the limits; empty: all
    // Called with each row as it is known.
    std::function<void(const BenchmarkRow&)> tell;
};

// Stages of a step of this configuration, whole steps with other batches, simulation of the library's small, middling and large
// structures, by reflections, and of crystals that are generated from the statistics that ship. Steps train on what the configuration
// says, generated crystals among it. Throws Error where memory does not suffice.
std::vector<BenchmarkRow> run_benchmark(const TrainingConfig& config, const StructureLibrary& library, Device& device,
                                        const BenchmarkOptions& options);

}  // namespace friedel
