// Numbered portions of work that ranks do as they become free, and whose results the first rank takes in their order. What a rank held
// that failed, or has not answered for too long, is done by the others.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "host/ranks/communicator.h"

namespace friedel {

// Where the one who works gets portions from and brings results to.
class WorkDesk {
public:
    virtual ~WorkDesk() = default;
    // The next portion to do. With `wait` nothing means that all is done; without, there may be more later.
    virtual std::optional<std::size_t> next(bool wait) = 0;
    virtual void done(std::size_t portion, std::string result) = 0;
};

struct SharedWork {
    // On the first rank:
    std::size_t portions = 0;
    std::string briefing;  // what the others are told before they begin
    // On every rank, in a thread of its own on the first: does portions until there are none. What it throws makes this rank fail.
    std::function<void(WorkDesk&, const std::string& briefing)> work;
    // On the first rank: the results of all portions, in their order.
    std::function<void(std::size_t portion, const std::string& result)> take;
    // On the first rank: what happened to another one, a line.
    std::function<void(const std::string& what)> tell;
    // Of silence of a rank that has portions to do, until others do them.
    double timeout_seconds = 900;
};

struct WorkOutcome {
    std::size_t taken = 0;      // portions
    bool interrupted = false;   // by a signal: results up to `taken` are all there is
    int failed_ranks = 0;       // whose share others did
    bool rank_is_lost = false;  // one that never answered again: MPI cannot be ended in the usual way
};

// All ranks call it; the outcome is the first one's. Throws what work() threw where no rank is left to do it.
WorkOutcome share_work(Communicator& ranks, const SharedWork& work);

// For a rank other than the first that cannot even begin: its share is left to the others. Returns when all is done.
void leave_work(Communicator& ranks, const std::string& why);

}  // namespace friedel
