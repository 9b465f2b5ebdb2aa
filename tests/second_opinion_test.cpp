// What a search of structures says of patterns that are not of any of them.
#include "host/search/second_opinion.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "host/indexing/pattern_lines.h"
#include "host/simulation/simulator.h"
#include "host/training/config.h"
#include "tests/minerals.h"

namespace friedel {
namespace {

// Albite among the metals: unlike them all, which a sure answer overrules; what has no lines at all stays refused.
TEST(SecondOpinion, WhatIsUnlikeAllStructuresIsAnsweredWhereTheAnswerIsSure) {
    const StructureLibrary& library = test::minerals();
    std::vector<int> metals;
    int albite = -1;
    for (int i = 0; i < library.size(); ++i) {
        const std::string& name = library.name[static_cast<std::size_t>(i)];
        if (name.find("albite") != std::string::npos) albite = i;
        if (name.ends_with("Cu.cif") || name.ends_with("W.cif")) metals.push_back(i);
    }
    ASSERT_EQ(metals.size(), 2u);
    ASSERT_GE(albite, 0);
    const test::TemporaryDirectory folder;
    library.subset(metals).write(folder / "metals.h5");

    const TrainingConfig config = preset("friedel");
    Model model;
    model.grid = config.simulation.grid;
    model.wavelength_angstrom = 1.54187f;
    Device device({"cpu"}, 1);
    SecondOpinion search(folder / "metals.h5", model, device);

    const auto points = static_cast<std::size_t>(model.grid.points);
    std::vector<float> patterns(2 * points, 0.0f);  // the second one empty
    PatternParameters p;
    p.structure = albite;
    p.radiation = SearchConfig().radiation;
    p.caglioti_w = 0.01f;
    simulate_one_pattern(patterns.data(), p, library.view(), model.grid);
    search.votes(patterns.data(), 2, resolved_patterns(patterns.data(), 2, model.grid, model.wavelength_angstrom, device.pool));
    EXPECT_NE(search.unlike(0, 0.5f).find("unlike any of the 2 structures"), std::string::npos) << search.unlike(0, 0.5f);
    EXPECT_EQ(search.unlike(0, 0.95f), "");
    EXPECT_NE(search.unlike(1, 0.95f), "");
}

// Whatever the wavelength of a model, angles are told for that one.
TEST(SecondOpinion, LinesOfASecondPhaseAreWhereTheModelHasThem) {
    const StructureLibrary& library = test::minerals();
    const auto index_of = [&](const char* name) {
        const auto found =
            std::find_if(library.name.begin(), library.name.end(), [&](const std::string& n) { return n.find(name) != n.npos; });
        return static_cast<int>(found - library.name.begin());
    };
    const test::TemporaryDirectory folder;
    library.subset({index_of("quartz"), index_of("NaCl"), index_of("rutile")}).write(folder / "few.h5");
    Model model;
    model.grid = {4, 0.02f, 1900};
    model.wavelength_angstrom = mean_wavelength(parse_radiation("mo"));
    Device device({"cpu"}, 1);
    SecondOpinion search(folder / "few.h5", model, device);
    const auto points = static_cast<std::size_t>(model.grid.points);
    std::vector<float> mixture(points, 0.0f);
    for (const auto& [name, part] : {std::pair{"quartz", 1.0f}, {"calcite", 0.4f}}) {
        PatternParameters p;
        p.structure = index_of(name);
        p.radiation = parse_radiation("mo");
        p.caglioti_w = 0.0025f;
        std::vector<float> pattern(points);
        simulate_one_pattern(pattern.data(), p, library.view(), model.grid);
        for (std::size_t i = 0; i < points; ++i) mixture[i] += 1000 * part * pattern[i];
    }
    const auto resolved = resolved_patterns(mixture.data(), 1, model.grid, model.wavelength_angstrom, device.pool);
    search.votes(mixture.data(), 1, resolved);
    ASSERT_NE(search.closest(0), nullptr);
    ASSERT_NE(search.library().name[static_cast<std::size_t>(search.closest(0)->structure)].find("quartz"), std::string::npos);
    search.look_for_unexplained_lines(resolved);
    const std::vector<double>& angles = search.unexplained(0);
    constexpr double strongest = 13.42;  // calcite's 104, d = 3.035 angstrom, with Mo K alpha
    EXPECT_TRUE(std::any_of(angles.begin(), angles.end(), [](double angle) { return std::abs(angle - strongest) < 0.06; }))
        << angles.size() << " lines" << (angles.empty() ? "" : ", the first at " + std::to_string(angles.front()));
}

}  // namespace
}  // namespace friedel
