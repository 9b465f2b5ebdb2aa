// The losses of all networks of a run together: whether one is far above its lowest, and up to which step all was well.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "host/training/config.h"
#include "host/training/divergence.h"
#include "host/training/training_log.h"

namespace friedel {

class LossWatch {
public:
    explicit LossWatch(const TrainingConfig& config) : config_(config) {}  // which must outlive it

    // The watches of each network, as they stand after `step` steps. What became high is logged.
    void look(const std::vector<std::array<DivergenceWatch, 2>>& watches, std::int64_t step, TrainingLog& log);

    bool is_high() const { return !growth_.empty(); }
    // Of which network, and how: "training diverges: after 300 steps the mean loss ..."; empty where none is high.
    const std::string& growth() const { return growth_; }
    // The same of a network that does not recover.
    const std::string& divergence() const { return divergence_; }
    // A window of losses that are not high came after this step; -1 before there was one.
    std::int64_t proven_step() const { return proven_step_; }

private:
    const TrainingConfig& config_;
    std::string growth_, divergence_;
    std::int64_t windows_ = 0, window_end_ = -1, proven_step_ = -1;
};

}  // namespace friedel
