// Patterns in, classifications out: a network, a search of structures beside it where there is one, and what both of them refuse.
#pragma once

#include <optional>
#include <vector>

#include "host/answers/classification.h"
#include "host/answers/evidence.h"
#include "host/answers/explanation.h"
#include "host/network/classifier.h"
#include "host/network/device.h"
#include "host/patterns/pattern_reader.h"

namespace friedel {

class Answerer {
public:
    // explainer: draws how each answer came about; none: nothing is drawn. What is passed by reference, and the search of structures in
    // `others`, must outlive it.
    Answerer(const Model& model, Device& device, const OtherOpinions& others, std::optional<Explainer> explainer);

    // One for each pattern of the batch, in its order.
    std::vector<Classification> answer(const PatternBatch& batch);

private:
    Classification answer_one(const PatternBatch& batch, std::size_t i, const float* probabilities);

    const Model& model_;
    std::optional<Explainer> explainer_;
    Classifier classifier_;
    Evidence evidence_;
};

}  // namespace friedel
