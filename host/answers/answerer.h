// Patterns in, classifications out: a network, a search of structures beside it where there is one, and what both of them refuse.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "host/answers/classification.h"
#include "host/answers/evidence.h"
#include "host/answers/explanation.h"
#include "host/network/classifier.h"
#include "host/network/device.h"
#include "host/patterns/pattern_reader.h"
#include "host/search/second_opinion.h"

namespace friedel {

class Answerer {
public:
    // structures: a library to search beside the network; explainer: draws how each answer came about; none: nothing is drawn. indexing:
    // ask that as well, of a model of space groups (indexing_opinion.h). `model` and `device` must outlive it.
    Answerer(const Model& model, Device& device, const std::filesystem::path& structures, bool indexing, std::optional<Explainer> explainer,
             const ShowProgress& progress);

    // One for each pattern of the batch, in its order.
    std::vector<Classification> answer(const PatternBatch& batch);

private:
    Classification answer_one(const PatternBatch& batch, std::size_t i, const float* probabilities);

    const Model& model_;
    std::optional<Explainer> explainer_;
    Classifier classifier_;
    std::optional<SecondOpinion> second_;
    std::optional<Evidence> evidence_;
};

}  // namespace friedel
