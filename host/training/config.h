// Everything a training run depends on, read from TOML: one table (config_keys.cpp) drives reading, checking, writing and documentation.
// Unknown keys, wrong types and values out of range are errors that name the key, the line and what is permitted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/network/model.h"
#include "kernels/loss_config.h"
#include "kernels/preprocess.h"
#include "kernels/simulation_config.h"
#include "kernels/step_state.h"

namespace friedel {

struct NetworkConfig {
    Target target = Target::space_group;
    std::vector<int> filters, kernels, strides;  // of each layer of convolutions that comes before the dense ones
    std::vector<int> hidden = {1024, 512};
    std::vector<float> dropout = {0.2f, 0.2f};  // of each hidden dense layer, or one number for all
    int members = 1;                            // networks of the ensemble, trained on the same patterns from different starts
};

// Which space group of a structure the network is to answer with.
enum class Labels {
    structure,  // the one its atoms have
    powder      // the one that a powder of it shows (powder_group.h), where that was looked for
};

struct RunConfig {
    std::uint64_t seed = 1;
    int batch = 512;
    std::int64_t steps = 2000;
    double minutes = 0;   // where above 0: as many steps as fit, instead of `steps`
    float tempering = 1;  // a class of n structures is drawn in proportion to n^tempering: 1 as they come, 0 all alike
    Labels labels = Labels::structure;
    float synthetic = 0;  // share of the patterns whose crystals are generated
    float fill = 0.1f;    // largest share, of the others, for generated crystals of groups that the library lacks
    int validation_patterns = 2000;
    double report_seconds = 10;  // between lines of progress and rows of metrics.csv
    double validation_minutes = 2;
    std::int64_t validation_steps = 0;  // where above 0: between validations, instead of minutes
    bool keep_best = false;             // the network that validation found best, beside the last one
    double checkpoint_minutes = 5;
    int checkpoints_kept = 2;
    bool stop_on_divergence = true;
    double rank_timeout_seconds = 600;
};

struct TrainingConfig {
    SimulationConfig simulation;
    PreprocessConfig preprocess;
    NetworkConfig network;
    LossConfig loss;
    OptimiserConfig optimiser;
    RunConfig run;

    NetworkShape shape() const;
    std::vector<float> dropout() const;  // [layers before the last], convolutions included
};

// Reads TOML text over `config`; `origin` names it in errors. Call check() once all layers have been read.
void read_toml(TrainingConfig& config, const std::string& text, const std::string& origin);
void read_toml_file(TrainingConfig& config, const std::filesystem::path& file);
// "training.batch=256"
void set_key(TrainingConfig& config, const std::string& assignment);
// Values out of range and contradictions between keys. Throws Error.
void check(const TrainingConfig& config);

// How `wanted` contradicts `stored`, of which it is to be a continuation: the first key that may not change and does, with both values;
// empty if there is none. Length of the run, the intervals of reports and the lengths of steps may change.
std::string contradiction(const TrainingConfig& stored, const TrainingConfig& wanted);
// Of the keys that may change, those that decide what is learned: "optimiser.learning_rate 0.0004 instead of 0.001".
std::vector<std::string> changes_of_learning(const TrainingConfig& stored, const TrainingConfig& wanted);
// The first key in which they differ, whichever it is.
std::string difference(const TrainingConfig& there, const TrainingConfig& here);

// The complete configuration as TOML, every key with its value.
std::string to_toml(const TrainingConfig& config);

// Every key: its value in this configuration, its permitted values and what it means.
std::string describe_keys(const TrainingConfig& config);

// Presets that ship with the program.
std::vector<std::string> preset_names();
const std::string& preset_text(const std::string& name);  // throws Error naming the presets
TrainingConfig preset(const std::string& name);

}  // namespace friedel
