// A model applied to patterns: the lattice scales it asks for, preprocessing, every network of the ensemble, belief, mean.
// Leaves out: reading pattern files and bringing them to the model's grid (pattern_file.h), and what is refused (calibration).
#pragma once

#include <memory>
#include <vector>

#include "host/network/backend.h"
#include "host/network/model.h"

namespace friedel {

class Classifier {
public:
    // `model` and `backend` must outlive the classifier.
    Classifier(const Model& model, Backend& backend);
    ~Classifier();
    Classifier(const Classifier&) = delete;
    Classifier& operator=(const Classifier&) = delete;

    int points() const;
    int classes() const;
    int members() const;

    // Raw patterns on the model's grid, [n][points] any scale -> [n][classes], each row summing to 1. Batches of any size.
    void probabilities(float* probabilities, const float* patterns, int n);
    // The same before belief and the mean over members: [members][n][classes], for calibration and tests.
    void logits(float* logits, const float* patterns, int n);

private:
    struct State;
    std::unique_ptr<State> state_;
};

// What a network is given of a raw pattern on the model's grid.
std::vector<float> preprocessed(std::vector<float> pattern, const Model& model);

// Mean over the members of their softmax, believed that far: [members][n][classes] -> [n][classes].
void mix_members(float* probabilities, const float* logits, int members, int n, int classes, const Belief& belief);

// Shannon entropy in nats of one row of probabilities.
float entropy(const float* probabilities, int classes);

// [230] space groups -> [7] crystal systems, by summing, so that the two answers never contradict each other.
void crystal_system_probabilities(float* systems, const float* space_group_probabilities);

}  // namespace friedel
