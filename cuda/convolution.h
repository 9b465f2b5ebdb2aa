// Convolutions by cuDNN, a library of its own that is opened when a network has some: dense networks do without cuDNN.
#pragma once

#include <cuda_runtime.h>

#include "cuda/precision.h"
#include "kernels/convolution.h"

namespace friedel::cuda {

// Matrices lie as Backend::convolve has them, all of operands, rows at the distance of row_stride(). Descriptors, algorithms and workspace
// of each shape are chosen at its first use, and only algorithms that give the same bits every time.
class ConvolutionEngine {
public:
    virtual ~ConvolutionEngine() = default;
    virtual void forward(cudaStream_t stream, void* out, const void* in, const void* filters, const ConvolutionShape& shape, int rows) = 0;
    // gradient [filters][patch], of operands, without gaps.
    virtual void backward_filters(cudaStream_t stream, void* gradient, const void* out_gradient, const void* in,
                                  const ConvolutionShape& shape, int rows) = 0;
    virtual void backward_input(cudaStream_t stream, void* in_gradient, const void* out_gradient, const void* filters,
                                const ConvolutionShape& shape, int rows) = 0;
};

// The one function of libfriedel_cudnn.so, friedel_cudnn_engine. The caller owns what it returns.
using MakeConvolutionEngine = ConvolutionEngine*(Precision);

}  // namespace friedel::cuda
