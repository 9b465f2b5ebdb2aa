#include "host/interrupt.h"

#include <atomic>
#include <csignal>

namespace friedel {

namespace {

// Set by handlers, which run on any thread, and asked for by all.
std::atomic<int> signalled = 0, checkpoint_signalled = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler must not wait for a lock");
struct sigaction previous_interrupt, previous_terminate, previous_user;

void on_signal(int signal) { signalled = signal; }
void on_checkpoint_signal(int) { checkpoint_signalled = 1; }

}  // namespace

InterruptGuard::InterruptGuard() {
    signalled = 0;
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, &previous_interrupt);
    sigaction(SIGTERM, &action, &previous_terminate);
}

InterruptGuard::~InterruptGuard() {
    sigaction(SIGINT, &previous_interrupt, nullptr);
    sigaction(SIGTERM, &previous_terminate, nullptr);
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
