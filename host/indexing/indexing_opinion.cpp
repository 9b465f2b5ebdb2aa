#include "host/indexing/indexing_opinion.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/crystals/crystal_statistics.h"
#include "host/crystals/space_groups.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"

namespace friedel {

namespace {

constexpr double worth_looking = 35;      // of evidence below the best
constexpr double higher_unindexed = 0.4;  // lattices of higher symmetry fail to be indexed so much more rarely

// How often groups are met among patterns that are not indexed rightly: triclinic and monoclinic ones more often than among all.
std::vector<double> unindexed_group_frequency(const std::vector<double>& group_frequency) {
    std::vector<double> frequency;
    double all = 0;
    for (int group = 1; group <= space_groups; ++group) {
        const double weight = crystal_system(group) <= systems::monoclinic ? 1 : higher_unindexed;
        frequency.push_back(weight * group_frequency[static_cast<std::size_t>(group - 1)]);
        all += frequency.back();
    }
    for (double& f : frequency) f /= all;
    return frequency;
}

// What one cell says of the space groups, whatever the others do.
struct GroupsOfCell {
    std::vector<double> probabilities;  // [230], sum 1; empty where its absences were not looked at
    double log_sum = 0;                 // over its groups, of frequency times likelihood of the absences
    int setting = -1;                   // the likeliest
    double log_weight = 0;              // among the cells
};

GroupsOfCell groups_of(const CellFindings& found, const std::vector<double>& group_frequency, const OpinionConfig& weights) {
    GroupsOfCell out;
    struct Term {
        std::size_t group;
        double log;
    };
    std::vector<Term> terms;
    double most = -1e300;
    const auto& settings = absence_settings(found.cell.lattice);
    for (std::size_t s = 0; s < settings.size(); ++s) {
        for (std::size_t g = 0; g < settings[s].space_groups.size(); ++g) {
            const auto group = static_cast<std::size_t>(settings[s].space_groups[g] - 1);
            const double value = weights.absence_power * found.likelihoods[s] + std::log(settings[s].share[g]) +
                                 weights.prior_power * std::log(group_frequency[group]);
            terms.push_back({group, value});
            if (value > most) most = value, out.setting = static_cast<int>(s);
        }
    }
    out.probabilities.assign(space_groups, 0.0);
    double total = 0;
    for (const Term& term : terms) {
        out.probabilities[term.group] += std::exp(term.log - most);
        total += std::exp(term.log - most);
    }
    for (double& p : out.probabilities) p /= total;
    out.log_sum = most + std::log(total);
    return out;
}

// The wavelength of what is seen over that of the first line: where lines are too broad to show a second one they are the mean of both,
// of which the second has half the weight of the first.
double wavelength_of_lines(const ResolvedPattern& pattern) {
    return pattern.shape.second_ratio > 0 || lacks_second_line(pattern) ? 1 : 1 + pattern.shape.second_shift / 3;
}

}  // namespace

void weigh(IndexingOpinion& out, const std::vector<double>& group_frequency, const OpinionConfig& weights) {
    const std::vector<double> unindexed = unindexed_group_frequency(group_frequency);
    out.probabilities.assign(unindexed.begin(), unindexed.end());
    out.indexed = 0;
    if (out.cells.empty()) return;
    const double best = out.cells.front().cell.evidence;
    std::vector<GroupsOfCell> of_cells;
    double most = -1e300;
    for (CellFindings& found : out.cells) {
        found.weight = 0;
        if (found.likelihoods.empty()) {
            of_cells.emplace_back();
            continue;
        }
        of_cells.push_back(groups_of(found, group_frequency, weights));
        GroupsOfCell& groups = of_cells.back();
        found.setting = groups.setting;
        groups.log_weight = weights.evidence_power * (found.cell.evidence - best) + weights.groups_power * groups.log_sum +
                            weights.reflection_gain * found.reflections;
        most = std::max(most, groups.log_weight);
    }
    std::vector<double> sum(space_groups, 0.0);
    double total = 0;
    for (std::size_t c = 0; c < of_cells.size(); ++c) {
        if (of_cells[c].probabilities.empty()) continue;
        const double p = std::exp(of_cells[c].log_weight - most);
        out.cells[c].weight = p;
        total += p;
        for (std::size_t g = 0; g < sum.size(); ++g) sum[g] += p * of_cells[c].probabilities[g];
    }
    for (CellFindings& found : out.cells) found.weight /= total;
    out.indexed = weights.most_certain / (1 + std::exp((weights.even_evidence - best) / weights.evidence_width));
    for (std::size_t g = 0; g < sum.size(); ++g) {
        const double rightly = (1 - weights.lower_symmetry) * sum[g] / total + weights.lower_symmetry * group_frequency[g];
        out.probabilities[g] = static_cast<float>(out.indexed * rightly + (1 - out.indexed) * unindexed[g]);
    }
}

IndexingOpinion indexing_opinion(const ResolvedPattern& pattern, const std::vector<double>& group_frequency, const IndexingConfig& given,
                                 const OpinionConfig& weights) {
    IndexingOpinion out;
    out.pattern = pattern;
    out.wavelength_angstrom = given.wavelength_angstrom * wavelength_of_lines(pattern);
    if (pattern.lines.size() < min_indexed_lines) {
        out.probabilities.assign(space_groups, 0.0f);
        return out;
    }
    IndexingConfig config = given;
    config.wavelength_angstrom = out.wavelength_angstrom;
    for (const IndexedCell& cell : index_pattern(pattern, config)) out.cells.push_back({cell, {}});
    for (CellFindings& found : out.cells) {
        if (found.cell.evidence < out.cells.front().cell.evidence - worth_looking) break;
        const LatticeIntensities intensities = decompose(pattern, found.cell, config.wavelength_angstrom);
        found.likelihoods = absence_likelihoods(intensities, found.cell.lattice);
        found.reflections = static_cast<int>(intensities.clusters.size());
    }
    weigh(out, group_frequency, weights);
    return out;
}

LikeliestCell likeliest_cell(const IndexingOpinion& opinion) {
    const auto best = std::max_element(opinion.cells.begin(), opinion.cells.end(),
                                       [](const CellFindings& a, const CellFindings& b) { return a.weight < b.weight; });
    if (best == opinion.cells.end()) return {};
    return {best->cell.lattice, tabulated_cell(best->cell.lattice, best->cell.reciprocal), opinion.indexed * best->weight};
}

const std::vector<double>& usual_group_frequency() {
    static const std::vector<double> frequency = [] {
        const std::vector<std::uint32_t> count = CrystalStatistics::shipped().group_count;
        std::vector<double> shares;
        double all = 0;
        for (std::uint32_t n : count) all += n + 0.5;
        for (std::uint32_t n : count) shares.push_back((n + 0.5) / all);
        return shares;
    }();
    return frequency;
}

IndexedPatterns indexed_patterns(const std::vector<ResolvedPattern>& patterns, const std::vector<float>& votes, ThreadPool& pool) {
    constexpr double sure = 0.97;
    const std::vector<double>& frequency = usual_group_frequency();
    IndexedPatterns all{std::vector<float>(patterns.size() * space_groups, 0.0f), std::vector<LikeliestCell>(patterns.size())};
    pool.run(static_cast<int>(patterns.size()), [&](int i, int) {
        const auto row = static_cast<std::ptrdiff_t>(i) * space_groups;
        if (interrupted() || (!votes.empty() && std::accumulate(votes.begin() + row, votes.begin() + row + space_groups, 0.0) > sure))
            return;
        const IndexingOpinion opinion = indexing_opinion(patterns[static_cast<std::size_t>(i)], frequency);
        std::copy(opinion.probabilities.begin(), opinion.probabilities.end(), all.probabilities.begin() + row);
        all.cells[static_cast<std::size_t>(i)] = likeliest_cell(opinion);
    });
    if (interrupted()) fail("interrupted while patterns were indexed");
    return all;
}

}  // namespace friedel
