// Ctrl-C, SIGTERM, SIGHUP and SIGUSR1 as questions that long work asks between its steps.
#pragma once

namespace friedel {

// While one of these lives, the first SIGINT, SIGTERM or SIGHUP (a terminal that goes away, but under nohup) sets a flag instead of ending
// the program; another one, a second or more later, ends it.
class InterruptGuard {
public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;
};

// True once a signal has come in under a guard.
bool interrupted();
// Its number, 0 if there was none.
int interrupting_signal();

// While one of these lives, SIGUSR1, which batch systems send before their time limit, asks for a checkpoint instead of ending the program.
class CheckpointSignalGuard {
public:
    CheckpointSignalGuard();
    ~CheckpointSignalGuard();
    CheckpointSignalGuard(const CheckpointSignalGuard&) = delete;
    CheckpointSignalGuard& operator=(const CheckpointSignalGuard&) = delete;
};

// True once for any number of such signals.
bool take_checkpoint_signal();

}  // namespace friedel
