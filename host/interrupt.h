// Ctrl-C and SIGTERM as a question that long work asks between its steps.
#pragma once

namespace friedel {

// While one of these lives, the first SIGINT or SIGTERM sets a flag instead of ending the program; a second one ends it.
class InterruptGuard {
public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;
};

// True once a signal has come in under a guard.
bool interrupted();

}  // namespace friedel
