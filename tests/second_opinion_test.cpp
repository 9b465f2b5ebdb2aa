// What a search of structures says of patterns that are not of any of them.
#include "host/search/second_opinion.h"

#include <gtest/gtest.h>

#include <algorithm>

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
    search.votes(patterns.data(), 2);
    EXPECT_NE(search.unlike(0, 0.5f).find("unlike any of the 2 structures"), std::string::npos) << search.unlike(0, 0.5f);
    EXPECT_EQ(search.unlike(0, 0.95f), "");
    EXPECT_NE(search.unlike(1, 0.95f), "");
}

}  // namespace
}  // namespace friedel
