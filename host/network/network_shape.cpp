#include "host/network/network_shape.h"

namespace friedel {

namespace {

// Elements of a row of values at which the rows of every backend may lie without a gap between them.
constexpr int filters_step = 32, kernel_step = 8;

}  // namespace

ConvolutionShape NetworkShape::convolution(int layer) const {
    ConvolutionShape shape{};
    for (int l = 0; l <= layer; ++l) {
        const Convolution& own = convolutions[static_cast<std::size_t>(l)];
        shape = {l > 0 ? shape.positions() : points(), l > 0 ? shape.filters : 1, own.filters, own.kernel, own.stride};
    }
    return shape;
}

std::string NetworkShape::text() const {
    std::string all = std::to_string(points());
    for (const Convolution& c : convolutions)
        all += "-" + std::to_string(c.filters) + "x" + std::to_string(c.kernel) + "/" + std::to_string(c.stride);
    for (std::size_t i = 1; i < widths.size(); ++i) all += "-" + std::to_string(widths[i]);
    return all;
}

std::string NetworkShape::fault_of_convolutions() const {
    for (int layer = 0; layer < convolution_layers(); ++layer) {
        const Convolution& c = convolutions[static_cast<std::size_t>(layer)];
        const std::string name = "convolution " + std::to_string(layer + 1);
        const std::string kernel = " has a kernel of " + std::to_string(c.kernel);
        if (c.filters < 1 || c.filters % filters_step != 0)
            return name + " has " + std::to_string(c.filters) + " filters; give a multiple of " + std::to_string(filters_step);
        if (c.kernel < 1 || c.kernel % kernel_step != 0) return name + kernel + "; give a multiple of " + std::to_string(kernel_step);
        if (c.stride < 1 || c.kernel % c.stride != 0)
            return name + kernel + " and a stride of " + std::to_string(c.stride) + "; give a stride that divides the kernel";
        if (const ConvolutionShape whole = convolution(layer); whole.positions() < 1)
            return name + kernel + " for " + std::to_string(whole.length) + " points; give a shorter one, or smaller strides before it";
    }
    return {};
}

}  // namespace friedel
