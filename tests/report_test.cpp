// The report: well-formed whatever the files are called, nothing fetched from anywhere, the figures of metrics.json.
#include "host/answers/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <regex>
#include <utility>

#include "host/answers/report_figures.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

constexpr int points = 500;

// Patterns of a few groups, every third of which is answered wrongly.
Evaluation some_answers(Target target = Target::space_group) {
    Evaluation evaluation;
    evaluation.target = target;
    const int groups[] = {2, 14, 14, 62, 225, 194, 167, 139, 14, 2};
    for (int i = 0; i < 60; ++i) {
        const int truth = groups[i % 10];
        const int answer = i % 3 ? truth : 15 + i;
        EvaluatedPattern pattern;
        pattern.file = "pattern_" + std::to_string(i) + ".xy";
        pattern.space_group = truth;
        pattern.cluster = "mineral " + std::to_string(i / 2);
        pattern.probabilities.assign(static_cast<std::size_t>(classes_of(target)), 0.0f);
        const float sure = 0.52f + 0.006f * static_cast<float>(i);
        pattern.probabilities[static_cast<std::size_t>(class_of(target, answer))] = sure;
        pattern.probabilities[0] += 1 - sure;
        evaluation.patterns.push_back(pattern);
    }
    for (std::size_t i = 0; i < evaluation.training_count.size(); ++i) evaluation.training_count[i] = static_cast<unsigned>(i * i / 4);
    return evaluation;
}

PatternSource flat_patterns(bool with_ideal = true) {
    return {{5, 0.17f, points}, true, "the ideal pattern", [with_ideal](std::size_t) {
                return DrawnPattern{std::vector<float>(points, 0.5f), std::vector<float>(with_ideal ? points : 0, 0.25f), ""};
            }};
}

const char* const subject = R"({"model": {"file": "model.h5", "target": "space_group"}, "measured": {"labels": "labels.csv"}})";

std::string page_of(const Evaluation& evaluation, const PatternSource& patterns = flat_patterns(), const std::string& head = subject) {
    return report_html(evaluation, metrics_json(evaluation, nlohmann::ordered_json::parse(head)), patterns);
}

// Empty if every tag is closed in its turn and attributes are quoted; else what is wrong.
std::string malformed(const std::string& page) {
    static const std::regex tag(R"re(<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z:-]+="[^"<]*")*)\s*(/?)>)re");
    std::vector<std::string> open;
    std::size_t at = page.find('\n');  // behind the document type
    for (; (at = page.find('<', at)) != std::string::npos;) {
        std::smatch match;
        const std::size_t end = page.find('>', at);
        const std::string text = page.substr(at, end - at + 1);
        if (!std::regex_match(text, match, tag)) return "no tag: " + text.substr(0, 80);
        if (match[1].length()) {
            if (open.empty() || open.back() != match[2])
                return "closes " + match[2].str() + " within " + (open.empty() ? "nothing" : open.back());
            open.pop_back();
        } else if (!match[4].length()) {
            open.push_back(match[2]);
        }
        at = end;
    }
    static const std::regex stray("&(?!(amp|lt|gt|quot);)");
    if (std::regex_search(page, stray)) return "a bare &";
    return open.empty() ? "" : open.back() + " is never closed";
}

int count(const std::string& text, const std::string& part) {
    int n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
}

// Ordinates of the first curve of a class.
std::vector<double> heights(const std::string& page, const std::string& name) {
    const std::string start = "class=\"" + name + "\" d=\"";
    const std::size_t begin = page.find(start) + start.size();
    const std::string path = page.substr(begin, page.find('"', begin) - begin);
    static const std::regex point("[ML][0-9.]+ ([0-9.]+)");
    std::vector<double> values;
    for (auto it = std::sregex_iterator(path.begin(), path.end(), point); it != std::sregex_iterator(); ++it)
        values.push_back(std::stod((*it)[1]));
    return values;
}

TEST(Report, TheCheckerSeesFaults) {
    EXPECT_EQ(malformed("<!DOCTYPE html>\n<a b=\"c\"><d/></a>"), "");
    EXPECT_NE(malformed("<!DOCTYPE html>\n<a><b></a></b>"), "");
    EXPECT_NE(malformed("<!DOCTYPE html>\n<a>"), "");
    EXPECT_NE(malformed("<!DOCTYPE html>\n<a b=c></a>"), "");
    EXPECT_NE(malformed("<!DOCTYPE html>\n<a>x & y</a>"), "");
}

TEST(Report, IsWellFormedAndFetchesNothing) {
    for (const Target target : {Target::space_group, Target::crystal_system}) {
        const std::string page = page_of(some_answers(target));
        EXPECT_EQ(malformed(page), "");
        EXPECT_EQ(count(page, "://"), 0);
        EXPECT_EQ(count(page, "src="), 0);
        EXPECT_EQ(count(page, "href="), 0);
        EXPECT_EQ(count(page, "url("), 0);
        EXPECT_EQ(count(page, "@import"), 0);
    }
}

// Ticks once were sought between values that no double lies between, without an end.
TEST(Report, DistributionsOfOneValueAreDrawn) {
    for (const double value : {0.0, 0.6441, -3.0, 1e9}) {
        EXPECT_NE(distribution_figure("c/a", {value}, {}).find("<svg"), std::string::npos) << value;
        EXPECT_NE(distribution_figure("c/a", {value, value}, {value}).find("<svg"), std::string::npos) << value;
    }
    EXPECT_EQ(distribution_figure("c/a", {}, {}).find("<svg"), std::string::npos);
}

TEST(Report, FileNamesAreText) {
    Evaluation evaluation = some_answers();
    for (EvaluatedPattern& pattern : evaluation.patterns) pattern.file = "<script>alert(\"1\")</script> & \xff.xy";
    evaluation.patterns[58].refused = "</figure><b onclick=\"x\">";
    const std::string page = page_of(evaluation, flat_patterns(), R"({"model": {"file": "<script>x & y</script>"}, "measured": {}})");
    EXPECT_EQ(malformed(page), "");
    EXPECT_EQ(count(page, "<script>"), 1) << "the page's own";
    EXPECT_EQ(count(page, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; \uFFFD.xy"), 12);
    EXPECT_EQ(count(page, "&lt;script&gt;x &amp; y"), 2) << "in the line under the heading and in the table";
    EXPECT_EQ(count(page, "<b onclick"), 0);
}

TEST(Report, ShowsTheFiguresOfTheMetrics) {
    const Evaluation evaluation = some_answers();
    const nlohmann::json metrics = metrics_json(evaluation, nlohmann::ordered_json::parse(subject));
    const std::string page = page_of(evaluation);
    const auto shown = [](const nlohmann::json& estimate) {
        char text[80];
        std::snprintf(text, sizeof text, "%.1f %% (%.1f to %.1f)", 100 * estimate["value"].get<double>(),
                      100 * estimate["low"].get<double>(), 100 * estimate["high"].get<double>());
        return std::string(text);
    };
    for (const auto& [level, name] :
         {std::pair{"space_group", "space group"}, {"extinction_group", "extinction group"}, {"crystal_system", "crystal system"}}) {
        const auto& of_level = metrics[level];
        const std::string row = "<th>" + std::string(name) + "</th><td>" + shown(of_level["top1"]) + "</td><td>" + shown(of_level["top5"]);
        EXPECT_EQ(count(page, row), 1) << row;
        char errors[80];
        std::snprintf(errors, sizeof errors, "<td>%.3f</td><td>%.3f</td><td>%.3f (%.3f to %.3f)</td><td>60</td>",
                      of_level["refused_by_entropy"]["aurc"].get<double>(), of_level["expected_calibration_error"].get<double>(),
                      of_level["calibration_error_by_chance"]["value"].get<double>(),
                      of_level["calibration_error_by_chance"]["low"].get<double>(),
                      of_level["calibration_error_by_chance"]["high"].get<double>());
        EXPECT_GE(count(page, errors), 1) << errors;
    }
    EXPECT_EQ(metrics["space_group"]["top1"]["value"], 40.0 / 60);
    EXPECT_EQ(count(page, "62 Pnma: 4 of 6 right"), 1) << "a cell of the matrix of space groups";
    EXPECT_EQ(count(page, "cubic answered as cubic: 4 of 6"), 1);
    EXPECT_EQ(count(page, "tetragonal answered as "), 7) << "a number in every cell of a row";
}

TEST(Report, DrawsTheSurestAnswersOnePerMineral) {
    const std::string page = page_of(some_answers());
    EXPECT_EQ(count(page, "class=\"pattern\""), 12);
    EXPECT_EQ(count(page, "class=\"below\""), 12);
    EXPECT_EQ(count(page, ", rightly"), 4);
    EXPECT_EQ(count(page, "; true: "), 8);
    EXPECT_EQ(count(page, "<b>pattern_59.xy</b>"), 1) << "the surest of all";
    EXPECT_EQ(count(page, "<b>pattern_58.xy</b>"), 0) << "the same mineral again";
    EXPECT_EQ(count(page, "<b>pattern_57.xy</b>"), 1) << "the surest wrong one";
    const std::string alone = page_of(some_answers(), flat_patterns(false));
    EXPECT_EQ(count(alone, "class=\"below\""), 0);
    EXPECT_EQ(count(alone, "No structures are at hand"), 1);
}

TEST(Report, OfASinglePattern) {
    Evaluation evaluation = some_answers();
    evaluation.patterns.resize(1);
    const std::string page = page_of(evaluation);
    EXPECT_EQ(malformed(page), "");
    EXPECT_EQ(count(page, "nan"), 0);
    EXPECT_EQ(count(page, "inf"), 0);
}

// A network that has learnt nothing: what it sees and what is drawn do not depend on its weights.
TEST(Report, EvaluateWritesItForMeasuredAndSimulatedPatterns) {
    const test::TemporaryDirectory folder;
    Model model;
    model.grid = {5, 0.17f, points};
    model.shape.widths = {points, 230};
    model.members = {std::vector<float>(model.shape.size())};
    model.write(folder / "model.h5");
    test::write_text(folder / "ideal.toml", "");
    const auto examples = (test::source_dir() / "data/examples/labels.csv").string();
    const auto minerals = (test::source_dir() / "data/minerals").string();
    ASSERT_EQ(test::run_friedel("ingest -q '" + minerals + "/quartz.cif' '" + minerals + "/NaCl.cif' -o minerals.h5", folder.path).status,
              0);
    const std::string commands[] = {"--labels '" + examples + "'", "--library minerals.h5 --patterns 6 --config ideal.toml"};
    for (const std::string& command : commands) {
        const auto result = test::run_friedel("evaluate model.h5 " + command + " -o results", folder.path);
        ASSERT_EQ(result.status, 0) << result.err;
        EXPECT_NE(result.out.find("report.html"), std::string::npos);
        const std::string page = test::read_text(folder / "results/report.html");
        EXPECT_EQ(malformed(page), "");
        const bool simulated = &command != commands;
        EXPECT_EQ(count(page, "class=\"pattern\""), simulated ? 2 : 8);
        EXPECT_EQ(count(page, "class=\"below\""), simulated ? 2 : 0);
        EXPECT_EQ(count(page, "cannot be read"), 0);
        if (!simulated) continue;
        // Simulated without any disturbance, a pattern is the mirror image of the ideal one drawn under it.
        const std::vector<double> up = heights(page, "pattern"), down = heights(page, "below");
        ASSERT_GT(up.size(), points / 2u);
        ASSERT_EQ(up.size(), down.size());
        for (std::size_t i = 0; i < up.size(); ++i) ASSERT_NEAR(up[i] + down[i], up[0] + down[0], 0.21) << i;
        EXPECT_LT(*std::min_element(up.begin(), up.end()), up[0] - 50);
    }
}

}  // namespace
}  // namespace friedel
