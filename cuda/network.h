// Launchers of the network's own kernels: what stands between the matrix products, the loss, and the optimiser. Arrays live on the device;
// rows are samples. Errors of a launch throw Error.
#pragma once

#include <cuda_runtime.h>

#include "kernels/adamw.h"
#include "kernels/softmax.h"
#include "kernels/step_state.h"

namespace friedel::cuda {

void add_bias(cudaStream_t stream, float* out, const float* bias, int rows, int width);
void activate(cudaStream_t stream, float* out, const float* bias, int rows, int width, float dropout, int layer, const StepState* state);
void softmax_loss(cudaStream_t stream, SampleLoss* samples, float* logits, const std::int32_t* labels, int n, int classes,
                  const LossConfig& config, const float* smoothing, const StepState* state);
void softmax(cudaStream_t stream, float* logits, int n, int classes, float temperature);
void advance(cudaStream_t stream, StepState* state);

}  // namespace friedel::cuda
