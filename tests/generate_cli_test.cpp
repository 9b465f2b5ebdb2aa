// friedel generate, statistics and train --stream as programs.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <numeric>

#include "host/crystals/crystal_statistics.h"
#include "host/network/model.h"
#include "host/training/sampler.h"
#include "host/crystals/structure_library.h"
#include "tests/refusals.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;

class GenerateCommand : public ::testing::Test {
protected:
    test::RunResult run(const std::string& arguments) { return test::run_friedel(arguments, folder.path); }
    void expect_refused(const std::string& arguments, const std::string& what, int status = 1) {
        test::expect_refused(arguments, what, status, folder.path);
    }
    test::TemporaryDirectory folder;
};

TEST_F(GenerateCommand, WritesALibraryThatEverythingReads) {
    ASSERT_EQ(run("generate -q -n 460 --tempering 0 --statistics uniform -o a.h5").status, 0);
    const StructureLibrary library = StructureLibrary::read(folder / "a.h5");
    EXPECT_GE(library.size(), 459);
    const auto json = nlohmann::json::parse(run("info --json a.h5").out);
    EXPECT_GE(json["space_groups"].size(), 180u) << "460 crystals of groups that are alike";
    EXPECT_EQ(run("split a.h5 --train t.h5 --test u.h5 --fraction 0.2").status, 0);
    EXPECT_EQ(run("statistics a.h5 -o s.h5").status, 0);
    EXPECT_NE(run("info s.h5").out.find("statistics of crystals"), std::string::npos);
    const test::RunResult table = run("statistics --compare a.h5 t.h5");
    EXPECT_EQ(table.status, 0) << table.err;
    EXPECT_NE(table.out.find("volume per atom"), std::string::npos);
    EXPECT_EQ(run("statistics --compare a.h5 a.h5 -o page.html").status, 0);
    const std::string page = test::read_text(folder / "page.html");
    pugi::xml_document document;
    EXPECT_TRUE(document.load_string(page.c_str())) << "well-formed";
    EXPECT_EQ(document.select_nodes("//figure").size(), 10u);
    EXPECT_NE(page.find("460 and 460 values; the distribution functions differ by at most 0.000"), std::string::npos);
    ASSERT_EQ(run("generate -q -n 20 --groups 225,1-3 --statistics s.h5 -o b.h5").status, 0);
    for (std::uint16_t group : StructureLibrary::read(folder / "b.h5").space_group) EXPECT_TRUE(group <= 3 || group == 225) << group;
}

TEST_F(GenerateCommand, IsAFunctionOfTheSeed) {
    ASSERT_EQ(run("generate -q -n 40 --threads 1 -o a.h5").status, 0);
    ASSERT_EQ(run("generate -q -n 40 --threads 3 -o b.h5").status, 0);
    ASSERT_EQ(run("generate -q -n 40 --seed 2 -o c.h5").status, 0);
    const auto position = [&](const char* file) { return StructureLibrary::read(folder / file).position; };
    EXPECT_EQ(position("a.h5"), position("b.h5"));
    EXPECT_NE(position("a.h5"), position("c.h5"));
}

TEST_F(GenerateCommand, RefusesWhatCannotBe) {
    expect_refused("generate -n 10 --groups 231 -o out.h5", "'231' is no space group", 2);
    expect_refused("generate -n 10 --groups 5-2 -o out.h5", "'5-2' is no space group", 2);
    expect_refused("generate -n 10 --groups cubic -o out.h5", "'cubic' is no space group", 2);
    expect_refused("generate -n 10 --statistics nowhere.h5 -o out.h5", "nowhere.h5");
    expect_refused("generate -n 0 -o out.h5", "-n", 2);
    expect_refused("generate -n 10 --tempering 2 -o out.h5", "--tempering", 2);
    expect_refused("generate -q -n 10 -o no/such/out.h5", "no/such/out.h5");
    ASSERT_EQ(run("generate -q -n 10 -o a.h5").status, 0);
    expect_refused("generate -n 10 --statistics a.h5 -o out.h5", "is of the kind 'structure library', not 'crystal statistics'");
    expect_refused("statistics a.h5", "no file named to write", 2);
    expect_refused("statistics --compare a.h5", "needs two structure libraries", 2);
    expect_refused("statistics --compare a.h5 a.h5 -o out.h5", "leave out -o", 2);
}

const std::string small =
    " --preset quick --set grid.step_deg=0.2 --set grid.points=425 --set 'network.hidden=[32]' --set network.dropout=0.1"
    " --set training.batch=64 --set optimiser.warmup_steps=2 --steps 6 --device cpu -q ";

TEST_F(GenerateCommand, TrainsOnWhatItMakes) {
    ASSERT_EQ(run("generate -q -n 200 --groups 1-100 -o a.h5").status, 0);
    EXPECT_EQ(run("train" + small + "--stream synthetic:1 -o m.h5").status, 0) << "needs no library";
    EXPECT_EQ(Model::read(folder / "m.h5").provenance.library, "generated crystals alone");
    EXPECT_EQ(run("train a.h5" + small + "--stream synthetic:0.3,library:0.7 --threads 1 -o m.h5").status, 0);
    EXPECT_EQ(run("train a.h5" + small + "--set training.synthetic=0.3 --threads 2 -o n.h5").status, 0);
    EXPECT_EQ(Model::read(folder / "m.h5").members, Model::read(folder / "n.h5").members);
    EXPECT_EQ(run("train a.h5" + small + "--set training.synthetic=0.3 --statistics uniform -o n.h5").status, 0);
    EXPECT_NE(Model::read(folder / "m.h5").members, Model::read(folder / "n.h5").members);
    expect_refused("train" + small + "-o out.h5", "no structure library named for 100 % of the patterns");
    expect_refused("train" + small + "--stream synthetic:1,library:1 -o out.h5", "no structure library named for 50 %");
    expect_refused("train a.h5" + small + "--stream synthetic:x -o out.h5", "'x' is no part", 2);
    expect_refused("train a.h5" + small + "--stream cif:1 -o out.h5", "'cif' is no source", 2);
    expect_refused("train a.h5" + small + "--stream library:1,library:2 -o out.h5", "names library twice", 2);
    expect_refused("train a.h5" + small + "--stream library:0 -o out.h5", "leaves nothing to train on", 2);
    expect_refused("train a.h5" + small + "--statistics nowhere.h5 -o out.h5", "nowhere.h5");
}

// Groups that the library lacks are each as likely as one structure, all together at most what is given for them.
TEST(SyntheticShare, FillsGroupsAndMixesSources) {
    StructureLibrary library;
    {
        const test::TemporaryDirectory folder;
        ASSERT_EQ(test::run_friedel("generate -q -n 3000 --groups 1-228 --tempering 0 -o a.h5", folder.path).status, 0);
        library = StructureLibrary::read(folder / "a.h5");
    }
    SyntheticShare synthetic;
    synthetic.group_share.assign(space_groups, 1.0 / space_groups);
    const auto shares = [&](double tempering, Target target = Target::space_group) {
        const Sampler sampler(library.view(), target, tempering, synthetic);
        const SamplerView view = sampler.view();
        std::vector<double> of_label(static_cast<std::size_t>(classes_of(target)));
        double generated = 0, before = 0;
        for (int c = 0; c < view.classes; ++c) {
            const double share = view.cumulative[c] - before;
            before = view.cumulative[c];
            of_label[static_cast<std::size_t>(view.label[c])] += share;
            if (view.structures[view.first[c]] < 0) {
                generated += share;
                EXPECT_EQ(class_of(target, -view.structures[view.first[c]]), view.label[c]);
            }
        }
        return std::pair{generated, of_label};
    };
    EXPECT_NEAR(shares(1).first, 0, 1e-6) << "off unless asked for";
    EXPECT_NEAR(shares(1).second[228], 0, 1e-6);
    synthetic.fill = 0.1;
    EXPECT_NEAR(shares(1).first, 2.0 / (library.size() + 2), 1e-4) << "two groups are lacking";
    EXPECT_NEAR(shares(0).second[228], 1.0 / 230, 1e-5);
    EXPECT_NEAR(shares(0, Target::crystal_system).first, 2.0 / 9, 0.13) << "at most a tenth";
    EXPECT_LE(shares(0, Target::crystal_system).first, 0.1001);
    synthetic.share = 0.5;
    EXPECT_NEAR(shares(0).first, 0.5 + 0.5 * 2 / 230, 1e-4);
    EXPECT_NEAR(shares(0).second[9], 1.0 / 230, 1e-4);
    synthetic.share = 1;
    library = {};
    EXPECT_NEAR(shares(1).first, 1, 1e-6);
}

}  // namespace
}  // namespace friedel
