#include "host/structure_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "host/error.h"
#include "host/interrupt.h"
#include "host/parent_structures.h"
#include "host/resample.h"

namespace friedel {

namespace {

constexpr std::size_t most_phases_kept = 10'000;  // some 10 kB each
// Of pool_opinions, chosen on the RRUFF development set.
constexpr double network_weight = 0.4, least_probability = 1e-3, least_vote = 1e-3;

std::shared_ptr<const StructureLibrary> library_of(const Structure& structure) {
    auto library = std::make_shared<StructureLibrary>();
    library->add(structure);
    return library;
}

int point_group_order(const StructureLibrary& library, int structure) {
    const std::size_t set = library.operation_set[static_cast<std::size_t>(structure)];
    return static_cast<int>(library.representative_offset[set + 1] - library.representative_offset[set]);
}

bool more_similar(const SearchCandidate& a, const SearchCandidate& b) { return a.similarity > b.similarity; }

// Relative change of the cube root of the cell's volume.
double lattice_change(const PatternFit& fit, const PatternFitter& fitter, const LibraryView& phase) {
    const PatternParameters p = fitter.parameters(fit, phase);
    return static_cast<double>(p.lattice_scale) * (1 + static_cast<double>(p.strain[0] + p.strain[1] + p.strain[2]) / 6) - 1;
}

}  // namespace

StructureSearch::StructureSearch(const StructureLibrary& library, const SearchConfig& config, Device& device, const ShowProgress& progress)
    : library_(library),
      config_(config),
      device_(device),
      matcher_(library, config.matcher, device, progress),
      fitter_(config.radiation),
      frequency_(space_groups, 0.0f) {
    std::size_t known = 0;
    for (int group : library.space_group) {
        if (group == 0) continue;
        ++known;
        frequency_[static_cast<std::size_t>(group - 1)] += 1;
    }
    for (float& group : frequency_) group /= static_cast<float>(known);
}

std::vector<std::vector<SearchCandidate>> StructureSearch::search(const float* patterns, int n, const Grid& grid,
                                                                  double wavelength_angstrom) {
    const MatcherConfig& matcher = config_.matcher;
    const auto coarse =
        regridded(patterns, n, grid, wavelength_angstrom, matcher.grid, static_cast<double>(matcher.wavelength_angstrom), device_.pool);
    std::vector<std::vector<SearchCandidate>> found(static_cast<std::size_t>(n));
    const auto matches = matcher_.match(coarse.data(), n);
    for (std::size_t i = 0; i < found.size(); ++i) {
        for (const MatchCandidate& match : matches[i]) {
            found[i].push_back({match.structure,
                                library_.space_group[static_cast<std::size_t>(match.structure)],
                                point_group_order(library_, match.structure),
                                false,
                                match.similarity,
                                static_cast<double>(match.strain),
                                {},
                                nullptr});
        }
    }
    if (config_.fitted > 0) {
        fit_best(found, regridded(patterns, n, grid, wavelength_angstrom, PatternFitter::grid,
                                  static_cast<double>(matcher.wavelength_angstrom), device_.pool));
    }
    return found;
}

void StructureSearch::fit_best(std::vector<std::vector<SearchCandidate>>& found, const std::vector<float>& patterns) {
    ThreadPool& pool = device_.pool;
    const auto run_interruptibly = [&](std::size_t jobs, const auto& work) {
        pool.run(static_cast<int>(jobs), [&](int i, int) {
            if (!interrupted()) work(static_cast<std::size_t>(i));
        });
        if (interrupted()) fail("interrupted; nothing was written");
    };
    struct Job {
        std::size_t pattern, candidate;
    };
    // Candidates of all patterns from `first` of each on, as jobs for all threads.
    const auto jobs_from = [&](const std::vector<std::size_t>& first) {
        std::vector<Job> jobs;
        for (std::size_t i = 0; i < found.size(); ++i) {
            for (std::size_t c = first[i]; c < found[i].size(); ++c) jobs.push_back({i, c});
        }
        return jobs;
    };
    // Starts a fit of each, keeps those that are worth it (all patterns' candidates from `first` on) and finishes these.
    std::vector<PatternFitter::Prepared> prepared(found.size());
    std::vector<float> best_start(found.size(), -1.0f);
    const auto fit = [&](const std::vector<std::size_t>& first) {
        std::vector<Job> jobs = jobs_from(first);
        run_interruptibly(jobs.size(), [&](std::size_t j) {
            SearchCandidate& candidate = found[jobs[j].pattern][jobs[j].candidate];
            candidate.fit = fitter_.start(prepared[jobs[j].pattern], candidate.phase->view(), 0, candidate.lattice_change);
        });
        for (std::size_t i = 0; i < found.size(); ++i) {
            for (std::size_t c = first[i]; c < found[i].size(); ++c) best_start[i] = std::max(best_start[i], found[i][c].fit.similarity);
            const auto begin = found[i].begin() + static_cast<std::ptrdiff_t>(first[i]);
            found[i].erase(std::remove_if(begin, found[i].end(),
                                          [&](const SearchCandidate& c) {
                                              return c.fit.similarity < best_start[i] - static_cast<float>(config_.worth_finishing);
                                          }),
                           found[i].end());
        }
        jobs = jobs_from(first);
        run_interruptibly(jobs.size(), [&](std::size_t j) {
            SearchCandidate& candidate = found[jobs[j].pattern][jobs[j].candidate];
            fitter_.finish(candidate.fit, prepared[jobs[j].pattern], candidate.phase->view());
            candidate.similarity = candidate.fit.similarity;
            candidate.lattice_change = lattice_change(candidate.fit, fitter_, candidate.phase->view());
        });
    };

    std::set<int> structures;
    for (auto& candidates : found) {
        candidates.resize(std::min(candidates.size(), static_cast<std::size_t>(config_.fitted)));
        for (const SearchCandidate& candidate : candidates) structures.insert(candidate.structure);
    }
    const auto width = static_cast<std::size_t>(PatternFitter::grid.points);
    run_interruptibly(found.size(), [&](std::size_t i) { prepared[i] = fitter_.prepare(patterns.data() + i * width); });
    // A pattern with next to nothing in it is like no structure.
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (prepared[i].points < fewest_points) found[i].clear();
    }
    if (phases_.size() > most_phases_kept) phases_.clear();
    for (int structure : structures) {
        Phases& phases = phases_[structure];
        if (!phases.own) phases.own = library_of(library_.structure(structure));
    }
    for (auto& candidates : found) {
        for (SearchCandidate& candidate : candidates) candidate.phase = phases_.at(candidate.structure).own;
    }
    fit(std::vector<std::size_t>(found.size(), 0));

    // Parents of those that are nearly as good as the best.
    std::set<int> wanted;
    for (auto& candidates : found) {
        std::stable_sort(candidates.begin(), candidates.end(), more_similar);
        for (const SearchCandidate& candidate : candidates) {
            if (candidate.similarity >= candidates.front().similarity - static_cast<float>(config_.worth_a_parent))
                wanted.insert(candidate.structure);
        }
    }
    std::vector<int> unknown;
    for (int structure : wanted) {
        if (!phases_.at(structure).looked_for) unknown.push_back(structure);
    }
    run_interruptibly(unknown.size(), [&](std::size_t j) {
        Phases& phases = phases_.at(unknown[j]);
        for (const Structure& parent : parent_structures(library_.structure(unknown[j]))) phases.parents.push_back(library_of(parent));
        phases.looked_for = true;
    });
    std::vector<std::size_t> own;
    for (auto& candidates : found) {
        own.push_back(candidates.size());
        for (std::size_t c = 0; c < own.back(); ++c) {
            const SearchCandidate child = candidates[c];
            if (child.similarity < candidates.front().similarity - static_cast<float>(config_.worth_a_parent)) break;
            for (const auto& parent : phases_.at(child.structure).parents) {
                candidates.push_back({child.structure,
                                      parent->space_group.front(),
                                      point_group_order(*parent, 0),
                                      true,
                                      -1,
                                      child.lattice_change,
                                      {},
                                      parent});
            }
        }
    }
    fit(own);
    for (auto& candidates : found) std::stable_sort(candidates.begin(), candidates.end(), more_similar);
}

std::vector<float> StructureSearch::vote(const std::vector<SearchCandidate>& candidates) const {
    std::vector<float> votes(space_groups, 0.0f);
    if (candidates.empty()) return votes;
    const bool fitted = candidates.front().phase != nullptr;
    const double best = static_cast<double>(candidates.front().similarity);
    const double width = fitted ? config_.vote_width : config_.ideal_vote_width;
    const double certain = fitted ? 1 / (1 + std::exp((config_.doubtful - best) / config_.doubt_width)) : 1;
    double total = 0;
    for (const SearchCandidate& candidate : candidates) {
        const double weight = std::pow(candidate.point_group_order, config_.symmetry_power) *
                              std::exp((static_cast<double>(candidate.similarity) - best) / width);
        votes[static_cast<std::size_t>(candidate.space_group - 1)] += static_cast<float>(weight);
        total += weight;
    }
    for (float& group : votes) group *= static_cast<float>(certain / total);
    return votes;
}

void pool_opinions(float* probabilities, const float* votes) {
    const double right = std::min(1.0, std::accumulate(votes, votes + space_groups, 0.0));
    std::vector<double> pooled(space_groups);
    double total = 0;
    for (std::size_t group = 0; group < pooled.size(); ++group) {
        const double vote = right > 0 ? static_cast<double>(votes[group]) / right : 0;
        pooled[group] = (vote + least_vote) * std::pow(static_cast<double>(probabilities[group]) + least_probability, network_weight);
        total += pooled[group];
    }
    for (std::size_t group = 0; group < pooled.size(); ++group) {
        probabilities[group] = static_cast<float>(right * pooled[group] / total + (1 - right) * static_cast<double>(probabilities[group]));
    }
}

std::vector<float> completed_votes(std::vector<float> votes, const std::vector<float>& frequency) {
    const float left = std::max(0.0f, 1 - std::accumulate(votes.begin(), votes.end(), 0.0f));
    for (std::size_t group = 0; group < votes.size(); ++group) votes[group] += left * frequency[group];
    return votes;
}

std::vector<float> regridded(const float* patterns, int n, const Grid& from, double from_wavelength, const Grid& to, double to_wavelength,
                             ThreadPool& pool) {
    const auto width = static_cast<std::size_t>(from.points), out_width = static_cast<std::size_t>(to.points);
    std::vector<float> out(static_cast<std::size_t>(n) * out_width);
    pool.run(n, [&](int i, int) {
        const float* const pattern = patterns + static_cast<std::size_t>(i) * width;
        MeasuredPattern measured;
        for (std::size_t p = 0; p < width; ++p) {
            measured.two_theta_deg.push_back(static_cast<double>(from.start_deg) +
                                             static_cast<double>(p) * static_cast<double>(from.step_deg));
            measured.intensity.push_back(static_cast<double>(pattern[p]));
        }
        convert_wavelength(measured, from_wavelength, to_wavelength);
        resample(out.data() + static_cast<std::size_t>(i) * out_width, to, measured);
    });
    return out;
}

}  // namespace friedel
