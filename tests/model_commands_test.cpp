// evaluate, calibrate and what all commands that use a model share, as programs: what they count, and bad input of all kinds.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "host/crystals/structure_library.h"
#include "host/support/text_format.h"
#include "tests/model_commands.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;
using test::CsvTable;
using test::read_text;
using test::untrained_model;
using test::write_text;

using test::ModelCommands;

// Whatever is written can be looked at.
TEST_F(ModelCommands, InfoKnowsEveryKind) {
    ASSERT_EQ(run("classify -q model.h5 examples -o results.h5").status, 0);
    ASSERT_EQ(run("ingest minerals/quartz.cif minerals/topaz.cif -o lib.h5 -q").status, 0);
    ASSERT_EQ(run("match lib.h5 --save-index -q").status, 0);
    ASSERT_EQ(run("statistics lib.h5 -o statistics.h5").status, 0);
    ASSERT_EQ(run("simulate minerals/quartz.cif -o patterns.h5").status, 0);
    for (const auto& [file, says] : std::map<std::string, std::string>{{"results.h5", "results.h5: classification, format 1"},
                                                                       {"lib.index.h5", "lib.index.h5: search index, format 1"},
                                                                       {"statistics.h5", "statistics.h5: statistics of crystals, format 1"},
                                                                       {"patterns.h5", "patterns.h5: simulated patterns, format 1"},
                                                                       {"lib.h5", "lib.h5: structure library, format "},
                                                                       {"model.h5", "model.h5: model, format "}}) {
        const test::RunResult text = run("info " + file), json = run("info --json " + file);
        EXPECT_EQ(text.status, 0) << text.err;
        EXPECT_EQ(text.out.rfind(says, 0), 0u) << text.out;
        EXPECT_TRUE(nlohmann::json::accept(json.out)) << json.out;
    }
    EXPECT_NE(run("info results.h5").out.find("entropy                       8\n"), std::string::npos) << run("info results.h5").out;
    // A pattern of an instrument: what was read from it.
    const test::RunResult pattern = run("info examples/quartz.xy"), json = run("info examples/quartz.xy --json");
    EXPECT_EQ(pattern.status, 0) << pattern.err;
    EXPECT_NE(pattern.out.find("a measured pattern of"), std::string::npos) << pattern.out;
    EXPECT_NEAR(nlohmann::json::parse(json.out)["wavelength_angstrom"].get<double>(), 1.5418, 1e-3) << json.out;
    expect_refused("info minerals/quartz.cif", "a crystal structure and not a measured pattern");
    expect_refused("info examples/quartz.xy --config", "is no file that friedel wrote");
    expect_refused("info nothing.xy", "nothing.xy");
}

// What a command reads is there afterwards.
TEST_F(ModelCommands, InputsAreNotWrittenOver) {
    fs::copy_file(folder / "examples" / "quartz.xy", folder / "q.csv");
    write_text(folder / "predictions.csv", "file,space_group\nq.csv,152\n");
    ASSERT_EQ(run("ingest minerals/quartz.cif minerals/topaz.cif -o lib.h5 -q").status, 0);
    for (const auto& [command, file] : std::vector<std::pair<std::string, std::string>>{
             {"classify model.h5 q.csv -o model.h5", "model.h5"},
             {"classify model.h5 q.csv -o ./q.csv", "q.csv"},
             {"classify model.h5 q.csv --structures lib.h5 -o lib.h5", "lib.h5"},
             {"match lib.h5 q.csv -o q.csv", "q.csv"},
             {"index q.csv -o q.csv", "q.csv"},
             {"index --labels predictions.csv -o predictions.csv", "predictions.csv"},
             {"evaluate model.h5 --labels predictions.csv -o .", "predictions.csv"},
             {"train lib.h5 --steps 1000 -o lib.h5", "lib.h5"},
             {"train --stream synthetic:1 --validation lib.h5 --steps 1000 -o lib.h5", "lib.h5"},
             {"simulate lib.h5 --random 3 -o lib.h5", "lib.h5"},
             {"statistics lib.h5 -o lib.h5", "lib.h5"},
             {"calibrate model.h5 --library lib.h5 --patterns 100 -o lib.h5", "lib.h5"},
             {"ingest minerals/quartz.cif -o minerals/quartz.cif", "minerals/quartz.cif"},
             {"split lib.h5 --train lib.h5 --test t.h5", "lib.h5"},
             {"merge lib.h5 minerals.h5 -o lib.h5", "lib.h5"},
             {"merge minerals.h5 --without-types-of lib.h5 -o lib.h5", "lib.h5"},
             {"export model.h5 --bytes -o model.h5", "model.h5"},
             {"export model.h5 --half -o model.h5", "model.h5"},
             {"export model.h5 --megabytes 1 -o ./model.h5", "model.h5"},
             {"export model.h5 --onnx -o model.h5", "model.h5"}}) {
        const std::string before = read_text(folder / file);
        expect_refused(command, "is read by this command and would be written over");
        EXPECT_EQ(read_text(folder / file), before) << command;
    }
    expect_refused("split lib.h5 --train a.h5 --test ./a.h5", "is given to both parts", 2);
}

// A name that slipped costs no data: results take the place of earlier ones of their kind.
TEST_F(ModelCommands, OtherFilesAreNotReplaced) {
    ASSERT_EQ(run("ingest minerals/quartz.cif minerals/topaz.cif -o lib.h5 -q").status, 0);
    for (const char* measured : {"measured.xy", "measured.csv"}) write_text(folder / measured, "20.0 12\n20.1 15\n20.2 11\n");
    write_text(folder / "labels.csv", "file,space_group\nmeasured.xy,152\n");
    write_text(folder / "foreign.h5", "no HDF5");
    fs::create_directories(folder / "pages");
    for (const char* page : {"page.svg", "page.html", "page.onnx", "pages/report.html"}) write_text(folder / page, "my notes");
    const std::string classify = "classify model.h5 examples/topaz.xy -o ", no_result = "holds no earlier result of this command";
    for (const auto& [command, file, reason] : std::vector<std::array<std::string, 3>>{
             {"generate -n 2 -o model.h5", "model.h5", "holds a model"},
             {"ingest minerals/quartz.cif -o model.h5", "model.h5", "holds a model"},
             {"simulate minerals/quartz.cif -o model.h5", "model.h5", "holds a model"},
             {"merge lib.h5 -o model.h5", "model.h5", "holds a model"},
             {"train --stream synthetic:1 --steps 1000 -o lib.h5", "lib.h5", "holds a structure library"},
             {"statistics lib.h5 -o foreign.h5", "foreign.h5", "is no HDF5 file"},
             {classify + "lib.h5", "lib.h5", "holds a structure library"},
             {classify + "measured.csv", "measured.csv", no_result},
             {classify + "labels.csv", "labels.csv", no_result},
             {"match lib.h5 examples/topaz.xy -o labels.csv", "labels.csv", no_result},
             {"index examples/topaz.xy -o labels.csv", "labels.csv", no_result},
             {"simulate minerals/quartz.cif -o measured.xy", "measured.xy", no_result},
             {"simulate minerals/quartz.cif --plot page.svg", "page.svg", no_result},
             {"statistics --compare lib.h5 lib.h5 -o page.html", "page.html", no_result},
             {"export model.h5 --onnx -o page.onnx", "page.onnx", no_result},
             {"bench --preset quick --only loss -o model.h5", "model.h5", no_result},
             {"evaluate model.h5 --library lib.h5 -o pages", "pages/report.html", no_result}}) {
        const std::string before = read_text(folder / file);
        expect_refused(command, reason);
        EXPECT_TRUE(read_text(folder / file) == before) << command;
    }
    // Of its kind, and where a link leads.
    for (const std::string command :
         {"simulate minerals/quartz.cif -o s.xy", "ingest minerals/quartz.cif -o l.h5 -q", "index examples/topaz.xy -o i.csv"}) {
        EXPECT_EQ(run(command).status, 0) << command;
        EXPECT_EQ(run(command).status, 0) << command;
    }
    fs::create_symlink("s.xy", folder / "link.xy");
    fs::create_symlink("l.h5", folder / "link.h5");
    fs::copy_file(folder / "model.h5", folder / "m.h5");
    fs::create_symlink("m.h5", folder / "link_to_model.h5");
    EXPECT_EQ(run("export model.h5 --megabytes 100 -o link_to_model.h5").status, 0);
    EXPECT_TRUE(fs::is_symlink(folder / "link_to_model.h5"));
    EXPECT_NE(read_text(folder / "m.h5"), read_text(folder / "model.h5"));
    EXPECT_EQ(run("simulate minerals/topaz.cif -o link.xy").status, 0);
    EXPECT_EQ(run("ingest minerals/topaz.cif -o link.h5 -q").status, 0);
    EXPECT_TRUE(fs::is_symlink(folder / "link.xy") && fs::is_symlink(folder / "link.h5"));
    EXPECT_NE(StructureLibrary::read(folder / "l.h5").name.at(0).find("topaz"), std::string::npos);
}

// What would be taken and change nothing is a mistake, and so is what cannot be meant: of the command line, wherever it is found.
TEST_F(ModelCommands, OptionsThatDoNotGoTogether) {
    ASSERT_EQ(run("ingest minerals/quartz.cif minerals/topaz.cif -o lib.h5 -q").status, 0);
    for (const auto& [command, reason] : std::vector<std::pair<std::string, std::string>>{
             {"match lib.h5 examples/quartz.xy --data /nowhere", "--data requires --labels"},
             {"match lib.h5 --save-index -o m.csv", "there are no patterns to write results of"},
             {"statistics lib.h5 -o s.h5 --sample 20", "--sample requires --compare"},
             {"evaluate model.h5 --labels examples/labels.csv --seed 3 -o e", "--seed requires --library"},
             {"calibrate model.h5 --labels examples/labels.csv --seed 3 -o c.h5", "--seed requires --library"},
             {"index examples/quartz.xy -o i.csv --cells 2", "--output excludes --cells"},
             {"simulate lib.h5 --random 0 -o p.h5", "0 is not in [1"},
             {"simulate lib.h5 -o p.png", "p.png: patterns are written as .h5, .xy or .csv"},
             {"simulate lib.h5 --random 1 -o p.h5 --set simulation.kbeta_ratio=0.1 --set simulation.radiation=cu",
              "kbeta_ratio=0.1: is the weight of line 3, and simulation.radiation has 2"},
             {"peaks minerals/quartz.cif --range 0 400", "400 is not in [0, 180]"}})
        expect_refused(command, reason, 2);
    EXPECT_EQ(run("simulate --random 1 --set simulation.radiation=cu --set simulation.kbeta_ratio=0 lib.h5 -o p.h5").status, 0);
}

// Of training, too; and what is missing is told first, before structures are read.
TEST_F(ModelCommands, OptionsOfTrainingThatDoNotGoTogether) {
    ASSERT_EQ(run("ingest minerals/quartz.cif minerals/topaz.cif -o lib.h5 -q").status, 0);
    write_text(folder / "notes.txt", "notes");
    const std::string train = "train lib.h5 --preset quick -o t.h5 ";
    for (const auto& [options, reason] : std::vector<std::pair<std::string, std::string>>{
             {"--set 'network.filters=[32]'", "has 1 filters, 0 kernels"},
             {"--set 'network.dropout=[0.1, 0.2, 0.3, 0.4, 0.5]'", "network.dropout: has 5 numbers"},
             {"--steps 5 --set optimiser.warmup_steps=5", "optimiser.warmup_steps: is 5 of 5 steps"},
             {"--minutes 1e9", "training.minutes: is out of range"},
             {"--validation lib.h5 --set training.validation_patterns=0", "training.validation_patterns is 0"}})
        expect_refused(train + options, reason, 2);
    expect_refused("train lib.h5 --steps 5 --set optimiser.warmup_steps=7 --show-config", "optimiser.warmup_steps: is 7 of 5 steps", 2);
    EXPECT_EQ(run("train lib.h5 --preset friedel --steps 5 --show-config").status, 0) << "the preset's warm-up gives way to so short a run";
    expect_refused("bench --set 'network.filters=[32]'", "has 1 filters, 0 kernels", 2);
    for (const auto& [options, reason] : std::vector<std::pair<std::string, std::string>>{
             {"--statistics nope.h5", "nope.h5"},
             {"--measured nope.csv", "nope.csv"},
             {"--validation nope.h5", "nope.h5"},
             {"--start-from lib.h5", "lib.h5: is of the kind 'structure library', not 'model'"},
             {"--log no/folder.jsonl", "its folder is not there"},
             {"--log notes.txt", "notes.txt: is there already, and nothing that this program appends to"}})
        expect_refused(train + "--steps 5 " + options, reason);
    EXPECT_EQ(read_text(folder / "notes.txt"), "notes");
}

TEST_F(ModelCommands, MistakesAreToldTheirCure) {
    write_text(folder / "two.cif", read_text(folder / "minerals/quartz.cif") + read_text(folder / "minerals/topaz.cif"));
    expect_refused("peaks two.cif", "two.cif: holds 2 structures; choose one with --block: quartz, topaz");
    expect_refused("peaks two.cif --block beryl", "no data block beryl with a structure; there are quartz, topaz");
    expect_refused("peaks minerals/quartz.cif --block quartz", "holds one structure; leave --block out");
    ASSERT_EQ(run("ingest minerals/quartz.cif -o lib.h5 -q").status, 0);
    write_text(folder / "labels.csv", "file,space_group\nexamples/quartz.xy,154\n");
    const test::RunResult result = run("match lib.h5 --labels labels.csv --data minerals");
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("labels.csv: none of its patterns can be read; --data names their folder"), std::string::npos) << result.err;
}

TEST_F(ModelCommands, NoNumberIsNoNumber) {
    for (const std::string command :
         {"calibrate model.h5 --library lib.h5 --temperature nan -o m.h5", "calibrate model.h5 --library lib.h5 --coverage nan -o m.h5",
          "classify model.h5 examples --min-coverage nan", "export model.h5 --megabytes nan -o m.h5",
          "ingest minerals --timeout nan -o l.h5"}) {
        const test::RunResult result = run(command);
        EXPECT_EQ(result.status, 2) << command;
        EXPECT_NE(result.err.find("nan is not "), std::string::npos) << result.err;
    }
}

// A full disk behind a redirection is no success.
TEST_F(ModelCommands, LostOutputIsTold) {
    const test::RunResult result = test::run_script("'" + test::program().string() + "' info model.h5 --config >/dev/full", folder.path);
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("standard output: writing failed (No space left on device)"), std::string::npos) << result.err;
}

TEST_F(ModelCommands, LabelsThatAreAllRepeatsAreRefused) {
    write_text(folder / "repeats.csv", "file,space_group,repeat_of\nNaCl.xy,225,albite.xy\nalbite.xy,2,NaCl.xy\n");
    expect_refused("evaluate model.h5 --labels repeats.csv --data examples -o report", "every row is a repeat");
}

// metrics.json against sums over predictions.csv.
TEST_F(ModelCommands, EvaluationCountsRight) {
    ASSERT_EQ(run("evaluate model.h5 --labels examples/labels.csv -o out").status, 0);
    const CsvTable predictions(folder / "out/predictions.csv");
    ASSERT_EQ(predictions.size(), 8u);
    double groups = 0, systems = 0, five = 0;
    for (std::size_t i = 0; i < predictions.size(); ++i) {
        groups += predictions.at(i, "space_group") == predictions.at(i, "true_space_group");
        systems += predictions.at(i, "crystal_system") == predictions.at(i, "true_crystal_system");
        five += predictions.number(i, "rank") <= 5;
    }
    const auto metrics = nlohmann::json::parse(read_text(folder / "out/metrics.json"));
    EXPECT_EQ(metrics["patterns"], 8);
    EXPECT_DOUBLE_EQ(metrics["space_group"]["top1"]["value"], groups / 8);
    EXPECT_DOUBLE_EQ(metrics["space_group"]["top5"]["value"], five / 8);
    EXPECT_DOUBLE_EQ(metrics["crystal_system"]["top1"]["value"], systems / 8);
    EXPECT_EQ(metrics["crystal_system"]["top1"]["count"], 8);
}

TEST_F(ModelCommands, CalibrationIsStoredAndDecides) {
    ASSERT_EQ(run("ingest -q minerals -o lib.h5").status, 0);
    const test::RunResult result = run("calibrate model.h5 --library lib.h5 --patterns 200 --coverage 0.5 -o calibrated.h5 -q");
    ASSERT_EQ(result.status, 0) << result.err;
    const Model model = Model::read(folder / "calibrated.h5");
    EXPECT_NE(model.calibration.belief.temperature, 1.0f);
    EXPECT_TRUE(std::isfinite(model.calibration.entropy_threshold));
    EXPECT_NE(model.calibration.fitted_on.find("lib.h5, 200 simulated patterns"), std::string::npos) << model.calibration.fitted_on;
    EXPECT_EQ(model.members, untrained_model().members);
    const test::RunResult evaluated = run("evaluate calibrated.h5 --library lib.h5 --patterns 60 -o out");
    const auto at = nlohmann::json::parse(read_text(folder / "out/metrics.json"))["space_group"]["at_entropy_threshold"];
    EXPECT_NE(evaluated.out.find(formatted("refusing above an entropy of %.3f answers %.1f %%, of which %.1f %% are right\n",
                                           at["threshold"].get<double>(), 100 * at["coverage"].get<double>(),
                                           100 * at["accuracy"].get<double>())),
              std::string::npos)
        << evaluated.out;
    EXPECT_EQ(run("evaluate model.h5 --library lib.h5 --patterns 20 -o out").out.find("refusing"), std::string::npos);
    ASSERT_EQ(run("simulate lib.h5 --random 60 --preset quick -o p.xy").status, 0);
    ASSERT_EQ(run("classify calibrated.h5 p_*.xy -o out.csv").status, 0);
    const CsvTable answers(folder / "out.csv");
    ASSERT_EQ(answers.size(), 60u);
    int refused = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const bool is_refused = answers.at(i, "refused") == "yes";
        refused += is_refused;
        EXPECT_EQ(is_refused, answers.number(i, "entropy") > static_cast<double>(model.calibration.entropy_threshold))
            << answers.at(i, "reason");
    }
    EXPECT_GT(refused, 5);
    EXPECT_LT(refused, 55);
}

// A threshold for an accuracy is one that the answered patterns keep, here those that it was chosen on.
TEST_F(ModelCommands, AnAccuracyThatIsWantedIsKept) {
    ASSERT_EQ(run("ingest -q minerals -o lib.h5").status, 0);
    const std::string shipped = "'" + (test::source_dir() / "data/models/friedel-cu.h5").string() + "'";
    const test::RunResult result =
        run("calibrate " + shipped + " --library lib.h5 --patterns 150 --accuracy 0.98 --no-indexing -o sure.h5 -q");
    ASSERT_EQ(result.status, 0) << result.err;
    std::smatch found;
    ASSERT_TRUE(std::regex_search(result.out, found,
                                  std::regex("refuses above an entropy of ([0-9.]+): answers ([0-9.]+) %, of which ([0-9.]+) % are right")))
        << result.out;
    EXPECT_GE(std::stod(found[3]), 98);
    EXPECT_TRUE(std::stod(found[2]) > 30 && std::stod(found[2]) < 100) << found[2];
    const Calibration calibration = Model::read(folder / "sure.h5").calibration;
    EXPECT_NEAR(calibration.entropy_threshold, std::stod(found[1]), 1e-5);
    EXPECT_NE(calibration.fitted_on.find("accuracy 98"), std::string::npos) << calibration.fitted_on;
    EXPECT_EQ(run("calibrate model.h5 --library lib.h5 --accuracy 0.9 --coverage 0.5 -o out.h5").status, 2);
}

// A doubt of d spreads d of every answer over the 230 groups: none can be surer than 1 - d + d / 230.
TEST_F(ModelCommands, DoubtAndLatticesThatAreGivenAreStored) {
    ASSERT_EQ(run("ingest -q minerals -o lib.h5").status, 0);
    const std::string calibrate = "calibrate model.h5 --library lib.h5 --patterns 40 -q ";
    ASSERT_EQ(run(calibrate + "--doubt 0.25 --temperature 0.05 --lattices 5 -o doubtful.h5").status, 0);
    const Calibration calibration = Model::read(folder / "doubtful.h5").calibration;
    EXPECT_EQ(calibration.belief.doubt, 0.25f);
    EXPECT_EQ(calibration.belief.temperature, 0.05f);
    ASSERT_EQ(calibration.lattice_scales.size(), 5u);
    EXPECT_NEAR(*std::max_element(calibration.lattice_scales.begin(), calibration.lattice_scales.end()), 1.016, 1e-4);
    EXPECT_NEAR(*std::min_element(calibration.lattice_scales.begin(), calibration.lattice_scales.end()), 1 / 1.016, 4e-4);
    EXPECT_EQ(std::count(calibration.lattice_scales.begin(), calibration.lattice_scales.end(), 1.0f), 1);
    EXPECT_NE(
        run("info doubtful.h5").out.find("lattices          5: the network is asked about each pattern at so many, up to 1.6 % larger"),
        std::string::npos);
    ASSERT_EQ(run("classify -q doubtful.h5 examples --structures none -o out.csv").status, 0);
    const CsvTable answers(folder / "out.csv");
    ASSERT_EQ(answers.size(), 8u);
    double surest = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) surest = std::max(surest, answers.number(i, "probability"));
    EXPECT_LE(surest, 0.75 + 0.25 / 230 + 1e-5);
    EXPECT_GT(surest, 0.6) << "a temperature this low makes it as sure as it may be";
    ASSERT_EQ(run("calibrate doubtful.h5 --library lib.h5 --patterns 40 -q --lattices 1 -o once.h5").status, 0);
    EXPECT_TRUE(Model::read(folder / "once.h5").calibration.lattice_scales.empty());
    EXPECT_EQ(run("info once.h5").out.find("lattices"), std::string::npos);
    EXPECT_EQ(run(calibrate + "--lattices 4 -o out.h5").status, 2);
}

TEST_F(ModelCommands, FewerBitsKeepTheWeights) {
    ASSERT_EQ(run("export model.h5 --half -o half.h5").status, 0);
    const Model whole = Model::read(folder / "model.h5"), half = Model::read(folder / "half.h5");
    EXPECT_LT(fs::file_size(folder / "half.h5"), fs::file_size(folder / "model.h5"));
    for (std::size_t i = 0; i < whole.members[0].size(); ++i) {
        ASSERT_NEAR(half.members[0][i], whole.members[0][i], 5e-4f * std::abs(whole.members[0][i]) + 3e-8f);
    }
    EXPECT_EQ(half.provenance.config, whole.provenance.config);
    ASSERT_EQ(run("export model.h5 --bytes -o bytes.h5").status, 0);
    const Model bytes = Model::read(folder / "bytes.h5");
    EXPECT_LT(fs::file_size(folder / "bytes.h5"), fs::file_size(folder / "half.h5"));
    float largest = 0;
    for (std::size_t i = 0; i < whole.shape.weights_end(); ++i) largest = std::max(largest, std::abs(whole.members[0][i]));
    for (std::size_t i = 0; i < whole.members[0].size(); ++i) ASSERT_NEAR(bytes.members[0][i], whole.members[0][i], 0.501f * largest / 127);
    EXPECT_NE(run("export model.h5 -o x.h5").status, 0) << "in which form?";
    EXPECT_FALSE(fs::exists(folder / "x.h5"));
    EXPECT_NE(run("export model.h5 --half --onnx -o x.h5").status, 0) << "one form at a time";
}

// Whoever calibrates the model that ships gets one of its size, with the same weights.
TEST_F(ModelCommands, CalibrationKeepsRoundedWeights) {
    ASSERT_EQ(run("ingest minerals -o lib.h5 -q").status, 0);
    for (const char* form : {"half", "bytes"}) {
        ASSERT_EQ(run(std::string("export model.h5 --") + form + " -o rounded.h5").status, 0);
        ASSERT_EQ(run("calibrate rounded.h5 --library lib.h5 --patterns 40 -q -o calibrated.h5").status, 0);
        EXPECT_EQ(Model::read(folder / "calibrated.h5").members, Model::read(folder / "rounded.h5").members) << form;
        EXPECT_LT(fs::file_size(folder / "calibrated.h5"), fs::file_size(folder / "rounded.h5") + 20000) << form;
    }
    EXPECT_LT(2 * fs::file_size(folder / "calibrated.h5"), 3 * fs::file_size(folder / "model.h5") / 2);
}

TEST_F(ModelCommands, WeightsAreRoundedToASize) {
    ASSERT_EQ(run("export model.h5 --bytes -o bytes.h5").status, 0);
    const Model whole = Model::read(folder / "model.h5");
    // Less by a third of what a byte for each weight takes.
    const auto wanted = static_cast<double>(fs::file_size(folder / "bytes.h5")) - 0.33 * static_cast<double>(whole.shape.weights_end());
    ASSERT_EQ(run("export model.h5 --megabytes " + std::to_string(1e-6 * wanted) + " -o small.h5").status, 0);
    const auto small = static_cast<double>(fs::file_size(folder / "small.h5"));
    EXPECT_LE(small, wanted);
    EXPECT_GT(small, 0.97 * wanted) << "coarser than it has to be";
    const Model rounded = Model::read(folder / "small.h5");
    double error = 0, sum = 0;
    for (std::size_t i = 0; i < whole.shape.weights_end(); ++i) {
        const auto weight = static_cast<double>(whole.members[0][i]), off = static_cast<double>(rounded.members[0][i]) - weight;
        error += off * off, sum += weight * weight;
    }
    EXPECT_LT(std::sqrt(error / sum), 0.12);
    EXPECT_GT(std::sqrt(error / sum), 0.01);
    // What has room is not rounded more than bytes are.
    ASSERT_EQ(run("export model.h5 --megabytes 100 -o fine.h5").status, 0);
    EXPECT_EQ(Model::read(folder / "fine.h5").members, Model::read(folder / "bytes.h5").members);
    const auto none = run("export model.h5 --megabytes 0.001 -o none.h5");
    EXPECT_NE(none.status, 0);
    EXPECT_NE(none.err.find("none.h5: a network of "), std::string::npos) << none.err;
    EXPECT_FALSE(fs::exists(folder / "none.h5"));
    EXPECT_FALSE(fs::exists(folder / "none.h5.draft"));
}

TEST_F(ModelCommands, DamagedModels) {
    const std::string good = read_text(folder / "model.h5");
    write_text(folder / "cut.h5", good.substr(0, good.size() / 2));
    Model nan = untrained_model();
    nan.members[0][17] = NAN;
    nan.write(folder / "nan.h5");
    ASSERT_EQ(run("ingest -q minerals/quartz.cif -o library.h5").status, 0);
    write_text(folder / "prose.h5", "no model at all\n");
    for (const std::string bad : {"cut.h5", "nan.h5", "library.h5", "prose.h5", "absent.h5", "examples"}) {
        if (bad != "examples") expect_refused("classify " + bad + " examples -o out.csv", bad);  // two folders of patterns, to it
        expect_refused("evaluate " + bad + " --labels examples/labels.csv -o out", bad);
        expect_refused("calibrate " + bad + " --labels examples/labels.csv -o out.h5", bad);
    }
    expect_refused("train model.h5 --preset quick -o out.h5", "model.h5");
}

TEST_F(ModelCommands, BadLabels) {
    write_text(folder / "none.csv", "file,space_group\n");
    write_text(folder / "no_column.csv", "file,group\na.xy,b\n");
    write_text(folder / "no_group.csv", "file,space_group\nexamples/topaz.xy,231\n");
    write_text(folder / "twice.csv", "file,space_group\nexamples/topaz.xy,62\nexamples/topaz.xy,62\n");
    write_text(folder / "absent_files.csv", "file,space_group\nno.xy,62\n");
    for (const std::string bad : {"none.csv", "no_column.csv", "no_group.csv", "twice.csv", "missing.csv", "examples"})
        expect_refused("evaluate model.h5 --labels " + bad + " -o out", bad);
    const test::RunResult gone = run("evaluate model.h5 --labels absent_files.csv -o out");
    EXPECT_EQ(gone.status, 1);
    EXPECT_NE(gone.err.find("no.xy"), std::string::npos);
    EXPECT_NE(gone.err.find("none of its patterns can be read"), std::string::npos) << gone.err;
    expect_refused("evaluate model.h5 -o out", "--labels", 2);
    expect_refused("calibrate model.h5 --labels examples/labels.csv -o out.h5", "only 8 patterns");
    expect_refused("classify model.h5 examples -o out.txt", "out.txt", 2);
    expect_refused("classify model.h5 examples -o no/folder/out.csv", "no/folder/out.csv");
    fs::create_directory(folder / "nothing");
    expect_refused("classify model.h5 nothing -o out.csv", "nothing");
}

}  // namespace
}  // namespace friedel
