#include "host/search/structure_search.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "host/crystals/parent_structures.h"
#include "host/indexing/bravais_lattice.h"
#include "host/patterns/k_alpha.h"
#include "host/patterns/resample.h"
#include "host/search/fit_parameters.h"
#include "host/search/scattering_power.h"
#include "host/simulation/simulator.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"
#include "host/support/text_format.h"
#include "kernels/pattern.h"

namespace friedel {

namespace {

constexpr std::size_t max_phases_kept = 10'000;  // some 10 kB each

std::shared_ptr<const StructureLibrary> library_of(const Structure& structure) {
    auto library = std::make_shared<StructureLibrary>();
    library->add(structure);
    return library;
}

int point_group_order(const StructureLibrary& library, int structure) {
    const std::size_t set = library.operation_set[static_cast<std::size_t>(structure)];
    return static_cast<int>(library.representative_offset[set + 1] - library.representative_offset[set]);
}

bool has_determined_symmetry(const StructureLibrary& library, int structure) {
    const auto i = static_cast<std::size_t>(structure);
    return states_determined_symmetry(library.claimed_space_group[i], library.space_group[i]);
}

// Relative change of the cube root of the cell's volume.
double lattice_change(const PatternFit& fit, const LibraryView& phase) {
    const PatternParameters p = fitted_parameters(fit, phase);
    return static_cast<double>(p.lattice_scale) * (1 + static_cast<double>(p.strain[0] + p.strain[1] + p.strain[2]) / 6) - 1;
}

// Logarithm of the odds that a candidate is of the right structure, or one alike. Of nearly the same similarity the one whose lattice
// was changed least is likeliest: silver's pattern is aluminium's, stretched by one per cent.
double log_odds(const SearchCandidate& candidate, const SearchConfig& config) {
    return (static_cast<double>(candidate.similarity) - config.doubtful) / config.doubt_width -
           config.doubt_of_strain * std::abs(candidate.lattice_change);
}

// work(i) for i in [0, jobs) on all threads; Ctrl-C ends it with an Error.
void run_interruptibly(ThreadPool& pool, std::size_t jobs, const std::function<void(std::size_t)>& work) {
    pool.run(static_cast<int>(jobs), [&](int i, int) {
        if (!interrupted()) work(static_cast<std::size_t>(i));
    });
    if (interrupted()) fail("interrupted while structures were compared");
}

// Fits the candidates of several patterns, all of them as one list of jobs for the threads, in rounds.
class FittingRounds {
public:
    FittingRounds(std::vector<std::vector<SearchCandidate>>& found, const std::vector<float>& patterns,
                  const std::vector<Recording>& recorded, const SearchConfig& config, ThreadPool& pool)
        : found_(found), config_(config), pool_(pool), prepared_(found.size()), best_start_(found.size(), -1.0f) {
        const auto width = static_cast<std::size_t>(fit_grid.points);
        run_interruptibly(pool_, found_.size(), [&](std::size_t i) {
            prepared_[i] = prepare_for_fit(patterns.data() + i * width, radiation_of(recorded[i], config_));
            // A pattern with next to nothing in it is like no structure.
            if (prepared_[i].measured.size() < min_points) found_[i].clear();
        });
    }

    // The candidates of each pattern from `first` on: starts a fit of each, drops those that are not worth more, finishes the others.
    // Leaves all candidates of a pattern in order, likeliest first.
    void fit(const std::vector<std::size_t>& first) {
        for_each_from(first, [&](std::size_t pattern, SearchCandidate& candidate) {
            candidate.fit = start_fit(prepared_[pattern], candidate.phase->view(), 0, candidate.lattice_change);
        });
        for (std::size_t i = 0; i < found_.size(); ++i) {
            const auto begin = found_[i].begin() + static_cast<std::ptrdiff_t>(first[i]);
            for (auto c = begin; c != found_[i].end(); ++c) best_start_[i] = std::max(best_start_[i], c->fit.similarity);
            const float least = best_start_[i] - static_cast<float>(config_.worth_finishing);
            found_[i].erase(std::remove_if(begin, found_[i].end(), [&](const SearchCandidate& c) { return c.fit.similarity < least; }),
                            found_[i].end());
        }
        for_each_from(first, [&](std::size_t pattern, SearchCandidate& candidate) {
            const LibraryView phase = candidate.phase->view();
            finish_fit(candidate.fit, prepared_[pattern], phase);
            candidate.similarity = candidate.fit.similarity;
            candidate.lattice_change = lattice_change(candidate.fit, phase);
        });
        sort();
    }

    // Varies the composition of the best; all have been fitted.
    void vary_composition() {
        if (config_.worth_composition < 0) return;
        std::vector<float> least;
        for (const auto& candidates : found_)
            least.push_back(candidates.empty() ? 0 : candidates.front().similarity - static_cast<float>(config_.worth_composition));
        for_each_from(std::vector<std::size_t>(found_.size(), 0), [&](std::size_t pattern, SearchCandidate& candidate) {
            if (candidate.similarity < least[pattern]) return;
            fit_composition(candidate.fit, prepared_[pattern], candidate.phase->view());
            candidate.similarity = candidate.fit.similarity;
            candidate.lattice_change = lattice_change(candidate.fit, candidate.phase->view());
        });
        sort();
    }

private:
    void sort() {
        for (auto& candidates : found_) {
            std::stable_sort(candidates.begin(), candidates.end(), [this](const SearchCandidate& a, const SearchCandidate& b) {
                return log_odds(a, config_) > log_odds(b, config_);
            });
        }
    }

    void for_each_from(const std::vector<std::size_t>& first, const std::function<void(std::size_t, SearchCandidate&)>& work) {
        std::vector<std::pair<std::size_t, std::size_t>> jobs;  // pattern, candidate
        for (std::size_t i = 0; i < found_.size(); ++i) {
            for (std::size_t c = first[i]; c < found_[i].size(); ++c) jobs.emplace_back(i, c);
        }
        run_interruptibly(pool_, jobs.size(), [&](std::size_t j) { work(jobs[j].first, found_[jobs[j].first][jobs[j].second]); });
    }

    std::vector<std::vector<SearchCandidate>>& found_;
    const SearchConfig& config_;
    ThreadPool& pool_;
    std::vector<PatternToFit> prepared_;
    std::vector<float> best_start_;  // of each pattern, over all rounds
};

}  // namespace

// The second line lies where the recording says; there is none where that is 0.
Radiation radiation_of(const Recording& recorded, const SearchConfig& config) {
    Radiation radiation = config.radiation;
    radiation.wavelength[1] = radiation.wavelength[0] * static_cast<float>(1 + recorded.second_shift);
    if (recorded.second_shift == 0) radiation.lines = 1;
    return radiation;
}

StructureSearch::StructureSearch(StructureLibrary library, const SearchConfig& config, Device& device, const ShowProgress& progress,
                                 const std::filesystem::path& index)
    : library_(std::move(library)),
      config_(config),
      device_(device),
      matcher_(library_, config.matcher, device, progress, index),
      frequency_(space_groups, 0.0f) {
    std::size_t known = 0;
    for (int group : library_.space_group) {
        if (group == 0) continue;
        ++known;
        frequency_[static_cast<std::size_t>(group - 1)] += 1;
    }
    for (float& group : frequency_) group /= static_cast<float>(known);
}

std::vector<std::vector<SearchCandidate>> StructureSearch::search(const float* patterns, int n, const Grid& grid,
                                                                  double wavelength_angstrom, const std::vector<Recording>& recorded) {
    const MatcherConfig& matcher = config_.matcher;
    // First lines come to lie where those of fitted patterns do. Ideal ones are of the mean wavelength, where doublets have their centre
    // then, and single lines are brought.
    const EmissionLines emission = emission_lines(wavelength_angstrom);
    const double ideal = static_cast<double>(matcher.wavelength_angstrom), first = emission_lines(ideal).first_angstrom;
    const Abscissa given{grid, emission.first_angstrom};
    std::vector<float> coarse = regridded(patterns, n, given, {matcher.grid, first}, device_.pool);
    const auto width = static_cast<std::size_t>(matcher.grid.points);
    for (std::size_t i = 0; i < recorded.size(); ++i) {
        if (recorded[i].second_shift != 0) continue;
        const float* const pattern = patterns + i * static_cast<std::size_t>(grid.points);
        const std::vector<float> row = regridded(pattern, 1, given, {matcher.grid, ideal}, device_.pool);
        std::copy(row.begin(), row.end(), coarse.begin() + static_cast<std::ptrdiff_t>(i * width));
    }
    std::vector<std::vector<SearchCandidate>> found(static_cast<std::size_t>(n));
    const auto matches = matcher_.match(coarse.data(), n);
    for (std::size_t i = 0; i < found.size(); ++i) {
        for (const MatchCandidate& match : matches[i]) {
            SearchCandidate candidate{match.structure, library_.space_group[static_cast<std::size_t>(match.structure)],
                                      point_group_order(library_, match.structure)};
            candidate.similarity = match.similarity;
            candidate.lattice_change = static_cast<double>(match.strain);
            found[i].push_back(candidate);
        }
    }
    if (config_.fitted > 0) {
        fit_best(found, regridded(patterns, n, given, {fit_grid, first}, device_.pool),
                 recorded.empty() ? std::vector<Recording>(found.size(), {emission.second_shift}) : recorded);
    }
    return found;
}

void StructureSearch::fit_best(std::vector<std::vector<SearchCandidate>>& found, const std::vector<float>& patterns,
                               const std::vector<Recording>& recorded) {
    FittingRounds rounds(found, patterns, recorded, config_, device_.pool);
    for (auto& candidates : found) candidates.resize(std::min(candidates.size(), static_cast<std::size_t>(config_.fitted)));
    if (phases_.size() > max_phases_kept) phases_.clear();
    for (auto& candidates : found) {
        for (SearchCandidate& candidate : candidates) {
            Phases& phases = phases_[candidate.structure];
            if (!phases.own) phases.own = library_of(library_.structure(candidate.structure));
            candidate.phase = phases.own;
        }
    }
    rounds.fit(std::vector<std::size_t>(found.size(), 0));
    find_parents(found);
    rounds.fit(add_parents(found));
    rounds.vary_composition();
}

// Looks for the parents of all candidates that are worth it, unless they are known.
void StructureSearch::find_parents(const std::vector<std::vector<SearchCandidate>>& found) {
    std::set<int> unknown;
    for (const auto& candidates : found) {
        for (const SearchCandidate& candidate : candidates) {
            if (worth_a_parent(candidate, candidates.front()) && !phases_.at(candidate.structure).looked_for)
                unknown.insert(candidate.structure);
        }
    }
    const std::vector<int> structures(unknown.begin(), unknown.end());
    run_interruptibly(device_.pool, structures.size(), [&](std::size_t i) {
        Phases& phases = phases_.at(structures[i]);
        for (const Structure& parent : parent_structures(library_.structure(structures[i]))) phases.parents.push_back(library_of(parent));
        phases.looked_for = true;
    });
}

// Adds the parents behind the candidates of each pattern; returns where they begin.
std::vector<std::size_t> StructureSearch::add_parents(std::vector<std::vector<SearchCandidate>>& found) const {
    std::vector<std::size_t> begin;
    for (auto& candidates : found) {
        begin.push_back(candidates.size());
        std::vector<SearchCandidate> parents;
        for (const SearchCandidate& child : candidates) {
            if (!worth_a_parent(child, candidates.front())) continue;
            for (const auto& parent : phases_.at(child.structure).parents) {
                SearchCandidate candidate{child.structure, parent->space_group.front(), point_group_order(*parent, 0)};
                candidate.is_parent = true;
                candidate.lattice_change = child.lattice_change;
                candidate.phase = parent;
                parents.push_back(candidate);
            }
        }
        candidates.insert(candidates.end(), parents.begin(), parents.end());
    }
    return begin;
}

bool StructureSearch::worth_a_parent(const SearchCandidate& candidate, const SearchCandidate& best) const {
    return candidate.similarity >= best.similarity - static_cast<float>(config_.worth_a_parent);
}

double StructureSearch::fwhm_deg(const SearchCandidate& candidate) const {
    return candidate.is_fitted() ? std::sqrt(static_cast<double>(parameters(candidate).caglioti_w)) : 0;
}

bool StructureSearch::leave_out_broad(std::vector<SearchCandidate>& candidates) const {
    return std::erase_if(candidates, [&](const SearchCandidate& c) { return fwhm_deg(c) > config_.broadest_fwhm_deg; }) > 0;
}

Objection StructureSearch::objection(const std::vector<SearchCandidate>& candidates, bool under_lines, bool answer_is_sure) const {
    using enum Objection::Kind;
    if (candidates.empty() && under_lines)
        return {hidden, "what lies under its lines, a hump or a step, hides them: no structure explains them; take it off"};
    const float similarity = candidates.empty() ? 0 : candidates.front().similarity;
    if (candidates.empty() || (candidates.front().is_fitted() && similarity < config_.unlike && !answer_is_sure))
        return {unlike, "unlike any of the " + std::to_string(library_.size()) + " structures searched (similarity " +
                            formatted("%.2f", static_cast<double>(similarity)) + " at best)"};
    const double width = fwhm_deg(candidates.front());
    if (width <= config_.broadest_fwhm_deg) return {};
    return {not_sharp, "no sharp lines (" + formatted("%.1f", width) + " degrees wide): amorphous, or crystals of a few nanometres"};
}

std::array<double, 6> StructureSearch::fitted_cell(const SearchCandidate& candidate) const {
    const Metric<float> reciprocal = reciprocal_metric(candidate.phase->view().crystal(0), parameters(candidate));
    Metric<double> exact;
    std::copy(std::begin(reciprocal.m), std::end(reciprocal.m), std::begin(exact.m));
    return cell_of(exact);
}

std::vector<float> StructureSearch::fitted_pattern(const SearchCandidate& candidate) const {
    std::vector<float> pattern(static_cast<std::size_t>(fit_grid.points));
    LibraryView phase = candidate.phase->view();
    const std::vector<float> occupancy = fitted_occupancies(candidate.fit, phase);
    phase.occupancy = occupancy.data();
    simulate_one_pattern(pattern.data(), parameters(candidate), phase, fit_grid);
    return pattern;
}

std::vector<float> StructureSearch::vote(const std::vector<SearchCandidate>& candidates) const {
    if (candidates.empty()) return std::vector<float>(space_groups, 0.0f);
    std::array<double, space_groups> powers{};  // of the votes, summed
    for (const SearchCandidate& candidate : candidates)
        powers[static_cast<std::size_t>(candidate.space_group - 1)] += std::pow(weight(candidate, candidates.front()), config_.votes_power);
    std::vector<float> votes;
    double total = 0;
    for (double power : powers) {
        votes.push_back(static_cast<float>(std::pow(power, 1 / config_.votes_power)));
        total += static_cast<double>(votes.back());
    }
    for (float& group : votes) group *= static_cast<float>(certainty(candidates.front()) / total);
    return votes;
}

double StructureSearch::weight(const SearchCandidate& candidate, const SearchCandidate& best) const {
    const bool determined = candidate.is_parent && has_determined_symmetry(library_, candidate.structure);
    const double less_similar = static_cast<double>(best.similarity - candidate.similarity);
    double logarithm = config_.symmetry_power * std::log(candidate.point_group_order) -
                       less_similar / (candidate.is_fitted() ? config_.vote_width : config_.ideal_vote_width) -
                       (determined ? config_.determined_symmetry : 0);
    if (candidate.is_fitted()) {
        const double strain = candidate.lattice_change / config_.usual_strain;
        const double texture = fitted_log_texture(candidate.fit) / config_.usual_texture;
        logarithm -= config_.strain_power * std::log1p(strain * strain) + config_.texture_power * std::log1p(texture * texture);
    }
    return std::exp(logarithm);
}

double StructureSearch::certainty(const SearchCandidate& best) const {
    if (!best.is_fitted()) return 1;
    return 1 / (1 + std::exp(-log_odds(best, config_)));
}

}  // namespace friedel
