// Sums over the GPUs of all ranks by NCCL, a library of its own that is opened where several ranks train on GPUs: one alone does without.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>

#include "host/ranks/communicator.h"

namespace friedel::cuda {

// All ranks make the same calls in the same order. The calls may be recorded in a graph.
class GradientSum {
public:
    virtual ~GradientSum() = default;
    // values [n] on the device become their sums over all ranks, once what `stream` was told so far is done and while it goes on.
    virtual void begin(cudaStream_t stream, float* values, std::size_t n) = 0;
    // `stream` waits for all sums that were begun.
    virtual void finish(cudaStream_t stream) = 0;
    // Returns when `stream` is done. Throws Error, and leaves the other ranks, where NCCL finds one of them gone or the communicator's
    // timeout passes; nothing can be summed then.
    virtual void watch(cudaStream_t stream) = 0;
};

// The one function of libfriedel_nccl.so, friedel_nccl_sum, called by all ranks at once, each with its own device chosen. The caller owns
// what it returns.
using MakeGradientSum = GradientSum*(Communicator& ranks);

}  // namespace friedel::cuda
