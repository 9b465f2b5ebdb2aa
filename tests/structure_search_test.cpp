// Fits find what a simulation was given; parents of distorted and ordered models are found; a search names minerals by their fits.
#include "host/search/structure_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "host/answers/opinions.h"
#include "host/crystals/parent_structures.h"
#include "host/crystals/symmetry.h"
#include "host/indexing/indexing_opinion.h"
#include "host/search/scattering_power.h"
#include "host/simulation/simulator.h"
#include "kernels/reflections.h"
#include "tests/minerals.h"

namespace friedel {
namespace {

using test::minerals;

Radiation copper() { return SearchConfig().radiation; }

PatternParameters disturbed(int structure) {
    PatternParameters p;
    p.structure = structure;
    p.radiation = copper();
    p.caglioti_w = 0.01f + 0.005f * static_cast<float>(structure % 4);
    p.microstrain = 0.0005f;
    p.displacement_deg = 0.06f * static_cast<float>(structure % 3 - 1);
    p.lattice_scale = 1.004f;
    p.strain[0] = 0.006f;
    p.strain[2] = -0.008f;
    p.march_dollase = 0.8f;
    p.air_scatter = 0.2f;
    p.counts_at_maximum = 20000;
    p.seed = 3;
    p.sample = static_cast<std::uint64_t>(structure);
    return p;
}

TEST(PatternFit, FindsWhatTheSimulationWasGiven) {
    const StructureLibrary& library = minerals();
    std::vector<float> pattern(static_cast<std::size_t>(fit_grid.points));
    for (int structure = 0; structure < library.size(); structure += 5) {
        const PatternParameters given = disturbed(structure);
        simulate_one_pattern(pattern.data(), given, library.view(), fit_grid);
        const auto prepared = prepare_for_fit(pattern.data(), copper());
        EXPECT_EQ(prepared.measured.size(), fit_grid.points);
        PatternFit fit = start_fit(prepared, library.view(), structure, 0.005);
        finish_fit(fit, prepared, library.view());
        const std::string& name = library.name[static_cast<std::size_t>(structure)];
        EXPECT_GT(fit.similarity, 0.97) << name;
        const PatternParameters found = fitted_parameters(fit, library.view());
        EXPECT_NEAR(std::sqrt(found.caglioti_w), std::sqrt(given.caglioti_w), 0.03) << name;
        // The lines lie where they should: cell edges as given, as far as the symmetry lets them, and the displacement.
        EXPECT_NEAR(found.displacement_deg, given.displacement_deg, 0.02) << name;
        const OperationSet operations = library.view().crystal(structure).operations;
        const auto edges = [&](const PatternParameters& p) {
            Metric<float> metric = direct_metric(library.view().crystal(structure).cell);
            for (float& element : metric.m) element *= p.lattice_scale * p.lattice_scale;
            return strained_metric(metric, p.strain, operations);
        };
        const Metric<float> wanted = edges(given), got = edges(found);
        for (int i = 0; i < 3; ++i) EXPECT_NEAR(std::sqrt(got.m[i] / wanted.m[i]), 1, 5e-4) << name << " edge " << i;
    }
}

// resample() goes on level where nothing was measured: that part must not count.
TEST(PatternFit, WhatWasNotMeasuredDoesNotCount) {
    const StructureLibrary& library = minerals();
    std::vector<float> pattern(static_cast<std::size_t>(fit_grid.points));
    simulate_one_pattern(pattern.data(), disturbed(7), library.view(), fit_grid);
    constexpr int first = 300, last = 1500;
    std::fill(pattern.begin(), pattern.begin() + first, pattern[first]);
    std::fill(pattern.begin() + last, pattern.end(), pattern[last]);
    const auto prepared = prepare_for_fit(pattern.data(), copper());
    EXPECT_NEAR(prepared.measured.first, first, 1);
    EXPECT_NEAR(prepared.measured.size(), last - first, 2);
    PatternFit fit = start_fit(prepared, library.view(), 7, 0.003);
    finish_fit(fit, prepared, library.view());
    EXPECT_GT(fit.similarity, 0.97);
}

// An olivine between forsterite and fayalite, which the library has not: magnesium's sites scatter as much more as half iron makes them.
TEST(PatternFit, FindsTheCompositionOfASolidSolution) {
    const StructureLibrary& library = minerals();
    const auto named = std::find_if(library.name.begin(), library.name.end(),
                                    [](const std::string& name) { return name.find("forsterite") != std::string::npos; });
    ASSERT_NE(named, library.name.end());
    const int structure = static_cast<int>(named - library.name.begin());
    constexpr int magnesium = 12;
    constexpr float as_much = 1.6f;
    StructureLibrary solution = library;
    for (std::uint32_t atom = library.atom_offset[static_cast<std::size_t>(structure)];
         atom < library.atom_offset[static_cast<std::size_t>(structure) + 1]; ++atom) {
        if (library.element[atom] == magnesium) solution.occupancy[atom] *= as_much;
    }
    std::vector<float> pattern(static_cast<std::size_t>(fit_grid.points));
    PatternParameters given = disturbed(structure);
    given.march_dollase = 1;
    simulate_one_pattern(pattern.data(), given, solution.view(), fit_grid);
    const auto prepared = prepare_for_fit(pattern.data(), copper());
    PatternFit fit = start_fit(prepared, library.view(), structure, 0.003);
    finish_fit(fit, prepared, library.view());
    EXPECT_TRUE(scattering_power(fit).empty()) << "not asked for";
    const float before = fit.similarity;
    fit_composition(fit, prepared, library.view());
    EXPECT_GT(fit.similarity, before + 0.01f);
    EXPECT_GT(fit.similarity, 0.97f);
    // What a powder tells is how elements compare: a factor on all of them is a scale.
    const std::vector<double> power = scattering_power(fit);
    double found = 0, others = 0;
    for (std::size_t e = 0; e < power.size(); ++e) {
        if (fit.elements[e] == magnesium) found = power[e];
        if (fit.elements[e] == 14) others = power[e];
    }
    ASSERT_GT(others, 0);
    EXPECT_NEAR(found / others, static_cast<double>(as_much), 0.25);
    // Of a pattern of the structure itself nothing is to be found.
    simulate_one_pattern(pattern.data(), given, library.view(), fit_grid);
    const auto own = prepare_for_fit(pattern.data(), copper());
    fit = start_fit(own, library.view(), structure, 0.003);
    finish_fit(fit, own, library.view());
    fit_composition(fit, own, library.view());
    for (double factor : scattering_power(fit)) EXPECT_NEAR(factor, 1, 0.15);
}

Structure in_p1(const std::array<double, 6>& cell, std::vector<Atom> atoms) {
    Structure structure;
    structure.name = "test";
    structure.cell = cell;
    structure.atoms = std::move(atoms);
    structure.operations = {{{1, 0, 0, 0, 1, 0, 0, 0, 1}, {}}};
    return structure;
}

std::vector<int> groups_of(const std::vector<Structure>& structures) {
    std::vector<int> groups;
    for (const Structure& structure : structures) groups.push_back(structure.space_group);
    return groups;
}

TEST(ParentStructures, CationsThatScatterAlikeAreOne) {
    // The two sites of diamond held by silicon and aluminium, as of zinc blende.
    std::vector<Atom> atoms;
    for (const auto& [x, y, z] : std::vector<std::array<double, 3>>{{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}}) {
        atoms.push_back({"Al", 13, {x, y, z}});
        atoms.push_back({"Si", 14, {x + 0.25, y + 0.25, z + 0.25}});
    }
    const Structure ordered = standardise(in_p1({5.5, 5.5, 5.5, 90, 90, 90}, atoms)).structure;
    ASSERT_EQ(ordered.space_group, 216);
    const auto parents = parent_structures(ordered);
    ASSERT_EQ(groups_of(parents), std::vector<int>{227});
    ASSERT_EQ(parents.front().atoms.size(), 2u) << "one site, held by both";
    for (const Atom& atom : parents.front().atoms) EXPECT_DOUBLE_EQ(atom.occupancy, 0.5);
    // Zinc and sulphur do not scatter alike: zinc blende has no parent.
    for (Atom& atom : atoms) atom.element = atom.element == 13 ? 30 : 16;
    EXPECT_TRUE(parent_structures(standardise(in_p1({5.4, 5.4, 5.4, 90, 90, 90}, atoms)).structure).empty());
}

TEST(ParentStructures, SmallDistortionsAndProtonsGoAway) {
    // Rock salt with an atom moved by 0.17 angstrom along c.
    std::vector<Atom> atoms;
    for (const auto& [x, y, z] : std::vector<std::array<double, 3>>{{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}}) {
        atoms.push_back({"Mg", 12, {x, y, z + 0.04}});
        atoms.push_back({"O", 8, {x + 0.5, y, z}});
    }
    const Structure polar = standardise(in_p1({4.2, 4.2, 4.2, 90, 90, 90}, atoms)).structure;
    EXPECT_EQ(polar.space_group, 107);
    const auto groups = groups_of(parent_structures(polar));
    EXPECT_NE(std::find(groups.begin(), groups.end(), 225), groups.end());

    // Rock salt with a proton beside each oxygen.
    atoms.clear();
    for (const auto& [x, y, z] : std::vector<std::array<double, 3>>{{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}}) {
        atoms.push_back({"Mg", 12, {x, y, z}});
        atoms.push_back({"O", 8, {x + 0.5, y, z}});
        atoms.push_back({"H", 1, {x + 0.5, y, z + 0.24}});
    }
    const Structure hydroxide = standardise(in_p1({4.2, 4.2, 4.2, 90, 90, 90}, atoms)).structure;
    EXPECT_EQ(hydroxide.space_group, 107);
    const auto parents = parent_structures(hydroxide);
    ASSERT_FALSE(parents.empty());
    EXPECT_EQ(parents.front().space_group, 225);
    for (const Atom& atom : parents.front().atoms) EXPECT_NE(atom.element, 1);
}

TEST(StructureSearch, NamesMineralsByTheirFits) {
    const StructureLibrary& library = minerals();
    Device device({"cpu"});
    StructureSearch search(library, SearchConfig(), device);
    const auto points = static_cast<std::size_t>(fit_grid.points);
    std::vector<float> patterns;
    std::vector<int> given;
    for (int structure = 1; structure < library.size(); structure += 6) given.push_back(structure);
    patterns.resize(given.size() * points);
    for (std::size_t i = 0; i < given.size(); ++i) {
        simulate_one_pattern(patterns.data() + i * points, disturbed(given[i]), library.view(), fit_grid);
    }
    // And one without anything in it.
    patterns.resize(patterns.size() + points, 1.0f);
    const auto found = search.search(patterns.data(), static_cast<int>(given.size()) + 1, fit_grid, 1.54184);
    for (std::size_t i = 0; i < given.size(); ++i) {
        ASSERT_FALSE(found[i].empty());
        EXPECT_GT(found[i].front().similarity, 0.95);
        // A lattice that had to be changed speaks against a candidate, as it does in the votes.
        const auto likelier = [&config = search.config()](const SearchCandidate& a, const SearchCandidate& b) {
            return a.similarity / config.doubt_width - config.doubt_of_strain * std::abs(a.lattice_change) >
                   b.similarity / config.doubt_width - config.doubt_of_strain * std::abs(b.lattice_change);
        };
        EXPECT_TRUE(std::is_sorted(found[i].begin(), found[i].end(), likelier));
        const std::vector<float> votes = search.vote(found[i]);
        EXPECT_LE(std::accumulate(votes.begin(), votes.end(), 0.0f), 1.0f);
        const auto best = std::max_element(votes.begin(), votes.end()) - votes.begin();
        EXPECT_EQ(best + 1, library.space_group[static_cast<std::size_t>(given[i])]) << library.name[static_cast<std::size_t>(given[i])];
        const std::vector<float> complete = completed_votes(votes, search.frequency());
        EXPECT_NEAR(std::accumulate(complete.begin(), complete.end(), 0.0f), 1, 1e-4);
    }
    const std::vector<float> nothing = search.vote(found.back());
    EXPECT_LT(std::accumulate(nothing.begin(), nothing.end(), 0.0f), 0.01f) << "an empty pattern is like nothing";
}

TEST(StructureSearch, OpinionsArePooledAsFarAsTheSearchIsSure) {
    std::vector<float> network(space_groups, 0.0f), votes(space_groups, 0.0f);
    network[0] = 0.7f;
    network[1] = 0.3f;
    std::vector<float> pooled = network;
    pool_votes(pooled.data(), votes.data());
    for (std::size_t i = 0; i < pooled.size(); ++i) EXPECT_FLOAT_EQ(pooled[i], network[i]) << "no candidate is right: the network's word";
    votes[1] = 0.9f;
    votes[2] = 0.1f;
    pool_votes(pooled.data(), votes.data());
    EXPECT_NEAR(std::accumulate(pooled.begin(), pooled.end(), 0.0f), 1, 1e-5);
    EXPECT_EQ(std::max_element(pooled.begin(), pooled.end()) - pooled.begin(), 1);
    EXPECT_GT(pooled[2], 0.0f);
}

SearchCandidate fitted_candidate(int space_group, float similarity, double lattice_change) {
    SearchCandidate candidate{0, space_group, 48};
    candidate.similarity = similarity;
    candidate.lattice_change = lattice_change;
    candidate.phase = std::make_shared<StructureLibrary>();
    return candidate;
}

// A mixture of equal parts is of either phase's group; of little it hardly says anything.
TEST(StructureSearch, TheGroupOfASecondPhaseIsAskedForAsOftenAsItIsStrong) {
    EXPECT_FLOAT_EQ(second_group(225, 0.5f).probability, 0.5f);
    EXPECT_FLOAT_EQ(second_group(225, 0.1f).probability, 0.01f / (0.01f + 0.81f));
    std::vector<float> probabilities(2 * space_groups, 0.0f);
    probabilities[153] = probabilities[space_groups + 153] = 1;
    pool_all(probabilities, {}, {}, {{}, second_group(225, 0.3f)}, space_groups);
    EXPECT_EQ(probabilities[153], 1) << "the first pattern has none";
    const float second = 0.09f / (0.09f + 0.49f);
    EXPECT_FLOAT_EQ(probabilities[space_groups + 153], 1 - second);
    EXPECT_FLOAT_EQ(probabilities[space_groups + 224], second);
}

TEST(StructureSearch, VotesFallWithTheStrainOfTheLattice) {
    Device device({"cpu"});
    const StructureSearch search(minerals(), SearchConfig(), device);
    const std::vector<float> votes = search.vote({fitted_candidate(221, 0.96f, 0.02), fitted_candidate(225, 0.96f, 0.0)});
    EXPECT_LT(votes[220], 0.3f * votes[224]);
    const auto certain = [&](double lattice_change) {
        const std::vector<float> alone = search.vote({fitted_candidate(221, 0.96f, lattice_change)});
        return std::accumulate(alone.begin(), alone.end(), 0.0f);
    };
    EXPECT_GT(certain(0), 0.95f);
    EXPECT_LT(certain(0.023), certain(0) - 0.03f);
    EXPECT_FLOAT_EQ(certain(0.023), certain(-0.023));
}

TEST(StructureSearch, VotesFallWithTheTextureThatTheFitTook) {
    Device device({"cpu"});
    const StructureSearch search(minerals(), SearchConfig(), device);
    SearchCandidate textured = fitted_candidate(221, 0.96f, 0.0);
    textured.fit.unknown[fit_texture] = 1;
    const std::vector<float> votes = search.vote({textured, fitted_candidate(225, 0.96f, 0.0)});
    EXPECT_GT(votes[220], 0.0f);
    EXPECT_LT(votes[220], 0.5f * votes[224]);
}

TEST(StructureSearch, ManyAlikeDoNotOutvoteAsManyTimes) {
    Device device({"cpu"});
    const StructureSearch search(minerals(), SearchConfig(), device);
    std::vector<SearchCandidate> candidates(9, fitted_candidate(225, 0.96f, 0.0));
    candidates.push_back(fitted_candidate(221, 0.96f, 0.0));
    const std::vector<float> votes = search.vote(candidates);
    EXPECT_NEAR(votes[224], 3 * votes[220], 1e-4);
}

TEST(StructureSearch, VotesCountForLessWhereTheNetworkFindsOtherGroups) {
    std::vector<float> votes(space_groups, 0.0f);
    votes[220] = 0.9f;
    const auto pooled = [&](float probability) {
        std::vector<float> probabilities(space_groups, 0.0f);
        probabilities[220] = probability;
        probabilities[224] = 1 - probability;
        pool_votes(probabilities.data(), votes.data());
        return probabilities[220];
    };
    EXPECT_GT(pooled(0.4f), 0.85f);
    EXPECT_LT(pooled(0.01f), pooled(0.4f) - 0.15f);
    EXPECT_GT(pooled(1e-9f), 0.5f) << "no network is sure enough to silence a search";
}

TEST(StructureSearch, VotesCountForLessWhereIndexingFindsOtherGroups) {
    const std::vector<double>& frequency = usual_group_frequency();
    std::vector<float> network(space_groups, 0.8f / (space_groups - 2)), votes(space_groups, 0.0f);
    network[220] = network[224] = 0.1f;
    votes[220] = 0.9f;
    std::vector<float> agreed(frequency.begin(), frequency.end()), opposed = agreed, as_usual = agreed;
    agreed[220] = 0.9f;
    opposed[220] = 1e-6f;
    opposed[224] = 0.9f;
    const auto pooled = [&](const std::vector<float>& indexed) {
        std::vector<float> probabilities = network;
        pool_all(probabilities, votes, indexed, {}, space_groups);
        EXPECT_NEAR(std::accumulate(probabilities.begin(), probabilities.end(), 0.0f), 1, 1e-4);
        return probabilities;
    };
    EXPECT_GT(pooled(agreed)[220], pooled(as_usual)[220]);
    EXPECT_LT(pooled(opposed)[220], pooled(as_usual)[220] - 0.1f);
    EXPECT_GT(pooled(opposed)[224], 5 * pooled(as_usual)[224]);
    const std::vector<float> not_asked(space_groups, 0.0f);
    EXPECT_GT(pooled(not_asked)[220], 0.7f);
}

}  // namespace
}  // namespace friedel
