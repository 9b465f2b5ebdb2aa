// A one-dimensional convolution without padding, of signals [length][channels], channels next to each other, with filters
// [filters][kernel][channels], to signals [positions][filters]. In this layout the part of a signal that a filter meets, a patch, is one
// run of memory, and as the kernel is a multiple of the stride a convolution is also one of stride 1, of a signal [length / stride]
// [stride * channels].
// Leaves out: the products of patches and filters, which are matrix products.
#pragma once

#include "kernels/block.h"

namespace friedel {

struct ConvolutionShape {
    int length, channels;  // of the signals that come in
    int filters, kernel, stride;

    FRIEDEL_FN int positions() const { return length < kernel ? 0 : (length - kernel) / stride + 1; }
    FRIEDEL_FN int patch() const { return kernel * channels; }
    FRIEDEL_FN int inputs() const { return length * channels; }
    FRIEDEL_FN int outputs() const { return positions() * filters; }

    bool operator==(const ConvolutionShape&) const = default;
};

// patches [positions][patch] of one signal.
template <class Value>
FRIEDEL_FN void gather_patches(float* patches, const Value* signal, const ConvolutionShape& shape) {
    const int patch = shape.patch(), step = shape.stride * shape.channels;
    for (int position = 0; position < shape.positions(); ++position) {
        float* const to = patches + static_cast<std::size_t>(position) * patch;
        const Value* const from = signal + static_cast<std::size_t>(position) * step;
        FRIEDEL_SIMD
        for (int i = 0; i < patch; ++i) to[i] = static_cast<float>(from[i]);
    }
}

// The reverse for gradients: signal [inputs] becomes the sum of all patches that meet each of its values.
FRIEDEL_FN void scatter_patches(float* signal, const float* patches, const ConvolutionShape& shape) {
    const int patch = shape.patch(), step = shape.stride * shape.channels;
    for (int i = 0; i < shape.inputs(); ++i) signal[i] = 0;
    for (int position = 0; position < shape.positions(); ++position) {
        float* const to = signal + static_cast<std::size_t>(position) * step;
        const float* const from = patches + static_cast<std::size_t>(position) * patch;
        FRIEDEL_SIMD
        for (int i = 0; i < patch; ++i) to[i] += from[i];
    }
}

}  // namespace friedel
