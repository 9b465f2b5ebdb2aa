// A stage of the computation is written once, as a function of one block: a CUDA thread block on the GPU, one core on the CPU.
// The few primitives here are the only code with two versions; each ends in a barrier, so a missing one cannot be written.
// Leaves out: the CUDA version, which lives in cuda/cuda_block.cuh and has the same members.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef __CUDACC__
#define FRIEDEL_FN __host__ __device__ inline
#else
#define FRIEDEL_FN inline
#endif

#define FRIEDEL_PRAGMA(x) _Pragma(#x)
#if defined(__CUDA_ARCH__)
#define FRIEDEL_SIMD
#define FRIEDEL_SIMD_SUM(variable)
#else
// Vectorise the next loop; its iterations are independent.
#define FRIEDEL_SIMD FRIEDEL_PRAGMA(omp simd)
// The same for a loop that adds up `variable`.
#define FRIEDEL_SIMD_SUM(variable) FRIEDEL_PRAGMA(omp simd reduction(+ : variable))
#endif

namespace friedel {

// One CPU core. `for_each(n, f)` calls f(0) ... f(n - 1).
struct SerialBlock {
    // Consecutive items that one call of for_each_tile handles: enough for several vector registers here, one per thread on the GPU.
    static constexpr int tile = 64;

    template <class F>
    void for_each(int n, F&& f) const {
        for (int i = 0; i < n; ++i) f(i);
    }

    // f(first, count) for the tiles of [0, n); count <= tile.
    template <class F>
    void for_each_tile(int n, F&& f) const {
        for (int first = 0; first < n; first += tile) f(first, n - first < tile ? n - first : tile);
    }

    // Sum of f(i) over [0, n).
    template <class Value, class F>
    Value sum(int n, F&& f) const {
        Value total{};
        for (int i = 0; i < n; ++i) total += f(i);
        return total;
    }

    // Largest f(i) over [0, n), at least `floor`.
    template <class Value, class F>
    Value maximum(int n, Value floor, F&& f) const {
        Value largest = floor;
        for (int i = 0; i < n; ++i) {
            const Value value = f(i);
            largest = value > largest ? value : largest;
        }
        return largest;
    }

    // Calls emit(i, slot) for each i with keep(i), slot counting up from 0 in the order of i. Returns how many were kept.
    template <class Keep, class Emit>
    int compact(int n, Keep&& keep, Emit&& emit) const {
        int kept = 0;
        for (int i = 0; i < n; ++i) {
            if (keep(i)) emit(i, kept++);
        }
        return kept;
    }
};

}  // namespace friedel
