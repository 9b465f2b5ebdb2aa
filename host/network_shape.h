// The shape of a dense network and where each of its parameters lies in one array: all weights first, then all biases, so that
// weight decay is a range. Every tensor starts on a multiple of 32 floats; the gaps stay zero.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace friedel {

struct NetworkShape {
    std::vector<int> widths;  // inputs, hidden layers, classes

    int layers() const { return static_cast<int>(widths.size()) - 1; }
    int inputs(int layer) const { return widths[static_cast<std::size_t>(layer)]; }
    int outputs(int layer) const { return widths[static_cast<std::size_t>(layer) + 1]; }
    int classes() const { return widths.back(); }

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

    std::string text() const {  // "8500-4000-230"
        std::string all;
        for (int width : widths) all += (all.empty() ? "" : "-") + std::to_string(width);
        return all;
    }

    bool operator==(const NetworkShape&) const = default;

private:
    static std::size_t padded(std::size_t floats) { return (floats + 31) / 32 * 32; }
};

}  // namespace friedel
