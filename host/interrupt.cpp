#include "host/interrupt.h"

#include <csignal>

namespace friedel {

namespace {

volatile std::sig_atomic_t signalled = 0;
struct sigaction previous_interrupt, previous_terminate;

void on_signal(int) { signalled = 1; }

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

}  // namespace friedel
