#include "host/answers/report_figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "host/crystals/space_groups.h"
#include "host/crystals/subgroups.h"
#include "host/support/markup.h"

namespace friedel {

namespace {

constexpr double width = 380;

struct Tick {
    double at;
    std::string label;
};

struct Axis {
    double low, high;
    std::vector<Tick> ticks;
    std::string title;
};

std::vector<Tick> percent_ticks() { return {{0, "0"}, {0.25, "25"}, {0.5, "50"}, {0.75, "75"}, {1, "100"}}; }

double in_percent(double part) { return 100 * part; }

std::string plural(int count, const char* thing) { return std::to_string(count) + ' ' + thing + (count == 1 ? "" : "s"); }

// A frame with axes, and marks in the units of the axes. `strip`: room kept free between the frame and the labels of the x axis.
class Chart {
public:
    Chart(const std::string& title, Axis along, Axis up, double height, double strip = 0) : x_(std::move(along)), y_(std::move(up)) {
        bottom = height - 36 - strip;
        left = y_.ticks.empty() ? 12 : 44;
        print(out_, "<svg viewBox=\"0 0 %g %g\" role=\"img\"><title>%s</title>\n", width, height, escaped(title).c_str());
        for (const Tick& tick : y_.ticks) {
            print(out_, "<path class=\"grid\" d=\"M%g %.1fH%g\"/>", left, y(tick.at), right);
            print(out_, "<text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", left - 5, y(tick.at) + 4, tick.label.c_str());
        }
        for (const Tick& tick : x_.ticks) {
            print(out_, "<path class=\"frame\" d=\"M%.1f %gv4\"/>", x(tick.at), bottom);
            print(out_, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%s</text>\n", x(tick.at), bottom + strip + 16,
                  tick.label.c_str());
        }
        print(out_, "<text x=\"%g\" y=\"%g\" text-anchor=\"middle\">%s</text>", (left + right) / 2, height - 4, x_.title.c_str());
        print(out_, "<text transform=\"translate(11 %g) rotate(-90)\" text-anchor=\"middle\">%s</text>\n", (top + bottom) / 2,
              y_.title.c_str());
    }

    double x(double value) const { return left + (right - left) * (value - x_.low) / (x_.high - x_.low); }
    double y(double value) const { return bottom - (bottom - top) * (value - y_.low) / (y_.high - y_.low); }

    void curve(const std::vector<std::pair<double, double>>& points, const char* style) {
        print(out_, "<path class=\"%s\" d=\"", style);
        for (std::size_t i = 0; i < points.size(); ++i) print(out_, "%s%.1f %.1f", i ? "L" : "M", x(points[i].first), y(points[i].second));
        out_ += "\"/>\n";
    }
    void interval(double at, const Estimate& estimate, const char* style) {
        print(out_, "<path class=\"%s\" d=\"M%.1f %.1fV%.1fm-3 0h6M%.1f %.1fh6\"/>", style, x(at), y(estimate.low), y(estimate.high),
              x(at) - 3, y(estimate.low));
    }
    void circle(double at, double height, double radius, const char* style, const std::string& tooltip) {
        print(out_, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"><title>%s</title></circle>\n", style, x(at), y(height), radius,
              escaped(tooltip).c_str());
    }
    void text(double at_x, double at_y, const char* anchor, const std::string& label) {
        print(out_, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", at_x, at_y, anchor, escaped(label).c_str());
    }
    std::string& markup() { return out_; }

    std::string finish() {
        print(out_, "<rect class=\"frame\" x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\"/></svg>\n", left, top, right - left, bottom - top);
        return std::move(out_);
    }

    double left, right = width - 16, top = 10, bottom;

private:
    Axis x_, y_;
    std::string out_;
};

// Neither hides the last of many points nor draws a hundred thousand of them.
std::vector<std::pair<double, double>> curve_points(const std::vector<double>& accuracy) {
    constexpr std::size_t most = 400;
    std::vector<std::pair<double, double>> points;
    const std::size_t n = accuracy.size(), count = std::min(n, most);
    for (std::size_t i = 1; i <= count; ++i) {
        const std::size_t answered = i * n / count;
        points.emplace_back(static_cast<double>(answered) / static_cast<double>(n), accuracy[answered - 1]);
    }
    return points;
}

std::string short_count(int count) {
    if (count < 1000) return std::to_string(count);
    std::string text;
    print(text, count < 10000 ? "%.1fk" : "%.0fk", count / 1000.0);
    return text;
}

// A curve reduced to its extremes in columns of 0.4 units.
std::string reduced_path(const Chart& chart, const Grid& grid, const std::vector<float>& values, double sign) {
    constexpr double column = 0.4;
    std::string path;
    const auto column_of = [&](std::size_t i) { return static_cast<long>(chart.x(static_cast<double>(i)) / column); };
    const std::size_t points = std::min(values.size(), static_cast<std::size_t>(grid.points));
    for (std::size_t i = 0; i < points;) {
        std::size_t low = i, high = i;
        const long here = column_of(i);
        for (; i < points && column_of(i) == here; ++i) {
            if (values[i] < values[low]) low = i;
            if (values[i] > values[high]) high = i;
        }
        for (const std::size_t at : {std::min(low, high), std::max(low, high)}) {
            print(path, "%s%.1f %.1f", path.empty() ? "M" : "L", chart.x(static_cast<double>(at)), chart.y(sign * double{values[at]}));
            if (low == high) break;
        }
    }
    return path;
}

}  // namespace

std::string risk_coverage_figure(const Level& level, double entropy_threshold) {
    Chart chart("Accuracy against coverage", {0, 1, percent_ticks(), "patterns answered, the surest first / %"},
                {0, 1.02, percent_ticks(), "right among them / %"}, 270);
    chart.curve(curve_points(risk_coverage(level.answers, RefuseBy::entropy).accuracy), "first");
    chart.curve(curve_points(risk_coverage(level.answers, RefuseBy::largest_probability).accuracy), "second");
    if (std::isfinite(entropy_threshold)) {
        const Operation at = operation_at(level, entropy_threshold);
        std::string tooltip;
        print(tooltip, "At the model's threshold %.1f %% are answered, %.1f %% of them right", in_percent(at.coverage),
              in_percent(at.accuracy));
        chart.circle(at.coverage, at.accuracy, 5, "mark", tooltip);
    }
    return chart.finish();
}

std::string reliability_figure(const Level& level) {
    constexpr double strip = 46;
    const std::vector<ReliabilityBin> bins = reliability(level.answers);
    const auto count = static_cast<double>(bins.size());
    Chart chart("Accuracy against confidence", {0, 1, percent_ticks(), "probability of the first answer / %"},
                {0, 1.02, percent_ticks(), "right / %"}, 300, strip);
    chart.curve({{0, 0}, {1, 1}}, "diagonal");
    int fullest = 1;
    for (const ReliabilityBin& bin : bins) fullest = std::max(fullest, bin.count);
    std::vector<std::pair<double, double>> line;
    for (std::size_t i = 0; i < bins.size(); ++i) {
        if (bins[i].count == 0) continue;
        std::vector<Answer> answers;
        for (const Answer& answer : level.answers)
            if (std::min(static_cast<std::size_t>(answer.confidence * count), bins.size() - 1) == i) answers.push_back(answer);
        const Estimate estimate = accuracy(answers);
        std::string tooltip = plural(bins[i].count, "pattern");
        print(tooltip, ": mean probability %.1f %%, right %.1f %% (%.1f to %.1f)", in_percent(bins[i].confidence),
              in_percent(bins[i].accuracy), in_percent(estimate.low), in_percent(estimate.high));
        chart.interval(bins[i].confidence, estimate, "whisker");
        chart.circle(bins[i].confidence, bins[i].accuracy, 4, "mark", tooltip);
        const double from = chart.x(static_cast<double>(i) / count), to = chart.x(static_cast<double>(i + 1) / count);
        const double height = 24.0 * bins[i].count / fullest, floor = chart.bottom + strip - 2;
        print(chart.markup(), "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", from + 1, floor - height,
              to - from - 2, height);
        print(chart.markup(), "<text class=\"small\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n", (from + to) / 2,
              floor - height - 3, short_count(bins[i].count).c_str());
    }
    return chart.finish();
}

std::string crystal_system_confusion_figure(const Level& level) {
    static const std::array<const char*, crystal_systems> abbreviations = {"tricl.", "mono.", "ortho.", "tetrag.",
                                                                           "trig.",  "hex.",  "cubic"};
    constexpr double left = 88, top = 34, cell = 35;
    const std::vector<int> counts = confusion_matrix(level.answers, crystal_systems);
    std::string out;
    print(out, "<svg viewBox=\"0 0 %g %g\" role=\"img\"><title>Crystal systems: truth against answer</title>\n", width,
          top + cell * crystal_systems + 4);
    print(out, "<text x=\"%g\" y=\"11\" text-anchor=\"middle\">answered</text><text x=\"4\" y=\"28\">true</text>", left + 3.5 * cell);
    print(out, "<text x=\"%g\" y=\"28\" text-anchor=\"end\">right</text>\n", width - 2);
    for (int truth = 0; truth < crystal_systems; ++truth) {
        const int* const row = counts.data() + truth * crystal_systems;
        int all = 0;
        for (int answer = 0; answer < crystal_systems; ++answer) all += row[answer];
        const double y = top + cell * truth, middle = y + cell / 2 + 4;
        print(out, "<text x=\"4\" y=\"%g\">%s</text>", middle, crystal_system_name(truth));
        print(out, "<text class=\"small\" x=\"%g\" y=\"28\" text-anchor=\"middle\">%s</text>\n", left + cell * (truth + 0.5),
              abbreviations[static_cast<std::size_t>(truth)]);
        for (int answer = 0; answer < crystal_systems; ++answer) {
            const double x = left + cell * answer, share = all ? static_cast<double>(row[answer]) / all : 0;
            print(out, "<rect class=\"cell\" x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" fill-opacity=\"%.2f\"/>", x, y, cell, cell,
                  0.5 * share);
            print(out, "<text x=\"%g\" y=\"%g\" text-anchor=\"middle\"%s>%d<title>%s answered as %s: %d of %d</title></text>\n",
                  x + cell / 2, middle, row[answer] ? "" : " class=\"none\"", row[answer], crystal_system_name(truth),
                  crystal_system_name(answer), row[answer], all);
        }
        if (all)
            print(out, "<text x=\"%g\" y=\"%g\" text-anchor=\"end\">%.0f %%</text>\n", width - 2, middle, in_percent(row[truth]) / all);
    }
    for (int i = 0; i < crystal_systems; ++i)
        print(out, "<rect class=\"diagonal-cell\" x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\"/>", left + cell * i, top + cell * i, cell,
              cell);
    return out + "</svg>\n";
}

std::string space_group_confusion_figure(const Level& level) {
    constexpr int cell = 10, size = space_groups * cell;
    std::map<std::pair<int, int>, int> counts;  // of (truth, answer): few of the 52 900 cells are not empty
    std::map<int, int> of_truth;
    for (const Answer& answer : level.answers) {
        ++counts[{answer.truth, answer.predicted}];
        ++of_truth[answer.truth];
    }
    std::string out;
    print(out, "<svg class=\"zoom\" viewBox=\"-170 -130 %d %d\" tabindex=\"0\" role=\"img\">", size + 180, size + 140);
    print(out, "<title>Space groups: truth against answer</title>\n<rect class=\"sheet\" width=\"%d\" height=\"%d\"/>\n", size, size);
    print(out, "<path class=\"matrix-diagonal\" d=\"M0 0L%d %d\"/>\n", size, size);
    for (int group = 2; group <= space_groups; ++group) {
        if (crystal_system(group) == crystal_system(group - 1)) continue;
        const int at = (group - 1) * cell;
        print(out, "<path class=\"matrix-line\" d=\"M%d 0V%dM0 %dH%d\"/>", at, size, at, size);
        print(out, "<text class=\"matrix-label\" x=\"%d\" y=\"-20\">%d</text>", at, group);
        print(out, "<text class=\"matrix-label\" x=\"-20\" y=\"%d\" text-anchor=\"end\">%d</text>\n", at + 66, group);
    }
    out += "<g class=\"group-numbers\">";  // on the diagonal; shown when the axes may be out of sight
    for (int group = 1; group <= space_groups; ++group)
        print(out, "<text x=\"%g\" y=\"%d\">%d</text>", (group - 1) * cell + 0.5, (group - 1) * cell + 3, group);
    out += "</g>\n";
    for (const auto& [pair, count] : counts) {
        const auto [truth, answer] = pair;
        const double share = static_cast<double>(count) / of_truth[truth];
        const std::string& true_name = level.labels[static_cast<std::size_t>(truth)];
        const std::string& answer_name = level.labels[static_cast<std::size_t>(answer)];
        print(out, "<g class=\"pair-cell %s\"><title>", share > 0.5 ? "full" : "part");
        if (truth == answer)
            print(out, "%s: %d of %d right", true_name.c_str(), count, of_truth[truth]);
        else
            print(out, "%s answered as %s: %d of %d", true_name.c_str(), answer_name.c_str(), count, of_truth[truth]);
        print(out, "</title><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" opacity=\"%.2f\"/>", answer * cell, truth * cell, cell, cell,
              0.3 + 0.7 * share);
        print(out, "<text x=\"%d\" y=\"%g\">%d</text></g>\n", answer * cell + cell / 2, truth * cell + 6.5, count);
    }
    return out + "</svg>\n";
}

std::string training_count_figure(const Evaluation& evaluation, const Level& level) {
    std::map<int, std::vector<Answer>> of_group;
    for (const Answer& answer : level.answers) of_group[answer.truth].push_back(answer);
    const auto largest = static_cast<double>(*std::max_element(evaluation.training_count.begin(), evaluation.training_count.end()));
    // Groups without any structure stand left of the logarithmic axis.
    constexpr double none = -0.7, edge = -0.35;
    const double end = std::log10(std::max(10.0, largest)) + 0.2;
    const auto at = [&](double count) { return count > 0 ? std::log10(count) : none; };
    std::vector<Tick> ticks = {{none, "none"}};
    for (int decade = 0; decade <= static_cast<int>(end); ++decade)
        ticks.push_back({double(decade), std::to_string(std::lround(std::pow(10, decade)))});
    Chart chart("Accuracy of every space group against its training structures",
                {none - 0.35, end, ticks, "structures of the space group in the training library"},
                {-0.05, 1.06, percent_ticks(), "right / %"}, 290);
    for (const auto& [group, answers] : of_group) {
        const Estimate estimate = accuracy(answers);
        const auto count = static_cast<double>(evaluation.training_count[static_cast<std::size_t>(group)]);
        std::string tooltip = level.labels[static_cast<std::size_t>(group)] + ": ";
        print(tooltip, "%.1f %% of %s right, %.0f structures to train on", in_percent(estimate.value),
              plural(estimate.count, "pattern").c_str(), count);
        if (estimate.count >= 5) chart.interval(at(count), estimate, "whisker faint");
        chart.circle(at(count), estimate.value, std::min(9.0, 1.6 + 0.7 * std::sqrt(estimate.count)), "group", tooltip);
    }
    for (const TrainingCountRow& row : accuracy_by_training_count(evaluation, level)) {
        if (row.accuracy.count == 0) continue;
        const double from = row.from == 0 ? none - 0.3 : at(row.from), to = row.from == 0 ? edge
                                                                            : row.to < 0  ? end
                                                                                          : std::min(end, at(row.to));
        chart.curve({{from, row.accuracy.value}, {to, row.accuracy.value}}, "mean");
        chart.interval((from + to) / 2, row.accuracy, "mean");
    }
    return chart.finish();
}

std::string subgroup_distance_figure(const Level& level) {
    constexpr int most = 6;  // and more
    std::array<int, most + 1> counts{};
    for (const Answer& answer : level.answers)
        ++counts[static_cast<std::size_t>(std::min(most, subgroup_distance(answer.truth + 1, answer.predicted + 1)))];
    const auto all = static_cast<double>(std::max<std::size_t>(1, level.answers.size()));
    std::vector<Tick> ticks;
    for (int steps = 0; steps <= most; ++steps) ticks.push_back({double(steps), std::to_string(steps) + (steps == most ? " or more" : "")});
    Chart chart("Steps from the truth", {-0.6, most + 0.6, ticks, "steps between truth and answer"},
                {0, 1.12, percent_ticks(), "of the patterns / %"}, 230);
    for (int steps = 0; steps <= most; ++steps) {
        const int count = counts[static_cast<std::size_t>(steps)];
        const double left = chart.x(steps - 0.35), right = chart.x(steps + 0.35), top = chart.y(count / all);
        print(chart.markup(), "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", left, top, right - left,
              chart.bottom - top);
        chart.text((left + right) / 2, top - 4, "middle", std::to_string(count));
    }
    return chart.finish();
}

namespace {

std::string tick_label(double value) {
    std::string label;
    print(label, "%g", value);
    return label;
}

// At 1, 2 and 5 of each decade, on an axis of logarithms.
std::vector<Tick> ticks_of_decades(double low, double high) {
    std::vector<Tick> ticks;
    for (int decade = static_cast<int>(std::floor(std::log10(low))); decade <= static_cast<int>(std::ceil(std::log10(high))); ++decade) {
        for (const int digit : {1, 2, 5}) {
            const double value = digit * std::pow(10.0, decade);
            if (value >= low && value <= high) ticks.push_back({std::log10(value), tick_label(value)});
        }
    }
    return ticks;
}

// About five, at multiples of 2, 5 or 10 of a power of ten.
std::vector<Tick> even_ticks(double low, double high) {
    const double rough = (high - low) / 5, power = std::pow(10, std::floor(std::log10(rough)));
    const double step = power * (rough / power < 2 ? 2 : rough / power < 5 ? 5 : 10);
    std::vector<Tick> ticks;
    for (double value = std::ceil(low / step) * step; value <= high; value += step) ticks.push_back({value, tick_label(value)});
    return ticks;
}

}  // namespace

std::string distribution_figure(const std::string& quantity, const std::vector<double>& first, const std::vector<double>& second) {
    std::vector<double> all = first;
    all.insert(all.end(), second.begin(), second.end());
    std::sort(all.begin(), all.end());
    if (all.empty()) return "<p class=\"soft\">Neither library has any.</p>\n";
    // The outermost hundredths would leave little room for the rest.
    const auto quantile = [&](double u) { return all[static_cast<std::size_t>(u * static_cast<double>(all.size() - 1))]; };
    double low = quantile(0.01), high = quantile(0.99);
    // Values that are all the same get room on both sides, wide enough for ticks that doubles can tell apart.
    if (const double least = 1e-6 * std::max(std::abs(low), 1e-6); high - low < least) low -= least, high += least;
    const bool decades = low > 0 && high / low > 30;
    const auto at = [&](double value) { return decades ? std::log10(value) : value; };
    const std::vector<Tick> ticks = decades ? ticks_of_decades(low, high) : even_ticks(low, high);
    Chart chart(quantity, {at(low), std::max(at(high), at(low) + 1e-9), ticks, escaped(quantity)}, {0, 1, percent_ticks(), "below / %"},
                230);
    for (const auto* values : {&first, &second}) {
        std::vector<double> sorted = *values;
        std::sort(sorted.begin(), sorted.end());
        std::vector<std::pair<double, double>> points;
        constexpr int most = 300;
        for (int i = 0; i <= most && !sorted.empty(); ++i) {
            const double value = sorted[static_cast<std::size_t>(i) * (sorted.size() - 1) / most];
            if (value >= low && value <= high) points.emplace_back(at(value), static_cast<double>(i) / most);
        }
        if (!points.empty()) chart.curve(points, values == &first ? "first" : "second");
    }
    return chart.finish();
}

std::string pattern_figure(const Grid& grid, const std::vector<float>& pattern, const std::vector<float>& below) {
    const double last = std::max(1, grid.points - 1), start = grid.start_deg, step = grid.step_deg;
    std::vector<Tick> ticks;
    const double spacing = last * step > 50 ? 20 : last * step > 20 ? 10 : 5;
    for (double angle = std::ceil(start / spacing) * spacing; angle <= start + last * step + 1e-3; angle += spacing) {
        ticks.push_back({(angle - start) / step, tick_label(angle)});
    }
    const bool compared = !below.empty();
    Chart chart("Pattern", {0, last, ticks, "2\u03b8 / \u00b0"}, {compared ? -1.05 : -0.03, 1.05, {}, ""}, compared ? 220 : 150);
    print(chart.markup(), "<path class=\"pattern\" d=\"%s\"/>\n", reduced_path(chart, grid, pattern, 1).c_str());
    if (compared) {
        print(chart.markup(), "<path class=\"below\" d=\"%s\"/>\n", reduced_path(chart, grid, below, -1).c_str());
        chart.curve({{0, 0}, {last, 0}}, "base");
    }
    return chart.finish();
}

}  // namespace friedel
