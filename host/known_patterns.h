// A model's answers to patterns whose space group is known, measured or simulated: what calibration and evaluation work on.
// Leaves out: what is made of them (calibration.h, metrics.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "host/classifier.h"
#include "host/device.h"
#include "host/labels.h"
#include "host/model.h"
#include "host/pattern_reader.h"
#include "host/structure_library.h"

namespace friedel {

struct KnownAnswers {
    int members = 0, classes = 0;
    std::vector<std::vector<float>> logits;  // [members] of [size()][classes]
    std::vector<int> space_group;            // the truth
    std::vector<std::size_t> source;         // index of the label, or of the structure in the library
    std::vector<std::string> problems;       // measured patterns left out: why, with file and cure

    std::size_t size() const { return space_group.size(); }
    std::vector<float> probabilities(float temperature) const;  // [size()][classes], mean over the members
};

using ShowProgress = std::function<void(std::size_t done, std::size_t all)>;

// Files of the labels lie in `folder`. What cannot be read or covers too little of the model's range becomes a problem.
KnownAnswers answer_measured(const Model& model, const std::vector<Label>& labels, const std::filesystem::path& folder,
                             double stated_wavelength, Device& device, const ShowProgress& progress = {});

// `patterns` of structures drawn evenly from the library, with the effects that the model was trained with (its own configuration).
KnownAnswers answer_simulated(const Model& model, const StructureLibrary& library, int patterns, std::uint64_t seed, Device& device,
                              const ShowProgress& progress = {});

}  // namespace friedel
