// Tells a training that diverges, whose loss grows though it is finite, from one whose loss fluctuates.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "kernels/loss_config.h"

namespace friedel {

// The mean loss of the best network that does not look at the pattern, and answers with the mean of all targets. `shares` [classes] of the
// patterns. Smoothing over the graph counts like the even one.
double chance_loss(const LossConfig& config, bool squared, const std::vector<double>& shares);

// Of one network and one kind of loss. Means are taken over windows of at least `window` patterns.
class DivergenceWatch {
public:
    DivergenceWatch(const LossConfig& config, bool squared, const std::vector<double>& shares, std::int64_t window);

    // The sum over more patterns. None at all, where training went on with the other kind of loss: what was before is no longer recent.
    void add(double loss, std::int64_t samples);

    // Whether the last window's mean is far above the lowest. Where the lowest was below 0.6 of an untaught network's loss, the limit is
    // three times the lowest, but at least 0.5 and at most 0.9 of the untaught loss; else it is 1.5 times the untaught loss (squared
    // error), or the larger of three times that and twice the lowest (cross-entropy).
    bool is_high() const { return is_high_; }
    // So are the last three, none of which fell by a tenth or more. One alone may be an accident that training recovers from.
    bool diverged() const { return high_in_a_row_ >= 3; }
    std::int64_t windows() const { return windows_; }  // that are complete
    // What a checkpoint keeps: the lowest mean, infinite before there was any.
    double lowest() const { return lowest_; }
    void set_lowest(double lowest) { lowest_ = lowest; }
    // "the mean loss of the last 51200 patterns is 7.3; it was 1.2 at its lowest, and an untaught network has 5.4"
    std::string text() const;

private:
    double limit() const;

    bool squared_;
    double untaught_, scale_;  // scale: the untaught loss, but not less than a tenth of that with classes that are equally frequent
    std::int64_t window_, windows_ = 0;
    double sum_ = 0;  // of the window that is being filled
    std::int64_t samples_ = 0;
    double lowest_ = std::numeric_limits<double>::infinity();
    double last_ = 0;
    std::int64_t last_samples_ = 0;
    bool is_high_ = false;
    int high_in_a_row_ = 0;  // up to the last window, and not falling
};

}  // namespace friedel
