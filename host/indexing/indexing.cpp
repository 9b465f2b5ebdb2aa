#include "host/indexing/indexing.h"

#include <algorithm>
#include <cmath>

#include "host/indexing/cell_refinement.h"
#include "host/indexing/lattice_search.h"
#include "host/indexing/lattice_symmetry.h"
#include "host/support/bragg.h"

namespace friedel {

namespace {

// What the shape of lines and the rest of the geometry leave: as good as it gets, and as it is where lines are asymmetric.
constexpr double extra_sigma_deg[] = {0.007, 0.02};
constexpr double doubtful_evidence = 8;  // where nothing has more, lattices of low symmetry are looked for with more patience
constexpr std::size_t most_raised = 25;  // cells whose higher symmetries are looked at
constexpr double raised_within_deg = 2;  // of the angles that the higher symmetry asks for
// No crystal repeats within less: beryllium does at 2.29 angstrom, diamond at 2.52.
constexpr double shortest_edge_angstrom = 2;

bool edges_are_too_short(const Metric<double>& reciprocal) {
    const Metric<double> direct = reciprocal.inverse();
    return std::min({direct.m[0], direct.m[1], direct.m[2]}) < shortest_edge_angstrom * shortest_edge_angstrom;
}

constexpr double same_volume = 2e-3, same_evidence = 3;  // of two cells that are one lattice

// Lines beside a much higher one are more often part of its shape.
bool is_shoulder(const ObservedLines& pattern, const ObservedLine& line) {
    const double reach = std::max(0.09, 1.6 * pattern.shape.fwhm_deg(line.two_theta_deg));
    return std::any_of(pattern.lines.begin(), pattern.lines.end(), [&](const ObservedLine& other) {
        return other.height > 2.5 * line.height && std::fabs(other.two_theta_deg - line.two_theta_deg) < reach;
    });
}

// What is observed, as 1/d^2.
std::vector<PatternLine> lines_of(const ObservedLines& pattern, const IndexingConfig& config, double extra_sigma) {
    std::vector<PatternLine> lines;
    const double square = config.wavelength_angstrom * config.wavelength_angstrom;
    for (const ObservedLine& o : pattern.lines) {
        const double s = inverse_d_of(o.two_theta_deg, config.wavelength_angstrom);
        const double per_deg = 2 * std::sin(o.two_theta_deg * degree<double>) / square * degree<double>;
        // Impurities are weak as a rule, and so is what is no line at all.
        double doubt = 0.03 + 0.3 * std::exp(-o.height / 0.03) + 0.4 * std::exp(-o.significance / 4);
        if (is_shoulder(pattern, o)) doubt = std::max(doubt, 0.6);
        lines.push_back({s * s, per_deg, per_deg * std::hypot(o.sigma_deg, extra_sigma), std::clamp(doubt, 0.03, 0.7)});
    }
    return lines;
}

// Refined with either idea of how well positions are known; the one that makes more of it.
IndexedCell refined(const IndexedCell& start, const std::vector<PatternLine> (&lines)[2], double lowest_q, const IndexingConfig& config) {
    IndexedCell best = start;
    for (const std::vector<PatternLine>& these : lines) {
        IndexedCell cell = &these == &lines[0] ? start : best;
        CellRefinement refinement(these, lowest_q);
        const int all = std::min(static_cast<int>(these.size()), config.all_lines);
        constexpr double coarse_deg = 0.04, fine_deg = 0.02;
        refinement.fit(cell, std::min(all, config.search_lines), 3, coarse_deg);
        refinement.fit(cell, std::min(all, config.search_lines), 2, fine_deg);
        if (all > config.search_lines) refinement.fit(cell, std::min(all, 2 * config.search_lines), 2, fine_deg);
        refinement.fit(cell, all, 2, fine_deg);
        refinement.judge(cell, all);
        if (&these == &lines[0] || cell.evidence > best.evidence) best = cell;
    }
    return best;
}

double lowest_q_of(const ObservedLines& pattern, const IndexingConfig& config) {
    const double angle = static_cast<double>(pattern.grid.start_deg) + pattern.first * static_cast<double>(pattern.grid.step_deg);
    const double s = inverse_d_of(angle, config.wavelength_angstrom);
    return s * s;
}

// At most n of them, of those that may be the crystal's.
std::vector<SearchLine> first_lines(const ObservedLines& pattern, const std::vector<PatternLine>& lines, double min_height, int n) {
    std::vector<SearchLine> first;
    for (std::size_t i = 0; i < lines.size() && static_cast<int>(first.size()) < n; ++i) {
        if (lines[i].doubt <= 0.5 && pattern.lines[i].height >= min_height)
            first.push_back({lines[i].q, lines[i].q_per_deg, lines[i].doubt});
    }
    return first;
}

}  // namespace

std::vector<IndexedCell> index_pattern(const ObservedLines& pattern, const IndexingConfig& config) {
    const std::vector<PatternLine> lines[2] = {lines_of(pattern, config, extra_sigma_deg[0]),
                                               lines_of(pattern, config, extra_sigma_deg[1])};
    std::vector<IndexedCell> cells;
    const double lowest = lowest_q_of(pattern, config);
    const auto add = [&](BravaisLattice lattice, const Metric<double>& reciprocal, double shift_deg) {
        IndexedCell cell{lattice, reciprocal};
        cell.shift_deg = shift_deg;
        cells.push_back(refined(cell, lines, lowest, config));
    };
    const auto search = [&](auto how, const std::vector<SearchLine>& first) {
        for (const LatticeCandidate& candidate : how(first)) add(candidate.lattice, candidate.reciprocal, candidate.shift_deg);
    };
    const auto is_found = [&](double certain) {
        return std::any_of(cells.begin(), cells.end(), [&](const IndexedCell& cell) { return cell.evidence > certain; });
    };
    // Lines that are no impurity's for certain, and where that does not do, weaker ones as well, or the strongest alone.
    struct SearchPass {
        double min_height, enough;  // of lines, of the strongest; evidence that ends the search
    };
    constexpr SearchPass passes[] = {{0.02, 40}, {0, 15}, {0.07, 0}};
    std::vector<std::vector<SearchLine>> tried;
    for (const SearchPass& pass : passes) {
        std::vector<SearchLine> first = first_lines(pattern, lines[0], pass.min_height, config.search_lines);
        if (std::find(tried.begin(), tried.end(), first) == tried.end()) {
            search(search_lattices, first);
            tried.push_back(std::move(first));
        }
        if (is_found(pass.enough)) break;
    }
    if (!is_found(doubtful_evidence)) search(search_oblique_lattices, tried.front());
    std::sort(cells.begin(), cells.end(), [](const IndexedCell& a, const IndexedCell& b) { return a.evidence > b.evidence; });
    const std::size_t found = std::min<std::size_t>(cells.size(), most_raised);
    for (std::size_t i = 0; i < found; ++i) {
        for (const BravaisCell& higher : higher_symmetries({cells[i].lattice, cells[i].reciprocal}, raised_within_deg))
            add(higher.lattice, higher.reciprocal, cells[i].shift_deg);
    }
    std::sort(cells.begin(), cells.end(), [](const IndexedCell& a, const IndexedCell& b) { return a.evidence > b.evidence; });
    std::vector<IndexedCell> distinct;
    for (const IndexedCell& cell : cells) {
        if (edges_are_too_short(cell.reciprocal)) continue;
        if (static_cast<int>(distinct.size()) == config.cells) break;
        const bool known = std::any_of(distinct.begin(), distinct.end(), [&](const IndexedCell& other) {
            return other.lattice == cell.lattice && std::fabs(volume_of(other.reciprocal) / volume_of(cell.reciprocal) - 1) < same_volume &&
                   other.evidence - cell.evidence < same_evidence;
        });
        if (!known && cell.evidence > no_evidence) distinct.push_back(cell);
    }
    return distinct;
}

}  // namespace friedel
