#include "host/search/second_opinion.h"

#include <algorithm>
#include <cmath>

#include "host/indexing/pattern_lines.h"
#include "host/patterns/k_alpha.h"
#include "host/patterns/resample.h"
#include "host/search/unexplained_lines.h"
#include "host/support/bragg.h"
#include "host/support/error.h"
#include "host/support/radiation.h"
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

// Second phases are looked for where so many lines are left and the closest structure is no more similar than this.
constexpr std::size_t lines_of_a_phase = 2;
constexpr float too_similar_for_two = 0.95f;

// What `above`, the same pattern without its background, is to be multiplied with to have its unit: backgrounds do not change from point to
// point where lines do.
float scale_of_lines(const std::vector<float>& pattern, const std::vector<float>& above) {
    double both = 0, square = 0;
    for (std::size_t i = 1; i < above.size(); ++i) {
        const double change = static_cast<double>(above[i] - above[i - 1]);
        both += change * static_cast<double>(pattern[i] - pattern[i - 1]);
        square += change * change;
    }
    return square > 0 ? static_cast<float>(both / square) : 0;
}

EmissionLines lines_of(const char* anode) { return emission_lines(static_cast<double>(mean_wavelength(parse_radiation(anode)))); }
}  // namespace

SecondOpinion::SecondOpinion(std::unique_ptr<StructureSearch> search, const Grid& grid, double wavelength_angstrom, Device& device)
    : search_(std::move(search)),
      grid_(grid),
      wavelength_(wavelength_angstrom),
      emission_(emission_lines(wavelength_angstrom)),
      device_(device) {}

std::vector<Recording> SecondOpinion::with_visible_lines(int n, const std::vector<ResolvedPattern>& resolved,
                                                         const std::vector<Recording>& recorded) const {
    std::vector<Recording> visible = recorded;
    if (visible.empty()) visible.assign(static_cast<std::size_t>(n), {emission_.second_shift});
    for (std::size_t i = 0; i < visible.size(); ++i) {
        if (lacks_second_line(resolved[i])) visible[i].second_shift = 0;
    }
    return visible;
}

std::vector<StructureOpinion> SecondOpinion::opinions(const float* patterns, int n, const std::vector<ResolvedPattern>& resolved,
                                                      const std::vector<Recording>& recorded) {
    auto found = search_->search(patterns, n, grid_, wavelength_, with_visible_lines(n, resolved, recorded));
    std::vector<StructureOpinion> opinions(found.size());
    device_.pool.run(n, [&](int row, int) {
        const auto i = static_cast<std::size_t>(row);
        StructureOpinion& opinion = opinions[i];
        opinion.candidates = std::move(found[i]);
        if (has_sharp_lines(resolved[i])) opinion.under_lines = search_->leave_out_broad(opinion.candidates);
        opinion.votes = search_->vote(opinion.candidates);
        opinion.unexplained = unexplained_angles(opinion, resolved[i]);
    });
    return opinions;
}

std::vector<double> SecondOpinion::unexplained_angles(const StructureOpinion& opinion, const ResolvedPattern& resolved) const {
    const SearchCandidate* const best = opinion.fitted();
    if (!best || best->similarity < search_->config().unlike) return {};
    const double end = static_cast<double>(grid_.start_deg) + (grid_.points - 1) * static_cast<double>(grid_.step_deg);
    std::vector<double> angles;
    for (const ObservedLine& line : unexplained_lines(resolved, search_->fitted_pattern(*best).data())) {
        const double angle =
            converted_angle(line.two_theta_deg, emission_lines(cu_k_alpha_angstrom).first_angstrom, emission_.first_angstrom);
        if (angle < end) angles.push_back(angle);
    }
    return angles;
}

void SecondOpinion::take_off_second_phases(std::vector<StructureOpinion>& opinions, std::vector<float>& patterns,
                                           std::vector<ResolvedPattern>& resolved, const std::vector<std::size_t>& which,
                                           const std::vector<Recording>& recorded) {
    const std::vector<Recording> visible = with_visible_lines(static_cast<int>(opinions.size()), resolved, recorded);
    std::vector<std::size_t> asked;
    std::vector<MixedPattern> mixed;
    for (std::size_t i : which) {
        const SearchCandidate* const best = opinions[i].fitted();
        if (!best || best->similarity > too_similar_for_two || opinions[i].unexplained.size() < lines_of_a_phase) continue;
        asked.push_back(i);
        mixed.push_back({resolved[i], opinions[i].candidates, visible[i]});
    }
    std::vector<std::optional<SecondPhase>> phases = find_second_phases(mixed, *search_, device_.pool);
    for (std::size_t m = 0; m < asked.size(); ++m) {
        if (!phases[m]) continue;
        const std::size_t i = asked[m];
        float* const pattern = patterns.data() + i * static_cast<std::size_t>(grid_.points);
        take_off(*phases[m], pattern, resolved[i]);
        const std::vector<Recording> its = recorded.empty() ? recorded : std::vector<Recording>{recorded[i]};
        auto lines = resolved_patterns(pattern, 1, grid_, wavelength_, device_.pool, its);
        opinions[i] = std::move(this->opinions(pattern, 1, lines, its).front());
        opinions[i].second_phase = std::move(phases[m]);
        resolved[i] = std::move(lines.front());
    }
}

void SecondOpinion::take_off(const SecondPhase& phase, float* pattern, const ResolvedPattern& resolved) const {
    const Abscissa fitted{fit_grid, emission_lines(cu_k_alpha_angstrom).first_angstrom};
    const Abscissa own{grid_, emission_.first_angstrom};
    std::vector<float> background = regridded(pattern, 1, own, fitted, device_.pool);
    const float scale = scale_of_lines(background, resolved.intensity);
    for (std::size_t i = 0; i < background.size(); ++i) background[i] -= scale * resolved.intensity[i];
    background = regridded(background.data(), 1, fitted, own, device_.pool);
    std::vector<float> share = phase.share;
    share.front() = share.back() = 0;  // and of all that lies beyond
    share = regridded(share.data(), 1, fitted, own, device_.pool);
    for (std::size_t i = 0; i < share.size(); ++i) pattern[i] -= share[i] * (pattern[i] - background[i]);
}

void SecondOpinion::look_for_other_tubes(std::vector<StructureOpinion>& opinions, const float* patterns,
                                         const std::vector<std::size_t>& which, const std::vector<Recording>& recorded) {
    const auto similarity_of = [](const std::vector<SearchCandidate>& found) { return found.empty() ? 0 : found.front().similarity; };
    std::vector<std::size_t> asked;
    std::vector<float> rows, most_similar;
    for (std::size_t i : which) {
        const float similarity = similarity_of(opinions[i].candidates);
        if (similarity > well_explained || opinions[i].second_phase) continue;
        const float* const row = patterns + i * static_cast<std::size_t>(grid_.points);
        rows.insert(rows.end(), row, row + grid_.points);
        asked.push_back(i);
        most_similar.push_back(std::max(similar_enough, similarity + more_similar));
    }
    if (asked.empty()) return;
    for (const char* anode : anodes) {
        const EmissionLines tube = lines_of(anode);
        if (tube.first_angstrom == emission_.first_angstrom) continue;
        const int n = static_cast<int>(asked.size());
        const std::vector<float> brought =
            regridded(rows.data(), n, {grid_, tube.first_angstrom}, {grid_, emission_.first_angstrom}, device_.pool);
        std::vector<Recording> as_of_tube(asked.size(), {tube.second_shift});
        for (std::size_t i = 0; i < asked.size() && !recorded.empty(); ++i) {
            as_of_tube[i].step_deg = recorded[asked[i]].step_deg;
            if (recorded[asked[i]].second_shift == 0) as_of_tube[i].second_shift = 0;
        }
        auto found = search_->search(brought.data(), n, grid_, wavelength_, as_of_tube);
        for (std::size_t i = 0; i < asked.size(); ++i) {
            search_->leave_out_broad(found[i]);
            if (similarity_of(found[i]) < most_similar[i] || std::fabs(found[i].front().lattice_change) > unstrained) continue;
            most_similar[i] = similarity_of(found[i]);
            StructureOpinion& opinion = opinions[asked[i]];
            opinion.other_tube = reason_of_tube(anode, found[i].front(), similarity_of(opinion.candidates));
        }
    }
}

std::string SecondOpinion::reason_of_tube(const std::string& anode, const SearchCandidate& found, float for_assumed) const {
    const auto shown = [](const char* format, float value) { return formatted(format, static_cast<double>(value)); };
    return "no wavelength is stated, and " + library().formula[static_cast<std::size_t>(found.structure)] +
           " explains the pattern if the tube's anode was " + anode + " (similarity " + shown("%.2f", found.similarity) + "; " +
           shown("%.2f", for_assumed) + " at best for " + shown("%.5g", static_cast<float>(wavelength_)) +
           " angstrom, which was taken); give --wavelength " + anode + " if that was it, or what it was";
}

std::vector<double> SecondOpinion::fitted_cell(const StructureOpinion& opinion) const {
    const SearchCandidate* const best = opinion.fitted();
    if (!best) return {};
    const std::array<double, 6> cell = search_->fitted_cell(*best);
    return {cell.begin(), cell.end()};
}

std::vector<float> SecondOpinion::fitted_pattern(const StructureOpinion& opinion) const {
    const SearchCandidate* const best = opinion.fitted();
    if (!best) return {};
    const double fitted_with = emission_lines(static_cast<double>(search_->config().matcher.wavelength_angstrom)).first_angstrom;
    return regridded(search_->fitted_pattern(*best).data(), 1, {fit_grid, fitted_with}, {grid_, emission_.first_angstrom}, device_.pool);
}

}  // namespace friedel
