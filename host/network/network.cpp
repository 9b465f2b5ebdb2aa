#include "host/network/network.h"

#include <cmath>

#include "kernels/real_math.h"

namespace friedel {

Parameters::Parameters(Backend& backend, const NetworkShape& shape, const std::vector<float>& values)
    : backend_(&backend), shape_(shape), values_(backend, values.data(), values.size()) {
    if (backend.operands_are_floats()) return;
    for (int layer = 0; layer < shape_.layers(); ++layer) {
        operands_.emplace_back(backend, shape_.outputs(layer), shape_.inputs(layer));
        copies_.push_back({shape_.weight_offset(layer), shape_.outputs(layer), shape_.inputs(layer), operands_.back().data()});
    }
    refresh();
}

const Operand* Parameters::weight(int layer) const {
    if (operands_.empty()) return reinterpret_cast<const Operand*>(values_.data() + shape_.weight_offset(layer));
    return operands_[static_cast<std::size_t>(layer)].data();
}

void Parameters::refresh() {
    for (const OperandCopy& copy : copies_) backend_->to_operands(copy.to, values_.data() + copy.begin, copy.rows, copy.columns);
}

Network::Network(Backend& backend, NetworkShape shape, std::vector<float> dropout, int batch, bool training)
    : backend_(backend),
      shape_(std::move(shape)),
      dropout_(std::move(dropout)),
      batch_(batch),
      logits_(backend, static_cast<std::size_t>(batch) * shape_.classes()) {
    for (int layer = 0; layer + 1 < shape_.layers(); ++layer) {
        const int width = shape_.positions(layer) * shape_.outputs(layer);
        activation_.emplace_back(backend, batch, width);
        if (training) hidden_gradient_.emplace_back(backend, batch, width);
    }
    if (training && !backend.operands_are_floats()) logit_gradient_ = Matrix(backend, batch, shape_.classes());
}

float* Network::forward(const Operand* input, const Parameters& parameters, int rows, const StepState* state, int member) {
    const int last = shape_.layers() - 1;
    for (int layer = 0; layer < last; ++layer) {
        Operand* const out = activation_[static_cast<std::size_t>(layer)].data();
        const int width = shape_.outputs(layer);
        if (shape_.is_convolution(layer)) {
            backend_.convolve(out, input, parameters.weight(layer), shape_.convolution(layer), rows);
        } else {
            backend_.gemm(out, {input, Transpose::no, parameters.weight(layer), Transpose::yes, rows, width, shape_.inputs(layer)});
        }
        backend_.activate(out, parameters.bias(layer), rows * shape_.positions(layer), width,
                          state ? dropout_[static_cast<std::size_t>(layer)] : 0.0f, member * 256 + layer, state);
        input = out;
    }
    backend_.gemm(logits_.data(),
                  {input, Transpose::no, parameters.weight(last), Transpose::yes, rows, shape_.classes(), shape_.inputs(last)});
    backend_.add_bias(logits_.data(), parameters.bias(last), rows, shape_.classes());
    return logits_.data();
}

float* Network::answer(const Operand* input, const Parameters& parameters, int rows) {
    return forward(input, parameters, rows, nullptr, 0);
}

void Network::backpropagate(float* gradient, SampleLoss* samples, const Operand* input, const std::int32_t* labels,
                            const Parameters& parameters, const Loss& loss, const StepState* state, int member,
                            const GradientReady& ready) {
    float* const logits = forward(input, parameters, batch_, state, member);
    Operand* out_gradient = backend_.operands_are_floats() ? reinterpret_cast<Operand*>(logits) : logit_gradient_.data();
    backend_.softmax_loss(samples, out_gradient, logits, labels, batch_, loss, state);
    for (int layer = shape_.layers(); layer-- > 0;) {
        const auto index = static_cast<std::size_t>(layer);
        const bool last = layer + 1 == shape_.layers();
        const int width = shape_.outputs(layer), inputs = shape_.inputs(layer);
        backend_.activate_backward(out_gradient, gradient + shape_.bias_offset(layer), last ? nullptr : activation_[index].data(),
                                   batch_ * shape_.positions(layer), width, last ? 0.0f : dropout_[index]);
        const Operand* const in = layer ? activation_[index - 1].data() : input;
        Operand* const in_gradient = layer ? hidden_gradient_[index - 1].data() : nullptr;
        float* const weight_gradient = gradient + shape_.weight_offset(layer);
        if (shape_.is_convolution(layer)) {
            const ConvolutionShape convolution = shape_.convolution(layer);
            backend_.convolve_backward_filters(weight_gradient, out_gradient, in, convolution, batch_);
            if (layer > 0) backend_.convolve_backward_input(in_gradient, out_gradient, parameters.weight(layer), convolution, batch_);
        } else {
            backend_.gemm(weight_gradient, {out_gradient, Transpose::yes, in, Transpose::no, width, inputs, batch_});
            if (layer > 0)
                backend_.gemm(in_gradient, {out_gradient, Transpose::no, parameters.weight(layer), Transpose::no, batch_, inputs, width});
        }
        if (ready) ready(weight_gradient, static_cast<std::size_t>(width) * inputs);
        out_gradient = in_gradient;
    }
    if (ready) ready(gradient + shape_.weights_end(), shape_.size() - shape_.weights_end());
}

std::vector<float> initial_parameters(const NetworkShape& shape, std::uint64_t seed, int member) {
    std::vector<float> parameters(shape.size());
    for (int layer = 0; layer < shape.layers(); ++layer) {
        const std::size_t offset = shape.weight_offset(layer), count = static_cast<std::size_t>(shape.inputs(layer)) * shape.outputs(layer);
        const float deviation = std::sqrt((layer + 1 == shape.layers() ? 1.0f : 2.0f) / shape.inputs(layer));
        for (std::size_t i = 0; i < count; ++i) {
            const Random4 random =
                random4(seed, static_cast<std::uint64_t>(member) * 256 + layer, Purpose::weights, static_cast<std::uint32_t>(i / 4));
            parameters[offset + i] = deviation * normal_quantile(uniform_open(random.bits[i % 4]));
        }
    }
    return parameters;
}

}  // namespace friedel
