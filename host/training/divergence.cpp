#include "host/training/divergence.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/support/text_format.h"

namespace friedel {

double chance_loss(const LossConfig& config, bool squared, const std::vector<double>& shares) {
    const auto classes = static_cast<double>(shares.size());
    const double spread = config.label_smoothing + config.graph_smoothing, sharp = 1 - spread;
    double entropy = 0, squares = 0;
    for (const double share : shares) {
        const double target = sharp * share + spread / classes;
        if (target > 0) entropy -= target * std::log(target);
        squares += share * share;
    }
    return squared ? sharp * sharp * (1 - squares) / classes : entropy;
}

DivergenceWatch::DivergenceWatch(const LossConfig& config, bool squared, const std::vector<double>& shares, std::int64_t window)
    : squared_(squared), untaught_(chance_loss(config, squared, shares)), window_(window) {
    const std::vector<double> even(shares.size(), 1.0 / static_cast<double>(shares.size()));
    scale_ = std::max(untaught_, chance_loss(config, squared, even) / 10);
}

double DivergenceWatch::limit() const {
    constexpr double taught = 0.6, unlearnt = 0.9;
    if (lowest_ < taught * scale_) return std::clamp(3 * lowest_, scale_ / 2, unlearnt * scale_);
    // The squared error of a network that is sure and wrong is twice that of an untaught one, and never more.
    return squared_ ? 1.5 * scale_ : std::max(2 * lowest_, 3 * scale_);
}

void DivergenceWatch::add(double loss, std::int64_t samples) {
    if (samples == 0) {
        sum_ = 0;
        samples_ = 0;
        is_high_ = false;
        high_in_a_row_ = 0;
        return;
    }
    sum_ += loss;
    samples_ += samples;
    if (samples_ < window_) return;
    const double mean = sum_ / static_cast<double>(samples_), before = std::exchange(last_, mean);
    last_samples_ = samples_;
    sum_ = 0;
    samples_ = 0;
    ++windows_;
    is_high_ = mean > limit();
    high_in_a_row_ = is_high_ && mean > 0.9 * before ? high_in_a_row_ + 1 : 0;
    lowest_ = std::min(lowest_, mean);
}

std::string DivergenceWatch::text() const {
    return "the mean loss of the last " + std::to_string(last_samples_) + " patterns is " + formatted("%.4g", last_) + "; it was " +
           formatted("%.4g", lowest_) + " at its lowest, and an untaught network has " + formatted("%.4g", untaught_);
}

}  // namespace friedel
