// A block of many threads with the members of SerialBlock (block.h). What is done in parallel stands here once; who the threads are, how
// they wait for each other and how they add up is the Team's: a CUDA thread block (cuda/cuda_block.cuh), or threads of the processor, on
// which the tests run the same code without a GPU.
// Every reduction and ordering is deterministic: the result depends on the data, never on which thread came first.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define FRIEDEL_TEAM_FN __device__ inline
#else
#define FRIEDEL_TEAM_FN inline
#endif

namespace friedel {

// Team: index() and size() of the thread and of the block; barrier(); reduce(value, combine), the same for all threads;
// exclusive_scan(value, total), the sum over lower threads; stage(), one int of shared memory per thread; add(place, n), atomic.
// barrier(), reduce() and exclusive_scan() end in a barrier.
template <class Team>
class ParallelBlock {
public:
    static constexpr bool is_core = false;
    static constexpr int tile = 1;
    FRIEDEL_TEAM_FN static constexpr int filled(int n) { return n; }

    FRIEDEL_TEAM_FN explicit ParallelBlock(const Team& team) : team_(team) {}

    // How many threads take a share of each of n items best, at most `most`: n is rarely a multiple of the threads.
    FRIEDEL_TEAM_FN int shares(int n, int most) const {
        int best = 1, best_passes = passes(n);
        for (int parts = 2; parts <= most; ++parts) {
            const int now = passes(n * parts);
            if (now * best < best_passes * parts) best = parts, best_passes = now;
        }
        return best;
    }

    FRIEDEL_TEAM_FN void add(std::int32_t* place, int n) const { team_.add(place, n); }

    FRIEDEL_TEAM_FN void barrier() const { team_.barrier(); }

    template <class F>
    FRIEDEL_TEAM_FN void once(F&& f) const {
        if (team_.index() == 0) f();
        team_.barrier();
    }

    template <class F>
    FRIEDEL_TEAM_FN void for_each(int n, F&& f) const {
        for (int i = team_.index(); i < n; i += team_.size()) f(i);
        team_.barrier();
    }

    template <class F>
    FRIEDEL_TEAM_FN void for_each_tile(int n, F&& f) const {
        for (int i = team_.index(); i < n; i += team_.size()) f(i, 1);
        team_.barrier();
    }

    template <class Value, class F>
    FRIEDEL_TEAM_FN Value sum(int n, F&& f) const {
        Value mine{};
        for (int i = team_.index(); i < n; i += team_.size()) mine += f(i);
        return team_.reduce(mine, [](Value a, Value b) { return a + b; });
    }

    template <class Value, class F>
    FRIEDEL_TEAM_FN Value maximum(int n, Value floor, F&& f) const {
        Value mine = floor;
        for (int i = team_.index(); i < n; i += team_.size()) {
            const Value value = f(i);
            mine = value > mine ? value : mine;
        }
        return team_.reduce(mine, [](Value a, Value b) { return a > b ? a : b; });
    }

    template <class F>
    FRIEDEL_TEAM_FN int exclusive_scan(std::int32_t* totals, int n, F&& f) const {
        int before = 0;
        for (int base = 0; base < n; base += team_.size()) {
            const int i = base + team_.index();
            int all;
            const int prefix = team_.exclusive_scan(i < n ? f(i) : 0, all);
            if (i < n) totals[i] = before + prefix;
            before += all;
        }
        if (team_.index() == 0) totals[n] = before;
        team_.barrier();
        return before;
    }

    // One row per thread and pass; a row is walked twice, to count and to emit, so that slots follow the order of rows.
    template <class Bounds, class Weight, class Emit>
    FRIEDEL_TEAM_FN int compact_rows(int rows, Bounds&& bounds, Weight&& weight, Emit&& emit) const {
        int before = 0;
        for (int base = 0; base < rows; base += team_.size()) {
            const int row = base + team_.index();
            int first = 0, last = -1, kept = 0;
            if (row < rows) bounds(row, first, last);
            for (int item = first; item <= last; ++item) kept += weight(row, item) != 0;
            int all;
            int slot = before + team_.exclusive_scan(kept, all);
            for (int item = first; kept > 0 && item <= last; ++item) {
                if (const int w = weight(row, item)) emit(row, item, w, slot++);
            }
            before += all;
        }
        team_.barrier();
        return before;
    }

    // A counting sort. Items are placed by the teamful, in order; within one, an item's rank is the count of equal keys before it.
    template <class Key>
    FRIEDEL_TEAM_FN void counting_sort(std::int32_t* order, std::int32_t* starts, int n, int keys, Key&& key) const {
        for_each(keys + 1, [&](int k) { starts[k] = 0; });
        for_each(n, [&](int i) { team_.add(starts + key(i), 1); });  // counts are the same in any order
        exclusive_scan(starts, keys, [&](int k) { return starts[k]; });
        std::int32_t* const keys_here = team_.stage();
        for (int base = 0; base < n; base += team_.size()) {
            const int lane = team_.index(), i = base + lane;
            const int mine = i < n ? key(i) : -1;
            keys_here[lane] = mine;
            team_.barrier();
            int rank = 0;
            for (int other = 0; i < n && other < lane; ++other) rank += keys_here[other] == mine;
            if (i < n) order[starts[mine] + rank] = i;
            team_.barrier();
            if (i < n) team_.add(starts + mine, 1);  // counts, the same in any order
            team_.barrier();
        }
        // Every start has moved to the next key's: move them back, from the top down.
        for (int top = keys; top > 0; top -= team_.size()) {
            const int k = top - team_.index();
            const std::int32_t moved = k > 0 ? starts[k - 1] : 0;
            team_.barrier();
            if (k > 0) starts[k] = moved;
            team_.barrier();
        }
        if (team_.index() == 0) starts[0] = 0;
        team_.barrier();
    }

private:
    FRIEDEL_TEAM_FN int passes(int n) const { return (n + team_.size() - 1) / team_.size(); }

    Team team_;
};

}  // namespace friedel
