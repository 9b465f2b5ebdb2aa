#include "host/search/second_opinion.h"

#include <cmath>
#include <cstdio>

#include "host/patterns/resample.h"
#include "host/support/error.h"

namespace friedel {

SecondOpinion::SecondOpinion(const std::filesystem::path& structures, const Model& model, Device& device, const ShowProgress& progress)
    : model_(model),
      device_(device),
      library_(read_known_structures(structures)),
      search_(library_, SearchConfig(), device, progress, index_beside(structures)) {
    if (model.target != Target::space_group) fail("the model names crystal systems; a search of structures goes with one of space groups");
    tell_of_index(search_.matcher(), structures);
}

std::vector<float> SecondOpinion::votes(const float* patterns, int n) {
    found_ = search_.search(patterns, n, model_.grid, static_cast<double>(model_.wavelength_angstrom));
    std::vector<float> all;
    for (const std::vector<SearchCandidate>& candidates : found_) {
        const std::vector<float> votes = search_.vote(candidates);
        all.insert(all.end(), votes.begin(), votes.end());
    }
    return all;
}

std::string SecondOpinion::unlike(std::size_t i, float probability) const {
    const SearchCandidate* const best = closest(i);
    const SearchConfig& config = search_.config();
    char text[128];
    if (!best || (best->similarity < config.unlike && probability < config.sure)) {
        std::snprintf(text, sizeof text, "unlike any of the %d structures searched (similarity %.2f at best)", library_.size(),
                      best ? static_cast<double>(best->similarity) : 0.0);
        return text;
    }
    const double fwhm_deg = best->phase ? std::sqrt(static_cast<double>(search_.parameters(*best).caglioti_w)) : 0;
    if (fwhm_deg <= config.broadest_fwhm_deg) return {};
    std::snprintf(text, sizeof text, "no sharp lines (%.1f degrees wide): amorphous, or crystals of a few nanometres", fwhm_deg);
    return text;
}

void SecondOpinion::look_for_unexplained_lines(const float* patterns, int n) {
    const double wavelength = static_cast<double>(search_.config().matcher.wavelength_angstrom);
    const std::vector<float> rows =
        regridded(patterns, n, model_.grid, static_cast<double>(model_.wavelength_angstrom), PatternFitter::grid, wavelength, device_.pool);
    const double end = static_cast<double>(model_.grid.start_deg) + (model_.grid.points - 1) * static_cast<double>(model_.grid.step_deg);
    unexplained_.assign(static_cast<std::size_t>(n), {});
    device_.pool.run(n, [&](int row, int) {
        const auto i = static_cast<std::size_t>(row);
        const SearchCandidate* const best = closest(i);
        if (!best || !best->phase || best->similarity < search_.config().unlike) return;
        const ObservedLines lines = find_lines(rows.data() + i * static_cast<std::size_t>(PatternFitter::grid.points), PatternFitter::grid);
        for (const ObservedLine& line : unexplained_lines(lines, search_.fitted_pattern(*best).data())) {
            const double angle = converted_angle(line.two_theta_deg, wavelength, static_cast<double>(model_.wavelength_angstrom));
            if (angle < end) unexplained_[i].push_back(angle);
        }
    });
}

std::vector<float> SecondOpinion::fitted_pattern(std::size_t i) const {
    const SearchCandidate* const best = closest(i);
    if (!best || !best->phase) return {};
    return regridded(search_.fitted_pattern(*best).data(), 1, PatternFitter::grid,
                     static_cast<double>(search_.config().matcher.wavelength_angstrom), model_.grid,
                     static_cast<double>(model_.wavelength_angstrom), device_.pool);
}

}  // namespace friedel
