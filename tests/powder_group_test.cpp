// The group that a powder shows: told apart from the atoms' own where a model is ordered, kept where patterns differ or the symmetry was
// determined; kept in libraries; trained on when asked for.
#include "host/simulation/powder_group.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>

#include "host/crystals/symmetry.h"
#include "host/training/sampler.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

// Two face-centred lattices, a quarter of the diagonal apart: diamond where both elements are alike, zinc blende otherwise.
Structure two_lattices(int first, int second) {
    Structure structure;
    structure.name = "test";
    structure.cell = {5.5, 5.5, 5.5, 90, 90, 90};
    structure.operations = {{{1, 0, 0, 0, 1, 0, 0, 0, 1}, {}}};
    for (const auto& [x, y, z] : std::vector<std::array<double, 3>>{{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}}) {
        structure.atoms.push_back({"", first, {x, y, z}});
        structure.atoms.push_back({"", second, {x + 0.25, y + 0.25, z + 0.25}});
    }
    return standardise(structure).structure;
}

TEST(PowderGroup, AnOrderedModelShowsTheSymmetryOfItsParent) {
    const Structure ordered = two_lattices(13, 14);
    ASSERT_EQ(ordered.space_group, 216);
    EXPECT_EQ(powder_group(ordered), 227);
    // Titanium and gallium are alike enough for a parent to be looked for; 200 and 222, forbidden in diamond, tell its pattern apart where
    // one looks closely.
    EXPECT_EQ(powder_group(two_lattices(22, 31), {.similarity = 0.999}), 216);
    EXPECT_EQ(powder_group(two_lattices(22, 31), {.similarity = 0.9}), 227);
    EXPECT_EQ(powder_group(two_lattices(30, 16), {.similarity = 0.5}), 216) << "zinc blende has no parent";
}

TEST(PowderGroup, WhatWasDeterminedStays) {
    Structure determined = two_lattices(13, 14);
    determined.claimed_space_group = 216;
    EXPECT_EQ(powder_group(determined), 216);
    determined.claimed_space_group = 1;  // all atoms listed
    EXPECT_EQ(powder_group(determined), 227);
}

TEST(PowderGroup, IsKeptInLibrariesAndDrawnFor) {
    const test::TemporaryDirectory folder;
    StructureLibrary library;
    library.add(two_lattices(13, 14));
    library.add(two_lattices(30, 16));
    library.write(folder / "without.h5");
    EXPECT_FALSE(StructureLibrary::read(folder / "without.h5").has_powder_groups());

    ThreadPool pool(2);
    EXPECT_EQ(find_powder_groups(library, pool), 1);
    library.write(folder / "with.h5");
    StructureLibrary read = StructureLibrary::read(folder / "with.h5");
    EXPECT_EQ(read.powder_group, (std::vector<std::uint16_t>{227, 216}));
    EXPECT_EQ(read.space_group, (std::vector<std::uint16_t>{216, 216}));
    EXPECT_EQ(read.subset({1}).powder_group, std::vector<std::uint16_t>{216});
    use_powder_groups(read);
    EXPECT_EQ(Sampler(read.view(), Target::space_group, 1).count()[226], 1u);
}

TEST(PowderGroup, MergeFindsThemAndTrainingAsksForThem) {
    const test::TemporaryDirectory folder;
    const std::string cifs = (test::source_dir() / "data/minerals").string();
    ASSERT_EQ(test::run_friedel("ingest -q '" + cifs + "' -o a.h5", folder.path).status, 0);
    const std::string train = " --preset quick --steps 12 --set training.labels=powder -q -o model.h5";
    const auto refused = test::run_friedel("train a.h5" + train, folder.path);
    EXPECT_NE(refused.status, 0);
    EXPECT_NE(refused.err.find("friedel merge --powder-groups"), std::string::npos) << refused.err;
    const auto merged = test::run_friedel("merge a.h5 --powder-groups -o b.h5", folder.path);
    ASSERT_EQ(merged.status, 0) << merged.err;
    EXPECT_NE(merged.out.find("show another space group as powders"), std::string::npos) << merged.out;
    EXPECT_NE(test::run_friedel("info b.h5", folder.path).out.find("other as powders"), std::string::npos);
    const auto trained = test::run_friedel("train b.h5" + train, folder.path);
    EXPECT_EQ(trained.status, 0) << trained.err;
    // What is held out is judged by the same groups, where it has them: the very same patterns otherwise than without.
    StructureLibrary held_out;
    held_out.add(two_lattices(13, 14));
    held_out.write(folder / "without.h5");
    ThreadPool pool(1);
    ASSERT_EQ(find_powder_groups(held_out, pool), 1);
    held_out.write(folder / "with.h5");
    // The last row of the metrics by the names of its columns.
    const auto metrics = [&](const std::string& library) {
        const auto run = test::run_friedel("train b.h5 --validation " + library + ".h5" + train + "_" + library, folder.path);
        EXPECT_EQ(run.status, 0) << run.err;
        std::map<std::string, std::string> row;
        std::istringstream text(test::read_text(folder / ("model.h5_" + library + ".metrics.csv")));
        std::string names, line, name, value;
        std::getline(text, names);
        while (std::getline(text, line)) {
            std::istringstream of_names(names), of_line(line);
            while (std::getline(of_names, name, ',') && std::getline(of_line, value, ',')) row[name] = value;
        }
        return row;
    };
    auto with = metrics("with"), without = metrics("without");
    EXPECT_NE(with["loss"], "");
    EXPECT_EQ(with["loss"], without["loss"]) << "they train alike";
    EXPECT_NE(with["simulated_loss"], without["simulated_loss"]);
}

}  // namespace
}  // namespace friedel
