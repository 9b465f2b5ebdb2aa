// The strongest lines of a pattern, one after the other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "host/support/median.h"

namespace friedel {

class StrongLines {
public:
    struct Line {
        std::size_t top;
        double height;           // above the pattern's median
        std::size_t first, end;  // the points about the top that are above half of it, to before `end`

        std::size_t points() const { return end - first; }
    };

    // Of these intensities at x, which ascends and must outlive this.
    StrongLines(const std::vector<double>& x, std::vector<double> y) : x_(x), y_(std::move(y)) {
        std::vector<double> sorted = y_;
        level_ = median(sorted);
    }

    double level() const { return level_; }

    // Of what has not been levelled off.
    Line strongest() const {
        const auto top = static_cast<std::size_t>(std::max_element(y_.begin(), y_.end()) - y_.begin());
        Line line{top, y_[top] - level_, top, top + 1};
        while (line.first > 0 && y_[line.first - 1] > level_ + line.height / 2) --line.first;
        while (line.end < y_.size() && y_[line.end] > level_ + line.height / 2) ++line.end;
        return line;
    }

    // Brings points to the pattern's median: those from `first` to before `end`, or those nearer to one of them than this.
    void level_off(std::size_t first, std::size_t end) {
        std::fill(y_.begin() + static_cast<std::ptrdiff_t>(first), y_.begin() + static_cast<std::ptrdiff_t>(end), level_);
    }
    void level_off_near(std::size_t top, double apart_deg) {
        std::size_t first = top, end = top + 1;
        while (first > 0 && x_[top] - x_[first - 1] < apart_deg) --first;
        while (end < y_.size() && x_[end] - x_[top] < apart_deg) ++end;
        level_off(first, end);
    }

private:
    const std::vector<double>& x_;
    std::vector<double> y_;
    double level_;
};

}  // namespace friedel
