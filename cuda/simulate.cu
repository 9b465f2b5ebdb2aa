#include "cuda/cuda_block.cuh"
#include "cuda/simulate.h"
#include "host/error.h"

namespace friedel::cuda {

static_assert(__cplusplus >= 202002L, "the kernels are C++20");

namespace {

constexpr int threads = 256;

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
};

__host__ __device__ std::size_t carve(BlockScratch& scratch, char* base, const CrystalBounds& bounds, const Grid& grid) {
    Carver from{base};
    const int reflections = bounds.reflections;
    const int peaks = 2 * max_lines * reflections;
    PatternWorkspace& w = scratch.pattern;
    w.reflections = {from.take<std::int16_t>(reflections),
                     from.take<std::int16_t>(reflections),
                     from.take<std::int16_t>(reflections),
                     from.take<std::int16_t>(reflections),
                     from.take<float>(reflections),
                     from.take<float>(reflections),
                     reflections,
                     0};
    w.sites = {from.take<float>(bounds.sites), from.take<float>(bounds.sites), from.take<float>(bounds.sites),
               from.take<std::int32_t>(bounds.atoms + 1), bounds.sites};
    w.peaks = {from.take<float>(peaks),
               from.take<float>(peaks),
               from.take<float>(peaks),
               from.take<float>(peaks),
               from.take<std::int32_t>(max_lines * reflections + 1),
               peaks,
               0};
    w.profile = {from.take<float>(level_points(grid, 1)), from.take<float>(level_points(grid, 2)), from.take<std::int32_t>(peaks),
                 from.take<std::int32_t>(profile_bins(grid) + 1), from.take<PeakShape>(peaks)};
    scratch.preprocess = from.take<float>(preprocess_scratch(grid));
    return (from.used + 255) / 256 * 256;
}

__global__ void __launch_bounds__(threads) draw_kernel(PatternParameters* parameters, std::int32_t* labels, SamplerView sampler,
                                                       SimulationConfig config, int structures, const StepState* state, int n) {
    const int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= n) return;
    const std::uint64_t sample = static_cast<std::uint64_t>(state->step) * n + row;
    const DrawnStructure drawn = draw_structure(sampler, state->seed, sample);
    labels[row] = drawn.label;
    parameters[row] = draw_pattern(config, drawn.structure, structures, state->seed, sample);
}

__global__ void __launch_bounds__(threads)
    simulate_kernel(float* inputs, const PatternParameters* parameters, int n, LibraryView library, const FormFactorTable<float>* table,
                    Grid grid, PreprocessConfig config, char* scratch, std::size_t stride, CrystalBounds bounds) {
    __shared__ std::int32_t shared[threads];
    CudaBlock block{shared};
    BlockScratch mine;
    carve(mine, scratch + blockIdx.x * stride, bounds, grid);
    for (int row = blockIdx.x; row < n; row += gridDim.x) {
        float* const pattern = inputs + static_cast<std::size_t>(row) * grid.points;
        simulate_pattern(block, pattern, mine.pattern, library, *table, parameters[row], grid);
        preprocess(block, pattern, grid, config, mine.preprocess);
        __syncthreads();
    }
}

void check_launch(const char* what, int n) {
    if (const cudaError_t status = cudaGetLastError(); status != cudaSuccess) {
        fail("launching ", what, " of ", n, " patterns: ", cudaGetErrorString(status));
    }
}

}  // namespace

void draw(cudaStream_t stream, PatternParameters* parameters, std::int32_t* labels, const SamplerView& sampler,
          const SimulationConfig& config, int structures, const StepState* state, int n) {
    draw_kernel<<<(n + threads - 1) / threads, threads, 0, stream>>>(parameters, labels, sampler, config, structures, state, n);
    check_launch("the draw", n);
}

std::size_t simulate_scratch_bytes(int blocks, const CrystalBounds& bounds, const Grid& grid) {
    BlockScratch unused;
    return blocks * carve(unused, nullptr, bounds, grid);
}

void simulate(cudaStream_t stream, float* inputs, const PatternParameters* parameters, int n, const LibraryView& library,
              const FormFactorTable<float>* table, const Grid& grid, const PreprocessConfig& preprocess, void* scratch, int blocks,
              const CrystalBounds& bounds) {
    const std::size_t stride = simulate_scratch_bytes(1, bounds, grid);
    simulate_kernel<<<blocks, threads, 0, stream>>>(inputs, parameters, n, library, table, grid, preprocess, static_cast<char*>(scratch),
                                                    stride, bounds);
    check_launch("the simulation", n);
}

}  // namespace friedel::cuda
