// A network on a backend: activations of one batch, answers, and the gradient of the loss. Layers, convolutions and then dense ones, are
// ReLU with dropout, the last one linear. One object serves all members of an ensemble in turn.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "host/network/backend.h"
#include "host/network/network_shape.h"

namespace friedel {

// The parameters of one network in single precision, and a copy of the weights as operands where the backend does not multiply floats.
class Parameters {
public:
    Parameters(Backend& backend, const NetworkShape& shape, const std::vector<float>& values);

    Buffer<float>& values() { return values_; }
    const Buffer<float>& values() const { return values_; }
    const float* bias(int layer) const { return values_.data() + shape_.bias_offset(layer); }
    const Operand* weight(int layer) const;                             // a matrix [outputs][inputs]
    void refresh();                                                     // the operands, after the values have changed
    const std::vector<OperandCopy>& copies() const { return copies_; }  // what refresh() writes, for Backend::optimise()

private:
    Backend* backend_;
    NetworkShape shape_;
    Buffer<float> values_;          // [shape.size()]
    std::vector<Matrix> operands_;  // [layers], empty where operands are floats
    std::vector<OperandCopy> copies_;
};

class Network {
public:
    // `dropout` [hidden layers]. With `training` there is room for gradients.
    Network(Backend& backend, NetworkShape shape, std::vector<float> dropout, int batch, bool training);

    // input [rows][inputs], rows <= batch. Returns the logits [rows][classes], which stay until the next call. Nothing is dropped.
    float* answer(const Operand* input, const Parameters& parameters, int rows);

    // Told that values [n] of the gradient are final, while the others are still computed.
    using GradientReady = std::function<void(float* values, std::size_t n)>;

    // One forward and backward pass: gradient [shape.size()] of the mean loss, and the loss of each sample. `loss` is of shape.classes().
    void backpropagate(float* gradient, SampleLoss* samples, const Operand* input, const std::int32_t* labels, const Parameters& parameters,
                       const Loss& loss, const StepState* state, int member, const GradientReady& ready = nullptr);

    const NetworkShape& shape() const { return shape_; }

private:
    float* forward(const Operand* input, const Parameters& parameters, int rows, const StepState* state, int member);

    Backend& backend_;
    NetworkShape shape_;
    std::vector<float> dropout_;
    int batch_;
    std::vector<Matrix> activation_;       // [layers - 1] of [batch][positions * outputs]
    std::vector<Matrix> hidden_gradient_;  // the same
    Buffer<float> logits_;                 // [batch][classes]
    Matrix logit_gradient_;                // [batch][classes], where it cannot take the place of the logits
};

// Random weights of one member: normal with variance 2 / inputs before a ReLU (He et al. 2015), 1 / inputs before the softmax; biases 0.
std::vector<float> initial_parameters(const NetworkShape& shape, std::uint64_t seed, int member);

}  // namespace friedel
