#include "host/training/divergence.h"

#include <algorithm>
#include <cmath>

#include "host/support/text_format.h"

namespace friedel {

double untaught_loss(const LossConfig& config, bool squared, const std::vector<double>& shares) {
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

DivergenceWatch::DivergenceWatch(double untaught, std::int64_t window) : untaught_(untaught), window_(window) {}

double DivergenceWatch::limit() const {
    constexpr double taught = 0.8;
    if (lowest_ < taught * untaught_) return std::clamp(3 * lowest_, untaught_ / 2, untaught_);
    return std::max(2 * lowest_, 3 * untaught_);
}

void DivergenceWatch::add(double loss, std::int64_t samples) {
    sum_ += loss;
    samples_ += samples;
    if (samples_ < window_) return;
    last_ = sum_ / static_cast<double>(samples_);
    last_samples_ = samples_;
    sum_ = 0;
    samples_ = 0;
    windows_above_ = last_ > limit() ? windows_above_ + 1 : 0;
    lowest_ = std::min(lowest_, last_);
}

std::string DivergenceWatch::text() const {
    return "the mean loss of the last " + std::to_string(last_samples_) + " patterns is " + formatted("%.4g", last_) + "; it was " +
           formatted("%.4g", lowest_) + " at its lowest, and an untaught network has " + formatted("%.4g", untaught_);
}

}  // namespace friedel
