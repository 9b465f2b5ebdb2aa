// A stretch of a grid's points, such as those that were measured.
#pragma once

namespace friedel {

// From `first` to before `end`.
struct PointRange {
    int first = 0, end = 0;

    int size() const { return end - first; }
    bool contains(int point) const { return point >= first && point < end; }
};

}  // namespace friedel
