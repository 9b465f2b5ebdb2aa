#include <limits>

#include "cuda/check.h"
#include "cuda/cuda_block.cuh"
#include "cuda/network.h"
#include "kernels/arithmetic_rate.h"
#include "kernels/dense.h"

namespace friedel::cuda {

namespace {

constexpr int threads = block_threads;
constexpr int norm_blocks = 1024;  // partial sums of the gradient's norm
constexpr int optimiser_blocks = 1024;
constexpr int backward_columns = 64;              // of one block
constexpr int backward_blocks = 1024;             // wanted, and reached by layers of more than 192 units
constexpr int min_chunks = 32, max_chunks = 256;  // parts into which the rows of a batch are cut

__device__ CudaBlock block_with(void* shared) { return CudaBlock(CudaTeam(shared)); }

template <class Value>
__global__ void __launch_bounds__(threads) to_operands_kernel(OperandRows<Value> to, const float* from) {
    const std::size_t row = blockIdx.x;
    for (int j = threadIdx.x; j < to.columns; j += blockDim.x) to.row(row)[j] = Value(from[row * to.columns + j]);
}

template <class Value>
__global__ void __launch_bounds__(threads) from_operands_kernel(float* to, OperandRows<const Value> from) {
    const std::size_t row = blockIdx.x;
    for (int j = threadIdx.x; j < from.columns; j += blockDim.x) to[row * from.columns + j] = static_cast<float>(from.row(row)[j]);
}

__global__ void __launch_bounds__(threads) add_bias_kernel(float* out, const float* bias, int width) {
    const CudaBlock block = block_with(nullptr);
    add_bias_row(block, out + static_cast<std::size_t>(blockIdx.x) * width, bias, width);
}

// Neighbours in a row that one load of 16 bytes brings; rows of operands have room for whole ones.
template <class Value>
struct alignas(16) Pack {
    static constexpr int size = 16 / sizeof(Value);
    Value value[size];
};

template <int n>
__device__ void load_floats(float (&to)[n], const float* from) {
    for (int i = 0; i < n; i += 4) {
        const float4 x = *reinterpret_cast<const float4*>(from + i);
        to[i] = x.x, to[i + 1] = x.y, to[i + 2] = x.z, to[i + 3] = x.w;
    }
}

// The bias of a pack that may end beyond the row.
template <int n>
__device__ void load_bias(float (&to)[n], const float* bias, int unit, int width) {
    if (unit + n <= width) return load_floats(to, bias + unit);
    for (int i = 0; i < n; ++i) to[i] = unit + i < width ? bias[unit + i] : 0.0f;
}

// Bias and ReLU alone: `packs` of each row, a thread for each.
template <class Value>
__global__ void __launch_bounds__(threads) cut_below_zero_kernel(OperandRows<Value> out, const float* bias, int packs) {
    constexpr int size = Pack<Value>::size;
    const int turn = static_cast<int>(blockIdx.x) * threads + static_cast<int>(threadIdx.x);
    const int row = turn / packs, unit = turn % packs * size;
    if (row >= out.rows) return;
    auto* const at = reinterpret_cast<Pack<Value>*>(out.row(row) + unit);
    Pack<Value> pack = *at;
    float shift[size];
    load_bias(shift, bias, unit, out.columns);
    for (int i = 0; i < size; ++i) {
        const float z = static_cast<float>(pack.value[i]) + shift[i];
        pack.value[i] = Value(activated(z, true, 1));
    }
    *at = pack;
}

constexpr int warp = 32, warps = threads / warp;
constexpr int span = warp * units_per_draw;  // units of a row that the draws of a warp decide about: 256

// The same with dropout. A warp does a span of one row: every lane draws once, and the lanes then do a pack of units at a time, with the
// bits that belong to them.
template <class Value>
__global__ void __launch_bounds__(threads)
    activate_kernel(OperandRows<Value> out, const float* bias, int spans, float dropout, int layer, const StepState* state) {
    constexpr int size = Pack<Value>::size, padded = 5;  // words of a draw, so that lanes read different banks
    static_assert(span % units_per_pass == 0 && draws_per_pass % size == 0,
                  "a span is whole passes of activate_row(), and a pack lies in one part of a pass");
    __shared__ std::uint32_t bits[warps][warp * padded];
    const int lane = threadIdx.x % warp, turn = static_cast<int>(blockIdx.x) * warps + static_cast<int>(threadIdx.x) / warp;
    std::uint32_t* const drawn = bits[threadIdx.x / warp];
    const int row = turn / spans, begin = turn % spans * span;
    if (row >= out.rows) return;
    const auto [threshold, scale] = DropoutScale::of(dropout);
    const std::uint32_t own_draw = (static_cast<std::uint32_t>(layer) << 16) + begin / units_per_draw + lane;
    const Random4 r = random4(state->seed, first_sample(*state, 0, out.rows) + row, Purpose::dropout, own_draw);
    for (int word = 0; word < 4; ++word) drawn[lane * padded + word] = r.bits[word];
    __syncwarp();
    for (int first = size * lane; first < span && begin + first < out.columns; first += size * warp) {
        const int unit = begin + first;
        auto* const at = reinterpret_cast<Pack<Value>*>(out.row(row) + unit);
        Pack<Value> pack = *at;
        float shift[size];
        load_bias(shift, bias, unit, out.columns);
        const auto [draw, part] = dropout_place(first);
        for (int i = 0; i < size; ++i) {
            const float z = static_cast<float>(pack.value[i]) + shift[i];
            pack.value[i] = Value(activated(z, is_kept(drawn[(draw + i) * padded + part / 2], part, threshold), scale));
        }
        *at = pack;
    }
}

// A tile of columns and a chunk of the rows: the gradient in place, and the chunk's share of the bias gradient, partial[chunk][width].
// A thread does a pack of columns of every so many rows: with fewer bytes on their way the memory would wait for the threads.
template <class Value>
__global__ void __launch_bounds__(threads)
    activate_backward_kernel(float* partial, OperandRows<Value> gradient, const Value* out, float rate) {
    constexpr int pack = Pack<Value>::size, packs = backward_columns / pack, lanes = threads / packs;
    __shared__ float sums[lanes][backward_columns];
    const int place = threadIdx.x % packs * pack, lane = threadIdx.x / packs;
    const int begin = static_cast<int>(blockIdx.x) * backward_columns;
    const int chunk = (gradient.rows + gridDim.y - 1) / gridDim.y;
    const int first = static_cast<int>(blockIdx.y) * chunk, last = min(first + chunk, gradient.rows);
    const float scale = DropoutScale::of(rate).scale;
    float sum[pack] = {};
    for (int row = first + lane; row < last && begin + place < gradient.stride; row += lanes) {
        const std::size_t at = static_cast<std::size_t>(row) * gradient.stride + begin + place;
        Pack<Value> slope = *reinterpret_cast<const Pack<Value>*>(gradient.data + at), activation{};
        if (out) activation = *reinterpret_cast<const Pack<Value>*>(out + at);
        for (int i = 0; i < pack; ++i) {
            float value = static_cast<float>(slope.value[i]);
            if (out) value = activation_gradient(value, static_cast<float>(activation.value[i]), scale);
            slope.value[i] = Value(value);
            sum[i] += value;
        }
        if (out) *reinterpret_cast<Pack<Value>*>(gradient.data + at) = slope;
    }
    for (int i = 0; i < pack; ++i) sums[lane][place + i] = sum[i];
    __syncthreads();
    const int column = threadIdx.x;
    if (column >= backward_columns || begin + column >= gradient.columns) return;
    float total = 0;
    for (int other = 0; other < lanes; ++other) total += sums[other][column];
    partial[static_cast<std::size_t>(blockIdx.y) * gradient.columns + begin + column] = total;
}

__global__ void __launch_bounds__(threads) add_chunks_kernel(float* bias_gradient, const float* partial, int chunks, int width) {
    const int j = blockIdx.x * blockDim.x + threadIdx.x;
    if (j >= width) return;
    float sum = 0;
    for (int chunk = 0; chunk < chunks; ++chunk) sum += partial[static_cast<std::size_t>(chunk) * width + j];
    bias_gradient[j] = sum;
}

// Rows are short: a warp each.
template <class Value>
__global__ void __launch_bounds__(warp) softmax_loss_kernel(SampleLoss* samples, OperandRows<Value> gradient, const float* logits,
                                                            const std::int32_t* labels, Loss loss, const StepState* state) {
    __shared__ double shared[warp];
    const CudaBlock block = block_with(shared);
    const int n = static_cast<int>(gridDim.x), row = static_cast<int>(blockIdx.x);
    const std::int64_t batch = batch_of(*state, n), epoch = loss_epoch(loss.config, state->step, batch);
    const SampleLoss result = softmax_loss_row(block, gradient.row(row), logits + static_cast<std::size_t>(row) * loss.classes, labels[row],
                                               loss, epoch, 1.0f / static_cast<float>(batch));
    if (threadIdx.x == 0) samples[row] = result;
}

__global__ void __launch_bounds__(threads)
    add_losses_kernel(LossTotals* totals, StepGuard* guard, const SampleLoss* samples, int n, LossConfig config, const StepState* state) {
    __shared__ double shared[threads];
    const CudaBlock block = block_with(shared);
    const LossTotals more = loss_totals(block, samples, n);
    if (threadIdx.x != 0) return;
    add_batch(*totals, *guard, more, is_squared(config, loss_epoch(config, state->step, batch_of(*state, n))));
}

// Four neighbours, loaded and stored at once.
struct Four {
    float value[4];

    __device__ static Four load(const float* from) {
        Four four;
        load_floats(four.value, from);
        return four;
    }
    __device__ void store(float* to) const { *reinterpret_cast<float4*>(to) = {value[0], value[1], value[2], value[3]}; }
};

__global__ void __launch_bounds__(threads) norm_kernel(float* partial, const float* gradient, std::size_t size) {
    __shared__ double shared[threads];
    const CudaTeam team(shared);
    float sum = 0;
    const std::size_t all = static_cast<std::size_t>(gridDim.x) * blockDim.x, fours = size / 4;
    const std::size_t first = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    for (std::size_t four = first; four < fours; four += all) sum += squared_norm_range(Four::load(gradient + 4 * four).value, 0, 4);
    if (first < size % 4) sum += squared_norm_range(gradient, 4 * fours + first, 1);
    sum = team.reduce(sum, [](float a, float b) { return a + b; });
    if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

template <class Value>
__global__ void __launch_bounds__(threads)
    adamw_kernel(OptimiserTask task, const __grid_constant__ OperandCopyTable<Value> copies, const float* partial) {
    __shared__ double shared[threads];
    __shared__ StepRates rates;
    const CudaBlock block = block_with(shared);
    const auto& [arrays, weights, size, guard, config, state] = task;
    const double norm = sqrt(block.sum<double>(norm_blocks, [&](int i) { return double{partial[i]}; }));
    const bool taken = may_step(*guard, norm);
    // The counts, which no block reads.
    if (blockIdx.x == 0 && threadIdx.x == 0) count_step(*guard, taken);
    if (!taken) return;
    const float clip = clip_factor(config, norm);
    if (threadIdx.x == 0) rates = rates_of(*guard, config, *state);
    __syncthreads();
    const StepRates now = rates;
    const auto decay_of = [&](std::size_t i) { return i < weights ? config.weight_decay : 0.0f; };
    const std::size_t all = static_cast<std::size_t>(gridDim.x) * blockDim.x;
    for (std::size_t four = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; 4 * four < size; four += all) {
        const std::size_t begin = 4 * four;
        if (begin + 4 > size || (begin < weights && begin + 4 > weights)) {  // the last ones, of all and of the weights
            for (std::size_t i = begin; i < size && i < begin + 4; ++i) {
                adamw_range(arrays, i, 1, config, now, clip, decay_of(i));
                copies.put(i, arrays.parameters[i]);
            }
            continue;
        }
        Four w = Four::load(arrays.parameters + begin), m = Four::load(arrays.first_moment + begin),
             v = Four::load(arrays.second_moment + begin), average{};
        const Four g = Four::load(arrays.gradient + begin);
        if (arrays.average) average = Four::load(arrays.average + begin);
        adamw_range({w.value, m.value, v.value, arrays.average ? average.value : nullptr, g.value}, 0, 4, config, now, clip,
                    decay_of(begin));
        w.store(arrays.parameters + begin);
        m.store(arrays.first_moment + begin);
        v.store(arrays.second_moment + begin);
        if (arrays.average) average.store(arrays.average + begin);
        for (int i = 0; i < 4; ++i) copies.put(begin + i, w.value[i]);
    }
}

// As many numbers at once in every thread as hide each other's latency.
constexpr int calculated_by_thread = 8;

template <bool exponentials>
__global__ void __launch_bounds__(threads) calculate_kernel(float* values, std::size_t n, int times) {
    const std::size_t first = (static_cast<std::size_t>(blockIdx.x) * calculated_by_thread) * blockDim.x + threadIdx.x;
    float value[calculated_by_thread];
    for (int i = 0; i < calculated_by_thread; ++i) {
        const std::size_t at = first + static_cast<std::size_t>(i) * blockDim.x;
        value[i] = at < n ? values[at] : 0.0f;
    }
    const auto repeat = [&](int n_times) {
        exponentials ? repeat_exponential(value, calculated_by_thread, n_times) : repeat_multiply_add(value, calculated_by_thread, n_times);
    };
    constexpr int at_once = 16;  // without a loop's own instructions between them
    for (; times >= at_once; times -= at_once) repeat(at_once);
    repeat(times);
    for (int i = 0; i < calculated_by_thread; ++i) {
        const std::size_t at = first + static_cast<std::size_t>(i) * blockDim.x;
        if (at < n) values[at] = value[i];
    }
}

__global__ void advance_kernel(StepState* state) { complete_step(*state); }

int backward_chunks(int width) {
    const int wanted = backward_blocks * backward_columns / width;
    return wanted < min_chunks ? min_chunks : wanted > max_chunks ? max_chunks : wanted;
}

int tiles(int extent, int tile) { return (extent + tile - 1) / tile; }

}  // namespace

void check_kernels() {
    cudaFuncAttributes attributes;
    check(cudaFuncGetAttributes(&attributes, advance_kernel), "looking for the code of this GPU");
}

std::size_t reduction_scratch(int width) {
    const std::size_t backward = static_cast<std::size_t>(backward_chunks(width)) * width;
    return backward > norm_blocks ? backward : norm_blocks;
}

template <class Value>
void to_operands(cudaStream_t stream, const OperandRows<Value>& to, const float* from) {
    if (to.rows == 0) return;
    to_operands_kernel<<<to.rows, threads, 0, stream>>>(to, from);
    check_launch("launching the conversion of operands");
}

template <class Value>
void from_operands(cudaStream_t stream, float* to, const OperandRows<const Value>& from) {
    if (from.rows == 0) return;
    from_operands_kernel<<<from.rows, threads, 0, stream>>>(to, from);
    check_launch("launching the conversion of operands");
}

void add_bias(cudaStream_t stream, float* out, const float* bias, int rows, int width) {
    if (rows == 0) return;
    add_bias_kernel<<<rows, threads, 0, stream>>>(out, bias, width);
    check_launch("launching the bias");
}

template <class Value>
void activate(cudaStream_t stream, const OperandRows<Value>& out, const float* bias, float dropout, int layer, const StepState* state) {
    if (out.rows == 0) return;
    if (std::int64_t{out.rows} * out.stride > std::numeric_limits<int>::max() / 2 * std::int64_t{Pack<Value>::size})
        fail("a layer of a batch is too large for one launch; use a smaller training.batch");
    if (dropout <= 0) {
        const int packs = tiles(out.columns, Pack<Value>::size);
        cut_below_zero_kernel<<<tiles(out.rows * packs, threads), threads, 0, stream>>>(out, bias, packs);
        return check_launch("launching the activation");
    }
    const int spans = tiles(out.columns, span);
    activate_kernel<<<tiles(out.rows * spans, warps), threads, 0, stream>>>(out, bias, spans, dropout, layer, state);
    check_launch("launching the activation");
}

template <class Value>
void activate_backward(cudaStream_t stream, const OperandRows<Value>& gradient, float* bias_gradient, const Value* out, float dropout,
                       float* scratch) {
    const int width = gradient.columns, chunks = backward_chunks(width);
    const dim3 blocks(tiles(width, backward_columns), chunks);
    activate_backward_kernel<<<blocks, threads, 0, stream>>>(scratch, gradient, out, dropout);
    check_launch("launching the backward activation");
    add_chunks_kernel<<<tiles(width, threads), threads, 0, stream>>>(bias_gradient, scratch, chunks, width);
    check_launch("launching the bias gradient");
}

template <class Value>
void softmax_loss(cudaStream_t stream, SampleLoss* samples, const OperandRows<Value>& gradient, const float* logits,
                  const std::int32_t* labels, const Loss& loss, const StepState* state) {
    softmax_loss_kernel<<<gradient.rows, warp, 0, stream>>>(samples, gradient, logits, labels, loss, state);
    check_launch("launching the loss");
}

void add_losses(cudaStream_t stream, LossTotals* totals, StepGuard* guard, const SampleLoss* samples, int n, const LossConfig& config,
                const StepState* state) {
    add_losses_kernel<<<1, threads, 0, stream>>>(totals, guard, samples, n, config, state);
    check_launch("launching the sum of losses");
}

template <class Value>
void optimise(cudaStream_t stream, const OptimiserTask& task, const OperandCopyTable<Value>& copies, float* scratch) {
    norm_kernel<<<norm_blocks, threads, 0, stream>>>(scratch, task.arrays.gradient, task.size);
    check_launch("launching the norm");
    adamw_kernel<<<optimiser_blocks, threads, 0, stream>>>(task, copies, scratch);
    check_launch("launching the optimiser");
}

void advance(cudaStream_t stream, StepState* state) {
    advance_kernel<<<1, 1, 0, stream>>>(state);
    check_launch("launching the step counter");
}

void calculate(cudaStream_t stream, bool exponentials, float* values, std::size_t n, int times) {
    const auto blocks = static_cast<unsigned>((n + calculated_by_thread * threads - 1) / (calculated_by_thread * threads));
    if (blocks == 0) return;
    (exponentials ? calculate_kernel<true> : calculate_kernel<false>)<<<blocks, threads, 0, stream>>>(values, n, times);
    check_launch("launching a calculation");
}

#define FRIEDEL_OPERAND_TYPE(Value)                                                                                                  \
    template void to_operands(cudaStream_t, const OperandRows<Value>&, const float*);                                                \
    template void from_operands<Value>(cudaStream_t, float*, const OperandRows<const Value>&);                                       \
    template void activate(cudaStream_t, const OperandRows<Value>&, const float*, float, int, const StepState*);                     \
    template void activate_backward(cudaStream_t, const OperandRows<Value>&, float*, const Value*, float, float*);                   \
    template void softmax_loss(cudaStream_t, SampleLoss*, const OperandRows<Value>&, const float*, const std::int32_t*, const Loss&, \
                               const StepState*);                                                                                    \
    template void optimise(cudaStream_t, const OptimiserTask&, const OperandCopyTable<Value>&, float*);
FRIEDEL_OPERAND_TYPE(float)
FRIEDEL_OPERAND_TYPE(__nv_bfloat16)
#undef FRIEDEL_OPERAND_TYPE

}  // namespace friedel::cuda
