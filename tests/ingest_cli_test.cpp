// The program as its user meets it: friedel ingest, info and split.
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <thread>

#include "host/crystals/structure_library.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

using nlohmann::json;
using test::RunResult;
namespace fs = std::filesystem;

const std::string quartz = R"(data_quartz
_cell_length_a 4.9134
_cell_length_b 4.9134
_cell_length_c 5.4052
_cell_angle_gamma 120
_symmetry_space_group_name_H-M 'P 32 2 1'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Si1 0.4697 0 0.6666667
O1 0.4135 0.2669 0.7858
)";

std::string minerals() { return "'" + (test::source_dir() / "data" / "minerals").string() + "'"; }

TEST(IngestCommand, MineralsEndToEnd) {
    const test::TemporaryDirectory folder;
    const RunResult run = test::run_friedel("ingest " + minerals() + " -o lib.h5 --json", folder.path);
    ASSERT_EQ(run.status, 0) << run.err;
    const json summary = json::parse(run.out);
    EXPECT_EQ(summary["files"], 52);
    EXPECT_EQ(summary["structures"], 52);
    EXPECT_EQ(summary["relabelled"], 0);
    EXPECT_EQ(summary["crystal_systems"]["cubic"], 16);
    EXPECT_EQ(summary["space_groups"]["154"], 1);
    EXPECT_TRUE(summary["rejections"].empty());

    const RunResult info = test::run_friedel("info lib.h5", folder.path);
    EXPECT_EQ(info.status, 0) << info.err;
    EXPECT_NE(info.out.find("structures        52"), std::string::npos) << info.out;
    EXPECT_EQ(json::parse(test::run_friedel("info --json lib.h5", folder.path).out)["space_groups"], summary["space_groups"]);
}

TEST(IngestCommand, NumberOfProcessesDoesNotMatter) {
    const test::TemporaryDirectory folder;
    ASSERT_EQ(test::run_friedel("ingest " + minerals() + " -o one.h5 --threads 1", folder.path).status, 0);
    ASSERT_EQ(test::run_friedel("ingest " + minerals() + " -o three.h5 --threads 3", folder.path).status, 0);
    EXPECT_TRUE(test::read_text(folder / "one.h5") == test::read_text(folder / "three.h5"));
}

TEST(IngestCommand, BadFilesAreRowsAndTheRestIsDone) {
    const test::TemporaryDirectory folder;
    fs::create_directories(folder / "in");
    test::write_text(folder / "in" / "a.cif", quartz);
    test::write_text(folder / "in" / "b.cif", quartz);
    test::write_text(folder / "in" / "empty.cif", "");
    test::write_text(folder / "in" / "ragged.cif", quartz + "Si2 0 0\n");
    test::write_text(folder / "in" / "junk.cif", std::string("\0\1\2", 3));
    const RunResult run = test::run_friedel("ingest in none.cif -o lib.h5", folder.path);
    EXPECT_EQ(run.status, 1) << "a path asked for by name is missing";
    EXPECT_EQ(run.err, "friedel: none.cif: cannot be read (No such file or directory); check the name and the permissions\n");
    EXPECT_NE(run.out.find("1 structures"), std::string::npos) << run.out;
    EXPECT_NE(run.out.find("repeats another structure"), std::string::npos) << run.out;

    const std::string rows = test::run_friedel("info lib.h5 --rejections", folder.path).out;
    EXPECT_NE(rows.find("in/empty.cif\t\tis empty"), std::string::npos) << rows;
    EXPECT_NE(rows.find("in/ragged.cif\tquartz\tthe loop of _atom_site_label has 11 values for 4 columns, line 7"), std::string::npos)
        << rows;
    EXPECT_NE(rows.find("in/junk.cif\t\tis binary"), std::string::npos) << rows;
    EXPECT_NE(rows.find("in/b.cif\t\trepeats in/a.cif"), std::string::npos) << rows;

    EXPECT_EQ(test::run_friedel("ingest in -o kept.h5 --keep-duplicates", folder.path).status, 0);
    EXPECT_EQ(StructureLibrary::read(folder / "kept.h5").size(), 2);
}

TEST(IngestCommand, WhatFilesLeaveInDoubtIsCounted) {
    const test::TemporaryDirectory folder;
    test::write_text(folder / "cuprite.cif",
                     "data_x\n_cell_length_a 4.27\n_cell_length_b 4.27\n_cell_length_c 4.27\n_symmetry_space_group_name_H-M 'P n -3 m'\n"
                     "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nCu1 .25 .25 .25\nO1 0 0 0\n");
    test::write_text(folder / "quartz.cif", quartz);
    const std::string atoms =
        "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nNa1 0 0 0\nCl1 .5 .5 .5\n";
    const std::string cell = "data_x\n_cell_length_a 5.64\n_cell_length_b 5.64\n_cell_length_c 5.64\n";
    test::write_text(folder / "no_symmetry.cif", cell + atoms);
    test::write_text(folder / "two_groups.cif",
                     cell + "_symmetry_space_group_name_H-M 'F m -3 m'\n_symmetry_Int_Tables_number 221\n" + atoms);
    const RunResult run = test::run_friedel("ingest . -o lib.h5", folder.path);
    ASSERT_EQ(run.status, 0) << run.err;
    for (const char* line : {"1 structures fit either of two origins that their files leave open: choice 2 was taken",
                             "1 structures are from files that state no symmetry: taken as P1",
                             "1 structures have a symbol and a number of two space groups: the symbol was taken"})
        EXPECT_NE(run.out.find(line), std::string::npos) << run.out;
    const json counts = json::parse(test::run_friedel("ingest . -q --json -o lib2.h5", folder.path).out);
    for (const char* kind : {"origins_assumed", "without_symmetry", "contradicted"}) EXPECT_EQ(counts[kind], 1) << kind;
}

TEST(IngestCommand, NothingFoundWritesNothing) {
    const test::TemporaryDirectory folder;
    test::write_text(folder / "bad.cif", "data_x\n");
    const RunResult run = test::run_friedel("ingest bad.cif -o lib.h5", folder.path);
    EXPECT_EQ(run.status, 1);
    EXPECT_EQ(run.err, "friedel: bad.cif: no unit cell (_cell_length_a is missing); no structure was found, nothing was written\n");
    EXPECT_FALSE(fs::exists(folder / "lib.h5"));
}

TEST(IngestCommand, OptionsAreChecked) {
    const test::TemporaryDirectory folder;
    test::write_text(folder / "a.cif", quartz);
    EXPECT_EQ(test::run_friedel("ingest a.cif", folder.path).status, 2) << "no output";
    EXPECT_EQ(test::run_friedel("ingest a.cif -o lib.h5 --max-atoms 0", folder.path).status, 2);
    EXPECT_EQ(test::run_friedel("ingest a.cif -o lib.h5 --symprec 0.1x", folder.path).status, 2);
    EXPECT_EQ(test::run_friedel("ingest a.cif -o .", folder.path).status, 1);
    EXPECT_EQ(test::run_friedel("ingest a.cif -o none/lib.h5", folder.path).status, 1);
    const RunResult small = test::run_friedel("ingest a.cif -o lib.h5 --max-atoms 5", folder.path);
    EXPECT_NE(small.err.find("holds 9 atoms, more than the limit of 5"), std::string::npos) << small.err;
}

// Whether a process has a handler for the signal, as Linux tells it.
bool catches(pid_t process, int signal) {
    std::ifstream status("/proc/" + std::to_string(process) + "/status");
    for (std::string name, value; status >> name && std::getline(status, value);) {
        if (name == "SigCgt:") return std::stoull(value, nullptr, 16) >> (signal - 1) & 1;
    }
    return false;
}

TEST(IngestCommand, InterruptLeavesNothing) {
    const test::TemporaryDirectory folder;
    // Enough files that the program is still at work when the signal comes.
    fs::create_directories(folder / "in");
    for (int i = 0; i < 4000; ++i) test::write_text(folder / "in" / (std::to_string(i) + ".cif"), quartz);
    const pid_t child = fork();
    if (child == 0) {
        if (chdir(folder.path.c_str()) != 0) _exit(99);
        freopen("err", "w", stderr);
        freopen("out", "w", stdout);
        execl(test::program().c_str(), "friedel", "ingest", "in", "-o", "lib.h5", "--threads", "1", nullptr);
        _exit(99);
    }
    for (int i = 0; i < 1000 && !catches(child, SIGINT); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_TRUE(catches(child, SIGINT));
    kill(child, SIGINT);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGINT) << status;
    EXPECT_EQ(test::read_text(folder / "err"), "friedel: interrupted; nothing was written\n");
    for (const auto& entry : fs::directory_iterator(folder.path)) {
        EXPECT_TRUE(entry.path().extension() != ".h5" && entry.path().extension() != ".tmp") << entry.path();
    }
}

TEST(InfoCommand, RefusesOtherFiles) {
    const test::TemporaryDirectory folder;
    test::write_text(folder / "a.txt", "text");
    EXPECT_EQ(
        test::run_friedel("info a.txt", folder.path).err,
        "friedel: a.txt: no rows of two or three numbers; write angle, intensity and optionally its standard deviation in each row\n");
    EXPECT_EQ(test::run_friedel("info none.h5", folder.path).status, 1);
    H5File file = H5File::create(folder / "odd.h5", {"riddle", 1, ""});
    file.commit();
    EXPECT_NE(test::run_friedel("info odd.h5", folder.path).err.find("is of kind 'riddle'"), std::string::npos);
}

// Fluorite and ceria are of one type, whatever their elements and cells.
TEST(MergeCommand, LeavesOutTheTypesOfALibraryThatIsHeldOut) {
    const test::TemporaryDirectory folder;
    ASSERT_EQ(test::run_friedel("ingest -q " + minerals() + " -o lib.h5", folder.path).status, 0);
    ASSERT_EQ(test::run_friedel("ingest -q '" + (test::source_dir() / "data/minerals/fluorite.cif").string() + "' -o held.h5", folder.path)
                  .status,
              0);
    const RunResult run = test::run_friedel("merge lib.h5 --without-types-of held.h5 -o rest.h5", folder.path);
    ASSERT_EQ(run.status, 0) << run.err;
    EXPECT_NE(run.out.find("       2 are of a type in held.h5 and are left out\n"), std::string::npos) << run.out;
    const StructureLibrary all = StructureLibrary::read(folder / "lib.h5"), rest = StructureLibrary::read(folder / "rest.h5");
    std::vector<std::string> left_out;
    for (const std::string& name : all.name) {
        if (std::count(rest.name.begin(), rest.name.end(), name) == 0) left_out.push_back(fs::path(name).filename().string());
    }
    EXPECT_EQ(left_out, (std::vector<std::string>{"CeO2.cif", "fluorite.cif"}));
    EXPECT_EQ(rest.size(), 50);
    EXPECT_NE(test::run_friedel("info rest.h5", folder.path).out.find("without types of held.h5"), std::string::npos);

    // What a split held out is held out of what is merged later.
    ASSERT_EQ(test::run_friedel("split lib.h5 --train a.h5 --test b.h5 --fraction 0.25", folder.path).status, 0);
    ASSERT_EQ(test::run_friedel("merge lib.h5 --without-types-of b.h5 -o again.h5", folder.path).status, 0);
    EXPECT_EQ(StructureLibrary::read(folder / "again.h5").name, StructureLibrary::read(folder / "a.h5").name);
    const RunResult nothing = test::run_friedel("merge lib.h5 --without-types-of lib.h5 -o nothing.h5", folder.path);
    EXPECT_EQ(nothing.status, 1);
    EXPECT_NE(nothing.err.find("nothing is left to write"), std::string::npos) << nothing.err;
    EXPECT_FALSE(fs::exists(folder / "nothing.h5"));
}

TEST(SplitCommand, NoTypeIsOnBothSides) {
    const test::TemporaryDirectory folder;
    ASSERT_EQ(test::run_friedel("ingest " + minerals() + " -o lib.h5", folder.path).status, 0);
    const RunResult run = test::run_friedel("split lib.h5 --train a.h5 --test b.h5 --fraction 0.25 --seed 3", folder.path);
    ASSERT_EQ(run.status, 0) << run.err;
    const StructureLibrary train = StructureLibrary::read(folder / "a.h5"), test = StructureLibrary::read(folder / "b.h5");
    EXPECT_EQ(train.size() + test.size(), 52);
    EXPECT_EQ(test.size(), 13);
    std::set<std::string> train_types(train.structure_type_name.begin(), train.structure_type_name.end());
    for (const std::string& type : test.structure_type_name) EXPECT_EQ(train_types.count(type), 0u) << type;

    ASSERT_EQ(test::run_friedel("split lib.h5 --train a2.h5 --test b2.h5 --fraction 0.25 --seed 3", folder.path).status, 0);
    EXPECT_EQ(StructureLibrary::read(folder / "b2.h5").name, test.name);
    ASSERT_EQ(test::run_friedel("split lib.h5 --train a3.h5 --test b3.h5 --fraction 0.25 --seed 4", folder.path).status, 0);
    EXPECT_NE(StructureLibrary::read(folder / "b3.h5").name, test.name);
    EXPECT_EQ(test::run_friedel("split lib.h5 --train a.h5 --test b.h5 --fraction 0", folder.path).status, 1);

    // A library that lacks its first structure is cut nearly alike.
    std::vector<int> rest(51);
    std::iota(rest.begin(), rest.end(), 1);
    StructureLibrary::read(folder / "lib.h5").subset(rest).write(folder / "less.h5");
    ASSERT_EQ(test::run_friedel("split less.h5 --train a4.h5 --test b4.h5 --fraction 0.25 --seed 3", folder.path).status, 0);
    int kept = 0;
    for (const std::string& name : StructureLibrary::read(folder / "b4.h5").name)
        kept += static_cast<int>(std::count(test.name.begin(), test.name.end(), name));
    EXPECT_GE(kept, 11) << "of 13";
}

}  // namespace
}  // namespace friedel
