// Threads of the processor as the Team of a ParallelBlock: what a GPU's thread blocks do, without a GPU. Slow, and as parallel.
#pragma once

#include <atomic>
#include <barrier>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "kernels/parallel_block.h"

namespace friedel::test {

struct TeamMemory {
    explicit TeamMemory(int size)
        : size(size), barrier(size), values(static_cast<std::size_t>(size)), stage(static_cast<std::size_t>(size)) {}
    int size;
    std::barrier<> barrier;
    std::vector<double> values;  // one per thread, for values of up to 8 bytes
    std::vector<std::int32_t> stage;
};

class ThreadTeam {
public:
    ThreadTeam(TeamMemory& memory, int index) : memory_(&memory), index_(index) {}

    int index() const { return index_; }
    int size() const { return memory_->size; }
    void barrier() const { memory_->barrier.arrive_and_wait(); }
    std::int32_t* stage() const { return memory_->stage.data(); }
    void add(std::int32_t* place, int n) const { std::atomic_ref(*place).fetch_add(n); }

    template <class Value, class Combine>
    Value reduce(Value mine, Combine&& combine) const {
        put(mine);
        barrier();
        Value all = get<Value>(0);
        for (int other = 1; other < size(); ++other) all = combine(all, get<Value>(other));
        barrier();
        return all;
    }

    int exclusive_scan(int value, int& all) const {
        put(value);
        barrier();
        int before = 0;
        all = 0;
        for (int other = 0; other < size(); ++other) {
            if (other < index_) before += get<int>(other);
            all += get<int>(other);
        }
        barrier();
        return before;
    }

private:
    template <class Value>
    void put(const Value& value) const {
        static_assert(sizeof(Value) <= sizeof(double));
        std::memcpy(&memory_->values[static_cast<std::size_t>(index_)], &value, sizeof value);
    }
    template <class Value>
    Value get(int index) const {
        Value value;
        std::memcpy(&value, &memory_->values[static_cast<std::size_t>(index)], sizeof value);
        return value;
    }

    TeamMemory* memory_;
    int index_;
};

using ThreadBlock = ParallelBlock<ThreadTeam>;

// Runs f(block) on every thread of a block of `size`.
template <class F>
void run_block(int size, F&& f) {
    TeamMemory memory(size);
    std::vector<std::jthread> threads;
    for (int index = 0; index < size; ++index) {
        threads.emplace_back([&, index] {
            ThreadBlock block{ThreadTeam(memory, index)};
            f(block);
        });
    }
}

}  // namespace friedel::test
