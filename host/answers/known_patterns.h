// A model's answers to patterns whose space group is known, measured or simulated: what calibration and evaluation work on.
// Leaves out: what is made of them (calibration.h, metrics.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "host/answers/evidence.h"
#include "host/answers/opinions.h"
#include "host/crystals/structure_library.h"
#include "host/network/classifier.h"
#include "host/network/device.h"
#include "host/network/model.h"
#include "host/patterns/labels.h"
#include "host/patterns/pattern_reader.h"
#include "host/support/progress_line.h"

namespace friedel {

// One pattern whose space group is known, beside what is answered to it.
struct Known {
    // Why the pattern itself is to be refused, empty if it is not: where its answer is not sure, and where it is.
    struct Reasons {
        std::string if_unsure, if_sure;
    };

    int space_group = 0;     // the truth
    std::size_t source = 0;  // index of the label, or of the structure in the library
    Reasons reasons;
    std::string refused;   // the one of the reasons that holds, as decide_refusals() found
    bool covered = true;   // whether its data are enough to ask about; refused for other reasons, it has an answer all the same
    SecondGroup second{};  // of what was taken off the pattern
};

struct KnownAnswers {
    int members = 0, classes = 0;
    std::vector<Known> known;           // [size()]
    std::vector<float> logits;          // [members][size()][classes]
    std::vector<float> votes;           // [size()][classes] of a search beside the network; empty without one
    std::vector<float> indexed;         // [size()][classes] what indexing says; empty without it
    float sure = 1;                     // the probability from which an answer is
    std::vector<std::string> problems;  // measured patterns that could not be read: why, with file and cure
    std::size_t assumed = 0;            // measured patterns that state no wavelength: the model's was taken

    std::size_t size() const { return known.size(); }
    // [size()][classes], mean over the members, pooled with the other opinions.
    std::vector<float> probabilities(const Belief& belief) const;
    // How sure answers are depends on how far the network is believed.
    void decide_refusals(const Belief& belief);
    // Patterns that are not covered say nothing about a model; what is refused says nothing about what is not.
    void leave_out_uncovered();
    void leave_out_refused();

private:
    void keep_only(const std::function<bool(const Known&)>& is_kept);
};

struct MeasuredOptions {
    double wavelength = 0;         // of all patterns, angstrom; 0: what each states
    bool strip_k_alpha_2 = false;  // see k_alpha.h
};

struct MeasuredPatterns {
    std::vector<Label> labels;
    std::filesystem::path folder;  // in which their files lie
    MeasuredOptions options{};
};

// How they are read for a model.
PatternReaderConfig reader_config(const Model& model, const MeasuredOptions& options);

// What cannot be read becomes a problem; what covers too little of the model's range is refused.
KnownAnswers answer_measured(const Model& model, const MeasuredPatterns& patterns, Device& device, const OtherOpinions& others,
                             const ShowProgress& progress = {});

// The structures of a library whose space group is known, in an order that the seed decides.
std::vector<int> shuffled_structures(const StructureLibrary& library, std::uint64_t seed);

struct SimulatedPatterns {
    const StructureLibrary& library;
    std::vector<int> structures;  // of the library, in this order over and over
    SimulationConfig simulation;  // how they are disturbed
    int count = 0;
    std::uint64_t seed = 0;  // pattern i is sample i of it
};

KnownAnswers answer_simulated(const Model& model, const SimulatedPatterns& patterns, Device& device, const OtherOpinions& others,
                              const ShowProgress& progress = {});

// Whether the structures of this file are what the model was trained on.
bool was_trained_on(const Model& model, const std::filesystem::path& library);

// The disturbances that the model was trained with, on its own grid. Throws Error if it does not say how it was trained.
SimulationConfig simulation_of_training(const Model& model);

}  // namespace friedel
