// What a search of structures says of patterns that are not of any of them.
#include "host/search/second_opinion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <tuple>

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
    const TrainingConfig config = preset("friedel");
    Model model;
    model.grid = config.simulation.grid;
    model.wavelength_angstrom = 1.54187f;
    Device device({"cpu"}, 1);
    SecondOpinion search(std::make_unique<StructureSearch>(library.subset(metals), SearchConfig(), device), model.grid,
                         model.wavelength_angstrom, device);

    const auto points = static_cast<std::size_t>(model.grid.points);
    std::vector<float> patterns(2 * points, 0.0f);  // the second one empty
    PatternParameters p;
    p.structure = albite;
    p.radiation = SearchConfig().radiation;
    p.caglioti_w = 0.01f;
    simulate_one_pattern(patterns.data(), p, library.view(), model.grid);
    const auto opinions =
        search.opinions(patterns.data(), 2, resolved_patterns(patterns.data(), 2, model.grid, model.wavelength_angstrom, device.pool));
    const std::string unlike = search.objection(opinions[0], false).text;
    EXPECT_NE(unlike.find("unlike any of the 2 structures"), std::string::npos) << unlike;
    EXPECT_EQ(search.objection(opinions[0], true).text, "");
    EXPECT_NE(search.objection(opinions[1], true).text, "");
}

int index_of(const char* name) {
    const std::vector<std::string>& names = test::minerals().name;
    const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& n) { return n.find(name) != n.npos; });
    return static_cast<int>(found - names.begin());
}

// Mixtures for a model of molybdenum's radiation, beside a library of some minerals.
class SecondPhases : public ::testing::Test {
protected:
    SecondPhases() {
        model_.grid = {4, 0.02f, 1900};
        model_.wavelength_angstrom = mean_wavelength(parse_radiation("mo"));
    }

    // Quartz and calcite, whose lattice is larger by this part; strongest lines 1000 and 400.
    std::vector<float> quartz_and_calcite(float stretched = 0) const {
        std::vector<float> mixture(points());
        for (const auto& [name, height, scale] : {std::tuple{"quartz", 1000.0f, 1.0f}, {"calcite", 400.0f, 1 + stretched}}) {
            PatternParameters p;
            p.structure = index_of(name);
            p.radiation = parse_radiation("mo");
            p.caglioti_w = 0.0025f;
            p.lattice_scale = scale;
            std::vector<float> pattern(points());
            simulate_one_pattern(pattern.data(), p, test::minerals().view(), model_.grid);
            for (std::size_t i = 0; i < points(); ++i) mixture[i] += height * pattern[i];
        }
        return mixture;
    }
    // What is said of it with these structures, second phases taken off; `pattern` becomes the rest.
    StructureOpinion opinion_on(std::vector<float>& pattern, const std::vector<int>& structures) {
        SecondOpinion search(std::make_unique<StructureSearch>(test::minerals().subset(structures), SearchConfig(), device_), model_.grid,
                             model_.wavelength_angstrom, device_);
        auto resolved = resolved_patterns(pattern.data(), 1, model_.grid, model_.wavelength_angstrom, device_.pool);
        auto opinions = search.opinions(pattern.data(), 1, resolved);
        search.take_off_second_phases(opinions, pattern, resolved, {0});
        name_of_ = [names = search.library().name](const SearchCandidate& of) { return names[static_cast<std::size_t>(of.structure)]; };
        return opinions.front();
    }
    std::size_t points() const { return static_cast<std::size_t>(model_.grid.points); }
    // The highest point within 0.1 degrees of calcite's 104, d = 3.035 angstrom.
    float at_calcites_strongest(const std::vector<float>& pattern) const {
        const auto middle = pattern.begin() + static_cast<std::ptrdiff_t>((calcite_104 - 4) / 0.02);
        return *std::max_element(middle - 5, middle + 6);
    }

    static constexpr double calcite_104 = 13.42;
    test::TemporaryDirectory folder_;
    Model model_;
    Device device_{{"cpu"}, 1};
    std::function<std::string(const SearchCandidate&)> name_of_;
};

// Whatever the wavelength of a model, angles are told for that one.
TEST_F(SecondPhases, LinesThatNoStructureExplainsAreWhereTheModelHasThem) {
    std::vector<float> mixture = quartz_and_calcite();
    const StructureOpinion opinion = opinion_on(mixture, {index_of("quartz"), index_of("NaCl"), index_of("rutile")});
    ASSERT_NE(opinion.closest(), nullptr);
    EXPECT_NE(name_of_(*opinion.closest()).find("quartz"), std::string::npos);
    EXPECT_FALSE(opinion.second_phase) << "the library does not have it";
    EXPECT_EQ(mixture, quartz_and_calcite());
    const std::vector<double>& angles = opinion.unexplained;
    EXPECT_TRUE(std::any_of(angles.begin(), angles.end(), [](double angle) { return std::abs(angle - calcite_104) < 0.06; }))
        << angles.size() << " lines" << (angles.empty() ? "" : ", the first at " + std::to_string(angles.front()));
}

TEST_F(SecondPhases, AreNamedAndTakenOff) {
    std::vector<float> mixture = quartz_and_calcite();
    const StructureOpinion opinion =
        opinion_on(mixture, {index_of("quartz"), index_of("NaCl"), index_of("rutile"), index_of("calcite"), index_of("albite")});
    ASSERT_TRUE(opinion.second_phase);
    EXPECT_NE(name_of_(opinion.second_phase->candidate).find("calcite"), std::string::npos);
    EXPECT_NEAR(opinion.second_phase->part, 0.36f, 0.1f);
    EXPECT_NE(name_of_(*opinion.closest()).find("quartz"), std::string::npos);
    EXPECT_GT(opinion.closest()->similarity, 0.95f) << "of quartz alone";
    EXPECT_TRUE(opinion.unexplained.empty());
    const float strongest = *std::max_element(mixture.begin(), mixture.end());
    EXPECT_LT(at_calcites_strongest(mixture), 0.02f * strongest) << "its lines are gone";
    EXPECT_GT(opinion.votes[153], 0.5f) << "P3221";
}

// With lattices to choose freely some structure or other explains any few lines.
TEST_F(SecondPhases, AreBelievedAsTheLibraryHasThemOnly) {
    std::vector<float> mixture = quartz_and_calcite(0.015f);
    const StructureOpinion opinion =
        opinion_on(mixture, {index_of("quartz"), index_of("NaCl"), index_of("rutile"), index_of("calcite"), index_of("albite")});
    EXPECT_FALSE(opinion.second_phase);
    EXPECT_EQ(mixture, quartz_and_calcite(0.015f));
    EXPECT_GE(opinion.unexplained.size(), 3u);
}

}  // namespace
}  // namespace friedel
