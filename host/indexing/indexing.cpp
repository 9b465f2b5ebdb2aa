#include "host/indexing/indexing.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "host/indexing/cell_refinement.h"
#include "host/indexing/indexing_line.h"
#include "host/indexing/lattice_search.h"
#include "host/indexing/lattice_symmetry.h"
#include "host/support/bragg.h"

namespace friedel {

namespace {

// What the shape of lines and the rest of the geometry leave: as good as it gets, and as it is where lines are asymmetric. Choices:
// bench/results/README.md, Indexing, tells what others are worth.
constexpr double extra_sigma_deg[] = {0.007, 0.02};
constexpr double doubtful_evidence = 8;  // where nothing has more, lattices of low symmetry are looked for with more patience
constexpr std::size_t most_raised = 25;  // cells whose higher symmetries are looked at
constexpr double raised_within_deg = 2;  // of the angles that the higher symmetry asks for
// No crystal repeats within less: beryllium does at 2.29 angstrom, diamond at 2.52.
constexpr double shortest_edge_angstrom = 2;

// Lines that are no impurity's for certain, and where that does not do, weaker ones as well, or the strongest alone.
struct SearchPass {
    double min_height;  // of lines, of the strongest point
    double enough;      // evidence that ends the search
};
constexpr SearchPass passes[] = {{0.02, 40}, {0, 15}, {0.07, 0}};

bool edges_are_too_short(const Metric<double>& reciprocal) {
    const Metric<double> direct = reciprocal.inverse();
    return std::min({direct.m[0], direct.m[1], direct.m[2]}) < shortest_edge_angstrom * shortest_edge_angstrom;
}

bool are_one_lattice(const IndexedCell& better, const IndexedCell& cell) {
    constexpr double same_volume = 2e-3, same_evidence = 3;
    return better.lattice == cell.lattice && std::fabs(volume_of(better.reciprocal) / volume_of(cell.reciprocal) - 1) < same_volume &&
           better.evidence - cell.evidence < same_evidence;
}

double lowest_q_of(const ResolvedPattern& pattern, double wavelength_angstrom) {
    const double inverse_d = inverse_d_of(pattern.angle_deg(pattern.measured.first), wavelength_angstrom);
    return inverse_d * inverse_d;
}

// At most n of them, of those that may be the crystal's.
std::vector<IndexingLine> first_lines(const std::vector<IndexingLine>& lines, double min_height, int n) {
    constexpr double most_doubt = 0.5;
    std::vector<IndexingLine> first;
    for (const IndexingLine& line : lines) {
        if (static_cast<int>(first.size()) == n) break;
        if (line.doubt <= most_doubt && line.height >= min_height) first.push_back(line);
    }
    return first;
}

// The lattices found for one pattern, each refined as soon as it is proposed.
class CellList {
public:
    CellList(const ResolvedPattern& pattern, const IndexingConfig& config)
        : config_(config), lowest_q_(lowest_q_of(pattern, config.wavelength_angstrom)) {
        for (std::size_t i = 0; i < lines_.size(); ++i) lines_[i] = indexing_lines(pattern, config.wavelength_angstrom, extra_sigma_deg[i]);
    }

    void search() {
        std::vector<std::vector<IndexingLine>> tried;
        for (const SearchPass& pass : passes) {
            std::vector<IndexingLine> first = first_lines(lines_[0], pass.min_height, config_.search_lines);
            if (std::find(tried.begin(), tried.end(), first) == tried.end()) {
                add(search_lattices(first));
                tried.push_back(std::move(first));
            }
            if (has_evidence_above(pass.enough)) break;
        }
        if (!has_evidence_above(doubtful_evidence)) add(search_oblique_lattices(tried.front()));
    }

    // Those that the best are nearly.
    void add_higher_symmetries() {
        sort();
        const std::size_t found = std::min(cells_.size(), most_raised);
        for (std::size_t i = 0; i < found; ++i) {
            const IndexedCell cell = cells_[i];
            for (const BravaisCell& higher : higher_symmetries({cell.lattice, cell.reciprocal}, raised_within_deg))
                add(higher.lattice, higher.reciprocal, cell.shift_deg);
        }
    }

    // Each lattice once, best first.
    std::vector<IndexedCell> best() {
        sort();
        std::vector<IndexedCell> distinct;
        for (const IndexedCell& cell : cells_) {
            if (static_cast<int>(distinct.size()) == config_.cells) break;
            if (edges_are_too_short(cell.reciprocal) || cell.evidence <= no_evidence) continue;
            if (std::none_of(distinct.begin(), distinct.end(), [&](const IndexedCell& better) { return are_one_lattice(better, cell); }))
                distinct.push_back(cell);
        }
        return distinct;
    }

private:
    void add(const std::vector<LatticeCandidate>& candidates) {
        for (const LatticeCandidate& candidate : candidates) add(candidate.lattice, candidate.reciprocal, candidate.shift_deg);
    }

    // Refined with either idea of how well positions are known; the one that makes more of it.
    void add(BravaisLattice lattice, const Metric<double>& reciprocal, double shift_deg) {
        IndexedCell cell{lattice, reciprocal, shift_deg};
        refine(cell, lines_[0]);
        IndexedCell tolerant = cell;
        refine(tolerant, lines_[1]);
        cell.extra_sigma_deg = extra_sigma_deg[0];
        tolerant.extra_sigma_deg = extra_sigma_deg[1];
        cells_.push_back(tolerant.evidence > cell.evidence ? tolerant : cell);
    }

    // By few lines first: those at higher angles are assigned once the cell is good enough.
    void refine(IndexedCell& cell, CellRefinement::Lines lines) const {
        constexpr double coarse_deg = 0.04, fine_deg = 0.02;
        const auto first = [&](int n) { return lines.first(std::min(lines.size(), static_cast<std::size_t>(n))); };
        const CellRefinement::Lines all = first(config_.all_lines), few = first(std::min(config_.all_lines, config_.search_lines));
        CellRefinement refinement(lowest_q_);
        refinement.fit(cell, few, 3, coarse_deg);
        refinement.fit(cell, few, 2, fine_deg);
        if (all.size() > few.size()) refinement.fit(cell, first(std::min(config_.all_lines, 2 * config_.search_lines)), 2, fine_deg);
        refinement.fit(cell, all, 2, fine_deg);
        refinement.judge(cell, all);
    }

    bool has_evidence_above(double certain) const {
        return std::any_of(cells_.begin(), cells_.end(), [&](const IndexedCell& cell) { return cell.evidence > certain; });
    }

    void sort() {
        std::sort(cells_.begin(), cells_.end(), [](const IndexedCell& a, const IndexedCell& b) { return a.evidence > b.evidence; });
    }

    const IndexingConfig& config_;
    double lowest_q_;
    std::array<std::vector<IndexingLine>, std::size(extra_sigma_deg)> lines_;  // with either idea of how well positions are known
    std::vector<IndexedCell> cells_;
};

}  // namespace

std::vector<IndexedCell> index_pattern(const ResolvedPattern& pattern, const IndexingConfig& config) {
    CellList cells(pattern, config);
    cells.search();
    cells.add_higher_symmetries();
    return cells.best();
}

}  // namespace friedel
