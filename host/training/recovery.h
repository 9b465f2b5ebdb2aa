// What to do about a training run whose steps were too long.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "host/training/config.h"

namespace friedel {

// With what to start anew, or to go on from the newest checkpoint up to `healthy_step`; later ones are in the way.
std::string recovery_advice(const std::filesystem::path& output, std::int64_t healthy_step, const OptimiserConfig& optimiser);

}  // namespace friedel
