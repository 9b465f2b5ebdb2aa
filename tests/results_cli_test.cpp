// What results say beside the answer: names of patterns in stacks, reasons, and what made the files.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/support/hdf5_file.h"
#include "tests/csv_table.h"
#include "tests/model_commands.h"

namespace friedel {
namespace {

using nlohmann::json;

std::vector<std::string> lines_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

using test::CsvTable;

class ResultsCommand : public ::testing::Test {
protected:
    void SetUp() override {
        const std::string minerals = (test::source_dir() / "data/minerals/").string();
        run("ingest -q '" + minerals + "' -o minerals.h5");
        run("simulate '" + minerals + "quartz.cif' '" + minerals + "rutile.cif' -o stack.h5");
    }
    std::string run(const std::string& command) {
        const auto result = test::run_friedel(command, folder.path);
        EXPECT_EQ(result.status, 0) << command << ": " << result.err;
        return result.out;
    }
    test::TemporaryDirectory folder;
};

TEST_F(ResultsCommand, NameThePatternsOfStacks) {
    run("classify stack.h5 --structures none -o c.csv");
    run("classify stack.h5 --structures none -o c.jsonl");
    run("match minerals.h5 stack.h5 -o m.csv");
    run("index stack.h5 -q -o i.csv");
    EXPECT_NE(CsvTable(folder / "c.csv").at(1, "name").find("rutile.cif"), std::string::npos);
    EXPECT_NE(json::parse(lines_of(folder / "c.jsonl").at(1)).at("name").get<std::string>().find("rutile.cif"), std::string::npos);
    EXPECT_NE(CsvTable(folder / "m.csv").at(0, "name").find("quartz.cif"), std::string::npos);
    EXPECT_NE(CsvTable(folder / "i.csv").at(1, "name").find("rutile.cif"), std::string::npos);
}

// One pattern of a stack, by the name that results give it, is what it is among the others.
TEST_F(ResultsCommand, NamesOfResultsNamePatterns) {
    run("classify stack.h5 --structures none -o all.csv");
    run("classify 'stack.h5[1]' --structures none -o one.csv");
    EXPECT_EQ(lines_of(folder / "one.csv").at(1), lines_of(folder / "all.csv").at(2));
    EXPECT_NE(run("match minerals.h5 'stack.h5[1]'").find("stack.h5[1]"), std::string::npos);
    EXPECT_NE(run("index 'stack.h5[1]'").find("stack.h5[1]"), std::string::npos);
    EXPECT_NE(run("info 'stack.h5[1]'").find("stack.h5[1]: a measured pattern of 8500 points"), std::string::npos);
    test::write_text(folder / "labels.csv", "file,space_group\nstack.h5[1],136\n");
    EXPECT_NE(run("match minerals.h5 --labels labels.csv").find("1 pattern"), std::string::npos);
    EXPECT_NE(test::run_friedel("classify 'stack.h5[2]'", folder.path).err.find("holds 2 patterns, counted from 0; there is no [2]"),
              std::string::npos);
    EXPECT_NE(test::run_friedel("classify 'stack.h5[1]' -o stack.h5", folder.path).err.find("would be written over"), std::string::npos);
}

// Patterns can do without names.
TEST_F(ResultsCommand, StacksWithOtherNamesAreRead) {
    const std::vector<float> pattern = [] {
        std::vector<float> values(500);
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(1 + i % 7);
        return values;
    }();
    const FileKind patterns{"patterns", 1, ""};
    for (const char* kind : {"few", "numbers"}) {
        H5File file = H5File::create(folder / (std::string(kind) + ".h5"), patterns);
        file.write("patterns", pattern.data(), {2, 250});
        file.write_attribute("patterns", "start_deg", 5.0);
        file.write_attribute("patterns", "step_deg", 0.3);
        file.write_attribute("patterns", "wavelength_angstrom", 1.54184);
        if (std::string(kind) == "few")
            file.write_strings("name", {"one"});
        else
            file.write("name", pattern.data(), {2});
        file.commit();
        EXPECT_NE(run("classify " + std::string(kind) + ".h5 --structures none").find(std::string(kind) + ".h5[1]"), std::string::npos);
    }
}

TEST_F(ResultsCommand, IndexGivesItsAnswer) {
    run("index stack.h5 -q -o i.csv");
    run("index stack.h5 -q -o i.jsonl");
    EXPECT_EQ(CsvTable(folder / "i.csv").at(1, "space_group"), "136");
    EXPECT_EQ(CsvTable(folder / "i.csv").at(1, "groups_of_absences"), "P42nm P-4n2 P42/mnm");
    const json rutile = json::parse(lines_of(folder / "i.jsonl").at(1));
    EXPECT_EQ(rutile.at("cells").at(0).at("lattice"), "tP");
    EXPECT_NEAR(rutile.at("cells").at(0).at("cell").at(0), 4.5937, 5e-4);
    EXPECT_EQ(rutile.at("space_groups").at(0).at("space_group"), 136);
    EXPECT_EQ(lines_of(folder / "i.csv").at(0).find("file,indexed,lines"), 0u);
    EXPECT_EQ(CsvTable(folder / "i.csv").row(0).size(), CsvTable(folder / "i.csv").header().size());
}

TEST_F(ResultsCommand, MatchSaysWhatItCannotTell) {
    std::string noise;
    for (int i = 0; i < 4000; ++i) noise += std::to_string(5 + 0.02 * i) + ' ' + std::to_string(100 + (i * 7919) % 101) + '\n';
    std::ofstream(folder / "noise.xy") << noise;
    run("match minerals.h5 noise.xy -o m.csv");
    run("match minerals.h5 noise.xy -o m.jsonl");
    EXPECT_NE(CsvTable(folder / "m.csv").at(0, "reason").find("unlike any of the 52 structures"), std::string::npos);
    EXPECT_FALSE(json::parse(lines_of(folder / "m.jsonl").at(0)).contains("space_group"));
    EXPECT_NE(run("match minerals.h5 noise.xy").find("noise.xy  unlike any of the 52 structures"), std::string::npos);
}

TEST_F(ResultsCommand, FilesSayWhatMadeThem) {
    run("simulate minerals.h5 --random 2 --seed 7 -o drawn.h5");
    EXPECT_NE(run("info drawn.h5 --config").find("seed=7"), std::string::npos);
    EXPECT_NE(run("info drawn.h5 --config").find("[simulation]"), std::string::npos);
    run("merge minerals.h5 --lacking O -o merged.h5");
    EXPECT_NE(run("info merged.h5").find("minerals.h5, lacking O"), std::string::npos);
    run("generate -n 5 --groups 1-5 --tempering 0 -o made.h5");
    EXPECT_NE(run("info made.h5").find("groups 1-5, tempering 0"), std::string::npos);
}

TEST_F(ResultsCommand, QuietCommandsPrintTheirAnswersAlone) {
    EXPECT_EQ(run("merge minerals.h5 -q -o merged.h5"), "");
    EXPECT_EQ(run("ingest '" + (test::source_dir() / "data/minerals/quartz.cif").string() + "' -q -o quartz.h5"), "");
    EXPECT_EQ(run("simulate minerals.h5 --random 2 --threads 1 -q -o drawn.h5 --plot drawn.svg"), "");
    EXPECT_EQ(run("info drawn.h5 --config").find("threads"), std::string::npos) << "what changes no pattern is not kept";
    EXPECT_NE(run("index stack.h5 -q").find("stack.h5[1]"), std::string::npos);
    EXPECT_EQ(run("index stack.h5 -o i.csv"), "");
}

// One row for a pattern: that of a stack or folder which could not be read is none once its patterns have been.
TEST_F(ResultsCommand, WhatIsReadAfterAllTakesThePlaceOfWhatCouldNotBe) {
    const std::string stack = test::read_text(folder / "stack.h5");
    for (const std::string ending : {"csv", "jsonl"}) {
        SCOPED_TRACE(ending);
        std::filesystem::remove_all(folder / "later");
        test::write_text(folder / "stack.h5", stack.substr(0, stack.size() / 2));
        const std::string command = "classify -q --structures none absent.xy stack.h5 later/ -o r." + ending;
        EXPECT_EQ(test::run_friedel(command, folder.path).status, 1);
        const std::size_t header = ending == "csv";
        EXPECT_EQ(lines_of(folder / ("r." + ending)).size(), 3 + header);
        test::write_text(folder / "stack.h5", stack);
        std::filesystem::create_directory(folder / "later");
        std::filesystem::copy(test::source_dir() / "data/examples/quartz.xy", folder / "later");
        EXPECT_EQ(test::run_friedel(command + " --resume", folder.path).status, 1) << "absent.xy is absent still";
        const std::vector<std::string> lines = lines_of(folder / ("r." + ending));
        ASSERT_EQ(lines.size(), 4 + header);
        EXPECT_NE(lines[header].find("absent.xy"), std::string::npos);
        EXPECT_NE(lines[1 + header].find("stack.h5[0]"), std::string::npos);
        EXPECT_NE(lines[3 + header].find("later/quartz.xy"), std::string::npos);
    }
}

// Every format tells what could not be read from what was read and lies beyond the model's range, where coverage is nought, too.
TEST_F(ResultsCommand, OnlyWhatCouldNotBeReadIsUnread) {
    test::untrained_model().write(folder / "model.h5");
    std::string beyond = "# wavelength 1.5405929\n", against_q = "# Q (1/A) intensity\n";
    for (int i = 0; i < 500; ++i) {
        const std::string intensity = std::to_string(100 + (i * 7919) % 101) + '\n';
        beyond += std::to_string(100 + 0.05 * i) + ' ' + intensity;
        against_q += std::to_string(0.5 + 0.01 * i) + ' ' + intensity;
    }
    test::write_text(folder / "beyond.xy", beyond);
    test::write_text(folder / "q.xy", against_q);
    test::write_text(folder / "bad.xy", "no numbers\n");
    std::filesystem::copy(test::source_dir() / "data/examples/quartz.xy", folder / "quartz.xy");
    const auto status = [&](const std::string& arguments, bool told) {
        const auto result = test::run_friedel("classify -q model.h5 " + arguments, folder.path);
        EXPECT_EQ(result.err.find("1 of those that were there already could not be read then") != std::string::npos, told)
            << arguments << ": " << result.err;
        return result.status;
    };
    const std::string whole = "quartz.xy beyond.xy q.xy", with_bad = whole + " bad.xy";
    for (const std::string ending : {"csv", "jsonl"}) {
        EXPECT_EQ(status(whole + " -o whole." + ending, false), 0);
        EXPECT_EQ(status(whole + " -o whole." + ending + " --resume", false), 0) << ending;
        EXPECT_EQ(status(with_bad + " -o all." + ending, false), 1);
        EXPECT_EQ(status(with_bad + " -o all." + ending + " --resume", true), 1) << ending;
    }
    EXPECT_EQ(status(with_bad + " -o all.h5", false), 1);
    const CsvTable table(folder / "all.csv");
    const auto lines = lines_of(folder / "all.jsonl");
    const H5File all = H5File::open(folder / "all.h5", {"classification", 1, ""});
    const auto sources = all.read<std::uint8_t>("wavelength_from");
    const auto coverage = all.read<float>("coverage");
    ASSERT_EQ(table.size(), 4u);
    ASSERT_EQ(lines.size(), 4u);
    ASSERT_EQ(sources.size(), 4u);
    EXPECT_EQ(coverage[1], 0) << "beyond the model's range";
    for (std::size_t i = 0; i < 4; ++i) {
        const bool unread = i == 3;
        EXPECT_EQ(table.at(i, "wavelength_from").empty(), unread) << i;
        EXPECT_EQ(sources[i] == 0, unread) << i;
        EXPECT_EQ(json::parse(lines[i]).value("wavelength_from", ""), table.at(i, "wavelength_from")) << i;
    }
}

// Of a model that started from another one trained on these structures.
TEST_F(ResultsCommand, ModelsRememberWhatTheyStartedFrom) {
    run("split minerals.h5 --train train.h5 --test test.h5 --fraction 0.3");
    const std::string quick =
        " --preset quick --set training.batch=32 --set 'network.hidden=[8]' --set optimiser.warmup_steps=0 --steps 2 ";
    run("train test.h5" + quick + "-o first.h5");
    const auto second =
        test::run_friedel("train train.h5" + quick + "--start-from first.h5 --validation test.h5 -o second.h5", folder.path);
    EXPECT_NE(second.err.find("is what the network is or was trained on"), std::string::npos) << second.err;
    run("evaluate second.h5 --library test.h5 --patterns 5 -o evaluation");
    std::ifstream in(folder / "evaluation/metrics.json");
    EXPECT_EQ(json::parse(in).at("simulated").at("trained_on_this_library"), true);
    run("train train.h5 --stream synthetic:1" + quick + "-o generated.h5");
    const json info = json::parse(run("info generated.h5 --json"));
    EXPECT_EQ(info.at("library"), "generated crystals alone");
    EXPECT_EQ(info.at("statistics_hash").get<std::string>().size(), 16u);
    EXPECT_EQ(info.at("finished"), true);
}

// A curve belongs to its model.
TEST_F(ResultsCommand, AFinishedModelKeepsItsCurve) {
    const std::string quick =
        " --preset quick --set training.batch=32 --set 'network.hidden=[8]' --set optimiser.warmup_steps=0 --steps 3 ";
    run("train minerals.h5" + quick + "-o model.h5");
    const std::vector<std::string> curve = lines_of(folder / "model.h5.metrics.csv");
    ASSERT_FALSE(curve.empty());
    const auto interrupted = test::run_script(
        "\"$friedel\" train minerals.h5 --device cpu --preset quick --minutes 5 --set training.report_seconds=0.1 --log log.jsonl -q "
        "-o model.h5 &\npid=$!\n"
        "for i in $(seq 600); do grep -q '\"report\"' log.jsonl 2>/dev/null && break; sleep 0.05; done\nkill -INT $pid\nwait $pid\n",
        folder.path);
    EXPECT_EQ(interrupted.status, 130) << interrupted.err;
    EXPECT_EQ(lines_of(folder / "model.h5.metrics.csv.old"), curve);
    EXPECT_NE(lines_of(folder / "model.h5.metrics.csv"), curve);
    for (const auto& entry : std::filesystem::directory_iterator(folder.path)) {
        if (entry.path().string().find(".checkpoint.") != std::string::npos) std::filesystem::remove(entry.path());
    }
    run("train minerals.h5" + quick + "-o model.h5");
    EXPECT_FALSE(std::filesystem::exists(folder / "model.h5.metrics.csv.old"));
}

}  // namespace
}  // namespace friedel
