#include "cuda/check.h"
#include "cuda/cuda_block.cuh"
#include "cuda/network.h"
#include "kernels/dense.h"

namespace friedel::cuda {

namespace {

constexpr int threads = block_threads;
constexpr int norm_blocks = 1024;  // partial sums of the gradient's norm
constexpr int optimiser_blocks = 1024;
constexpr int backward_columns = 64;  // of one block: two rows of 64 at a time fill a line of memory
constexpr int backward_lanes = threads / backward_columns;
constexpr int backward_chunks = 32;  // parts into which the rows of a batch are cut

__device__ CudaBlock block_with(void* shared) { return CudaBlock(CudaTeam(shared)); }

template <class Value>
__global__ void __launch_bounds__(threads) to_operands_kernel(Value* to, const float* from, int columns, int stride) {
    const std::size_t row = blockIdx.x;
    for (int j = threadIdx.x; j < columns; j += blockDim.x) to[row * stride + j] = Value(from[row * columns + j]);
}

template <class Value>
__global__ void __launch_bounds__(threads) from_operands_kernel(float* to, const Value* from, int columns, int stride) {
    const std::size_t row = blockIdx.x;
    for (int j = threadIdx.x; j < columns; j += blockDim.x) to[row * columns + j] = static_cast<float>(from[row * stride + j]);
}

__global__ void __launch_bounds__(threads) add_bias_kernel(float* out, const float* bias, int width) {
    const CudaBlock block = block_with(nullptr);
    add_bias_row(block, out + static_cast<std::size_t>(blockIdx.x) * width, bias, width);
}

template <class Value>
__global__ void __launch_bounds__(threads)
    activate_kernel(Value* out, const float* bias, int width, int stride, float dropout, int layer, const StepState* state) {
    Dropout what{dropout, 0, 0, static_cast<std::uint32_t>(layer)};
    if (dropout > 0) {
        what.seed = state->seed;
        what.first_sample = first_sample(*state, 0, static_cast<int>(gridDim.x));
    }
    Value* const row = out + static_cast<std::size_t>(blockIdx.x) * stride;
    for (int draw = threadIdx.x; draw < activation_draws(width); draw += blockDim.x) {
        activate_units(row, bias, static_cast<int>(blockIdx.x), width, what, draw);
    }
}

// A tile of columns and a chunk of the rows: the gradient in place, and the chunk's share of the bias gradient, partial[chunk][width].
template <class Value>
__global__ void __launch_bounds__(threads)
    activate_backward_kernel(float* partial, Value* gradient, const Value* out, int rows, int width, int stride, float rate) {
    __shared__ float sums[backward_lanes][backward_columns];
    const int column = threadIdx.x % backward_columns, lane = threadIdx.x / backward_columns;
    const int j = static_cast<int>(blockIdx.x) * backward_columns + column;
    const int chunk = (rows + gridDim.y - 1) / gridDim.y;
    const int first = static_cast<int>(blockIdx.y) * chunk, last = min(first + chunk, rows);
    float sum = 0;
    for (int row = first + lane; row < last && j < width; row += backward_lanes) {
        const std::size_t at = static_cast<std::size_t>(row) * stride + j;
        float value = static_cast<float>(gradient[at]);
        if (out) {
            value = activation_gradient(value, static_cast<float>(out[at]), rate);
            gradient[at] = Value(value);
        }
        sum += value;
    }
    sums[lane][column] = sum;
    __syncthreads();
    if (lane > 0 || j >= width) return;
    for (int other = 1; other < backward_lanes; ++other) sum += sums[other][column];
    partial[static_cast<std::size_t>(blockIdx.y) * width + j] = sum;
}

__global__ void __launch_bounds__(threads) add_chunks_kernel(float* bias_gradient, const float* partial, int chunks, int width) {
    const int j = blockIdx.x * blockDim.x + threadIdx.x;
    if (j >= width) return;
    float sum = 0;
    for (int chunk = 0; chunk < chunks; ++chunk) sum += partial[static_cast<std::size_t>(chunk) * width + j];
    bias_gradient[j] = sum;
}

template <class Value>
__global__ void __launch_bounds__(threads)
    softmax_loss_kernel(SampleLoss* samples, Value* gradient, const float* logits, const std::int32_t* labels, int classes, int stride,
                        LossConfig config, const float* smoothing, const StepState* state) {
    __shared__ double shared[threads];
    const CudaBlock block = block_with(shared);
    const int n = static_cast<int>(gridDim.x), row = static_cast<int>(blockIdx.x);
    const std::int64_t batch = batch_of(*state, n), epoch = config.epoch_patterns > 0 ? state->step * batch / config.epoch_patterns : 0;
    const SampleLoss result =
        softmax_loss_row(block, gradient + static_cast<std::size_t>(row) * stride, logits + static_cast<std::size_t>(row) * classes,
                         labels[row], classes, config, smoothing, epoch, 1.0f / static_cast<float>(batch));
    if (threadIdx.x == 0) samples[row] = result;
}

__global__ void __launch_bounds__(threads) add_losses_kernel(LossTotals* totals, StepGuard* guard, const SampleLoss* samples, int n) {
    __shared__ double shared[threads];
    const CudaBlock block = block_with(shared);
    const LossTotals more = loss_totals(block, samples, n);
    if (threadIdx.x == 0) add_batch(*totals, *guard, more);
}

__global__ void __launch_bounds__(threads) norm_kernel(float* partial, const float* gradient, std::size_t size) {
    __shared__ double shared[threads];
    const CudaTeam team(shared);
    float sum = 0;
    const std::size_t all = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < size; i += all)
        sum += gradient[i] * gradient[i];
    sum = team.reduce(sum, [](float a, float b) { return a + b; });
    if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

__global__ void __launch_bounds__(threads) adamw_kernel(AdamwArrays arrays, StepGuard* guard, std::size_t weights, std::size_t size,
                                                        OptimiserConfig config, const StepState* state, const float* partial) {
    __shared__ double shared[threads];
    __shared__ StepRates rates;
    const CudaBlock block = block_with(shared);
    const double norm = sqrt(block.sum<double>(norm_blocks, [&](int i) { return double{partial[i]}; }));
    const bool taken = may_step(*guard, norm);
    // The counts, which no block reads.
    if (blockIdx.x == 0 && threadIdx.x == 0) count_step(*guard, taken);
    if (!taken) return;
    const float clip = clip_factor(config, norm);
    if (threadIdx.x == 0) rates = step_rates(config, state->step, state->total_steps);
    __syncthreads();
    const std::size_t all = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < size; i += all) {
        adamw_range(arrays, i, 1, config, rates, clip, i < weights ? config.weight_decay : 0.0f);
    }
}

__global__ void advance_kernel(StepState* state) { ++state->step; }

int tiles(int extent, int tile) { return (extent + tile - 1) / tile; }

}  // namespace

std::size_t reduction_scratch(int widest_layer) {
    const std::size_t backward = static_cast<std::size_t>(backward_chunks) * widest_layer;
    return backward > norm_blocks ? backward : norm_blocks;
}

template <class Value>
void to_operands(cudaStream_t stream, Value* to, const float* from, int rows, int columns, int stride) {
    to_operands_kernel<<<rows, threads, 0, stream>>>(to, from, columns, stride);
    check_launch("launching the conversion of operands");
}

template <class Value>
void from_operands(cudaStream_t stream, float* to, const Value* from, int rows, int columns, int stride) {
    from_operands_kernel<<<rows, threads, 0, stream>>>(to, from, columns, stride);
    check_launch("launching the conversion of operands");
}

void add_bias(cudaStream_t stream, float* out, const float* bias, int rows, int width) {
    add_bias_kernel<<<rows, threads, 0, stream>>>(out, bias, width);
    check_launch("launching the bias");
}

template <class Value>
void activate(cudaStream_t stream, Value* out, const float* bias, int rows, int width, int stride, float dropout, int layer,
              const StepState* state) {
    activate_kernel<<<rows, threads, 0, stream>>>(out, bias, width, stride, dropout, layer, state);
    check_launch("launching the activation");
}

template <class Value>
void activate_backward(cudaStream_t stream, Value* gradient, float* bias_gradient, const Value* out, int rows, int width, int stride,
                       float dropout, float* scratch) {
    const dim3 blocks(tiles(width, backward_columns), backward_chunks);
    activate_backward_kernel<<<blocks, threads, 0, stream>>>(scratch, gradient, out, rows, width, stride, dropout);
    check_launch("launching the backward activation");
    add_chunks_kernel<<<tiles(width, threads), threads, 0, stream>>>(bias_gradient, scratch, backward_chunks, width);
    check_launch("launching the bias gradient");
}

template <class Value>
void softmax_loss(cudaStream_t stream, SampleLoss* samples, Value* gradient, const float* logits, const std::int32_t* labels, int n,
                  int classes, int stride, const LossConfig& config, const float* smoothing, const StepState* state) {
    softmax_loss_kernel<<<n, threads, 0, stream>>>(samples, gradient, logits, labels, classes, stride, config, smoothing, state);
    check_launch("launching the loss");
}

void add_losses(cudaStream_t stream, LossTotals* totals, StepGuard* guard, const SampleLoss* samples, int n) {
    add_losses_kernel<<<1, threads, 0, stream>>>(totals, guard, samples, n);
    check_launch("launching the sum of losses");
}

void optimise(cudaStream_t stream, const AdamwArrays& arrays, StepGuard* guard, std::size_t weights, std::size_t size,
              const OptimiserConfig& config, const StepState* state, float* scratch) {
    norm_kernel<<<norm_blocks, threads, 0, stream>>>(scratch, arrays.gradient, size);
    check_launch("launching the norm");
    adamw_kernel<<<optimiser_blocks, threads, 0, stream>>>(arrays, guard, weights, size, config, state, scratch);
    check_launch("launching the optimiser");
}

void advance(cudaStream_t stream, StepState* state) {
    advance_kernel<<<1, 1, 0, stream>>>(state);
    check_launch("launching the step counter");
}

#define FRIEDEL_OPERAND_TYPE(Value)                                                                                                    \
    template void to_operands(cudaStream_t, Value*, const float*, int, int, int);                                                      \
    template void from_operands(cudaStream_t, float*, const Value*, int, int, int);                                                    \
    template void activate(cudaStream_t, Value*, const float*, int, int, int, float, int, const StepState*);                           \
    template void activate_backward(cudaStream_t, Value*, float*, const Value*, int, int, int, float, float*);                         \
    template void softmax_loss(cudaStream_t, SampleLoss*, Value*, const float*, const std::int32_t*, int, int, int, const LossConfig&, \
                               const float*, const StepState*);
FRIEDEL_OPERAND_TYPE(float)
FRIEDEL_OPERAND_TYPE(__nv_bfloat16)
#undef FRIEDEL_OPERAND_TYPE

}  // namespace friedel::cuda
