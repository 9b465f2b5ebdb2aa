// A CUDA thread block as the Team of a ParallelBlock: the only device code that knows about threads, warps and barriers.
#pragma once

#include <cstdint>

#include "kernels/parallel_block.h"

namespace friedel::cuda {

class CudaTeam {
public:
    // `shared`: 8 bytes per thread of shared memory, 8-byte aligned.
    __device__ explicit CudaTeam(void* shared) : shared_(shared) {}

    __device__ int index() const { return static_cast<int>(threadIdx.x); }
    __device__ int size() const { return static_cast<int>(blockDim.x); }
    __device__ void barrier() const { __syncthreads(); }
    __device__ std::int32_t* stage() const { return static_cast<std::int32_t*>(shared_); }
    __device__ void add(std::int32_t* place, int n) const { atomicAdd(place, n); }

    // Within each warp, then over the warps; both as trees of fixed shape.
    template <class Value, class Combine>
    __device__ Value reduce(Value mine, Combine&& combine) const {
        Value* const of_warp = static_cast<Value*>(shared_);
        const int lane = index() % 32, warp = index() / 32, warps = size() / 32;
        for (int offset = 16; offset > 0; offset /= 2) mine = combine(mine, __shfl_xor_sync(0xffffffffu, mine, offset));
        if (lane == 0) of_warp[warp] = mine;
        __syncthreads();
        Value all = of_warp[0];
        for (int w = 1; w < warps; ++w) all = combine(all, of_warp[w]);
        __syncthreads();
        return all;
    }

    __device__ int exclusive_scan(int value, int& all) const {
        std::int32_t* const of_warp = stage();
        const int lane = index() % 32, warp = index() / 32, warps = size() / 32;
        int inclusive = value;
        for (int offset = 1; offset < 32; offset *= 2) {
            const int other = __shfl_up_sync(0xffffffffu, inclusive, offset);
            if (lane >= offset) inclusive += other;
        }
        if (lane == 31) of_warp[warp] = inclusive;
        __syncthreads();
        int before = 0;
        all = 0;
        for (int w = 0; w < warps; ++w) {
            if (w < warp) before += of_warp[w];
            all += of_warp[w];
        }
        __syncthreads();
        return before + inclusive - value;
    }

private:
    void* shared_;
};

using CudaBlock = ParallelBlock<CudaTeam>;

// Threads of a kernel that says nothing else: whole warps, as the shuffles above need.
constexpr int block_threads = 256;

}  // namespace friedel::cuda
