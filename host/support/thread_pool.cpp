#include "host/support/thread_pool.h"

#include <sched.h>

namespace friedel {

int usable_cores() {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    const unsigned cores = std::thread::hardware_concurrency();
    return cores ? static_cast<int>(cores) : 1;
}

ThreadPool::ThreadPool(int threads) {
    if (threads <= 0) threads = usable_cores();
    for (int worker = 1; worker < threads; ++worker) workers_.emplace_back([this, worker] { work(worker); });
}

ThreadPool::~ThreadPool() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    start_.notify_all();
    for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::drain(int worker) {
    try {
        for (int i = next_.fetch_add(1); i < tasks_; i = next_.fetch_add(1)) {
            (*task_)(i, worker);
            --unfinished_;
        }
        while (spare_work_ && unfinished_ > 0 && spare_work_(worker)) {
        }
    } catch (...) {
        std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
        next_ = tasks_;
        unfinished_ = 0;
    }
}

void ThreadPool::work(int worker) {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    while (true) {
        start_.wait(lock, [&] { return stopping_ || generation_ != seen; });
        if (stopping_) return;
        seen = generation_;
        lock.unlock();
        drain(worker);
        lock.lock();
        if (--running_ == 0) done_.notify_one();
    }
}

void ThreadPool::run(int tasks, const std::function<void(int, int)>& task) {
    {
        std::lock_guard lock(mutex_);
        task_ = &task;
        tasks_ = tasks;
        next_ = 0;
        unfinished_ = tasks;
        running_ = static_cast<int>(workers_.size());
        failure_ = nullptr;
        ++generation_;
    }
    start_.notify_all();
    drain(0);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return running_ == 0; });
    if (failure_) std::rethrow_exception(failure_);
}

}  // namespace friedel
