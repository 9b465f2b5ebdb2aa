// A whole training run, from a structure library to a model file: time, progress, metrics.csv, validation, checkpoints, interruption.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "host/config.h"
#include "host/device.h"

namespace friedel {

struct TrainingRun {
    std::filesystem::path library;             // may be empty where training.synthetic is 1
    std::string statistics = "shipped";        // what generated crystals are drawn from: see read_statistics
    std::filesystem::path output;              // model; beside it OUTPUT.metrics.csv and, while unfinished, OUTPUT.checkpoint
    std::filesystem::path validation_library;  // held-out structures, may be empty
    std::filesystem::path measured_labels;     // CSV with columns file and space_group, may be empty
    std::filesystem::path start_from;          // model whose weights are the first ones, may be empty
    bool resume = false;
    bool quiet = false;
    int threads = 0;  // 0: all cores
    DeviceChoice device;
};

struct TrainingSummary {
    bool interrupted;  // a checkpoint was written beside the model
    std::int64_t steps, patterns;
    double seconds;
    double simulated_accuracy, measured_accuracy;  // NaN where not validated
};

// `adjust` is given the configuration to change: a fresh one, or the one of the run that is resumed.
TrainingSummary run_training(const TrainingRun& run, const std::function<void(TrainingConfig&)>& adjust);

}  // namespace friedel
