// A CUDA thread block with the members of SerialBlock (kernels/block.h): the only device code that knows about threads and barriers.
// Every reduction and ordering here is deterministic: the result depends on the data, never on which thread came first.
#pragma once

#include <cstdint>

#include "kernels/block.h"

namespace friedel {

struct CudaBlock {
    static constexpr int tile = 1;
    static constexpr int max_threads = 1024;

    // Two words per warp and one per thread of shared memory, for reductions and scans.
    std::int32_t* shared;

    template <class F>
    __device__ void for_each(int n, F&& f) const {
        for (int i = threadIdx.x; i < n; i += blockDim.x) f(i);
        __syncthreads();
    }

    template <class F>
    __device__ void for_each_tile(int n, F&& f) const {
        for (int i = threadIdx.x; i < n; i += blockDim.x) f(i, 1);
        __syncthreads();
    }

    template <class Value, class F>
    __device__ Value sum(int n, F&& f) const {
        Value mine{};
        for (int i = threadIdx.x; i < n; i += blockDim.x) mine += f(i);
        return reduce(mine, [](Value a, Value b) { return a + b; });
    }

    template <class Value, class F>
    __device__ Value maximum(int n, Value floor, F&& f) const {
        Value mine = floor;
        for (int i = threadIdx.x; i < n; i += blockDim.x) {
            const Value value = f(i);
            mine = value > mine ? value : mine;
        }
        return reduce(mine, [](Value a, Value b) { return a > b ? a : b; });
    }

    template <class F>
    __device__ int running_total(std::int32_t* totals, int n, F&& f) const {
        int before = 0;
        for (int base = 0; base < n; base += blockDim.x) {
            const int i = base + threadIdx.x;
            const int value = i < n ? f(i) : 0;
            int all;
            const int prefix = exclusive_scan(value, all);
            if (i < n) totals[i] = before + prefix;
            before += all;
        }
        if (threadIdx.x == 0) totals[n] = before;
        __syncthreads();
        return before;
    }

    // One row per thread and pass; a row is walked twice, to count and to emit, so that slots follow the order of rows.
    template <class Bounds, class Weight, class Emit>
    __device__ int compact_rows(int rows, Bounds&& bounds, Weight&& weight, Emit&& emit) const {
        int before = 0;
        for (int base = 0; base < rows; base += blockDim.x) {
            const int row = base + threadIdx.x;
            int first = 0, last = -1, kept = 0;
            if (row < rows) bounds(row, first, last);
            for (int item = first; item <= last; ++item) kept += weight(row, item) != 0;
            int all;
            int slot = before + exclusive_scan(kept, all);
            for (int item = first; kept > 0 && item <= last; ++item) {
                if (const int w = weight(row, item)) emit(row, item, w, slot++);
            }
            before += all;
        }
        __syncthreads();
        return before;
    }

    template <class Key>
    __device__ void order_by_key(std::int32_t* order, std::int32_t* starts, int n, int keys, Key&& key) const {
        for_each(keys + 1, [&](int k) { starts[k] = 0; });
        for_each(n, [&](int i) { atomicAdd(starts + key(i), 1); });  // counts are the same in any order
        int before = 0;
        for (int base = 0; base < keys; base += blockDim.x) {
            const int k = base + threadIdx.x;
            int all;
            const int prefix = exclusive_scan(k < keys ? starts[k] : 0, all);
            if (k < keys) starts[k] = before + prefix;
            before += all;
        }
        if (threadIdx.x == 0) starts[keys] = n;
        __syncthreads();
        // Rank among equal keys by index. Quadratic in the peaks of a block, a few hundred on average; a radix sort pays above thousands.
        for_each(n, [&](int i) {
            const int mine = key(i);
            int rank = 0;
            for (int j = 0; j < i; ++j) rank += key(j) == mine;
            order[starts[mine] + rank] = i;
        });
    }

private:
    template <class Value, class Combine>
    __device__ Value reduce(Value mine, Combine&& combine) const {
        Value* const values = reinterpret_cast<Value*>(shared);
        values[threadIdx.x] = mine;
        __syncthreads();
        int width = 1;
        while (width < static_cast<int>(blockDim.x)) width *= 2;
        for (int half = width / 2; half > 0; half /= 2) {
            if (threadIdx.x < half && threadIdx.x + half < blockDim.x) {
                values[threadIdx.x] = combine(values[threadIdx.x], values[threadIdx.x + half]);
            }
            __syncthreads();
        }
        const Value result = values[0];
        __syncthreads();
        return result;
    }

    // Sum of the values of lower threads; `all` is the sum over the block.
    __device__ int exclusive_scan(int value, int& all) const {
        const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, warps = (blockDim.x + 31) / 32;
        int inclusive = value;
        for (int offset = 1; offset < 32; offset *= 2) {
            const int other = __shfl_up_sync(0xffffffffu, inclusive, offset);
            if (lane >= offset) inclusive += other;
        }
        if (lane == 31) shared[warp] = inclusive;
        __syncthreads();
        int before = 0;
        all = 0;
        for (int w = 0; w < warps; ++w) {
            if (w < warp) before += shared[w];
            all += shared[w];
        }
        __syncthreads();
        return before + inclusive - value;
    }
};

}  // namespace friedel
