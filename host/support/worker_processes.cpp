#include "host/support/worker_processes.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "host/support/error.h"
#include "host/support/thread_pool.h"

namespace friedel {

namespace {

double now_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

bool send_all(const Descriptor& socket, const void* data, std::size_t bytes) {
    return in_parts(static_cast<const char*>(data), bytes,
                    [&](const char* at, std::size_t left) { return send(socket.number(), at, left, MSG_NOSIGNAL); });
}

bool receive_all(const Descriptor& socket, void* data, std::size_t bytes) {
    return in_parts(static_cast<char*>(data), bytes, [&](char* at, std::size_t left) { return recv(socket.number(), at, left, 0); });
}

bool send_message(const Descriptor& socket, const std::string& message) {
    const std::uint64_t length = message.size();
    return send_all(socket, &length, sizeof length) && send_all(socket, message.data(), message.size());
}

bool receive_message(const Descriptor& socket, std::string& message) {
    std::uint64_t length = 0;
    if (!receive_all(socket, &length, sizeof length)) return false;
    message.resize(length);
    return receive_all(socket, message.data(), length);
}

}  // namespace

struct WorkerProcesses::Progress {
    std::atomic<double> step_began;  // seconds of the steady clock; 0 between jobs
    std::atomic<std::uint32_t> step;
};

WorkerProcesses::WorkerProcesses(int processes, double step_limit_seconds, Work work)
    : step_limit_seconds_(step_limit_seconds), work_(std::move(work)) {
    static_assert(std::atomic<double>::is_always_lock_free, "shared between processes");
    if (processes <= 0) processes = usable_cores();
    workers_.resize(static_cast<std::size_t>(processes));
    void* const shared = mmap(nullptr, workers_.size() * sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) fail("cannot share memory with worker processes (", std::strerror(errno), "); free some memory");
    progress_ = static_cast<Progress*>(shared);
    try {
        for (std::size_t i = 0; i < workers_.size(); ++i) start(i);
    } catch (...) {
        stop_all();
        throw;
    }
}

WorkerProcesses::~WorkerProcesses() { stop_all(); }

void WorkerProcesses::stop_all() {
    for (std::size_t i = 0; i < workers_.size(); ++i) stop(i);
    munmap(progress_, workers_.size() * sizeof(Progress));
}

void WorkerProcesses::start(std::size_t index) {
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        fail("cannot talk to worker processes (", std::strerror(errno), "); use fewer with --threads, or raise ulimit -n");
    Descriptor parents(sockets[0]);
    const Descriptor childs(sockets[1]);
    Progress& progress = progress_[index];
    progress.step_began = 0;
    progress.step = 0;
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child < 0) fail("cannot start a worker process (", std::strerror(errno), "); use fewer with --threads");
    if (child > 0) {
        workers_[index] = {child, std::move(parents), false, 0};
        return;
    }
    // The child: an interrupt from the keyboard is the parent's to handle, and no parent means no work.
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    parents = Descriptor();
    for (Worker& other : workers_) other.socket = Descriptor();
    std::string job;
    while (receive_message(childs, job)) {
        std::string result;
        try {
            result = work_(job, [&](std::uint32_t step) {
                progress.step = step;
                progress.step_began = now_seconds();
            });
        } catch (...) {
            _exit(2);
        }
        progress.step_began = 0;
        if (!send_message(childs, result)) break;
    }
    _exit(0);
}

void WorkerProcesses::stop(std::size_t index) {
    Worker& worker = workers_[index];
    if (worker.process > 0) {
        kill(worker.process, SIGKILL);
        while (waitpid(worker.process, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    worker = {};
}

bool WorkerProcesses::has_idle() const {
    for (const Worker& worker : workers_) {
        if (!worker.busy) return true;
    }
    return false;
}

void WorkerProcesses::submit(std::uint64_t id, const std::string& job) {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        Worker& worker = workers_[i];
        if (worker.busy) continue;
        worker.busy = true;
        worker.id = id;
        progress_[i].step_began = 0;
        progress_[i].step = 0;
        // A worker that died idle shows as a crash of this job, in wait().
        send_message(worker.socket, job);
        return;
    }
    fail("no worker process is idle");
}

std::optional<WorkerProcesses::Outcome> WorkerProcesses::overdue() {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        const double began = progress_[i].step_began;
        if (!workers_[i].busy || began == 0 || now_seconds() - began < step_limit_seconds_) continue;
        Outcome outcome{workers_[i].id, Outcome::Kind::timed_out, "", progress_[i].step, true};
        stop(i);
        start(i);
        return outcome;
    }
    return std::nullopt;
}

std::optional<WorkerProcesses::Outcome> WorkerProcesses::wait(double wait_seconds) {
    const double deadline = now_seconds() + wait_seconds;
    while (true) {
        std::vector<pollfd> polled;
        for (const Worker& worker : workers_) polled.push_back({worker.busy ? worker.socket.number() : -1, POLLIN, 0});
        const double left = std::max(deadline - now_seconds(), 0.0);
        const int ready = poll(polled.data(), polled.size(), static_cast<int>(std::min(left, 0.2) * 1000));
        if (ready < 0 && errno != EINTR) fail("cannot wait for worker processes (", std::strerror(errno), ")");
        for (std::size_t i = 0; ready > 0 && i < polled.size(); ++i) {
            if (!polled[i].revents) continue;
            Outcome outcome{workers_[i].id, Outcome::Kind::done, "", 0, true};
            if (receive_message(workers_[i].socket, outcome.result)) {
                workers_[i].busy = false;
            } else {
                outcome.kind = Outcome::Kind::crashed;
                outcome.failed_step = progress_[i].step;
                outcome.began = progress_[i].step_began != 0;
                outcome.result.clear();
                stop(i);
                start(i);
            }
            return outcome;
        }
        if (auto late = overdue()) return late;
        if (ready < 0 || now_seconds() >= deadline) return std::nullopt;  // interrupted: let the caller look
    }
}

}  // namespace friedel
