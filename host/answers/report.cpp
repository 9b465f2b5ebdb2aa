#include "host/answers/report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "host/answers/report_assets.h"
#include "host/answers/report_figures.h"
#include "host/support/markup.h"

namespace friedel {

namespace {

using Json = nlohmann::ordered_json;

// Answers that are drawn.
constexpr std::size_t most_right = 4, most_wrong = 8;

// "29.1 % (25.0 to 33.4)"; without brackets where all draws agree, as they do on a single pattern.
std::string with_interval(const Json& estimate) {
    if (estimate["count"] == 0) return "\u2013";
    std::string text = percent(estimate["value"]);
    const double low = estimate["low"], high = estimate["high"];
    if (low < high) print(text, " (%.1f to %.1f)", 100 * low, 100 * high);
    return text;
}

// The model and the patterns in a line; all else about them stands at the end of the page.
std::string subject_line(const Json& metrics) {
    const auto text = [&](const char* pointer) { return metrics.value(Json::json_pointer(pointer), std::string()); };
    std::string line = "Model " + text("/model/file") + " on ";
    line += metrics.contains("measured") ? "the measured patterns of " + text("/measured/labels")
                                         : "patterns simulated from " + text("/simulated/library");
    line += "; repeated measurements left out: " + metrics["repeats"].dump() + "; unreadable: " + metrics["unreadable"].dump();
    return line + "; refused for their data, yet counted: " + metrics["refused_for_their_data"].dump() + '.';
}

std::string table_row(const std::vector<std::string>& cells, const char* tag) {
    std::string row = "<tr>";
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const char* const cell = i == 0 ? "th" : tag;
        print(row, "<%s>%s</%s>", cell, escaped(cells[i]).c_str(), cell);
    }
    return row + "</tr>\n";
}

// The head of metrics.json, up to the first level: what was judged on what.
void add_facts(std::string& page, const Json& value, const std::string& name) {
    if (value.is_object()) {
        for (const auto& [key, part] : value.items()) add_facts(page, part, name + ": " + key);
    } else {
        const std::string text = value.is_string() ? value.get<std::string>() : value.is_boolean() ? (value ? "yes" : "no") : value.dump();
        if (!text.empty()) page += table_row({spaced(name), text}, "td");
    }
}

void add_subject(std::string& page, const Json& metrics) {
    page += "<h2>What was judged on what</h2>\n<div class=\"wide\"><table class=\"facts\"><tbody>\n";
    for (const auto& [key, value] : metrics.items()) {
        if (value.is_object() && value.contains("top1")) break;
        add_facts(page, value, key);
    }
    page += "</tbody></table></div>\n";
}

void add_accuracies(std::string& page, const Json& metrics, const std::vector<Level>& levels) {
    page += "<h2>How often it is right</h2>\n<div class=\"wide\"><table class=\"numbers\"><thead>\n";
    page += table_row({"", "first answer right", "among the first five", "surer half, by entropy", "surer half, by probability", "AURC",
                       "ECE", "ECE by chance", "patterns"},
                      "th");
    page += "</thead><tbody>\n";
    for (const Level& level : levels) {
        const Json& json = metrics[level.name];
        std::string area, error, by_chance;
        print(area, "%.3f", json["refused_by_entropy"]["aurc"].get<double>());
        print(error, "%.3f", json["expected_calibration_error"].get<double>());
        const Json& chance = json["calibration_error_by_chance"];
        print(by_chance, "%.3f (%.3f to %.3f)", chance["value"].get<double>(), chance["low"].get<double>(), chance["high"].get<double>());
        page += table_row(
            {spaced(level.name), with_interval(json["top1"]), with_interval(json["top5"]),
             percent(json["refused_by_entropy"]["at_half_coverage"]), percent(json["refused_by_largest_probability"]["at_half_coverage"]),
             area, error, by_chance, json["top1"]["count"].dump()},
            "td");
    }
    page +=
        "</tbody></table></div>\n<p class=\"soft\">In brackets: 95 % intervals, from draws of whole groups of patterns that belong "
        "together. "
        "Surer half: accuracy when the less sure half is refused. AURC: mean error over all coverages, refused by entropy. ECE: mean gap "
        "between probability and accuracy; by chance: what it would be if all probabilities were right.</p>\n";
}

void add_confidence(std::string& page, const Evaluation& evaluation, const Level& level) {
    const std::string name = spaced(level.name);
    page += "<h2>Does it know when it is unsure?</h2>\n<div class=\"pair\">\n";
    std::string caption = "<span class=\"key\"></span>refusal by entropy <span class=\"key dashed\"></span>by the largest probability. ";
    caption += std::isfinite(evaluation.calibration.entropy_threshold) ? "Dot: where the model's own threshold refuses."
                                                                       : "The model has no threshold of its own; calibrate it to get one.";
    page += figure("Accuracy when the unsure are refused (" + name + ")",
                   risk_coverage_figure(level, evaluation.calibration.entropy_threshold), caption);
    page += figure("Are probabilities what they say? (" + name + ")", reliability_figure(level),
                   "On the dotted line, probabilities are right as often as they say. Bars: 95 % intervals. Below: patterns in each bin.");
    page += "</div>\n";
}

void add_confusions(std::string& page, const std::vector<Level>& levels) {
    page += "<h2>What it takes for what</h2>\n<div class=\"pair\">\n";
    page += figure("Crystal systems", crystal_system_confusion_figure(levels.back()),
                   "Patterns of each true system (row) by answer (column). Right answers are framed; shade: part of the row.");
    if (levels.size() > 1) {
        page +=
            figure("Space groups",
                   space_group_confusion_figure(levels.front()) +
                       "<div class=\"controls\" hidden=\"hidden\"><button type=\"button\" aria-label=\"closer\">+</button>"
                       "<button type=\"button\" aria-label=\"farther\">\u2212</button><button type=\"button\">all</button>"
                       "<output></output></div>\n",
                   "Row: true group, column: answer; stronger: a larger part of the row. Lines divide crystal systems, numbers name their "
                   "first groups. Click it, then zoom by wheel, two fingers or buttons and drag; each cell tells its groups.");
    }
    page += "</div>\n";
}

void add_training_counts(std::string& page, const Json& metrics, const Evaluation& evaluation, const Level& level) {
    page += "<h2>Rare and common space groups</h2>\n<div class=\"pair\">\n";
    page +=
        figure("Accuracy by structures to train on", training_count_figure(evaluation, level),
               "Circle: a space group, larger with more patterns; a faint bar is the 95 % interval of groups with five patterns or more. "
               "Heavy lines: all patterns of a decade, with interval.");
    page += "<div class=\"wide\"><table class=\"numbers\"><thead>\n";
    page += table_row({"structures to train on", "space groups", "patterns", "first answer right"}, "th") + "</thead><tbody>\n";
    for (const Json& row : metrics["by_training_count"]) {
        std::string range = row["from"].dump();
        if (!row.contains("below"))
            range += " and more";
        else if (const int last = row["below"].get<int>() - 1; last > row["from"].get<int>())
            range += " to " + std::to_string(last);
        page += table_row({range, row["groups"].dump(), row["top1"]["count"].dump(), with_interval(row["top1"])}, "td");
    }
    page += "</tbody></table></div>\n</div>\n";
}

void add_distances(std::string& page, const Json& metrics, const Level& level) {
    const Json& distance = metrics["subgroup_distance"];
    std::string caption = "From a group to a maximal subgroup, or back, is one step. Mean ";
    print(caption, "%.2f (%.2f to %.2f), median %g; ", distance["mean"]["value"].get<double>(), distance["mean"]["low"].get<double>(),
          distance["mean"]["high"].get<double>(), distance["median"].get<double>());
    caption += with_interval(distance["within_one"]) + " at most one step away.";
    page += "<h2>How far off it is</h2>\n<div class=\"pair\">\n" +
            figure("Steps between truth and answer", subgroup_distance_figure(level), caption) + "</div>\n";
}

// The most confident answers that are right, or wrong; one of each cluster, since specimens of one mineral show the same again.
std::vector<std::size_t> most_confident(const Evaluation& evaluation, const Level& level, bool right, std::size_t most) {
    std::vector<std::size_t> order, chosen;
    for (std::size_t i = 0; i < level.answers.size(); ++i)
        if (level.answers[i].correct() == right) order.push_back(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return level.answers[a].confidence > level.answers[b].confidence; });
    std::set<std::string> clusters;
    for (const std::size_t i : order) {
        if (chosen.size() == most) break;
        if (clusters.insert(evaluation.patterns[static_cast<std::size_t>(level.pattern_index[i])].cluster).second) chosen.push_back(i);
    }
    return chosen;
}

std::string caption_of(const EvaluatedPattern& pattern, const Level& level, const Answer& answer) {
    const auto name = [&](int index) { return escaped(level.labels[static_cast<std::size_t>(index)]); };
    std::string text = "<b>" + escaped(pattern.file) + "</b><br/>";
    text += "answered " + name(answer.predicted) + ", " + percent(answer.confidence);
    if (answer.correct()) {
        text += ", rightly";
    } else {
        text += "; true: " + name(answer.truth);
        print(text, ", its answer no. %d, %s", answer.rank + 1,
              percent(double{pattern.probabilities[static_cast<std::size_t>(answer.truth)]}).c_str());
    }
    if (!pattern.refused.empty()) text += "<br/>its data would be refused: " + escaped(pattern.refused);
    return text;
}

void add_drawn(std::string& page, const Evaluation& evaluation, const Level& level, const PatternSource& patterns) {
    bool compared = false;
    std::string figures;
    for (const bool right : {true, false}) {
        const std::vector<std::size_t> chosen = most_confident(evaluation, level, right, right ? most_right : most_wrong);
        print(figures, "<h3>%s</h3>\n<div class=\"pair\">\n", right ? "Right, most confident first" : "Wrong, most confident first");
        if (chosen.empty()) figures += "<p class=\"soft\">There is none.</p>\n";
        for (const std::size_t i : chosen) {
            const auto index = static_cast<std::size_t>(level.pattern_index[i]);
            const DrawnPattern drawn = patterns.draw(index);
            compared = compared || !drawn.compared.empty();
            const std::string drawing = drawn.pattern.empty() ? "<p class=\"soft\">This pattern cannot be read any more.</p>\n"
                                                              : pattern_figure(patterns.grid, drawn.pattern, drawn.compared);
            std::string caption = caption_of(evaluation.patterns[index], level, level.answers[i]);
            if (!drawn.structure.empty()) caption += "<br/>under the line: " + escaped(drawn.structure);
            figures += figure("", drawing, caption);
        }
        figures += "</div>\n";
    }
    page += "<h2>Surest answers, looked at</h2>\n<p>Each pattern as the network sees it";
    page += patterns.square_root ? ", in square roots of intensity. " : ". ";
    page += compared ? "Upside down under the line: " + patterns.compared_with + ", treated alike."
                     : "No structures are at hand for these patterns, so none is compared with a simulated one.";
    page += " Of patterns that belong together one is shown.</p>\n" + figures;
}

}  // namespace

std::string report_html(const Evaluation& evaluation, const Json& metrics, const PatternSource& patterns) {
    const std::vector<Level> levels = judge_levels(evaluation);
    const Level& finest = levels.front();
    std::string page = page_head("Friedel: evaluation");
    const Json& first = metrics[finest.name]["top1"];
    page += "<h1>" + with_interval(first) + " of " + first["count"].dump() + (metrics.contains("measured") ? " measured" : " simulated") +
            " patterns: " + spaced(finest.name) + " named right</h1>\n";
    page += "<p>" + escaped(subject_line(metrics)) + "</p>\n";
    const Json trained_on_these = metrics.value("/simulated/trained_on_this_library"_json_pointer, Json(false));
    if (trained_on_these == true) page += "<p><b>The model was trained on this library: these figures measure memory.</b></p>\n";
    add_accuracies(page, metrics, levels);
    add_confidence(page, evaluation, finest);
    add_confusions(page, levels);
    if (evaluation.target == Target::space_group) {
        add_distances(page, metrics, finest);
        add_training_counts(page, metrics, evaluation, finest);
    }
    add_drawn(page, evaluation, finest, patterns);
    add_subject(page, metrics);
    return page + page_foot();
}

}  // namespace friedel
