// The configuration as the command line changes it: what is wrong with it then is a mistake of the command line.
#pragma once

#include <string>
#include <vector>

#include "host/training/config.h"

namespace friedel::tools {

// What --set gives, one after another. Throws UsageError for a key or value that the configuration does not have, and for the weight of a
// line that the radiation lacks, which would change nothing.
void apply_settings(TrainingConfig& config, const std::vector<std::string>& assignments);

// Throws UsageError for values that are good by themselves and do not go together.
void check_settings(const TrainingConfig& config);

}  // namespace friedel::tools
