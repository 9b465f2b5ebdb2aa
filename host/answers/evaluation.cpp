#include "host/answers/evaluation.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include "host/crystals/extinction.h"
#include "host/crystals/space_groups.h"
#include "host/crystals/subgroups.h"
#include "host/network/classifier.h"
#include "host/support/csv.h"
#include "host/support/csv_table.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

using Json = nlohmann::ordered_json;

// Probabilities of the classes of a coarser level, from those of the space groups.
std::vector<float> summed(const std::vector<float>& probabilities, int classes, const std::function<int(int space_group)>& class_of_group) {
    std::vector<float> sums(static_cast<std::size_t>(classes), 0.0f);
    for (int group = 1; group <= space_groups; ++group)
        sums[static_cast<std::size_t>(class_of_group(group))] += probabilities[static_cast<std::size_t>(group - 1)];
    return sums;
}

Level empty_level(const std::string& name, int classes, const std::function<std::string(int)>& label) {
    Level level{name, {}, {}, {}};
    for (int i = 0; i < classes; ++i) level.labels.push_back(label(i));
    return level;
}

Json json_of(const Estimate& estimate) {
    return {{"value", estimate.value}, {"low", estimate.low}, {"high", estimate.high}, {"count", estimate.count}};
}

Json json_of(const RiskCoverage& curve) { return {{"at_half_coverage", curve.at_half_coverage}, {"aurc", curve.area}}; }

Json json_of(const Level& level, double entropy_threshold) {
    const auto bins = reliability(level.answers);
    Json json = {{"top1", json_of(accuracy(level.answers, 1))}, {"top5", json_of(accuracy(level.answers, 5))}};
    json["refused_by_entropy"] = json_of(risk_coverage(level.answers, RefuseBy::entropy));
    json["refused_by_largest_probability"] = json_of(risk_coverage(level.answers, RefuseBy::largest_probability));
    if (std::isfinite(entropy_threshold)) {
        const Operation at = operation_at(level, entropy_threshold);
        json["at_entropy_threshold"] = {{"threshold", entropy_threshold}, {"coverage", at.coverage}, {"accuracy", at.accuracy}};
    }
    json["expected_calibration_error"] = expected_calibration_error(bins);
    json["calibration_error_by_chance"] = json_of(calibration_error_by_chance(level.answers));
    for (const ReliabilityBin& bin : bins)
        json["reliability"].push_back({{"count", bin.count}, {"confidence", bin.confidence}, {"accuracy", bin.accuracy}});
    return json;
}

// What was answered to one pattern, at all levels; repeats are among them.
struct Prediction {
    Prediction(const Evaluation& evaluation, const std::vector<Level>& levels, std::size_t i)
        : pattern(evaluation.patterns[i]),
          first(levels.front().answers[i]),
          system(levels.back().answers[i]),
          group(evaluation.target == Target::space_group ? first.predicted + 1 : 0),
          extinction(group > 0 ? levels[1].answers[i].predicted : 0),
          unsure(first.entropy > evaluation.calibration.entropy_threshold) {}

    const EvaluatedPattern& pattern;
    const Answer &first, &system;
    int group;       // 0 where the model answers with crystal systems
    int extinction;  // group of extinctions, where there is a group
    bool unsure;
};

std::string refusal_of(const Prediction& p) {
    if (!p.pattern.refused.empty()) return p.pattern.refused;
    return p.unsure ? "entropy above the model's threshold" : "";
}

std::string runners_up(const Prediction& p) {
    if (p.group == 0) return "";
    const std::vector<int> likeliest = likeliest_groups(p.pattern.probabilities.data(), 5);
    return field_of_all(std::span(likeliest).subspan(1), [&](int group) {
        return formatted("%d:%.4f", group, static_cast<double>(p.pattern.probabilities[static_cast<std::size_t>(group - 1)]));
    });
}

constexpr CsvColumn<Prediction> prediction_columns[] = {
    {"file", [](const Prediction& p) { return csv_field(p.pattern.file); }},
    {"space_group", [](const Prediction& p) { return if_any(p.group > 0, std::to_string(p.group)); }},
    {"probability", [](const Prediction& p) { return formatted("%.6f", p.first.confidence); }},
    {"crystal_system", [](const Prediction& p) { return std::string(crystal_system_name(p.system.predicted)); }},
    {"entropy", [](const Prediction& p) { return formatted("%.6f", p.first.entropy); }},
    {"symbol", [](const Prediction& p) { return p.group > 0 ? csv_field(space_group_symbol(p.group)) : ""; }},
    {"crystal_system_probability", [](const Prediction& p) { return formatted("%.6f", p.system.confidence); }},
    {"extinction_group", [](const Prediction& p) { return p.group > 0 ? csv_field(extinction_group_name(p.extinction)) : ""; }},
    {"true_space_group", [](const Prediction& p) { return std::to_string(p.pattern.space_group); }},
    {"true_crystal_system", [](const Prediction& p) { return std::string(crystal_system_name(p.system.truth)); }},
    {"rank", [](const Prediction& p) { return std::to_string(p.first.rank + 1); }},
    {"refused", [](const Prediction& p) { return csv_field(refusal_of(p)); }},
    {"repeat", [](const Prediction& p) { return yes_or_no(p.pattern.repeat); }},
    {"runners_up", runners_up},
};

// Those about patterns that would not be refused for their data.
std::vector<Answer> answers_of_good_data(const Evaluation& evaluation, const Level& level) {
    std::vector<Answer> kept;
    for (std::size_t i = 0; i < level.answers.size(); ++i) {
        if (evaluation.patterns[static_cast<std::size_t>(level.pattern_index[i])].refused.empty()) kept.push_back(level.answers[i]);
    }
    return kept;
}

}  // namespace

std::vector<Level> judge_levels(const Evaluation& evaluation, Repeats repeats) {
    const bool groups = evaluation.target == Target::space_group;
    std::vector<Level> levels;
    if (groups) {
        levels.push_back(
            empty_level("space_group", space_groups, [](int i) { return std::to_string(i + 1) + ' ' + space_group_symbol(i + 1); }));
        levels.push_back(empty_level("extinction_group", extinction_group_count(), extinction_group_name));
    }
    levels.push_back(empty_level("crystal_system", crystal_systems, crystal_system_name));

    std::map<std::string, int> cluster_number;
    for (std::size_t i = 0; i < evaluation.patterns.size(); ++i) {
        const EvaluatedPattern& pattern = evaluation.patterns[i];
        if (pattern.repeat && repeats == Repeats::leave_out) continue;
        const int cluster = cluster_number.emplace(pattern.cluster, static_cast<int>(cluster_number.size())).first->second;
        const auto add = [&](Level& level, const std::vector<float>& probabilities, int truth) {
            level.answers.push_back(judge(probabilities.data(), static_cast<int>(probabilities.size()), truth, cluster));
            level.pattern_index.push_back(static_cast<int>(i));
        };
        const int system = crystal_system(pattern.space_group);
        if (groups) {
            add(levels[0], pattern.probabilities, pattern.space_group - 1);
            add(levels[1], summed(pattern.probabilities, extinction_group_count(), extinction_group),
                extinction_group(pattern.space_group));
            add(levels[2], summed(pattern.probabilities, crystal_systems, crystal_system), system);
        } else {
            add(levels[0], pattern.probabilities, system);
        }
    }
    return levels;
}

Operation operation_at(const Level& level, double entropy_threshold) {
    double answered = 0, right = 0;
    for (const Answer& answer : level.answers) {
        if (answer.entropy > entropy_threshold) continue;
        ++answered;
        right += answer.correct();
    }
    return {level.answers.empty() ? 0 : answered / static_cast<double>(level.answers.size()), answered > 0 ? right / answered : 0};
}

SubgroupDistances subgroup_distances(const std::vector<Answer>& answers) {
    std::vector<double> distances, within_one;
    std::vector<int> clusters;
    for (const Answer& answer : answers) {
        distances.push_back(subgroup_distance(answer.truth + 1, answer.predicted + 1));
        within_one.push_back(distances.back() <= 1 ? 1 : 0);
        clusters.push_back(answer.cluster);
    }
    SubgroupDistances result{bootstrap_mean(distances, clusters), 0, bootstrap_mean(within_one, clusters)};
    std::sort(distances.begin(), distances.end());
    const std::size_t n = distances.size();
    if (n > 0) result.median = 0.5 * (distances[(n - 1) / 2] + distances[n / 2]);
    return result;
}

std::vector<TrainingCountRow> accuracy_by_training_count(const Evaluation& evaluation, const Level& level) {
    constexpr std::array<int, 6> edges = {0, 1, 10, 100, 1000, 10000};
    std::vector<TrainingCountRow> rows;
    for (std::size_t row = 0; row < edges.size(); ++row) {
        const int to = row + 1 < edges.size() ? edges[row + 1] : -1;
        std::vector<Answer> answers;
        std::set<int> groups;
        for (const Answer& answer : level.answers) {
            const auto count = static_cast<int>(evaluation.training_count[static_cast<std::size_t>(answer.truth)]);
            if (count < edges[row] || (to >= 0 && count >= to)) continue;
            answers.push_back(answer);
            groups.insert(answer.truth);
        }
        rows.push_back({edges[row], to, static_cast<int>(groups.size()), accuracy(answers)});
    }
    return rows;
}

Json metrics_json(const Evaluation& evaluation, Json json) {
    const std::vector<Level> levels = judge_levels(evaluation);
    json["patterns"] = levels.back().answers.size();
    json["repeats"] = evaluation.patterns.size() - levels.back().answers.size();
    json["unreadable"] = evaluation.unreadable;
    json["refused_for_their_data"] = levels.back().answers.size() - answers_of_good_data(evaluation, levels.back()).size();
    json["calibration"] = {{"temperature", evaluation.calibration.belief.temperature},
                           {"doubt", evaluation.calibration.belief.doubt},
                           {"fitted_on", evaluation.calibration.fitted_on}};
    json["interval"] = "95 %, bootstrap over groups of patterns that belong together";
    // The entropy that the threshold is about is that of the model's own classes.
    for (const Level& level : levels) {
        const double threshold = &level == &levels.front() ? evaluation.calibration.entropy_threshold : INFINITY;
        json[level.name] = json_of(level, threshold);
    }
    if (evaluation.patterns.size() > levels.back().answers.size()) {
        for (const Level& level : judge_levels(evaluation, Repeats::count))
            json["with_repeats"][level.name] = {{"top1", json_of(accuracy(level.answers, 1))},
                                                {"top5", json_of(accuracy(level.answers, 5))}};
    }
    const Level& systems = levels.back();
    for (int system = 0; system < crystal_systems; ++system) {
        std::vector<Answer> answers;
        for (const Answer& answer : systems.answers)
            if (answer.truth == system) answers.push_back(answer);
        json["by_crystal_system"][crystal_system_name(system)] = json_of(accuracy(answers));
    }
    if (evaluation.target == Target::space_group) {
        const SubgroupDistances distances = subgroup_distances(levels.front().answers);
        json["subgroup_distance"] = {
            {"mean", json_of(distances.mean)}, {"median", distances.median}, {"within_one", json_of(distances.within_one)}};
        for (const TrainingCountRow& row : accuracy_by_training_count(evaluation, levels.front())) {
            Json entry = {{"from", row.from}};
            if (row.to >= 0) entry["below"] = row.to;
            entry["groups"] = row.groups;
            entry["top1"] = json_of(row.accuracy);
            json["by_training_count"].push_back(entry);
        }
    }
    return json;
}

std::string predictions_csv(const Evaluation& evaluation) {
    std::string text = csv_header(prediction_columns) + '\n';
    const std::vector<Level> levels = judge_levels(evaluation, Repeats::count);
    for (std::size_t i = 0; i < evaluation.patterns.size(); ++i)
        text += csv_line(prediction_columns, Prediction(evaluation, levels, i)) + '\n';
    return text;
}

std::string summary(const Evaluation& evaluation) {
    const std::vector<Level> levels = judge_levels(evaluation);
    std::string text;
    print(text, "%-17s %-22s %-22s %-11s %-6s %s\n", "", "right, 95 % interval", "among the first five", "surer half", "AURC",
          "ECE (by chance)");
    for (const Level& level : levels) {
        const Estimate first = accuracy(level.answers, 1), five = accuracy(level.answers, 5);
        const RiskCoverage curve = risk_coverage(level.answers, RefuseBy::entropy);
        const std::string name = spaced(level.name);
        print(text, "%-17s %5.1f %% (%4.1f to %4.1f)  %5.1f %% (%4.1f to %4.1f)  %5.1f %%     %.3f  %.3f (%.3f)\n", name.c_str(),
              100 * first.value, 100 * first.low, 100 * first.high, 100 * five.value, 100 * five.low, 100 * five.high,
              100 * curve.at_half_coverage, curve.area, expected_calibration_error(reliability(level.answers)),
              calibration_error_by_chance(level.answers).value);
    }
    const Level& finest = levels.front();
    if (const double threshold = evaluation.calibration.entropy_threshold; std::isfinite(threshold)) {
        const Operation at = operation_at(finest, threshold);
        print(text, "refusing above an entropy of %.3f answers %.1f %%", threshold, 100 * at.coverage);
        if (at.coverage > 0) print(text, ", of which %.1f %% are right", 100 * at.accuracy);
        text += '\n';
    }
    const std::vector<Answer> kept = answers_of_good_data(evaluation, finest);
    if (kept.size() < finest.answers.size()) {
        const Estimate right = accuracy(kept, 1);
        print(text, "%zu of %zu would be refused for their data; of the others %.1f %% (%.1f to %.1f) are right\n",
              finest.answers.size() - kept.size(), finest.answers.size(), 100 * right.value, 100 * right.low, 100 * right.high);
    }
    return text;
}

}  // namespace friedel
