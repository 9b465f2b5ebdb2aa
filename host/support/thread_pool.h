// A fixed set of worker threads that share numbered tasks. Which thread runs a task never changes what the task computes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace friedel {

int usable_cores();  // that this process may run on

class ThreadPool {
public:
    // threads = 0: one per core that this process may use. The calling thread is one of them.
    explicit ThreadPool(int threads = 0);
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    int size() const { return static_cast<int>(workers_.size()) + 1; }

    // Runs task(i, worker) for i in [0, tasks), worker in [0, size()); returns when all are done. The first exception is rethrown here.
    // One call at a time per pool.
    void run(int tasks, const std::function<void(int task, int worker)>& task);

    // What a worker does while others finish the last tasks of a run(): one piece per call, false when nothing is left. Null: wait.
    // Not while run() is running.
    void set_spare_work(std::function<bool(int worker)> piece) { spare_work_ = std::move(piece); }

private:
    void work(int worker);
    void drain(int worker);

    std::vector<std::thread> workers_;
    std::mutex mutex_;
    std::condition_variable start_, done_;
    const std::function<void(int, int)>* task_ = nullptr;
    std::function<bool(int)> spare_work_;
    std::atomic<int> next_{0}, unfinished_{0};
    int tasks_ = 0;
    int running_ = 0;
    std::uint64_t generation_ = 0;
    bool stopping_ = false;
    std::exception_ptr failure_;
};

}  // namespace friedel
