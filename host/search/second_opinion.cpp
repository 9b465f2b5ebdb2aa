#include "host/search/second_opinion.h"

#include <algorithm>
#include <cmath>

#include "host/indexing/pattern_lines.h"
#include "host/patterns/k_alpha.h"
#include "host/patterns/resample.h"
#include "host/simulation/radiation.h"
#include "host/support/bragg.h"
#include "host/support/error.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {
// Of tubes that powder is measured with. Molybdenum's and silver's are not asked for: their scans cover too little of a model for copper.
constexpr const char* anodes[] = {"cu", "co", "fe", "cr"};

// A pattern that some structure explains as well as this is of the tube that was assumed. Another is of another tube where a structure is
// similar enough for that tube, more similar than any for the assumed one by so much, and hardly strained: some structure or other, made
// larger or smaller, explains copper's patterns of substances that the library lacks. See bench/results.
constexpr float well_explained = 0.9f, similar_enough = 0.88f, more_similar = 0.05f;
constexpr double unstrained = 0.006;

EmissionLines lines_of(const char* anode) { return emission_lines(static_cast<double>(mean_wavelength(parse_radiation(anode)))); }
}  // namespace

SecondOpinion::SecondOpinion(const std::filesystem::path& structures, const Model& model, Device& device, const ShowProgress& progress,
                             const Tell& tell)
    : model_(model),
      device_(device),
      library_(read_known_structures(structures)),
      search_(library_, SearchConfig(), device, progress, index_beside(structures)) {
    if (model.target != Target::space_group) fail("the model names crystal systems; a search of structures goes with one of space groups");
    if (tell) tell_of_index(search_.matcher(), structures, tell);
}

std::vector<float> SecondOpinion::votes(const float* patterns, int n, const std::vector<ResolvedPattern>& resolved,
                                        const std::vector<Recording>& recorded) {
    const auto wavelength = static_cast<double>(model_.wavelength_angstrom);
    std::vector<Recording> shown = recorded;
    if (shown.empty()) shown.assign(static_cast<std::size_t>(n), {emission_lines(wavelength).second_shift});
    for (std::size_t i = 0; i < shown.size(); ++i) {
        if (lacks_second_line(resolved[i])) shown[i].second_shift = 0;
    }
    found_ = search_.search(patterns, n, model_.grid, wavelength, shown);
    under_lines_.assign(found_.size(), false);
    other_tube_.assign(found_.size(), "");
    std::vector<float> all;
    for (std::size_t i = 0; i < found_.size(); ++i) {
        if (has_sharp_lines(resolved[i])) under_lines_[i] = search_.leave_out_broad(found_[i]);
        const std::vector<float> votes = search_.vote(found_[i]);
        all.insert(all.end(), votes.begin(), votes.end());
    }
    return all;
}

std::string SecondOpinion::unlike(std::size_t i, float probability) const {
    return search_.objection(found_[i], under_lines_[i], probability);
}

void SecondOpinion::look_for_unexplained_lines(const std::vector<ResolvedPattern>& resolved) {
    const double first_line = emission_lines(static_cast<double>(model_.wavelength_angstrom)).first_angstrom;
    const double end = static_cast<double>(model_.grid.start_deg) + (model_.grid.points - 1) * static_cast<double>(model_.grid.step_deg);
    unexplained_.assign(resolved.size(), {});
    device_.pool.run(static_cast<int>(resolved.size()), [&](int row, int) {
        const auto i = static_cast<std::size_t>(row);
        const SearchCandidate* const best = closest(i);
        if (!best || !best->phase || best->similarity < search_.config().unlike) return;
        for (const ObservedLine& line : unexplained_lines(resolved[i], search_.fitted_pattern(*best).data())) {
            const double angle = converted_angle(line.two_theta_deg, emission_lines(cu_k_alpha_angstrom).first_angstrom, first_line);
            if (angle < end) unexplained_[i].push_back(angle);
        }
    });
}

void SecondOpinion::look_for_other_tubes(const float* patterns, const std::vector<std::size_t>& which,
                                         const std::vector<Recording>& recorded) {
    const auto wavelength = static_cast<double>(model_.wavelength_angstrom);
    const double first_line = emission_lines(wavelength).first_angstrom;
    const auto similarity_of = [](const std::vector<SearchCandidate>& found) { return found.empty() ? 0 : found.front().similarity; };
    std::vector<std::size_t> asked;
    std::vector<float> rows, most_similar;
    for (std::size_t i : which) {
        const float similarity = similarity_of(found_[i]);
        if (similarity > well_explained) continue;
        const float* const row = patterns + i * static_cast<std::size_t>(model_.grid.points);
        rows.insert(rows.end(), row, row + model_.grid.points);
        asked.push_back(i);
        most_similar.push_back(std::max(similar_enough, similarity + more_similar));
    }
    if (asked.empty()) return;
    for (const char* anode : anodes) {
        const EmissionLines tube = lines_of(anode);
        if (tube.first_angstrom == first_line) continue;
        const int n = static_cast<int>(asked.size());
        const std::vector<float> brought =
            regridded(rows.data(), n, {model_.grid, tube.first_angstrom}, {model_.grid, first_line}, device_.pool);
        std::vector<Recording> as_of_tube(asked.size(), {tube.second_shift});
        for (std::size_t i = 0; i < asked.size() && !recorded.empty(); ++i) {
            as_of_tube[i].step_deg = recorded[asked[i]].step_deg;
            if (recorded[asked[i]].second_shift == 0) as_of_tube[i].second_shift = 0;
        }
        auto found = search_.search(brought.data(), n, model_.grid, wavelength, as_of_tube);
        for (std::size_t i = 0; i < asked.size(); ++i) {
            search_.leave_out_broad(found[i]);
            if (similarity_of(found[i]) < most_similar[i] || std::fabs(found[i].front().lattice_change) > unstrained) continue;
            most_similar[i] = similarity_of(found[i]);
            other_tube_[asked[i]] = reason_of_tube(anode, found[i].front(), similarity_of(found_[asked[i]]));
        }
    }
}

std::string SecondOpinion::reason_of_tube(const std::string& anode, const SearchCandidate& found, float for_assumed) const {
    const auto shown = [](const char* format, float value) { return formatted(format, static_cast<double>(value)); };
    return "no wavelength is stated, and " + library_.formula[static_cast<std::size_t>(found.structure)] +
           " explains the pattern if the tube's anode was " + anode + " (similarity " + shown("%.2f", found.similarity) + "; " +
           shown("%.2f", for_assumed) + " at best for " + shown("%.5g", model_.wavelength_angstrom) +
           " angstrom, which was taken); give --wavelength " + anode + " if that was it, or what it was";
}

std::vector<double> SecondOpinion::fitted_cell(std::size_t i) const {
    const SearchCandidate* const best = closest(i);
    if (!best || !best->phase) return {};
    const std::array<double, 6> cell = search_.fitted_cell(*best);
    return {cell.begin(), cell.end()};
}

std::vector<float> SecondOpinion::fitted_pattern(std::size_t i) const {
    const SearchCandidate* const best = closest(i);
    if (!best || !best->phase) return {};
    const auto first_line = [](float mean_angstrom) { return emission_lines(static_cast<double>(mean_angstrom)).first_angstrom; };
    return regridded(search_.fitted_pattern(*best).data(), 1, {fit_grid, first_line(search_.config().matcher.wavelength_angstrom)},
                     {model_.grid, first_line(model_.wavelength_angstrom)}, device_.pool);
}

}  // namespace friedel
