// How well a model answers while it trains: on patterns simulated from held-out structures, and on measured files, never mixed.
// Leaves out: intervals, calibration, refusal, reports (friedel evaluate).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/crystals/structure_library.h"
#include "host/network/classifier.h"
#include "host/network/device.h"
#include "host/support/tell.h"
#include "host/training/config.h"

namespace friedel {

struct ValidationResult {
    int count;
    double accuracy;
    double loss;  // mean cross-entropy, nats
};

// Patterns that models are asked about again and again: raw, on the grid of the configuration.
class ValidationSet {
public:
    // `count` patterns of as many structures evenly spread over the library (all of it where it is smaller), drawn as in training.
    static ValidationSet simulated(const TrainingConfig& config, const StructureLibrary& library, int count);
    // The files in `folder` that a labels CSV names, measured with `wavelength` (angstrom; 0: what each states, or else the
    // configuration's), read as friedel classify reads them, by so many threads (0: one per core). Files that cannot be used are left
    // out; `tell` hears of them, one line each.
    static ValidationSet measured(const TrainingConfig& config, const std::filesystem::path& labels, const std::filesystem::path& folder,
                                  double wavelength, int threads, const Tell& tell);

    // Of what makes an answer right and the patterns; of simulated ones the structures, as drawn.
    std::string hash() const;
    int size() const { return static_cast<int>(labels_.size()); }
    const std::vector<float>& measured_patterns() const { return patterns_; }  // [size()][points]; empty of a simulated set
    ValidationResult validate(const Model& model, Device& device) const;

private:
    std::vector<int> labels_;                    // classes
    std::vector<float> patterns_;                // [size()][points], of measured files
    std::vector<PatternParameters> parameters_;  // of simulated patterns, simulated when asked for
    const StructureLibrary* library_ = nullptr;
    Grid grid_;
};

}  // namespace friedel
