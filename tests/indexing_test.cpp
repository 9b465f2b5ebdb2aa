// Lines are found where they are; line lists of known crystals index to their cells, and what is no crystal's does not; absences are those
// that extinction.h derives.
#include "host/indexing/indexing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>
#include <sstream>

#include "host/answers/opinions.h"
#include "host/crystals/extinction.h"
#include "host/crystals/space_groups.h"
#include "host/crystals/structure_library.h"
#include "host/indexing/extinction_likelihood.h"
#include "host/indexing/indexing_opinion.h"
#include "host/indexing/lattice_search.h"
#include "host/indexing/lattice_symmetry.h"
#include "host/indexing/pattern_lines.h"
#include "host/simulation/peak_list.h"
#include "host/simulation/simulator.h"
#include "host/support/radiation.h"
#include "tests/minerals.h"

namespace friedel {
namespace {

using test::standard_mineral;

constexpr Grid grid{5, 0.02f, 4250};

// What a search would find of a crystal with perfect lines, all of them shifted.
ResolvedPattern ideal_lines(const Structure& structure, double shift_deg) {
    PeakListOptions options;
    options.wavelength = IndexingConfig().wavelength_angstrom;
    ResolvedPattern pattern;
    pattern.grid = grid;
    pattern.measured = {0, grid.points};
    for (const Peak& peak : peak_list(structure, options)) {
        if (peak.intensity < 0.5) continue;
        const double at = peak.two_theta_deg + shift_deg;
        if (!pattern.lines.empty() && at - pattern.lines.back().two_theta_deg < 0.05) continue;
        pattern.lines.push_back({at, 0.003, peak.intensity / 100, 50});
    }
    return pattern;
}

std::vector<float> simulated(const Structure& structure, PatternParameters p) {
    StructureLibrary library;
    library.add(structure);
    p.radiation = parse_radiation("cu");
    std::vector<float> pattern(static_cast<std::size_t>(grid.points));
    simulate_one_pattern(pattern.data(), p, library.view(), grid);
    return pattern;
}

std::vector<double> evenly() { return std::vector<double>(space_groups, 1.0 / space_groups); }

TEST(Indexing, CellsArePrintedAsTablesGiveThem) {
    // A reduced cell on other axes: a' = a + b, b' = b, c' = c - a.
    const Metric<double> direct{{50, 60, 70, 5, -8, 11}};
    const auto dot = [&](const std::array<int, 3>& u, const std::array<int, 3>& v) {
        return direct.m[0] * u[0] * v[0] + direct.m[1] * u[1] * v[1] + direct.m[2] * u[2] * v[2] +
               direct.m[3] * (u[1] * v[2] + u[2] * v[1]) + direct.m[4] * (u[0] * v[2] + u[2] * v[0]) +
               direct.m[5] * (u[0] * v[1] + u[1] * v[0]);
    };
    const std::array<int, 3> a{1, 1, 0}, b{0, 1, 0}, c{-1, 0, 1};
    const Metric<double> skewed{{dot(a, a), dot(b, b), dot(c, c), dot(b, c), dot(a, c), dot(a, b)}};
    const std::array<double, 6> cell = tabulated_cell(BravaisLattice::aP, skewed.inverse());
    EXPECT_NEAR(cell[0] * cell[0], 50, 1e-9);
    EXPECT_NEAR(cell[1] * cell[1], 60, 1e-9);
    EXPECT_NEAR(cell[2] * cell[2], 70, 1e-9);
    const bool acute = cell[3] < 90;
    for (int angle = 3; angle < 6; ++angle) EXPECT_EQ(cell[angle] < 90, acute);
    const Metric<double> monoclinic{{25, 36, 49, 0, 10, 0}};
    EXPECT_NEAR(tabulated_cell(BravaisLattice::mP, monoclinic.inverse())[4], 180 - std::acos(10.0 / 35) * 180 / 3.14159265358979, 1e-9);
}

TEST(PeakSearch, FindsLinesWhereTheyAre) {
    for (const char* name : {"quartz", "topaz", "calcite"}) {
        const Structure structure = standard_mineral(name);
        PatternParameters p;
        p.caglioti_w = 0.0064f;
        p.counts_at_maximum = 20000;
        p.air_scatter = 0.2f;
        const ResolvedPattern found = find_lines(simulated(structure, p).data(), grid);
        EXPECT_NEAR(found.shape.fwhm_deg(40), 0.08, 0.012) << name;
        EXPECT_NEAR(found.shape.second_ratio, 0.5, 1e-9) << name;
        PeakListOptions options;
        options.wavelength = IndexingConfig().wavelength_angstrom;
        const std::vector<Peak> wanted = peak_list(structure, options);
        int strong = 0;
        for (const ObservedLine& line : found.lines) {
            if (line.height < 0.02) continue;
            ++strong;
            double nearest = 1e9;
            for (const Peak& peak : wanted) nearest = std::min(nearest, std::fabs(peak.two_theta_deg - line.two_theta_deg));
            EXPECT_LT(nearest, 0.01 + 2 * line.sigma_deg) << name << " at " << line.two_theta_deg;
        }
        EXPECT_GT(strong, 8) << name;
    }
}

// Where the doublets of narrow lines are apart, their second lines are no lines of their own.
TEST(PeakSearch, SecondLinesBelongToTheFirst) {
    PatternParameters p;
    p.caglioti_w = 0.0016f;
    p.counts_at_maximum = 50000;
    const ResolvedPattern found = find_lines(simulated(standard_mineral("W"), p).data(), grid);
    EXPECT_NEAR(found.shape.second_ratio, 0.5, 1e-9);
    EXPECT_EQ(found.lines.size(), 4u);
}

// Noise shows on a hump alone where all else was counted long enough.
TEST(PeakSearch, AHumpIsNoLines) {
    PatternParameters p;
    p.caglioti_w = 0.0064f;
    p.counts_at_maximum = 50000;
    p.hump_height[0] = 0.05f;
    p.hump_center_deg[0] = 25;
    p.hump_width_deg[0] = 10;
    const ResolvedPattern found = find_lines(simulated(standard_mineral("corundum"), p).data(), grid);
    EXPECT_LT(found.lines.size(), 60u) << "103 where the hump counts as lines";
    EXPECT_EQ(index_pattern(found).front().lattice, BravaisLattice::hR);
}

TEST(PeakSearch, NoLinesInNoise) {
    std::mt19937 random(3);
    std::normal_distribution<float> normal(1000, 30);
    std::vector<float> pattern(static_cast<std::size_t>(grid.points));
    for (float& y : pattern) y = normal(random);
    EXPECT_LT(find_lines(pattern.data(), grid).lines.size(), 4u);
    std::fill(pattern.begin(), pattern.end(), 1.0f);
    EXPECT_TRUE(find_lines(pattern.data(), grid).lines.empty());
}

TEST(Indexing, LineListsOfMineralsGiveTheirCells) {
    for (const char* name : {"NaCl", "Si", "LaB6", "almandine", "pyrite", "rutile", "zircon", "anatase", "quartz", "beryl", "corundum",
                             "calcite", "topaz", "forsterite", "aragonite", "YBCO", "sanidine", "baddeleyite"}) {
        const Structure structure = standard_mineral(name);
        const std::vector<IndexedCell> cells = index_pattern(ideal_lines(structure, 0.06));
        ASSERT_FALSE(cells.empty()) << name;
        const IndexedCell& best = cells.front();
        EXPECT_STREQ(bravais_name(best.lattice), bravais_name(indexed_lattice(structure.space_group))) << name;
        EXPECT_NEAR(volume_of(best.reciprocal) / cell_volume(structure.cell), 1, 3e-3) << name;
        EXPECT_NEAR(best.shift_deg, 0.06, 0.02) << name;
        EXPECT_GT(best.evidence, 20) << name;
    }
}

// Reflections that measured patterns show first, of cells where the rows that a search begins with are absent or weak.
TEST(Indexing, FindsObliqueLatticesWithoutTheirFirstRows) {
    struct Case {
        BravaisLattice lattice;
        std::array<double, 6> cell;
        std::string reflections;
    };
    const Case pseudomalachite = {BravaisLattice::mP,
                                  {4.473, 5.747, 17.032, 90, 91.04, 90},
                                  "0 1 2  1 0 0  1 1 -1  1 1 1  1 1 -2  1 0 -4  1 0 4  1 1 -3  1 1 3  0 1 5  0 2 0  0 0 6  0 2 2  1 1 4  "
                                  "0 2 3  1 1 -5  1 1 5  1 0 -6  1 2 1  1 2 -2"};
    const Case gorgeyite = {BravaisLattice::mC,
                            {17.52, 6.84, 18.25, 90, 113.3, 90},
                            "2 0 0  1 1 0  1 1 1  2 0 2  1 1 2  0 0 4  1 1 -4  0 2 0  3 1 2  0 2 1  4 0 2  3 1 -5  5 1 -1  2 0 -6  2 2 1  "
                            "2 2 -3  6 0 -4  3 1 -6  5 1 -5"};
    const Case pectolite = {BravaisLattice::aP,
                            {7.98, 7.023, 7.018, 90.54, 95.14, 102.55},
                            "0 1 0  1 0 1  0 0 2  1 1 2  1 -1 0  1 0 2  0 1 2  1 2 0  2 1 0  2 1 1  1 -1 -1  0 1 -2  1 0 -2  0 2 0  2 0 0  "
                            "2 0 1"};
    for (const Case* c : {&pseudomalachite, &gorgeyite, &pectolite}) {
        SCOPED_TRACE(c->reflections);
        constexpr double to_rad = pi_d / 180;
        const auto product = [&](std::size_t x, std::size_t y) {
            return c->cell[x] * c->cell[y] * (x == y ? 1 : std::cos(c->cell[6 - x - y] * to_rad));
        };
        const Metric<double> direct = {{product(0, 0), product(1, 1), product(2, 2), product(1, 2), product(0, 2), product(0, 1)}};
        const Metric<double> reciprocal = direct.inverse();
        const double wavelength = IndexingConfig().wavelength_angstrom, shift_deg = 0.03;
        std::vector<IndexingLine> lines;
        std::istringstream indices(c->reflections);
        for (int h, k, l; indices >> h >> k >> l;) {
            const double* const m = reciprocal.m;
            const double q = m[0] * h * h + m[1] * k * k + m[2] * l * l + 2 * (m[3] * k * l + m[4] * h * l + m[5] * h * k);
            const double angle = 2 * std::asin(0.5 * wavelength * std::sqrt(q)) + shift_deg * to_rad,
                         s = 2 * std::sin(0.5 * angle) / wavelength;
            const double q_per_deg = 2 * std::sin(angle) / (wavelength * wavelength) * to_rad;
            lines.push_back({.q = s * s, .q_per_deg = q_per_deg, .sigma = 0.003 * q_per_deg, .doubt = 0.05, .height = 1});
        }
        std::sort(lines.begin(), lines.end(), [](const IndexingLine& x, const IndexingLine& y) { return x.q < y.q; });
        const auto found_by = [&](auto search) {
            const std::vector<LatticeCandidate> found = search(lines);
            return std::any_of(found.begin(), found.end(), [&](const LatticeCandidate& candidate) {
                return candidate.lattice == c->lattice && std::fabs(volume_of(candidate.reciprocal) / volume_of(reciprocal) - 1) < 0.004;
            });
        };
        EXPECT_TRUE(found_by(search_oblique_lattices));
        if (c->lattice != BravaisLattice::aP) {
            EXPECT_FALSE(found_by(search_lattices)) << "the patient search is not needed for it any more";
        }
    }
}

TEST(Indexing, AnImpurityIsLeftOut) {
    ResolvedPattern pattern = ideal_lines(standard_mineral("topaz"), 0);
    for (ObservedLine line : ideal_lines(standard_mineral("calcite"), 0).lines) {
        line.height *= 0.06;
        if (line.height > 0.004) pattern.lines.push_back(line);
    }
    std::sort(pattern.lines.begin(), pattern.lines.end(),
              [](const ObservedLine& a, const ObservedLine& b) { return a.two_theta_deg < b.two_theta_deg; });
    const std::vector<IndexedCell> cells = index_pattern(pattern);
    ASSERT_FALSE(cells.empty());
    EXPECT_EQ(cells.front().lattice, BravaisLattice::oP);
    EXPECT_NEAR(volume_of(cells.front().reciprocal), 342.4, 1);
}

TEST(Indexing, LinesAnywhereAreNoCrystal) {
    std::mt19937 random(5);
    for (int trial = 0; trial < 4; ++trial) {
        std::uniform_real_distribution<double> angle(12, 70), height(0.05, 1);
        ResolvedPattern pattern;
        pattern.grid = grid;
        pattern.measured = {0, grid.points};
        for (int i = 0; i < 30; ++i) pattern.lines.push_back({angle(random), 0.003, height(random), 50});
        std::sort(pattern.lines.begin(), pattern.lines.end(),
                  [](const ObservedLine& a, const ObservedLine& b) { return a.two_theta_deg < b.two_theta_deg; });
        const std::vector<IndexedCell> cells = index_pattern(pattern);
        if (!cells.empty()) {
            EXPECT_LT(cells.front().evidence, 5) << trial;
        }
    }
}

TEST(LatticeSymmetry, IsFoundFromPrimitiveCells) {
    const auto reached = [](const Metric<double>& direct, BravaisLattice wanted, double volume) {
        for (const BravaisCell& cell : higher_symmetries({BravaisLattice::aP, direct.inverse()}, 1.0)) {
            if (cell.lattice == wanted && std::fabs(volume_of(cell.reciprocal) / volume - 1) < 1e-3) return true;
        }
        return false;
    };
    // a F lattice of edges 7, 8, 9: (0 b c)/2, (a 0 c)/2, (a b 0)/2.
    EXPECT_TRUE(reached({{(64 + 81) / 4.0, (49 + 81) / 4.0, (49 + 64) / 4.0, 49 / 4.0, 64 / 4.0, 81 / 4.0}}, BravaisLattice::oF, 504));
    EXPECT_TRUE(reached({{16, 16, 16, 8, 8, 8}}, BravaisLattice::cF, 4 * 16 * 4 * std::sqrt(0.5)));
    EXPECT_TRUE(reached({{25, 36, 49, 0, 8, 0}}, BravaisLattice::mP, 5 * 6 * 7 * std::sqrt(1 - 64.0 / 25 / 49)));
}

TEST(Absences, AreThoseOfExtinctionGroups) {
    std::vector<int> seen(space_groups + 1, 0);
    for (int b = 0; b < bravais_lattices; ++b) {
        const BravaisLattice lattice = static_cast<BravaisLattice>(b);
        for (const AbsenceSetting& setting : absence_settings(lattice)) {
            for (int group : setting.space_groups) {
                ++seen[static_cast<std::size_t>(group)];
                EXPECT_EQ(indexed_lattice(group), lattice);
                if (crystal_system(group) == crystal_system(setting.space_groups.front())) {
                    EXPECT_EQ(extinction_group(group), extinction_group(setting.space_groups.front()));
                }
            }
        }
    }
    for (int group = 1; group <= space_groups; ++group) EXPECT_GT(seen[static_cast<std::size_t>(group)], 0) << group;
    EXPECT_EQ(absence_settings(BravaisLattice::hR).size(), 2u);  // with the c glide and without
    EXPECT_EQ(absence_settings(BravaisLattice::cF).size(), 5u);  // F---, F--c, Fd--, F41--, Fd-c
}

TEST(IndexingOpinion, NamesExtinctionGroupsOfSimulatedMinerals) {
    for (const char* name : {"NaCl", "rutile", "zircon", "calcite", "topaz", "forsterite", "pyrite"}) {
        const Structure structure = standard_mineral(name);
        PatternParameters p;
        p.caglioti_w = 0.0081f;
        p.counts_at_maximum = 30000;
        p.displacement_deg = 0.05f;
        const IndexingOpinion opinion = indexing_opinion(find_lines(simulated(structure, p).data(), grid), evenly());
        const auto& probability = opinion.probabilities;
        const int answer = static_cast<int>(std::max_element(probability.begin(), probability.end()) - probability.begin()) + 1;
        EXPECT_EQ(extinction_group(answer), extinction_group(structure.space_group)) << name << " answered " << answer;
        EXPECT_GT(opinion.indexed, 0.8) << name;
    }
}

TEST(IndexingOpinion, PoolsAsIndependentEvidence) {
    IndexingOpinion opinion;
    opinion.probabilities.assign(space_groups, 0.0f);
    std::vector<float> network(space_groups, 1.0f / space_groups);
    network[61] = 0.3f, network[13] = 0.4f;
    const float sum = std::accumulate(network.begin(), network.end(), 0.0f);
    for (float& p : network) p /= sum;
    // What was not asked says nothing.
    std::vector<float> pooled = network;
    pool_indexing(pooled.data(), opinion.probabilities.data(), evenly());
    for (std::size_t g = 0; g < pooled.size(); ++g) EXPECT_NEAR(pooled[g], network[g], 1e-6);
    // Orthorhombic absences decide between the network's two favourites, and rule out neither.
    opinion.indexed = 0.9;
    opinion.probabilities.assign(space_groups, 0.1f / space_groups);
    opinion.probabilities[61] += 0.7f, opinion.probabilities[32] += 0.2f;
    pool_indexing(pooled.data(), opinion.probabilities.data(), evenly());
    EXPECT_GT(pooled[61], 0.8);
    EXPECT_GT(pooled[13], 1e-3);
    EXPECT_NEAR(std::accumulate(pooled.begin(), pooled.end(), 0.0f), 1, 1e-5);
}

// Cells that are as good share the answer; where none is believed, groups are those that are hard to index.
TEST(IndexingOpinion, IsAsSureAsItsCells) {
    IndexingOpinion opinion;
    const auto with_cell = [&](BravaisLattice lattice, double evidence) {
        CellFindings found;
        found.cell.lattice = lattice;
        found.cell.evidence = evidence;
        found.likelihoods.assign(absence_settings(lattice).size(), 0.0);
        opinion.cells.push_back(found);
    };
    const auto of_system = [&](int system) {
        double sum = 0;
        for (int group = 1; group <= space_groups; ++group) {
            if (crystal_system(group) == system) sum += static_cast<double>(opinion.probabilities[static_cast<std::size_t>(group - 1)]);
        }
        return sum;
    };
    with_cell(BravaisLattice::cF, 60);
    weigh(opinion, evenly(), {});
    EXPECT_GT(of_system(systems::cubic), 0.85);
    with_cell(BravaisLattice::tI, 60);
    weigh(opinion, evenly(), {});
    EXPECT_NEAR(of_system(systems::cubic), 0.48, 0.1);
    EXPECT_NEAR(opinion.cells[0].weight + opinion.cells[1].weight, 1, 1e-9);
    opinion.cells[0].reflections = 20;
    weigh(opinion, evenly(), {});
    EXPECT_GT(of_system(systems::cubic), of_system(systems::tetragonal)) << "absent reflections count against a lattice otherwise";
    for (CellFindings& found : opinion.cells) found.cell.evidence = -60;
    weigh(opinion, evenly(), {});
    EXPECT_LT(opinion.indexed, 0.01);
    EXPECT_GT(of_system(systems::triclinic), 1.5 * 2 / space_groups) << "two of the groups, and more often not indexed";
    EXPECT_NEAR(std::accumulate(opinion.probabilities.begin(), opinion.probabilities.end(), 0.0), 1, 1e-5);
}

TEST(IndexingOpinion, CountsInAnswersWhereItIsAskedFor) {
    const std::string pattern = "'" + (test::source_dir() / "data/examples/zircon.xy").string() + "'";
    const auto answered = [&](const std::string& options) {
        const auto result = test::run_friedel("classify " + pattern + " --structures none -q " + options);
        EXPECT_EQ(result.status, 0) << result.err;
        return result.out;
    };
    const std::string alone = answered("");
    EXPECT_EQ(answered("--no-indexing"), alone);
    const std::string with = answered("--indexing");
    EXPECT_NE(with, alone);
    EXPECT_NE(with.find("I41/amd (141)"), std::string::npos) << with;
}

TEST(IndexingOpinion, IsRefusedBesideAModelOfCrystalSystems) {
    const test::TemporaryDirectory folder;
    const std::string data = (test::source_dir() / "data").string();
    const auto trained =
        test::run_friedel("train '" + data + "/structures/minerals.h5' --preset quick --set network.target=crystal_system " +
                              "--set network.hidden=[16] --set network.dropout=0 --steps 12 -q -o systems.h5",
                          folder.path);
    ASSERT_EQ(trained.status, 0) << trained.err;
    const auto refused = test::run_friedel("classify systems.h5 '" + data + "/examples/quartz.xy' -q --indexing", folder.path);
    EXPECT_EQ(refused.status, 1);
    EXPECT_NE(refused.err.find("--indexing: the model names crystal systems"), std::string::npos) << refused.err;
}

TEST(IndexingOpinion, IsNotAskedWhereASearchIsSure) {
    // The same pattern twice, of which a search is sure once.
    const Grid grid{5, 0.04f, 2125};
    StructureLibrary library;
    library.add(test::mineral("corundum"));
    PatternParameters parameters;
    parameters.radiation = parse_radiation("cu");
    std::vector<float> rows(2 * 2125);
    for (std::size_t row : {0u, 1u}) simulate_one_pattern(rows.data() + row * 2125, parameters, library.view(), grid);
    std::vector<float> votes(2 * space_groups, 0.0f);
    votes[10] = 1;
    ThreadPool pool(1);
    const auto indexed = indexed_patterns(resolved_patterns(rows.data(), 2, grid, 1.5418, pool), votes, pool);
    const std::vector<float>& probabilities = indexed.probabilities;
    ASSERT_EQ(probabilities.size(), votes.size());
    EXPECT_EQ(std::accumulate(probabilities.begin(), probabilities.begin() + space_groups, 0.0f), 0);
    EXPECT_EQ(indexed.cells.at(0).probability, 0);
    EXPECT_GT(std::accumulate(probabilities.begin() + space_groups, probabilities.end(), 0.0f), 0);
    EXPECT_EQ(indexed.cells.at(1).lattice, BravaisLattice::hR);
    EXPECT_GT(indexed.cells.at(1).probability, 0.5);
    EXPECT_NEAR(indexed.cells.at(1).cell[2], 12.99, 0.02);
}

}  // namespace
}  // namespace friedel
