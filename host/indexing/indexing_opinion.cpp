#include "host/indexing/indexing_opinion.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/crystals/crystal_statistics.h"
#include "host/patterns/resample.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"

namespace friedel {

namespace {
constexpr double worth_looking = 35;  // of evidence below the best
constexpr std::size_t most_cells = 8;
}  // namespace

void weigh(IndexingOpinion& out, const std::vector<double>& group_frequency, const OpinionConfig& weights) {
    out.probabilities.assign(space_groups, 0.0f);
    out.indexed = 0;
    if (out.cells.empty()) return;
    const double best = out.cells.front().cell.evidence;
    struct Term {
        std::size_t cell, group;
        double log;
        int setting;
    };
    std::vector<Term> terms;
    double most = -1e300;
    for (std::size_t c = 0; c < out.cells.size(); ++c) {
        const CellFindings& found = out.cells[c];
        if (found.likelihoods.empty()) continue;
        const auto& settings = absence_settings(found.cell.lattice);
        for (std::size_t s = 0; s < settings.size(); ++s) {
            for (std::size_t g = 0; g < settings[s].space_groups.size(); ++g) {
                const auto group = static_cast<std::size_t>(settings[s].space_groups[g] - 1);
                const double value = weights.evidence_power * (found.cell.evidence - best) + weights.absence_power * found.likelihoods[s] +
                                     std::log(settings[s].share[g]) + weights.prior_power * std::log(group_frequency[group]);
                terms.push_back({c, group, value, static_cast<int>(s)});
                most = std::max(most, value);
            }
        }
    }
    std::vector<double> sum(space_groups, 0.0), top(out.cells.size(), -1e300);
    double total = 0;
    for (CellFindings& found : out.cells) found.weight = 0;
    for (const Term& term : terms) {
        const double p = std::exp(term.log - most);
        sum[term.group] += p;
        out.cells[term.cell].weight += p;
        total += p;
        if (term.log > top[term.cell]) {
            top[term.cell] = term.log;
            out.cells[term.cell].setting = term.setting;
        }
    }
    for (CellFindings& found : out.cells) found.weight /= total;
    out.indexed = weights.most_certain / (1 + std::exp((weights.even_evidence - best) / weights.evidence_width));
    for (std::size_t g = 0; g < sum.size(); ++g) {
        out.probabilities[g] =
            static_cast<float>(out.indexed * ((1 - weights.lower_symmetry) * sum[g] / total + weights.lower_symmetry * group_frequency[g]));
    }
}

IndexingOpinion indexing_opinion(const float* pattern, const Grid& grid, const std::vector<double>& group_frequency,
                                 const IndexingConfig& config, const OpinionConfig& weights) {
    IndexingOpinion out;
    out.lines = find_lines(pattern, grid);
    if (out.lines.lines.size() >= 4) {
        for (const IndexedCell& cell : index_pattern(out.lines, config)) out.cells.push_back({cell, {}});
        for (std::size_t c = 0; c < std::min(most_cells, out.cells.size()); ++c) {
            CellFindings& found = out.cells[c];
            if (found.cell.evidence < out.cells.front().cell.evidence - worth_looking) break;
            found.likelihoods = absence_likelihoods(decompose(out.lines, found.cell, config.wavelength_angstrom), found.cell.lattice);
        }
    }
    weigh(out, group_frequency, weights);
    return out;
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

std::vector<float> indexed_patterns(const float* patterns, int n, const Grid& grid, double wavelength_angstrom,
                                    const std::vector<float>& votes, ThreadPool& pool) {
    constexpr double sure = 0.9;
    const std::vector<double>& frequency = usual_group_frequency();
    const std::vector<float> rows = regridded(patterns, n, grid, wavelength_angstrom, indexing_grid, indexing_wavelength, pool);
    std::vector<float> all(static_cast<std::size_t>(n) * space_groups, 0.0f);
    pool.run(n, [&](int i, int) {
        const auto at = static_cast<std::size_t>(i);
        const auto vote = votes.begin() + static_cast<std::ptrdiff_t>(votes.empty() ? 0 : at * space_groups);
        if (interrupted() || (!votes.empty() && std::accumulate(vote, vote + space_groups, 0.0) > sure)) return;
        const IndexingOpinion opinion = indexing_opinion(rows.data() + at * indexing_grid.points, indexing_grid, frequency);
        std::copy(opinion.probabilities.begin(), opinion.probabilities.end(), all.begin() + static_cast<std::ptrdiff_t>(at * space_groups));
    });
    if (interrupted()) fail("interrupted while patterns were indexed");
    return all;
}

}  // namespace friedel
