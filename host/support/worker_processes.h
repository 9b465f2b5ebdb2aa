// Jobs run in child processes, so that one which hangs or crashes costs itself and nothing else.
// A job is bytes in, bytes out, worked on in numbered steps; a step that outlasts the time limit ends its process, and a fresh one
// takes the place. Leaves out: the meaning of the bytes, and repeating the steps that were lost (the caller sends what is left again).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/support/descriptor.h"

namespace friedel {

class WorkerProcesses {
public:
    // Runs in a child. Calls begin_step(n) before step n; an exception that escapes counts as a crash.
    using Work = std::function<std::string(const std::string& job, const std::function<void(std::uint32_t)>& begin_step)>;

    struct Outcome {
        enum class Kind { done, timed_out, crashed };
        std::uint64_t id;
        Kind kind;
        std::string result;         // of a job that is done
        std::uint32_t failed_step;  // of one that is not
        bool began;                 // a step; a worker that ends before (the system was out of memory, say) tells nothing of the job
    };

    // processes = 0: one per core that this process may use. Call while the program has no other threads at work.
    WorkerProcesses(int processes, double step_limit_seconds, Work work);
    ~WorkerProcesses();  // ends the children at once
    WorkerProcesses(const WorkerProcesses&) = delete;
    WorkerProcesses& operator=(const WorkerProcesses&) = delete;

    int size() const { return static_cast<int>(workers_.size()); }
    bool has_idle() const;
    void submit(std::uint64_t id, const std::string& job);  // needs has_idle()
    // The next outcome, or nothing if none came within `wait_seconds`.
    std::optional<Outcome> wait(double wait_seconds);

private:
    struct Progress;  // in memory shared with the children
    struct Worker {
        int process = -1;
        Descriptor socket;
        bool busy = false;
        std::uint64_t id = 0;
    };
    void start(std::size_t index);
    void stop(std::size_t index);
    void stop_all();
    std::optional<Outcome> overdue();

    double step_limit_seconds_;
    Work work_;
    std::vector<Worker> workers_;
    Progress* progress_ = nullptr;  // [workers]
};

}  // namespace friedel
