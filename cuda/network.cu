#include "cuda/cuda_block.cuh"
#include "cuda/network.h"
#include "host/error.h"
#include "kernels/dense.h"

namespace friedel::cuda {

namespace {

constexpr int threads = 256;

__global__ void __launch_bounds__(threads) add_bias_kernel(float* out, const float* bias, int width) {
    CudaBlock block{nullptr};
    add_bias_row(block, out + static_cast<std::size_t>(blockIdx.x) * width, bias, width);
}

__global__ void __launch_bounds__(threads)
    activate_kernel(float* out, const float* bias, int width, float dropout, int layer, const StepState* state) {
    CudaBlock block{nullptr};
    const Dropout what{dropout, state->seed, static_cast<std::uint64_t>(state->step) * gridDim.x, static_cast<std::uint32_t>(layer)};
    activate_row(block, out + static_cast<std::size_t>(blockIdx.x) * width, bias, static_cast<int>(blockIdx.x), width, what);
}

__global__ void __launch_bounds__(threads) softmax_loss_kernel(SampleLoss* samples, float* logits, const std::int32_t* labels, int classes,
                                                               LossConfig config, const float* smoothing, const StepState* state) {
    __shared__ std::int32_t shared[threads];
    CudaBlock block{shared};
    const int n = static_cast<int>(gridDim.x), row = static_cast<int>(blockIdx.x);
    const std::int64_t epoch = config.epoch_patterns > 0 ? state->step * n / config.epoch_patterns : 0;
    const SampleLoss result =
        softmax_loss_row(block, logits + static_cast<std::size_t>(row) * classes, labels[row], classes, config, smoothing, epoch, 1.0f / n);
    if (threadIdx.x == 0) samples[row] = result;
}

__global__ void __launch_bounds__(threads) softmax_kernel(float* logits, int classes, float temperature) {
    __shared__ std::int32_t shared[threads];
    CudaBlock block{shared};
    softmax_row(block, logits + static_cast<std::size_t>(blockIdx.x) * classes, classes, temperature);
}

__global__ void advance_kernel(StepState* state) { ++state->step; }

void check_launch(const char* what) {
    if (const cudaError_t status = cudaGetLastError(); status != cudaSuccess) fail("launching ", what, ": ", cudaGetErrorString(status));
}

}  // namespace

void add_bias(cudaStream_t stream, float* out, const float* bias, int rows, int width) {
    add_bias_kernel<<<rows, threads, 0, stream>>>(out, bias, width);
    check_launch("the bias");
}

void activate(cudaStream_t stream, float* out, const float* bias, int rows, int width, float dropout, int layer, const StepState* state) {
    activate_kernel<<<rows, threads, 0, stream>>>(out, bias, width, dropout, layer, state);
    check_launch("the activation");
}

void softmax_loss(cudaStream_t stream, SampleLoss* samples, float* logits, const std::int32_t* labels, int n, int classes,
                  const LossConfig& config, const float* smoothing, const StepState* state) {
    softmax_loss_kernel<<<n, threads, 0, stream>>>(samples, logits, labels, classes, config, smoothing, state);
    check_launch("the loss");
}

void softmax(cudaStream_t stream, float* logits, int n, int classes, float temperature) {
    softmax_kernel<<<n, threads, 0, stream>>>(logits, classes, temperature);
    check_launch("the softmax");
}

void advance(cudaStream_t stream, StepState* state) {
    advance_kernel<<<1, 1, 0, stream>>>(state);
    check_launch("the step counter");
}

}  // namespace friedel::cuda
