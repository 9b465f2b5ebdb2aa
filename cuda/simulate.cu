#include <thrust/execution_policy.h>
#include <thrust/find.h>

#include <algorithm>

#include <cub/device/device_radix_sort.cuh>

#include "cuda/check.h"
#include "cuda/cost_algorithms.h"
#include "cuda/cuda_block.cuh"
#include "cuda/simulate.h"

namespace friedel::cuda {

namespace {

constexpr int threads = block_threads;
constexpr int generator_threads = 64;  // few, as the atoms of most cells are

// The blocks that the simulation is compiled for: many small ones on a multiprocessor, or for crystals that cost far more than others one
// that has it to itself, so that a batch does not wait for its last pattern. Both leave 80 registers to a thread; with 128 and two blocks
// small crystals take longer: bench/results/NVIDIA-H200.
struct BlockShape {
    int threads, together;
};
constexpr BlockShape small_blocks{block_threads, 3}, wide_blocks{3 * block_threads, 1};

// Carves a block's workspace out of its share of the scratch; called with base = nullptr it only measures.
struct Carver {
    char* base;
    std::size_t used = 0;
    template <class T>
    __host__ __device__ T* take(std::size_t count) {
        used = (used + 15) / 16 * 16;
        T* const place = reinterpret_cast<T*>(base + used);
        used += count * sizeof(T);
        return place;
    }
};

struct BlockScratch {
    PatternWorkspace pattern;
    float* preprocess;
    float* points;  // the pattern itself, where shared memory does not hold it
};

__host__ __device__ std::size_t carve(BlockScratch& scratch, char* base, const CrystalBounds& bounds, const PatternTask& task,
                                      const SharedMemory& shared) {
    const Grid& grid = task.grid;
    Carver from{base};
    const int reflections = bounds.reflections, peaks = bounds.peaks;
    PatternWorkspace& w = scratch.pattern;
    w.reflections.h = from.take<std::int16_t>(reflections);
    w.reflections.k = from.take<std::int16_t>(reflections);
    w.reflections.l = from.take<std::int16_t>(reflections);
    w.reflections.multiplicity = from.take<std::int16_t>(reflections);
    w.reflections.stol_sq = from.take<float>(reflections);
    w.reflections.intensity = from.take<float>(reflections);
    w.reflections.capacity = reflections;
    w.reflections.count = 0;
    w.sites.x = from.take<float>(bounds.sites);
    w.sites.y = from.take<float>(bounds.sites);
    w.sites.z = from.take<float>(bounds.sites);
    w.sites.first = from.take<std::int32_t>(bounds.atoms + 1);
    w.peaks.position_deg = from.take<float>(peaks);
    w.peaks.area = from.take<float>(peaks);
    w.peaks.fwhm_deg = from.take<float>(peaks);
    w.peaks.eta = from.take<float>(peaks);
    w.peaks.first =
        from.take<std::int32_t>(bounds.width_sections > 0 ? 0 : static_cast<std::size_t>(task.emission_lines) * reflections + 1);
    w.peaks.capacity = peaks;
    w.peaks.count = 0;
    w.profile.coarse = from.take<float>(level_points(grid, 1));
    w.profile.coarsest = from.take<float>(level_points(grid, 2));
    w.profile.order = from.take<std::int32_t>(peaks);
    w.profile.starts = from.take<std::int32_t>(profile_bins(grid) + 1);
    w.profile.shape = from.take<PeakShape>(peaks);
    w.line_sum.coarse = w.profile.coarse;
    if (bounds.width_sections > 0) {
        w.line_sum.cells = from.take<std::int32_t>(line_cells(grid));
        w.line_sum.starts = from.take<std::int32_t>(line_steps(grid) + 1);
        w.line_sum.entries = from.take<LineEntry>(line_cells(grid));
        w.line_sum.rows = from.take<float>(line_rows(bounds.width_sections));
        w.line_sum.widths = from.take<float>(3 * max_width_sections);
        w.line_sum.tails = from.take<float>(tail_scratch(grid));
    }
    w.sites.fast = w.profile.fast = w.line_sum.fast = {};
    scratch.preprocess = from.take<float>(preprocess_scratch(grid));
    scratch.points = from.take<float>(shared.points_bytes > 0 ? 0 : grid.points);
    return (from.used + 255) / 256 * 256;
}

// The bound of the phase that has more; of crystals of a library.
__device__ int larger_bound(const std::int32_t* reflections, const PatternParameters& p) {
    return max(reflections[p.structure], p.impurity >= 0 ? reflections[p.impurity] : 0);
}

__global__ void __launch_bounds__(threads) draw_kernel(DrawnBatch batch, const std::int32_t* reflections, std::int32_t few_limit,
                                                       const StructureWork* work, DrawSource source, BatchNumber number) {
    const int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row < simulation_groups) batch.next[row] = 0;
    if (row >= number.n) return;
    const StepState& state = *number.state;
    const std::uint64_t sample = first_sample(state, number.ahead, number.n) + row;
    const DrawnStructure drawn = draw_structure(source.sampler, state.seed, sample);
    batch.labels[row] = drawn.label;
    PatternParameters p = draw_parameters(*source.config, drawn.structure, drawn.impurities(source.structures), state.seed, sample);
    p.width_sections = batch.width_sections;
    batch.parameters[row] = p;
    batch.row[row] = row;
    batch.sort_key[row] = p.structure < 0 ? 0 : row_sort_key(expected_work(work, p), larger_bound(reflections, p) > few_limit);
}

// The main crystal and the impurity of each row that has generated ones.
__global__ void __launch_bounds__(generator_threads)
    generate_kernel(GeneratedCrystal* crystals, const PatternParameters* parameters, CrystalTables tables) {
    __shared__ double shared[generator_threads];
    __shared__ GeneratorScratch scratch;
    CudaBlock block{CudaTeam(shared)};
    const int row = blockIdx.x;
    const PatternParameters& p = parameters[row];
    if (p.structure >= 0) return;
    generate_crystal(block, crystals[2 * row], scratch, tables, {p.generated_group(0), p.seed, p.sample, 0});
    if (p.impurity >= 0) generate_crystal(block, crystals[2 * row + 1], scratch, tables, {p.generated_group(1), p.seed, p.sample, 1});
}

// The rows that a pattern is one of.
__device__ SimulationGroup::Rows rows_with(const SimulationGroup& group, const PatternParameters& p) {
    using Rows = SimulationGroup::Rows;
    if (p.structure < 0) return Rows::generated;
    return larger_bound(group.reflections, p) > group.few_limit ? Rows::many_reflections : Rows::few_reflections;
}

// (Inputs as OperandRows would cost the kernel without sections 104 bytes more of spills: nvcc 13.0.)
template <class Value, bool in_sections, int threads_of_block, int blocks>
__global__ void __launch_bounds__(threads_of_block, blocks)
    simulate_kernel(Value* inputs, int stride, int n, const PatternParameters* parameters, CrystalSource source, PatternTask task,
                    SimulationGroup group, std::size_t scratch_stride) {
    extern __shared__ float4 shared_memory[];
    __shared__ double shared[threads_of_block];
    __shared__ std::int32_t taken;
    CudaBlock block{CudaTeam(shared)};
    const Grid& grid = task.grid;
    BlockScratch mine;
    carve(mine, static_cast<char*>(group.scratch) + blockIdx.x * scratch_stride, group.bounds, task, group.shared);
    char* const of_block = reinterpret_cast<char*>(shared_memory);
    float* const pattern = group.shared.points_bytes > 0 ? reinterpret_cast<float*>(of_block) : mine.points;
    mine.pattern.sites.fast = mine.pattern.profile.fast =
        mine.pattern.line_sum.fast = {of_block + group.shared.points_bytes, static_cast<std::size_t>(group.shared.fast_bytes)};
    for (;;) {
        if (threadIdx.x == 0) {
            const int turn = atomicAdd(group.next, 1);
            taken = turn < n ? group.order[turn] : n;
        }
        __syncthreads();
        const int row = taken;
        __syncthreads();
        if (row >= n) return;
        const PatternParameters& p = parameters[row];
        if (rows_with(group, p) != group.rows) {
            if (group.rows == SimulationGroup::Rows::many_reflections) return;  // they come first: there are no more
            continue;
        }
        const bool generated = p.structure < 0;
        const auto phase = [&](int i) {
            return generated ? source.generated[2 * row + i].view() : source.library.crystal(i == 0 ? p.structure : p.impurity);
        };
        simulate_phases<in_sections>(block, pattern, mine.pattern, phase, *source.form_factors, p, grid);
        preprocess(block, pattern, grid, task.preprocess, mine.preprocess);
        Value* const out = inputs + static_cast<std::size_t>(row) * stride;
        block.for_each(grid.points, [&](int i) { out[i] = Value(pattern[i]); });
    }
}

template <class Value>
__global__ void __launch_bounds__(threads)
    preprocess_kernel(OperandRows<Value> inputs, float* patterns, Grid grid, PreprocessConfig config, float* scratch) {
    __shared__ double shared[threads];
    const CudaBlock block{CudaTeam(shared)};
    const std::size_t row = blockIdx.x;
    float* const pattern = patterns + row * grid.points;
    preprocess(block, pattern, grid, config, scratch + row * preprocess_scratch(grid));
    Value* const out = inputs.row(row);
    block.for_each(grid.points, [&](int i) { out[i] = Value(pattern[i]); });
}

template <class Value, bool in_sections>
auto kernel_of_size(bool wide) {
    return wide ? simulate_kernel<Value, in_sections, wide_blocks.threads, wide_blocks.together>
                : simulate_kernel<Value, in_sections, small_blocks.threads, small_blocks.together>;
}

template <class Value>
auto kernel_for(bool wide, bool in_sections) {
    return in_sections ? kernel_of_size<Value, true>(wide) : kernel_of_size<Value, false>(wide);
}

std::size_t bytes_of(const SharedMemory& shared) { return static_cast<std::size_t>(shared.points_bytes) + shared.fast_bytes; }

}  // namespace

std::size_t simulation_scratch(const CrystalBounds& bounds, const PatternTask& task, const SharedMemory& shared) {
    BlockScratch unused;
    return carve(unused, nullptr, bounds, task, shared);
}

template <class Value>
SimulationLayout simulation_layout(const Grid& grid, bool wide, bool in_sections) {
    const auto kernel = kernel_for<Value>(wide, in_sections);
    const int threads_of_block = wide ? wide_blocks.threads : small_blocks.threads;
    int device = 0;
    check(cudaGetDevice(&device), "asking for the device");
    const auto attribute = [&](cudaDeviceAttr which) {
        int value = 0;
        check(cudaDeviceGetAttribute(&value, which, device), "asking what the device has");
        return value;
    };
    cudaFuncAttributes of_kernel;
    check(cudaFuncGetAttributes(&of_kernel, kernel), "asking for the simulation's registers");
    Multiprocessor one{attribute(cudaDevAttrMaxSharedMemoryPerMultiprocessor), attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin), 0,
                       attribute(cudaDevAttrReservedSharedMemoryPerBlock) + static_cast<int>(of_kernel.sharedSizeBytes)};
    check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&one.blocks_by_registers, kernel, threads_of_block, 0), "asking for occupancy");
    const auto [shared, shared_by] = shared_by_blocks(grid.points, one);
    SimulationLayout layout{shared, wide, 0};
    // All that there is: streams of other grids run the same kernel.
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                               one.max_bytes_of_block - static_cast<int>(of_kernel.sharedSizeBytes)),
          "asking for shared memory");
    // The driver would choose for one block; what no block needs stays cache.
    const int wanted = shared_by * (static_cast<int>(bytes_of(shared)) + one.reserved);
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributePreferredSharedMemoryCarveout,
                               std::min(100, (100 * wanted + one.shared_bytes - 1) / one.shared_bytes)),
          "asking for shared memory");
    int blocks = 0;
    check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, threads_of_block, bytes_of(layout.shared)),
          "asking for occupancy");
    layout.blocks = std::max(1, blocks) * attribute(cudaDevAttrMultiProcessorCount);
    return layout;
}

StructureCosts structure_costs(const LibraryView& library, const SimulationConfig& config, double share) {
    const auto structures = static_cast<std::size_t>(library.structures);
    StructureCosts costs;
    costs.reflections = DeviceArray<std::int32_t>(structures);
    DeviceArray<std::int32_t> ascending(structures);
    find_reflections_of_structures(thrust::device, costs.reflections.data(), ascending.data(), library, config);
    const auto value = [](const std::int32_t* at) {
        std::int32_t read = 0;
        check(cudaMemcpy(&read, at, sizeof read, cudaMemcpyDeviceToHost), "copying from the device");
        return read;
    };
    if (value(ascending.data() + structures - 1) > max_reflections) {
        const std::int32_t* const all = costs.reflections.data();
        const auto first = thrust::find(thrust::device, all, all + structures, max_reflections + 1) - all;
        fail("structure ", first + 1, " of the library has more than ", max_reflections,
             " reflections in this range; end the grid at a lower angle");
    }
    costs.few_limit = value(ascending.data() + static_cast<std::size_t>(share * static_cast<double>(structures - 1)));
    costs.work = DeviceArray<StructureWork>(structures);
    find_work_of_structures(thrust::device, costs.work.data(), library, costs.reflections.data());
    costs.of_few = largest_bounds(thrust::device, library, costs.reflections.data(), costs.few_limit);
    costs.of_all = largest_bounds(thrust::device, library, costs.reflections.data(), max_reflections);
    return costs;
}

void RowOrder::reserve(int n) {
    const auto size = static_cast<std::size_t>(n);
    if (order_.size() >= size) return;
    sort_key_ = DeviceArray<std::int32_t>(size);
    row_ = DeviceArray<std::int32_t>(size);
    sorted_key_ = DeviceArray<std::int32_t>(size);
    order_ = DeviceArray<std::int32_t>(size);
    std::size_t bytes = 0;
    check(cub::DeviceRadixSort::SortPairsDescending(nullptr, bytes, sort_key_.data(), sorted_key_.data(), row_.data(), order_.data(), n),
          "asking for the scratch of a sort");
    scratch_ = DeviceArray<char>(bytes);
}

const std::int32_t* RowOrder::sort(cudaStream_t stream, int n) {
    std::size_t bytes = scratch_.size();
    check(cub::DeviceRadixSort::SortPairsDescending(scratch_.data(), bytes, sort_key_.data(), sorted_key_.data(), row_.data(),
                                                    order_.data(), n, 0, 32, stream),
          "sorting a batch by cost");
    return order_.data();
}

void draw(cudaStream_t stream, const DrawnBatch& batch, const StructureCosts& costs, const DrawSource& source, const BatchNumber& number) {
    draw_kernel<<<(number.n + threads - 1) / threads, threads, 0, stream>>>(batch, costs.reflections.data(), costs.few_limit,
                                                                            costs.work.data(), source, number);
    check_launch("launching the draw");
}

void generate(cudaStream_t stream, GeneratedCrystal* crystals, const PatternParameters* parameters, const CrystalTables& tables, int n) {
    generate_kernel<<<n, generator_threads, 0, stream>>>(crystals, parameters, tables);
    check_launch("launching the generator of crystals");
}

template <class Value>
void simulate(cudaStream_t stream, const OperandRows<Value>& inputs, const PatternParameters* parameters, const CrystalSource& source,
              const PatternTask& task, const SimulationGroup& group) {
    const int threads_of_block = group.wide ? wide_blocks.threads : small_blocks.threads;
    kernel_for<Value>(group.wide, group.bounds.width_sections > 0)<<<group.blocks, threads_of_block, bytes_of(group.shared), stream>>>(
        inputs.data, inputs.stride, inputs.rows, parameters, source, task, group, simulation_scratch(group.bounds, task, group.shared));
    check_launch("launching the simulation");
}

template <class Value>
void preprocess_patterns(cudaStream_t stream, const OperandRows<Value>& inputs, float* patterns, const Grid& grid,
                         const PreprocessConfig& config, float* scratch) {
    preprocess_kernel<<<inputs.rows, threads, 0, stream>>>(inputs, patterns, grid, config, scratch);
    check_launch("launching the preprocessing");
}

#define FRIEDEL_OPERAND_TYPE(Value)                                                                                                     \
    template SimulationLayout simulation_layout<Value>(const Grid&, bool, bool);                                                        \
    template void simulate(cudaStream_t, const OperandRows<Value>&, const PatternParameters*, const CrystalSource&, const PatternTask&, \
                           const SimulationGroup&);                                                                                     \
    template void preprocess_patterns(cudaStream_t, const OperandRows<Value>&, float*, const Grid&, const PreprocessConfig&, float*);
FRIEDEL_OPERAND_TYPE(float)
FRIEDEL_OPERAND_TYPE(__nv_bfloat16)
#undef FRIEDEL_OPERAND_TYPE

}  // namespace friedel::cuda
