#include "tools/settings.h"

#include <tuple>

#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

void refuse_weights_of_no_line(const SimulationConfig& s, const std::vector<std::string>& assignments) {
    const std::tuple<const char*, int, const Distribution&, const char*> weights[] = {{"kalpha2_ratio", 2, s.kalpha2_ratio, "cu"},
                                                                                      {"kbeta_ratio", 3, s.kbeta_ratio, "cu-tube"},
                                                                                      {"tungsten_ratio", 4, s.tungsten_ratio, "cu-tube"}};
    for (const auto& [key, line, ratio, radiation] : weights) {
        if (ratio.highest() <= 0 || s.radiation.lines >= line) continue;
        for (const std::string& assignment : assignments) {
            if (assignment.starts_with(std::string("simulation.") + key))
                misused("--set ", assignment, ": is the weight of line ", line, ", and simulation.radiation has ", s.radiation.lines,
                        "; give one that has it, as with --set simulation.radiation=", radiation);
        }
    }
}

}  // namespace

void apply_settings(TrainingConfig& config, const std::vector<std::string>& assignments) {
    try {
        for (const std::string& assignment : assignments) set_key(config, assignment);
    } catch (const Error& error) {
        throw UsageError(error.what());
    }
    refuse_weights_of_no_line(config.simulation, assignments);
}

void check_settings(const TrainingConfig& config) {
    try {
        check(config);
    } catch (const Error& error) {
        throw UsageError(error.what());
    }
}

}  // namespace friedel::tools
