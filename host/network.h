// A dense network on a backend: activations of one batch, answers, and the gradient of the loss. Layers are ReLU with dropout, the last
// one linear. One object serves all members of an ensemble in turn.
#pragma once

#include <cstdint>
#include <vector>

#include "host/backend.h"
#include "host/network_shape.h"

namespace friedel {

class Network {
public:
    // `dropout` [hidden layers]. With `training` there is room for gradients.
    Network(Backend& backend, NetworkShape shape, std::vector<float> dropout, int batch, bool training);

    // input [rows][inputs], rows <= batch. Returns the logits [rows][classes], which stay until the next call. Nothing is dropped.
    float* answer(const float* input, const float* parameters, int rows);

    // One forward and backward pass: gradient [shape.size()] of the mean loss, and the loss of each sample.
    void backpropagate(float* gradient, SampleLoss* samples, const float* input, const std::int32_t* labels, const float* parameters,
                       const LossConfig& loss, const float* smoothing, const StepState* state, int member);

    const NetworkShape& shape() const { return shape_; }

private:
    float* forward(const float* input, const float* parameters, int rows, const StepState* state, int member);

    Backend& backend_;
    NetworkShape shape_;
    std::vector<float> dropout_;
    int batch_;
    std::vector<Buffer<float>> activation_;       // [layers] of [batch][outputs]
    std::vector<Buffer<float>> hidden_gradient_;  // [layers - 1] of [batch][outputs]
};

// Random weights of one member: normal with variance 2 / inputs before a ReLU (He et al. 2015), 1 / inputs before the softmax; biases 0.
std::vector<float> initial_parameters(const NetworkShape& shape, std::uint64_t seed, int member);

}  // namespace friedel
