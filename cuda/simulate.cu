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

__host__ __device__ std::size_t carve(PatternWorkspace& w, char* base, int reflections, int sites, int atoms, const Grid& grid) {
    Carver from{base};
    const int peaks = 2 * max_lines * reflections;
    w.reflections = {from.take<std::int16_t>(reflections),
                     from.take<std::int16_t>(reflections),
                     from.take<std::int16_t>(reflections),
                     from.take<std::int16_t>(reflections),
                     from.take<float>(reflections),
                     from.take<float>(reflections),
                     reflections,
                     0};
    w.sites = {from.take<float>(sites), from.take<float>(sites), from.take<float>(sites), from.take<std::int32_t>(atoms + 1), sites};
    w.peaks = {from.take<float>(peaks),
               from.take<float>(peaks),
               from.take<float>(peaks),
               from.take<float>(peaks),
               from.take<std::int32_t>(max_lines * reflections + 1),
               peaks,
               0};
    w.profile = {from.take<float>(level_points(grid, 1)), from.take<float>(level_points(grid, 2)), from.take<std::int32_t>(peaks),
                 from.take<std::int32_t>(profile_bins(grid) + 1), from.take<PeakShape>(peaks)};
    return (from.used + 255) / 256 * 256;
}

__global__ void __launch_bounds__(threads) simulate_kernel(float* patterns, const PatternParameters* parameters, int samples,
                                                           LibraryView library, const FormFactorTable<float>* table, Grid grid,
                                                           char* scratch, std::size_t stride, int reflections, int sites, int atoms) {
    __shared__ std::int32_t shared[threads];
    CudaBlock block{shared};
    PatternWorkspace workspace;
    carve(workspace, scratch + blockIdx.x * stride, reflections, sites, atoms, grid);
    for (int sample = blockIdx.x; sample < samples; sample += gridDim.x) {
        simulate_pattern(block, patterns + static_cast<std::size_t>(sample) * grid.points, workspace, library, *table, parameters[sample],
                         grid);
        __syncthreads();
    }
}

}  // namespace

std::size_t simulate_scratch_bytes(int blocks, int reflections, int sites, int atoms, const Grid& grid) {
    PatternWorkspace unused;
    return blocks * carve(unused, nullptr, reflections, sites, atoms, grid);
}

void simulate(cudaStream_t stream, float* patterns, const PatternParameters* parameters, int samples, const LibraryView& library,
              const FormFactorTable<float>* table, const Grid& grid, void* scratch, int blocks, int reflections, int sites, int atoms) {
    const std::size_t stride = simulate_scratch_bytes(1, reflections, sites, atoms, grid);
    simulate_kernel<<<blocks, threads, 0, stream>>>(patterns, parameters, samples, library, table, grid, static_cast<char*>(scratch),
                                                    stride, reflections, sites, atoms);
    if (const cudaError_t status = cudaGetLastError(); status != cudaSuccess) {
        fail("launching the simulation of ", samples, " patterns: ", cudaGetErrorString(status));
    }
}

}  // namespace friedel::cuda
