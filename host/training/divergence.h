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
double untaught_loss(const LossConfig& config, bool squared, const std::vector<double>& shares);

// Of one network and one kind of loss. Means are taken over windows of at least `window` patterns.
class DivergenceWatch {
public:
    DivergenceWatch(double untaught, std::int64_t window);

    void add(double loss, std::int64_t samples);  // the sum over more patterns

    // The last window's mean is far above the lowest: above three times it, where that is between the half and the whole of what an
    // untaught network has; or, of a network that never had less than 0.8 of that, above twice the lowest and three times the untaught.
    bool grows() const { return windows_above_ > 0; }
    // So are the last three. One alone may be an accident that training recovers from.
    bool diverged() const { return windows_above_ >= 3; }
    // What a checkpoint keeps: the lowest mean, infinite before there was any.
    double lowest() const { return lowest_; }
    void set_lowest(double lowest) { lowest_ = lowest; }
    // "the mean loss of the last 5120 patterns is 7.3; it was 1.2 at its lowest, and an untaught network has 5.4"
    std::string text() const;

private:
    double limit() const;

    double untaught_;
    std::int64_t window_;
    double sum_ = 0;  // of the window that is being filled
    std::int64_t samples_ = 0;
    double lowest_ = std::numeric_limits<double>::infinity();
    double last_ = 0;
    std::int64_t last_samples_ = 0;
    int windows_above_ = 0;  // in a row, up to the last one
};

}  // namespace friedel
