// Launchers of the network's own kernels: what stands between the matrix products, the loss, and the optimiser. Arrays live on the device;
// rows are samples. Value, of a matrix of operands, is float or __nv_bfloat16; its rows lie `stride` apart. Errors of a launch throw Error.
#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include "kernels/adamw.h"
#include "kernels/operand_copy.h"
#include "kernels/softmax.h"
#include "kernels/step_state.h"

namespace friedel::cuda {

// Throws Error where the kernels were not compiled for this device.
void check_kernels();

// Scratch of the reductions over many blocks for a layer of this width: floats.
std::size_t reduction_scratch(int width);

template <class Value>
void to_operands(cudaStream_t stream, Value* to, const float* from, int rows, int columns, int stride);

template <class Value>
void from_operands(cudaStream_t stream, float* to, const Value* from, int rows, int columns, int stride);

void add_bias(cudaStream_t stream, float* out, const float* bias, int rows, int width);

// bias is aligned to 16 bytes.
template <class Value>
void activate(cudaStream_t stream, Value* out, const float* bias, int rows, int width, int stride, float dropout, int layer,
              const StepState* state);

// `out` null: only the bias gradient.
template <class Value>
void activate_backward(cudaStream_t stream, Value* gradient, float* bias_gradient, const Value* out, int rows, int width, int stride,
                       float dropout, float* scratch);

template <class Value>
void softmax_loss(cudaStream_t stream, SampleLoss* samples, Value* gradient, const float* logits, const std::int32_t* labels, int n,
                  int stride, const Loss& loss, const StepState* state);

void add_losses(cudaStream_t stream, LossTotals* totals, StepGuard* guard, const SampleLoss* samples, int n, const LossConfig& config,
                const StepState* state);

// The norm of the gradient in one launch; clipping, AdamW, the moving average and the operands in a second, which does nothing where the
// step is not finite. The arrays are aligned to 16 bytes.
template <class Value>
void optimise(cudaStream_t stream, const AdamwArrays& arrays, StepGuard* guard, std::size_t weights, std::size_t size,
              const OptimiserConfig& config, const StepState* state, const OperandCopyTable<Value>& copies, float* scratch);

void advance(cudaStream_t stream, StepState* state);

// Backend::calculate().
void calculate(cudaStream_t stream, bool exponentials, float* values, std::size_t n, int times);

}  // namespace friedel::cuda
