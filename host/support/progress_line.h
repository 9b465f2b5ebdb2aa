// Progress of long work on standard error: a bar with rate and remaining time on a terminal, a plain line every few seconds elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace friedel {

// What long work calls now and then.
using ShowProgress = std::function<void(std::size_t done, std::size_t all)>;

class ProgressLine {
public:
    // `unit` is what is counted: "structures". quiet: show nothing.
    explicit ProgressLine(std::string unit, bool quiet = false);
    ~ProgressLine() { clear(); }
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

    // Of work that an earlier run began: how far it was, so that the rate and the time left are this run's.
    void begin_at(double fraction, std::uint64_t count);

    void clear();  // the bar, before something else is written

    // Cheap enough to call at every step. `fraction` of the whole work, 0 to 1; `note` stands behind the rate.
    void show(double fraction, std::uint64_t count, const std::string& note = "");

private:
    using Clock = std::chrono::steady_clock;
    std::string unit_;
    bool quiet_, terminal_;
    Clock::time_point start_, last_;
    double first_fraction_ = 0;
    std::uint64_t first_count_ = 0;
    bool shown_ = false;
};

}  // namespace friedel
