#include "host/support/progress_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "host/support/text_format.h"

namespace friedel {

namespace {

std::string time_text(double seconds) {
    const long whole = std::lround(seconds);
    if (whole >= 3600) return formatted("%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    return formatted("%ld:%02ld", whole / 60, whole % 60);
}

// A line that is wider than the terminal goes on below, where going back to its beginning does not reach it.
void cut_to_terminal(std::string& line) {
    winsize window{};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 && line.size() >= window.ws_col)
        line.resize(window.ws_col - 1u);
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
    const char* const apart = terminal_ ? "  " : ", ";
    std::string line = formatted("%3.0f %%%s%llu %s%s%.0f/s%s%s left", 100 * fraction, apart, static_cast<unsigned long long>(count),
                                 unit_.c_str(), apart, rate, apart, left.c_str());
    if (!note.empty()) line += apart + note;
    if (terminal_) {
        constexpr std::size_t width = 24;
        std::string bar(static_cast<std::size_t>(fraction * width), '=');
        bar.resize(width, ' ');
        line = "[" + bar + "] " + line;
        cut_to_terminal(line);
        line.insert(0, "\r\033[K");
    } else {
        line += "\n";
    }
    std::fputs(line.c_str(), stderr);
    std::fflush(stderr);
}

}  // namespace friedel
