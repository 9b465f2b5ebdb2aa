#include "host/training/loss_watch.h"

#include <utility>

namespace friedel {

void LossWatch::look(const std::vector<std::array<DivergenceWatch, 2>>& watches, std::int64_t step, TrainingLog& log) {
    const bool was_high = is_high();
    std::int64_t windows = 0;
    growth_.clear();
    divergence_.clear();
    for (std::size_t member = 0; member < watches.size(); ++member) {
        for (const DivergenceWatch& watch : watches[member]) {
            windows += watch.windows();
            if (!watch.is_high() || !config_.run.stop_on_divergence) continue;
            const std::string which = config_.network.members > 1 ? "network " + std::to_string(member) + " of the ensemble" : "training";
            growth_ = which + " diverges: after " + std::to_string(step) + " steps " + watch.text();
            if (watch.diverged()) divergence_ = growth_;
            if (!was_high) log.high_loss(step, static_cast<int>(member), watch.text());
        }
    }
    // The window before the last is proven to be fine by the last one.
    if (!is_high() && windows > windows_) proven_step_ = std::exchange(window_end_, step);
    windows_ = windows;
}

}  // namespace friedel
