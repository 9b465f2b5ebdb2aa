#include "host/support/progress_line.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace friedel {

namespace {

std::string time_text(double seconds) {
    char text[32];
    const long whole = static_cast<long>(seconds + 0.5);
    if (whole >= 3600) {
        std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    } else {
        std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
    }
    return text;
}

}  // namespace

ProgressLine::ProgressLine(std::string unit, bool quiet)
    : unit_(std::move(unit)), quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0), start_(Clock::now()), last_(start_) {}

void ProgressLine::begin_at(double fraction, std::uint64_t count) {
    first_fraction_ = fraction;
    first_count_ = count;
}

void ProgressLine::clear() {
    if (shown_ && terminal_) std::fputs("\r\033[K", stderr);
    shown_ = false;
}

void ProgressLine::show(double fraction, std::uint64_t count, const std::string& note) {
    if (quiet_) return;
    const Clock::time_point now = Clock::now();
    const auto interval = terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000);
    if (now - last_ < interval) return;
    last_ = now;
    shown_ = true;
    fraction = std::clamp(fraction, 0.0, 1.0);
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const double done_here = fraction - first_fraction_;
    const std::string left = done_here > 0.001 ? time_text(seconds * (1 - fraction) / done_here) : "?";
    const double rate = static_cast<double>(count - first_count_) / seconds;
    if (terminal_) {
        constexpr int width = 24;
        const int filled = static_cast<int>(fraction * width);
        const std::string bar =
            std::string(static_cast<std::size_t>(filled), '=') + std::string(static_cast<std::size_t>(width - filled), ' ');
        std::fprintf(stderr, "\r\033[K[%s] %3.0f %%  %llu %s  %.0f/s  %s left%s%s", bar.c_str(), 100 * fraction,
                     static_cast<unsigned long long>(count), unit_.c_str(), rate, left.c_str(), note.empty() ? "" : "  ", note.c_str());
    } else {
        std::fprintf(stderr, "%3.0f %%, %llu %s, %.0f/s, %s left%s%s\n", 100 * fraction, static_cast<unsigned long long>(count),
                     unit_.c_str(), rate, left.c_str(), note.empty() ? "" : ", ", note.c_str());
    }
    std::fflush(stderr);
}

}  // namespace friedel
