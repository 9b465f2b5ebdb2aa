#include "host/support/interrupt.h"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <ctime>

namespace friedel {

namespace {

// Set by handlers, which run on any thread, and asked for by all.
std::atomic<int> signalled = 0, checkpoint_signalled = 0;
std::atomic<std::int64_t> signalled_at = 0;  // milliseconds
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<std::int64_t>::is_always_lock_free,
              "a signal handler must not wait for a lock");
// One request may come as two signals: timeout(1) and batch systems send theirs to a process and then to its group.
constexpr std::int64_t one_request_ms = 1000;
struct sigaction previous_interrupt, previous_terminate, previous_hangup, previous_user;

std::int64_t now_ms() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);  // which a handler may call
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void on_signal(int signal) {
    if (signalled == 0) {
        signalled_at = now_ms();
        signalled = signal;
    } else if (now_ms() - signalled_at > one_request_ms) {
        std::signal(signal, SIG_DFL);
        std::raise(signal);
    }
}
void on_checkpoint_signal(int) { checkpoint_signalled = 1; }

}  // namespace

InterruptGuard::InterruptGuard() {
    signalled = 0;
    struct sigaction action = {};
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, &previous_interrupt);
    sigaction(SIGTERM, &action, &previous_terminate);
    sigaction(SIGHUP, &action, &previous_hangup);
    if (previous_hangup.sa_handler == SIG_IGN) sigaction(SIGHUP, &previous_hangup, nullptr);
}

InterruptGuard::~InterruptGuard() {
    sigaction(SIGINT, &previous_interrupt, nullptr);
    sigaction(SIGTERM, &previous_terminate, nullptr);
    sigaction(SIGHUP, &previous_hangup, nullptr);
}

bool interrupted() { return signalled != 0; }
int interrupting_signal() { return signalled; }

CheckpointSignalGuard::CheckpointSignalGuard() {
    checkpoint_signalled = 0;
    struct sigaction action = {};
    action.sa_handler = on_checkpoint_signal;
    action.sa_flags = SA_RESTART;  // files that are being read know nothing of it
    sigaction(SIGUSR1, &action, &previous_user);
}

CheckpointSignalGuard::~CheckpointSignalGuard() { sigaction(SIGUSR1, &previous_user, nullptr); }

bool take_checkpoint_signal() { return checkpoint_signalled.exchange(0) != 0; }

}  // namespace friedel
