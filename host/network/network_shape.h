// The shape of a network and where each of its parameters lies in one array: all weights first, then all biases, so that
// weight decay is a range. Every tensor starts on a multiple of 32 floats; the gaps stay zero. Convolutions come first, if there are any,
// of the pattern as a signal of one channel; dense layers follow.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "kernels/convolution.h"

namespace friedel {

// A layer of convolutions without padding: as many values as it has filters at every stride-th point.
struct Convolution {
    int filters, kernel, stride;
    bool operator==(const Convolution&) const = default;
};

struct NetworkShape {
    std::vector<int> widths;  // points of a pattern, hidden dense layers, classes
    std::vector<Convolution> convolutions = {};

    int points() const { return widths.front(); }
    int classes() const { return widths.back(); }
    int layers() const { return convolution_layers() + static_cast<int>(widths.size()) - 1; }
    int convolution_layers() const { return static_cast<int>(convolutions.size()); }
    bool is_convolution(int layer) const { return layer < convolution_layers(); }

    ConvolutionShape convolution(int layer) const;  // layer < convolution_layers()

    // The extents of the weights, [outputs][inputs]. A convolution's inputs are a patch, its outputs the filters.
    int inputs(int layer) const {
        if (is_convolution(layer)) return convolution(layer).patch();
        const int dense = layer - convolution_layers();
        return dense == 0 && layer > 0 ? convolution(layer - 1).outputs() : widths[static_cast<std::size_t>(dense)];
    }
    int outputs(int layer) const {
        return is_convolution(layer) ? convolutions[static_cast<std::size_t>(layer)].filters
                                     : widths[static_cast<std::size_t>(layer - convolution_layers()) + 1];
    }
    // How often a layer applies its weights to one pattern.
    int positions(int layer) const { return is_convolution(layer) ? convolution(layer).positions() : 1; }

    std::size_t weight_offset(int layer) const {  // [outputs][inputs]
        std::size_t offset = 0;
        for (int l = 0; l < layer; ++l) offset += padded(static_cast<std::size_t>(inputs(l)) * outputs(l));
        return offset;
    }
    std::size_t bias_offset(int layer) const {  // [outputs]
        std::size_t offset = weights_end();
        for (int l = 0; l < layer; ++l) offset += padded(outputs(l));
        return offset;
    }
    std::size_t weights_end() const { return weight_offset(layers()); }
    std::size_t size() const { return bias_offset(layers()); }  // of the array, gaps included

    std::size_t parameters() const {
        std::size_t count = 0;
        for (int l = 0; l < layers(); ++l) count += (static_cast<std::size_t>(inputs(l)) + 1) * outputs(l);
        return count;
    }

    std::string text() const;  // "8500-4000-230"; "2125-32x64/8-1024-230" with 32 filters of 64 points at every 8th

    // What forbids convolutions such as these, and the cure; empty if nothing does. Rows of values must lie at the alignment that every
    // backend wants, and a kernel must be a multiple of its stride.
    std::string fault_of_convolutions() const;

    bool operator==(const NetworkShape&) const = default;

private:
    static std::size_t padded(std::size_t floats) { return (floats + 31) / 32 * 32; }
};

}  // namespace friedel
