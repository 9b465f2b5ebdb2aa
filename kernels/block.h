// A stage of the computation is written once, as a function of one block: a CUDA thread block on the GPU, one core on the CPU.
// The few primitives here are the only code with two versions; each but add() ends in a barrier, so a missing one cannot be written.
// Leaves out: blocks of many threads (parallel_block.h), which have the same members and one more, shares().
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef __CUDACC__
#define FRIEDEL_FN __host__ __device__ inline
#else
#define FRIEDEL_FN inline
#endif

// For functions called inside a vectorised loop: always inlined, since a call would keep the loop from being vectorised.
#ifdef __CUDACC__
#define FRIEDEL_LANE_FN FRIEDEL_FN
#else
#define FRIEDEL_LANE_FN FRIEDEL_FN __attribute__((always_inline))
#endif

#define FRIEDEL_PRAGMA(x) _Pragma(#x)
#if defined(__CUDA_ARCH__)
#define FRIEDEL_SIMD
#define FRIEDEL_SIMD_SUM(...)
#define FRIEDEL_SIMD_MAXIMUM(variable)
#else
// Vectorise the next loop; its iterations are independent.
#define FRIEDEL_SIMD FRIEDEL_PRAGMA(omp simd)
// The same for a loop that adds up these variables.
#define FRIEDEL_SIMD_SUM(...) FRIEDEL_PRAGMA(omp simd reduction(+ : __VA_ARGS__))
// For one that looks for the largest.
#define FRIEDEL_SIMD_MAXIMUM(variable) FRIEDEL_PRAGMA(omp simd reduction(max : variable))
#endif

namespace friedel {

FRIEDEL_FN int popcount(std::uint64_t bits) {
#if defined(__CUDA_ARCH__)
    return __popcll(bits);
#else
    return __builtin_popcountll(bits);
#endif
}

// Place of the lowest bit set; `bits` is not 0.
FRIEDEL_FN int count_trailing_zeros(std::uint64_t bits) {
#if defined(__CUDA_ARCH__)
    return __ffsll(static_cast<long long>(bits)) - 1;
#else
    return __builtin_ctzll(bits);
#endif
}

// Rounded as the processor rounds it, whatever -prec-div says: for quotients that sizes of memory depend on.
FRIEDEL_FN float exact_quotient(float a, float b) {
#if defined(__CUDA_ARCH__)
    return __fdiv_rn(a, b);
#else
    return a / b;
#endif
}

// Fast memory of one block, used by one stage at a time: shared memory on a GPU; none on a CPU core, whose caches do the job.
struct FastMemory {
    void* base = nullptr;  // aligned to 16 bytes
    std::size_t bytes = 0;

    // Room for n of T, null where they do not fit.
    template <class T>
    FRIEDEL_FN T* hold(int n) const {
        return n > 0 && static_cast<std::size_t>(n) <= bytes / sizeof(T) ? static_cast<T*>(base) : nullptr;
    }
};

constexpr int max_tile = 64;  // of any block: room for what functions keep of a tile

// One CPU core. `for_each(n, f)` calls f(0) ... f(n - 1).
struct SerialBlock {
    // A core, which works in vectors and can keep what it worked out; else there are threads, each at an item of its own, with few
    // registers.
    static constexpr bool is_core = true;
    // Consecutive items that one call of for_each_tile handles: enough for several vector registers here, one per thread on the GPU.
    static constexpr int tile = max_tile;

    // Until all threads of the block are here.
    static void barrier() {}

    // f() by one thread, for all.
    template <class F>
    void once(F&& f) const {
        f();
    }

    template <class F>
    void for_each(int n, F&& f) const {
        for (int i = 0; i < n; ++i) f(i);
    }

    // Adds n to a whole number that others add to as well.
    static void add(std::int32_t* place, int n) { *place += n; }

    // Items to compute so that whole vector registers do n of a tile.
    static constexpr int filled(int n) { return (n + 15) / 16 * 16; }

    // f(first, count) for the tiles of [0, n); count <= tile.
    template <class F>
    void for_each_tile(int n, F&& f) const {
        for (int first = 0; first < n; first += tile) f(first, n - first < tile ? n - first : tile);
    }

    // Sum of f(i) over [0, n).
    template <class Value, class F>
    Value sum(int n, F&& f) const {
        Value total{};
        FRIEDEL_SIMD_SUM(total)
        for (int i = 0; i < n; ++i) total += f(i);
        return total;
    }

    // Largest f(i) over [0, n), at least `floor`.
    template <class Value, class F>
    Value maximum(int n, Value floor, F&& f) const {
        Value largest = floor;
        FRIEDEL_SIMD_MAXIMUM(largest)
        for (int i = 0; i < n; ++i) {
            const Value value = f(i);
            largest = value > largest ? value : largest;
        }
        return largest;
    }

    // Keeps some items of a ragged table. bounds(row, first, last) gives a row's items; weight(row, item) is positive for those to keep;
    // emit(row, item, weight, slot) is called for each of them, slot counting up in the order of (row, item). Returns how many were kept.
    // A thread calls weight and emit only for the row that it last called bounds for, so the three may share what they know of a row.
    template <class Bounds, class Weight, class Emit>
    int compact_rows(int rows, Bounds&& bounds, Weight&& weight, Emit&& emit) const {
        int kept = 0;
        for (int row = 0; row < rows; ++row) {
            int first, last;
            bounds(row, first, last);
            for (int item = first; item <= last; ++item) {
                if (const int w = weight(row, item)) emit(row, item, w, kept++);
            }
        }
        return kept;
    }

    // totals[i] = f(0) + ... + f(i - 1) for i in [0, n]; n + 1 entries. Returns the last.
    template <class F>
    int exclusive_scan(std::int32_t* totals, int n, F&& f) const {
        int total = 0;
        for (int i = 0; i < n; ++i) {
            totals[i] = total;
            total += f(i);
        }
        totals[n] = total;
        return total;
    }

    // order[slot] = i such that key(order[...]) ascends, equal keys by i; keys in [0, keys). starts[key] is the first slot of a key,
    // starts[keys] = n. `starts` holds keys + 1 entries.
    template <class Key>
    void counting_sort(int* order, int* starts, int n, int keys, Key&& key) const {
        for (int i = 0; i <= keys; ++i) starts[i] = 0;
        for (int i = 0; i < n; ++i) ++starts[key(i) + 1];
        for (int i = 0; i < keys; ++i) starts[i + 1] += starts[i];
        for (int i = 0; i < n; ++i) order[starts[key(i)]++] = i;
        for (int i = keys; i > 0; --i) starts[i] = starts[i - 1];
        starts[0] = 0;
    }
};

}  // namespace friedel
