#include "host/network.h"

#include <cmath>

#include "kernels/real_math.h"

namespace friedel {

Network::Network(Backend& backend, NetworkShape shape, std::vector<float> dropout, int batch, bool training)
    : backend_(backend), shape_(std::move(shape)), dropout_(std::move(dropout)), batch_(batch) {
    for (int layer = 0; layer < shape_.layers(); ++layer) {
        const std::size_t size = static_cast<std::size_t>(batch) * shape_.outputs(layer);
        activation_.emplace_back(backend, size);
        if (training && layer + 1 < shape_.layers()) hidden_gradient_.emplace_back(backend, size);
    }
}

float* Network::forward(const float* input, const float* parameters, int rows, const StepState* state, int member) {
    const int layers = shape_.layers();
    for (int layer = 0; layer < layers; ++layer) {
        float* const out = activation_[layer].data();
        const float* const bias = parameters + shape_.bias_offset(layer);
        const int width = shape_.outputs(layer);
        backend_.gemm(out, input, Transpose::no, parameters + shape_.weight_offset(layer), Transpose::yes, rows, width,
                      shape_.inputs(layer));
        if (layer + 1 == layers) {
            backend_.add_bias(out, bias, rows, width);
        } else {
            backend_.activate(out, bias, rows, width, state ? dropout_[layer] : 0.0f, member * 256 + layer, state);
        }
        input = out;
    }
    return activation_.back().data();
}

float* Network::answer(const float* input, const float* parameters, int rows) { return forward(input, parameters, rows, nullptr, 0); }

void Network::backpropagate(float* gradient, SampleLoss* samples, const float* input, const std::int32_t* labels, const float* parameters,
                            const LossConfig& loss, const float* smoothing, const StepState* state, int member) {
    float* const logits = forward(input, parameters, batch_, state, member);
    backend_.softmax_loss(samples, logits, labels, batch_, shape_.classes(), loss, smoothing, state);
    for (int layer = shape_.layers(); layer-- > 0;) {
        const bool last = layer + 1 == shape_.layers();
        const int width = shape_.outputs(layer), inputs = shape_.inputs(layer);
        float* const out_gradient = last ? logits : hidden_gradient_[layer].data();
        backend_.activate_backward(out_gradient, gradient + shape_.bias_offset(layer), last ? nullptr : activation_[layer].data(), batch_,
                                   width, last ? 0.0f : dropout_[layer]);
        const float* const in = layer ? activation_[layer - 1].data() : input;
        backend_.gemm(gradient + shape_.weight_offset(layer), out_gradient, Transpose::yes, in, Transpose::no, width, inputs, batch_);
        if (layer) {
            backend_.gemm(hidden_gradient_[layer - 1].data(), out_gradient, Transpose::no, parameters + shape_.weight_offset(layer),
                          Transpose::no, batch_, inputs, width);
        }
    }
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
