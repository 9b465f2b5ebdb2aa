// A model judged on patterns whose space groups are known, at three levels: space group, extinction group, crystal system.
// Leaves out: where the patterns come from (tools/evaluate.cpp), the pictures (report.h).
#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "host/answers/metrics.h"
#include "host/network/model.h"

namespace friedel {

struct EvaluatedPattern {
    std::string file;
    int space_group = 0;               // the true one
    std::string cluster;               // patterns that are no independent witnesses share it: specimens of one mineral, types of structure
    bool repeat = false;               // measures again what another one measured
    std::string refused;               // why the pattern itself was refused, its answer standing; empty if it was not
    std::vector<float> probabilities;  // [classes of the model]
};

struct Evaluation {
    Target target = Target::space_group;
    Calibration calibration;
    std::array<std::uint32_t, space_groups> training_count{};
    std::vector<EvaluatedPattern> patterns;
    int unreadable = 0;  // patterns that are not among `patterns`, because they could not be read
};

// One way to look at the answers. A model of crystal systems has the last one only.
struct Level {
    std::string name;                 // "space_group", "extinction_group", "crystal_system"
    std::vector<std::string> labels;  // [classes] "225 Fm-3m", "cubic"
    std::vector<Answer> answers;
    std::vector<int> pattern_index;  // [answers] into Evaluation::patterns
};
enum class Repeats { leave_out, count };
std::vector<Level> judge_levels(const Evaluation& evaluation, Repeats repeats = Repeats::leave_out);

// What a model answers at all where its calibrated threshold decides.
struct Operation {
    double coverage = 0, accuracy = 0;
};
Operation operation_at(const Level& level, double entropy_threshold);

// How far the first answers lie from the truth on the graph of subgroups (subgroups.h), in steps.
struct SubgroupDistances {
    Estimate mean;
    double median = 0;
    Estimate within_one;  // part of the answers that are right or one step off
};
SubgroupDistances subgroup_distances(const std::vector<Answer>& space_group_answers);

// Accuracy over the patterns of groups that had at least `from` and fewer than the next row's structures to train on.
struct TrainingCountRow {
    int from, to;  // to is -1 in the last row
    int groups;    // that occur among the patterns
    Estimate accuracy;
};
std::vector<TrainingCountRow> accuracy_by_training_count(const Evaluation& evaluation, const Level& space_group_level);

// metrics.json: `subject`, the model and the patterns as the caller knows them, and the figures.
nlohmann::ordered_json metrics_json(const Evaluation& evaluation, nlohmann::ordered_json subject);

// predictions.csv: a line for every pattern, repeats included, in the order of the evaluation.
std::string predictions_csv(const Evaluation& evaluation);

// A table for the terminal.
std::string summary(const Evaluation& evaluation);

}  // namespace friedel
