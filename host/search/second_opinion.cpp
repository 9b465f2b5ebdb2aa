#include "host/search/second_opinion.h"

#include <algorithm>

#include "host/indexing/pattern_lines.h"
#include "host/patterns/k_alpha.h"
#include "host/patterns/resample.h"
#include "host/simulation/radiation.h"
#include "host/support/bragg.h"
#include "host/support/error.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {
// Tubes of powder diffractometers beside copper's and their means of K-alpha-1 and K-alpha-2: with those of molybdenum and silver a scan
// covers too little of a model for copper to be answered.
constexpr const char* anodes[] = {"cu", "co", "fe", "cr"};

// A pattern is of another tube where a structure is so similar, and more similar than any for the assumed one by so much: of 112 RRUFF
// patterns none is, see bench/results.
constexpr float similar_enough = 0.88f, more_similar = 0.05f;
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

void SecondOpinion::look_for_other_tubes(const float* patterns, const std::vector<std::size_t>& which) {
    const auto wavelength = static_cast<double>(model_.wavelength_angstrom);
    const double first_line = emission_lines(wavelength).first_angstrom;
    std::vector<std::size_t> unlike;
    std::vector<float> rows, most_similar;
    for (std::size_t i : which) {
        const float similarity = found_[i].empty() ? 0 : found_[i].front().similarity;
        if (similarity + more_similar > 0.95f) continue;
        const float* const row = patterns + i * static_cast<std::size_t>(model_.grid.points);
        rows.insert(rows.end(), row, row + model_.grid.points);
        unlike.push_back(i);
        most_similar.push_back(std::max(similar_enough, similarity + more_similar));
    }
    const int n = static_cast<int>(unlike.size());
    for (const char* anode : anodes) {
        const EmissionLines tube = emission_lines(static_cast<double>(mean_wavelength(parse_radiation(anode))));
        if (n == 0 || tube.first_angstrom == first_line) continue;
        const std::vector<float> brought =
            regridded(rows.data(), n, {model_.grid, tube.first_angstrom}, {model_.grid, first_line}, device_.pool);
        const auto found =
            search_.search(brought.data(), n, model_.grid, wavelength, std::vector<Recording>(unlike.size(), {tube.second_shift}));
        for (std::size_t i = 0; i < unlike.size(); ++i) {
            if (found[i].empty() || found[i].front().similarity < most_similar[i]) continue;
            most_similar[i] = found[i].front().similarity;
            const SearchCandidate* const assumed = closest(unlike[i]);
            other_tube_[unlike[i]] =
                "no wavelength is stated, and " + library_.formula[static_cast<std::size_t>(found[i].front().structure)] +
                " explains the pattern if the tube's anode was " + anode + " (similarity " +
                formatted("%.2f", static_cast<double>(most_similar[i])) + "; " +
                formatted("%.2f", assumed ? static_cast<double>(assumed->similarity) : 0.0) + " at best for " +
                formatted("%.5g", wavelength) + " angstrom, which was taken); give --wavelength " + anode + ", or what it was";
        }
    }
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
