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

void Explainer::explain(const Classification& answer, const float* pattern, const std::vector<float>& hump, const Model& model,
                        const SecondOpinion* second, std::size_t i) {
    std::vector<float> scratch(static_cast<std::size_t>(preprocess_scratch(model.grid)));
    const std::string name = name_for(answer.file);
    const std::vector<float> measured(pattern, pattern + model.grid.points);
    PatternPlot plot;
    plot.start_deg = static_cast<double>(model.grid.start_deg);
    plot.step_deg = static_cast<double>(model.grid.step_deg);

    const PointRange range = measured_range(pattern, model.grid);
    // A pattern goes on level beyond its ends, which nobody measured.
    const auto as_measured = [range](std::vector<float> values) {
        for (int p = 0; p < static_cast<int>(values.size()); ++p) {
            if (!range.contains(p)) values[static_cast<std::size_t>(p)] = std::numeric_limits<float>::quiet_NaN();
        }
        return values;
    };

    plot.title = title_of(answer);
    std::vector<float> whole = measured;
    for (std::size_t p = 0; p < hump.size(); ++p) whole[p] += hump[p];
    plot.intensity = as_measured(whole);
    plot.legend = "as measured, on the model's grid";
    if (model.preprocess.remove_background || !hump.empty()) {
        plot.second_intensity = model.preprocess.remove_background ? without_background(measured, model, scratch) : measured;
        for (std::size_t p = 0; p < measured.size(); ++p) plot.second_intensity[p] = whole[p] - plot.second_intensity[p];
        plot.second_legend = hump.empty() ? "background that is taken off" : "background and hump that are taken off";
    }
    write_svg(folder_ / (name + ".background.svg"), plot);

    plot.intensity = preprocessed(measured, model);
    plot.legend = "what the network is given";
    plot.second_intensity.clear();
    write_svg(folder_ / (name + input_ending), plot);

    std::vector<float> fitted = second ? second->fitted_pattern(i) : std::vector<float>();
    if (fitted.empty()) return;
    const auto structure = static_cast<std::size_t>(second->closest(i)->structure);
    plot.second_intensity = preprocessed(std::move(fitted), model);
    plot.intensity = as_measured(std::move(plot.intensity));
    plot.legend = "measured";
    plot.second_legend = "fit of " + second->library().formula[structure] + ", similarity " +
                         formatted("%.3f", static_cast<double>(second->closest(i)->similarity));
    write_svg(folder_ / (name + ".fit.svg"), plot);
}

}  // namespace friedel
