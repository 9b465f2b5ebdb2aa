// Launchers of the network's own kernels: what stands between the matrix products, the loss, and the optimiser. Arrays live on the device;
// rows are samples. Errors of a launch throw Error.
#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include "cuda/operand_rows.h"
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
void to_operands(cudaStream_t stream, const OperandRows<Value>& to, const float* from);

template <class Value>
void from_operands(cudaStream_t stream, float* to, const OperandRows<const Value>& from);

void add_bias(cudaStream_t stream, float* out, const float* bias, int rows, int width);

// bias is aligned to 16 bytes.
template <class Value>
void activate(cudaStream_t stream, const OperandRows<Value>& out, const float* bias, float dropout, int layer, const StepState* state);

// `out`, a matrix as the gradient is; null: only the bias gradient.
template <class Value>
void activate_backward(cudaStream_t stream, const OperandRows<Value>& gradient, float* bias_gradient, const Value* out, float dropout,
                       float* scratch);

// gradient [samples][classes].
template <class Value>
void softmax_loss(cudaStream_t stream, SampleLoss* samples, const OperandRows<Value>& gradient, const float* logits,
                  const std::int32_t* labels, const Loss& loss, const StepState* state);

void add_losses(cudaStream_t stream, LossTotals* totals, StepGuard* guard, const SampleLoss* samples, int n, const LossConfig& config,
                const StepState* state);

// All parameters of a network and what their step depends on. The arrays are aligned to 16 bytes.
struct OptimiserTask {
    AdamwArrays arrays;         // [size]
    std::size_t weights, size;  // from `weights` on there are biases, which do not decay
    StepGuard* guard;
    OptimiserConfig config;
    const StepState* state;
};

// The norm of the gradient in one launch; clipping, AdamW, the moving average and the operands in a second, which does nothing where the
// step is not finite.
template <class Value>
void optimise(cudaStream_t stream, const OptimiserTask& task, const OperandCopyTable<Value>& copies, float* scratch);

void advance(cudaStream_t stream, StepState* state);

// Backend::calculate().
void calculate(cudaStream_t stream, bool exponentials, float* values, std::size_t n, int times);

}  // namespace friedel::cuda
