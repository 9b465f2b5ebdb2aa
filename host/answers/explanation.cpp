#include "host/answers/explanation.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "host/crystals/space_groups.h"
#include "host/network/classifier.h"
#include "host/patterns/resample.h"
#include "host/support/error.h"
#include "host/support/svg_plot.h"
#include "host/support/text_format.h"
#include "kernels/preprocess.h"

namespace friedel {

namespace {

namespace fs = std::filesystem;

constexpr const char* input_ending = ".input.svg";

std::vector<float> without_background(std::vector<float> pattern, const Model& model, std::vector<float>& scratch) {
    SerialBlock block;
    subtract_background(block, pattern.data(), model.grid, model.preprocess, scratch.data());
    return pattern;
}

// Short enough for a heading: "quartz.xy: P3221 (154), 0.97".
std::string title_of(const Classification& answer) {
    const std::string name = fs::path(answer.file).filename().string();
    if (!answer.refused.empty()) return name + ": refused";
    if (answer.candidates.empty())
        return name + ": " + crystal_system_name(answer.system) + formatted(", %.2f", static_cast<double>(answer.system_probability));
    const Candidate& best = answer.candidates.front();
    return name + ": " + space_group_symbol(best.space_group) + " (" + std::to_string(best.space_group) + ")" +
           formatted(", %.2f", static_cast<double>(best.probability));
}

// A pattern goes on level beyond its ends, which nobody measured.
std::vector<float> as_measured(std::vector<float> values, const PointRange& range) {
    for (int p = 0; p < static_cast<int>(values.size()); ++p) {
        if (!range.contains(p)) values[static_cast<std::size_t>(p)] = std::numeric_limits<float>::quiet_NaN();
    }
    return values;
}

// The pattern as it was measured, and all that is taken off it before the network sees it, but for a second phase.
PatternPlot with_background(PatternPlot plot, const Explained& pattern, const PointRange& range, const Model& model) {
    std::vector<float> scratch(static_cast<std::size_t>(preprocess_scratch(model.grid)));
    const std::vector<float> read(pattern.read, pattern.read + model.grid.points);
    std::vector<float> whole = read;
    for (std::size_t p = 0; p < pattern.hump.size(); ++p) whole[p] += pattern.hump[p];
    plot.intensity = as_measured(whole, range);
    plot.legend = "as measured, on the model's grid";
    if (!model.preprocess.remove_background && pattern.hump.empty()) return plot;
    plot.second_intensity = model.preprocess.remove_background ? without_background(read, model, scratch) : read;
    for (std::size_t p = 0; p < read.size(); ++p) plot.second_intensity[p] = whole[p] - plot.second_intensity[p];
    plot.second_legend = pattern.hump.empty() ? "background that is taken off" : "background and hump that are taken off";
    return plot;
}

}  // namespace

Explainer::Explainer(const fs::path& folder, Earlier earlier) : folder_(folder), earlier_(earlier) {
    std::error_code failure;
    fs::create_directories(folder, failure);
    if (!fs::is_directory(folder)) fail(folder.string(), ": cannot be made (", failure.message(), "); name a folder for the drawings");
}

std::string Explainer::name_for(const std::string& file) {
    const std::string name = file == "-" ? "standard_input" : fs::path(file).filename().string();
    std::string chosen = name;
    const auto taken = [&] {
        return !names_.insert(chosen).second || (earlier_ == Earlier::kept && fs::exists(folder_ / (chosen + input_ending)));
    };
    for (int n = 2; taken(); ++n) chosen = name + "_" + std::to_string(n);
    return chosen;
}

void Explainer::explain(Explained pattern, const Model& model) {
    const Classification& answer = pattern.answer;
    const std::string name = name_for(answer.file);
    const PointRange range = measured_range(pattern.read, model.grid);
    PatternPlot plot;
    plot.start_deg = static_cast<double>(model.grid.start_deg);
    plot.step_deg = static_cast<double>(model.grid.step_deg);
    plot.title = title_of(answer);

    write_svg(folder_ / (name + ".background.svg"), with_background(plot, pattern, range, model));

    const std::vector<float> answered(pattern.answered, pattern.answered + model.grid.points);
    plot.intensity = preprocessed(answered, model);
    plot.legend = "what the network is given";
    if (!answer.second_phase.empty()) plot.legend += ", without " + answer.second_formula;
    write_svg(folder_ / (name + input_ending), plot);

    if (pattern.fitted.empty()) return;
    plot.second_intensity = preprocessed(std::move(pattern.fitted), model);
    plot.intensity = as_measured(std::move(plot.intensity), range);
    plot.legend = answer.second_phase.empty() ? "measured" : "measured, without " + answer.second_formula;
    plot.second_legend = "fit of " + answer.closest_formula + ", similarity " + formatted("%.3f", static_cast<double>(answer.similarity));
    write_svg(folder_ / (name + ".fit.svg"), plot);
}

}  // namespace friedel
