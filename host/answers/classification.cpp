#include "host/answers/classification.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "host/crystals/extinction.h"
#include "host/crystals/space_groups.h"
#include "host/network/classifier.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

constexpr std::size_t max_candidates = 5;
// In one line.
constexpr float worth_telling_change = 0.01f, worth_telling_cell = 0.5f;

// The likeliest first; never none.
void fill_set(Classification& c, const Calibration& calibration) {
    c.set.clear();
    if (!(calibration.set_level > 0)) return;
    const auto probability = [&](int group) { return c.probabilities[static_cast<std::size_t>(group - 1)]; };
    for (int group = 1; group <= space_groups; ++group) {
        if (probability(group) >= calibration.set_probability) c.set.push_back(group);
    }
    if (c.set.empty()) c.set.push_back(c.candidates.front().space_group);
    std::stable_sort(c.set.begin(), c.set.end(), [&](int a, int b) { return probability(a) > probability(b); });
}

}  // namespace

void interpret(Classification& c, const Model& model, const float* probabilities) {
    const int classes = model.classes();
    c.probabilities.assign(probabilities, probabilities + classes);
    c.entropy = entropy(probabilities, classes);
    std::array<float, crystal_systems> systems{};
    if (model.target == Target::crystal_system) {
        std::copy(probabilities, probabilities + crystal_systems, systems.begin());
    } else {
        crystal_system_probabilities(systems.data(), probabilities);
        c.candidates.clear();
        for (const int group : likeliest_groups(probabilities, max_candidates)) c.candidates.push_back({group, probabilities[group - 1]});
        fill_set(c, model.calibration);
        std::vector<float> extinctions(static_cast<std::size_t>(extinction_group_count()), 0.0f);
        for (int group = 1; group <= space_groups; ++group)
            extinctions[static_cast<std::size_t>(extinction_group(group))] += probabilities[group - 1];
        const auto likeliest = std::max_element(extinctions.begin(), extinctions.end());
        c.extinction = static_cast<int>(likeliest - extinctions.begin());
        c.extinction_probability = *likeliest;
    }
    const auto likeliest = std::max_element(systems.begin(), systems.end());
    c.system = static_cast<int>(likeliest - systems.begin());
    c.system_probability = *likeliest;
    if (c.entropy > model.calibration.entropy_threshold) {
        c.refused =
            "uncertain: entropy " + formatted("%.2f", c.entropy) + " exceeds " + formatted("%.2f", model.calibration.entropy_threshold);
    }
}

std::string one_line(const Classification& c) {
    std::string line = c.file + (c.title.empty() ? "" : " (" + c.title + ")") + "  ";
    const std::string note = c.note.empty() ? "" : "  (" + c.note + ")";
    if (c.system < 0) return line + "refused: " + c.refused + note;
    line += std::string(crystal_system_name(c.system)) + ' ' + formatted("%.2f", c.system_probability);
    const auto named = [](const Candidate& candidate) {
        return std::string(space_group_symbol(candidate.space_group)) + " (" + std::to_string(candidate.space_group) + ") " +
               formatted("%.2f", candidate.probability);
    };
    if (!c.candidates.empty()) line += "  " + named(c.candidates.front());
    // No powder tells these two apart.
    const int mirror_image = c.candidates.empty() ? 0 : enantiomorph(c.candidates.front().space_group);
    for (const Candidate& candidate : c.candidates) {
        if (candidate.space_group == mirror_image) line += " or its mirror image " + named(candidate);
    }
    line += "  entropy " + formatted("%.2f nats", c.entropy);
    for (std::size_t i = 1, told = 0; i < c.candidates.size() && told < 3; ++i) {
        if (c.candidates[i].space_group == mirror_image) continue;
        line += std::string(told++ == 0 ? "  then " : ", ") + space_group_symbol(c.candidates[i].space_group) + ' ' +
                formatted("%.2f", c.candidates[i].probability);
    }
    constexpr std::size_t max_in_a_line = 8;
    if (c.set.size() > 1) line += "  one of ";
    if (c.set.size() > max_in_a_line) {
        line += std::to_string(c.set.size()) + " groups";
    } else {
        for (std::size_t i = 0; c.set.size() > 1 && i < c.set.size(); ++i)
            line += (i > 0 ? ", " : "") + std::string(space_group_symbol(c.set[i]));
    }
    if (!c.closest.empty())
        line += "  looks like " + c.closest_formula + " " + space_group_symbol(c.closest_space_group) +
                (c.closest_is_parent ? ", parent of " : " ") + c.closest + ' ' + formatted("%.2f", c.similarity);
    if (std::abs(c.closest_lattice_change) >= worth_telling_change)
        line += ", its lattice changed by " + formatted("%+.1f %%", 100 * c.closest_lattice_change);
    if (!c.second_phase.empty())
        line += "  beside " + c.second_formula + " " + space_group_symbol(c.second_space_group) + ' ' + c.second_phase +
                formatted(" (%.0f %% of the intensity)", 100 * c.second_part);
    // One or two may be a speck of something else.
    constexpr std::size_t worth_telling = 3;
    if (c.unexplained.size() >= worth_telling) line += ", but for " + std::to_string(c.unexplained.size()) + " lines: a second phase?";
    if (c.cell_probability >= worth_telling_cell) {
        line += "  cell " + c.lattice;
        for (float edge_or_angle : c.cell) line += ' ' + formatted("%.5g", edge_or_angle);
        line += ' ' + formatted("%.2f", c.cell_probability);
    }
    if (c.wavelength_source == WavelengthSource::assumed) line += "  (wavelength assumed)";
    line += note;
    if (!c.refused.empty()) line += "  refused: " + c.refused;
    return line;
}

}  // namespace friedel
