// classify, evaluate and calibrate as programs: what they answer, what they refuse with which reason, and bad input of all kinds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <regex>
#include <sstream>

#include "host/config.h"
#include "host/error.h"
#include "host/network.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;
using test::read_text;
using test::run_friedel;
using test::write_text;

// An untrained network answers too; its answers are only not worth much.
Model untrained_model() {
    TrainingConfig config = preset("quick");
    set_key(config, "network.hidden=[24]");
    set_key(config, "grid.step_deg=0.2");
    set_key(config, "grid.points=425");
    Model model;
    model.grid = config.simulation.grid;
    model.preprocess = config.preprocess;
    model.shape = config.shape();
    model.members = {initial_parameters(model.shape, 3, 0)};
    for (float& weight : model.members[0]) weight *= 4;  // answers that differ
    model.provenance.config = to_toml(config);
    return model;
}

std::vector<std::vector<std::string>> read_csv(const fs::path& file) {
    std::vector<std::vector<std::string>> rows;
    std::istringstream text(read_text(file));
    for (std::string line; std::getline(text, line);) {
        rows.emplace_back(1);
        bool quoted = false;
        for (char c : line) {
            if (c == '"')
                quoted = !quoted;
            else if (c == ',' && !quoted)
                rows.back().emplace_back();
            else
                rows.back().back() += c;
        }
    }
    return rows;
}

class ModelCommands : public ::testing::Test {
protected:
    ModelCommands() {
        untrained_model().write(folder / "model.h5");
        fs::create_directory_symlink(test::source_dir() / "data/examples", folder / "examples");
        fs::create_directory_symlink(test::source_dir() / "data/minerals", folder / "minerals");
    }
    test::RunResult run(const std::string& arguments) { return run_friedel(arguments, folder.path); }
    void expect_refused(const std::string& arguments, const std::string& what) {
        SCOPED_TRACE(arguments);
        const test::RunResult result = run(arguments);
        EXPECT_EQ(result.status, 1);
        EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
        EXPECT_NE(result.err.find(what), std::string::npos) << result.err;
        EXPECT_FALSE(fs::exists(folder / "out.h5") || fs::exists(folder / "out.csv") || fs::exists(folder / "out/metrics.json"));
    }

    test::TemporaryDirectory folder;
};

TEST_F(ModelCommands, AllOutputsSayTheSame) {
    ASSERT_EQ(run("classify model.h5 examples -o a.csv").status, 0);
    ASSERT_EQ(run("classify model.h5 examples -o a.jsonl").status, 0);
    ASSERT_EQ(run("classify model.h5 examples -o a.h5").status, 0);
    const auto rows = read_csv(folder / "a.csv");
    ASSERT_EQ(rows.size(), 9u) << "eight examples and a header";
    const test::RunResult printed = run("classify model.h5 examples");
    std::istringstream lines(printed.out), objects(read_text(folder / "a.jsonl"));
    const H5File h5 = H5File::open(folder / "a.h5", {"classification", 1, ""});
    const auto groups = h5.read<std::uint16_t>("space_group");
    const auto probabilities = h5.read<float>("probabilities");
    for (std::size_t i = 0; i < 8; ++i) {
        const std::vector<std::string>& row = rows[i + 1];
        std::string line, object;
        std::getline(lines, line);
        std::getline(objects, object);
        const auto json = nlohmann::json::parse(object);
        EXPECT_EQ(line.rfind(row[0], 0), 0u) << line;
        EXPECT_NE(line.find(row[2] + " (" + row[1] + ")"), std::string::npos) << line;
        EXPECT_EQ(json["file"], row[0]);
        EXPECT_EQ(std::to_string(json["space_group"].get<int>()), row[1]);
        EXPECT_EQ(std::to_string(groups[i]), row[1]);
        const auto first = probabilities.begin() + static_cast<std::ptrdiff_t>(230 * i);
        EXPECT_EQ(std::max_element(first, first + 230) - first + 1, groups[i]);
        EXPECT_NEAR(*std::max_element(first, first + 230), std::stod(row[3]), 1e-6);
        double sum = 0, entropy = 0;
        for (int c = 0; c < 230; ++c) {
            sum += first[c];
            if (first[c] > 0) entropy -= first[c] * std::log(static_cast<double>(first[c]));
        }
        EXPECT_NEAR(sum, 1, 1e-5);
        EXPECT_NEAR(entropy, std::stod(row[8]), 1e-4);
    }
}

TEST_F(ModelCommands, PatternsOfAStackAreClassifiedLikeFiles) {
    ASSERT_EQ(run("simulate minerals/quartz.cif minerals/topaz.cif minerals/Si.cif -o stack.h5").status, 0);
    ASSERT_EQ(run("simulate minerals/quartz.cif minerals/topaz.cif minerals/Si.cif -o p.xy").status, 0);
    ASSERT_EQ(run("classify -q model.h5 stack.h5 -o stack.csv").status, 0);
    ASSERT_EQ(run("classify -q model.h5 p_0001.xy p_0002.xy p_0003.xy -o files.csv").status, 0);
    const auto of_stack = read_csv(folder / "stack.csv"), of_files = read_csv(folder / "files.csv");
    ASSERT_EQ(of_stack.size(), 4u);
    for (std::size_t i = 1; i < 4; ++i) {
        EXPECT_EQ(of_stack[i][0], "stack.h5[" + std::to_string(i - 1) + "]");
        EXPECT_EQ(of_stack[i][1], of_files[i][1]);
        EXPECT_NEAR(std::stod(of_stack[i][3]), std::stod(of_files[i][3]), 1e-3);
    }
    // Without a model before it a stack is what it is, and not taken for the model.
    const test::RunResult shipped = run("classify -q stack.h5 --structures none");
    EXPECT_EQ(shipped.status, 0) << shipped.err;
    EXPECT_EQ(std::count(shipped.out.begin(), shipped.out.end(), '\n'), 3) << shipped.out;
}

// To rounding: how a product of matrices adds up may depend on how many patterns are answered at once.
void expect_same_results(const std::string& found, const std::string& expected) {
    static const std::regex number(R"(-?\d+\.\d+(e-?\d+)?)");
    EXPECT_EQ(std::regex_replace(found, number, "#"), std::regex_replace(expected, number, "#"));
    std::sregex_iterator a(found.begin(), found.end(), number), b(expected.begin(), expected.end(), number), end;
    for (; a != end && b != end; ++a, ++b) EXPECT_NEAR(std::stod(a->str()), std::stod(b->str()), 1e-5);
}

TEST_F(ModelCommands, ResultsAreGoneOnWith) {
    const std::string all = "classify -q model.h5 examples ";
    for (const std::string ending : {"csv", "jsonl"}) {
        const fs::path file = folder / ("r." + ending), part = folder / ("r." + ending + ".part");
        const std::string again = all + "-o r." + ending + " --resume";
        ASSERT_EQ(run(all + "-o whole." + ending).status, 0);
        const std::string whole = read_text(folder / ("whole." + ending));
        ASSERT_EQ(run(again).status, 0) << "where there is nothing, all is done";
        expect_same_results(read_text(file), whole);
        // An interrupted run left a third of the file, and half a line.
        for (const std::size_t left : {whole.size() / 3, std::size_t{0}, std::size_t{10}}) {
            fs::remove(file);
            write_text(part, whole.substr(0, left));
            ASSERT_EQ(run(again).status, 0);
            expect_same_results(read_text(file), whole);
            EXPECT_FALSE(fs::exists(part));
        }
        // Files that came later are done, the others are left as they are.
        write_text(file, whole.substr(0, whole.find('\n', whole.find("calcite")) + 1));
        ASSERT_EQ(run(again).status, 0);
        expect_same_results(read_text(file), whole);
        const test::RunResult nothing = run("classify model.h5 examples -o r." + ending + " --resume");
        EXPECT_EQ(nothing.status, 0);
        EXPECT_NE(nothing.err.find("0 patterns: "), std::string::npos) << nothing.err;
        EXPECT_NE(nothing.err.find("results of 8 more were there already"), std::string::npos) << nothing.err;
        write_text(file, "something else\nentirely\n");
        const test::RunResult other = run(again);
        EXPECT_EQ(other.status, 1);
        EXPECT_NE(other.err.find("line 1 is not a result of 'friedel classify'"), std::string::npos) << other.err;
        EXPECT_EQ(read_text(file), "something else\nentirely\n");
        fs::remove(part);
    }
    // Who forgets --resume loses nothing of an interrupted run before there are whole results.
    const std::string results = read_text(folder / "whole.csv");
    const std::string third = results.substr(0, results.find('\n', results.size() / 3) + 1);
    write_text(folder / "r.csv.part", third);
    const test::RunResult anew = run(all + "-o r.csv");
    EXPECT_EQ(anew.status, 0);
    EXPECT_NE(anew.err.find("r.csv.part.old: 2 results of an interrupted run"), std::string::npos) << anew.err;
    expect_same_results(read_text(folder / "r.csv"), results);
    EXPECT_FALSE(fs::exists(folder / "r.csv.part.old"));
    expect_refused("classify model.h5 examples -o out.h5 --resume", "only results in .csv and .jsonl can be gone on with");
}

TEST_F(ModelCommands, DrawingsOfTheRunThatIsGoneOnWithStay) {
    fs::create_directories(folder / "a");
    fs::create_directories(folder / "b");
    fs::copy_file(folder / "examples" / "quartz.xy", folder / "a" / "x.xy");
    fs::copy_file(folder / "examples" / "topaz.xy", folder / "b" / "x.xy");
    ASSERT_EQ(run("classify -q model.h5 a -o r.csv --explain drawn").status, 0);
    const std::string first = read_text(folder / "drawn" / "x.xy.input.svg");
    ASSERT_EQ(run("classify -q model.h5 a b -o r.csv --explain drawn --resume").status, 0);
    EXPECT_EQ(read_text(folder / "drawn" / "x.xy.input.svg"), first);
    EXPECT_TRUE(fs::exists(folder / "drawn" / "x.xy_2.input.svg"));
    ASSERT_EQ(run("classify -q model.h5 b -o r.csv --explain drawn").status, 0);
    EXPECT_NE(read_text(folder / "drawn" / "x.xy.input.svg"), first);
}

// Whatever is written can be looked at.
TEST_F(ModelCommands, InfoKnowsEveryKind) {
    ASSERT_EQ(run("classify -q model.h5 examples -o results.h5").status, 0);
    ASSERT_EQ(run("ingest minerals/quartz.cif minerals/topaz.cif -o lib.h5 -q").status, 0);
    ASSERT_EQ(run("match lib.h5 --save-index -q").status, 0);
    for (const auto& [file, says] : std::map<std::string, std::string>{{"results.h5", "results.h5: classification, format 1"},
                                                                       {"lib.index.h5", "lib.index.h5: search index, format 1"},
                                                                       {"model.h5", "model"}}) {
        const test::RunResult text = run("info " + file), json = run("info --json " + file);
        EXPECT_EQ(text.status, 0) << text.err;
        EXPECT_NE(text.out.find(says), std::string::npos) << text.out;
        EXPECT_TRUE(nlohmann::json::accept(json.out)) << json.out;
    }
    EXPECT_NE(run("info results.h5").out.find("entropy                       8\n"), std::string::npos) << run("info results.h5").out;
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
             {"export model.h5 --onnx -o model.h5", "model.h5"}}) {
        const std::string before = read_text(folder / file);
        expect_refused(command, "is read by this command and would be written over");
        EXPECT_EQ(read_text(folder / file), before) << command;
    }
    expect_refused("split lib.h5 --train a.h5 --test ./a.h5", "is given to both parts");
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

TEST_F(ModelCommands, NamesOfSeveralLinesAreGoneOnWith) {
    fs::create_directories(folder / "odd");
    fs::copy_file(folder / "examples" / "quartz.xy", folder / "odd" / "a\nb\033[31m.xy");
    fs::copy_file(folder / "examples" / "topaz.xy", folder / "odd" / "c.xy");
    ASSERT_EQ(run("classify -q model.h5 odd -o odd.csv").status, 0);
    const test::RunResult again = run("classify model.h5 odd -o odd.csv --resume");
    EXPECT_EQ(again.status, 0) << again.err;
    EXPECT_NE(again.err.find("results of 2 more were there already"), std::string::npos) << again.err;
    const test::RunResult printed = run("classify -q model.h5 odd");
    EXPECT_NE(printed.out.find("a?b?[31m.xy"), std::string::npos) << printed.out;
}

TEST_F(ModelCommands, FoldersWithPipesAndLoopsAreRead) {
    fs::create_directories(folder / "loop");
    fs::copy_file(folder / "minerals" / "quartz.cif", folder / "loop" / "quartz.cif");
    fs::create_directory_symlink(".", folder / "loop" / "again");
    ASSERT_EQ(test::run_script("mkfifo loop/pipe.cif", folder.path).status, 0);
    const test::RunResult result = run("ingest loop -o loop.h5 -q");
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("1 structures of 1 types from 1 files"), std::string::npos) << result.out;
}

TEST_F(ModelCommands, DamagedStacksAreRefused) {
    ASSERT_EQ(run("simulate minerals/quartz.cif minerals/topaz.cif -o stack.h5").status, 0);
    const std::string whole = read_text(folder / "stack.h5");
    write_text(folder / "cut.h5", whole.substr(0, whole.size() / 2));
    const test::RunResult cut = run("classify -q model.h5 cut.h5 examples/topaz.xy -o cut.csv");
    EXPECT_EQ(cut.status, 1);
    EXPECT_NE(cut.err.find("cut.h5: "), std::string::npos) << cut.err;
    EXPECT_EQ(read_csv(folder / "cut.csv").size(), 3u) << "the other one is answered";
    // A dataset of four thousand million patterns that nobody wrote.
    {
        H5File file = H5File::create(folder / "claims.h5", {"patterns", 1, ""});
        file.create_dataset<float>("patterns", {4'000'000'000u, 500}, false);
        file.write_attribute("patterns", "start_deg", 5.0);
        file.write_attribute("patterns", "step_deg", 0.1);
        file.write_attribute("patterns", "wavelength_angstrom", 1.54);
        file.commit();
    }
    expect_refused("classify model.h5 claims.h5 -o out.csv", "claims 4000000000 patterns");
}

// A network that knows nothing and a search that does: the answer is the search's.
TEST_F(ModelCommands, ASearchOfStructuresIsASecondOpinion) {
    ASSERT_EQ(run("ingest -q minerals -o minerals.h5").status, 0);
    const test::RunResult result = run("classify -q model.h5 examples --structures minerals.h5 -o a.csv");
    ASSERT_EQ(result.status, 0) << result.err;
    const auto rows = read_csv(folder / "a.csv");
    ASSERT_EQ(rows.size(), 9u);
    const auto column = [&](const char* name) {
        return static_cast<std::size_t>(std::find(rows[0].begin(), rows[0].end(), name) - rows[0].begin());
    };
    ASSERT_LT(column("similarity"), rows[0].size());
    int right = 0;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const std::string mineral = fs::path(rows[i][0]).stem().string();
        right += rows[i][column("closest_structure")].find(mineral + ".cif") != std::string::npos;
        EXPECT_GT(std::stod(rows[i][column("similarity")]), 0.8) << mineral;
        if (mineral == "topaz") {
            EXPECT_EQ(rows[i][column("space_group")], "62");
        }
    }
    EXPECT_GE(right, 7) << "of eight";
    // evaluate gives the same joint answers, and calibrate fits to them.
    ASSERT_EQ(run("evaluate -q model.h5 --labels examples/labels.csv --structures minerals.h5 -o joint").status, 0);
    const auto judged = read_csv(folder / "joint/predictions.csv");
    for (const auto& row : judged) {
        for (const auto& answer : rows) {
            if (fs::path(answer[0]).filename() == fs::path(row[0]).filename()) {
                EXPECT_EQ(answer[column("space_group")], row[1]) << row[0];
            }
        }
    }
    const test::RunResult fitted =
        run("calibrate -q model.h5 --library minerals.h5 --structures minerals.h5 --patterns 100 --coverage 0.5 -o joint.h5");
    ASSERT_EQ(fitted.status, 0) << fitted.err;
    EXPECT_NE(Model::read(folder / "joint.h5").calibration.fitted_on.find("with a search of minerals.h5"), std::string::npos);
    EXPECT_EQ(run("classify -q model.h5 examples --structures absent.h5").status, 1);
}

// Without a model's name the one that ships answers, with the structures that ship.
TEST_F(ModelCommands, TheShippedModelAnswersWhereNoneIsNamed) {
    const test::RunResult result = run("classify -q examples -o shipped.csv");
    ASSERT_EQ(result.status, 0) << result.err;
    const auto rows = read_csv(folder / "shipped.csv"), labels = read_csv(folder / "examples/labels.csv");
    int right = 0;
    for (const auto& row : rows) {
        for (const auto& label : labels) right += fs::path(row[0]).filename() == label[0] && row[1] == label[1];
    }
    EXPECT_GE(right, 7) << "of eight";
    EXPECT_NE(read_text(folder / "shipped.csv").find("Topaz"), std::string::npos) << "the closest structure has a mineral's name";
    const test::RunResult alone = run("classify -q examples/quartz.xy --structures none");
    EXPECT_EQ(alone.status, 0) << alone.err;
    EXPECT_EQ(alone.out.find("looks like"), std::string::npos) << alone.out;
    EXPECT_EQ(run("evaluate -q --labels examples/labels.csv -o shipped").status, 0);
    const test::RunResult nothing = run("classify model.h5");
    EXPECT_EQ(nothing.status, 1);
    EXPECT_NE(nothing.err.find("no patterns named"), std::string::npos) << nothing.err;
    ::setenv("FRIEDEL_DATA", "/nonexistent", 1);
    const test::RunResult lost = run("classify -q examples/quartz.xy");
    ::unsetenv("FRIEDEL_DATA");
    EXPECT_EQ(lost.status, 1);
    EXPECT_NE(lost.err.find("/nonexistent"), std::string::npos) << lost.err;
}

// What is no powder pattern of anything that was searched gets no answer, and each refusal says that; a real pattern does get one.
TEST_F(ModelCommands, RefusesWhatIsUnlikeAnything) {
    const auto write = [&](const char* name, const std::function<double(double)>& intensity) {
        std::string text;
        for (int i = 0; i < 4250; ++i) {
            char line[48];
            const double angle = 5 + 0.02 * i;
            std::snprintf(line, sizeof line, "%.2f %.4f\n", angle, intensity(angle));
            text += line;
        }
        test::write_text(folder / "odd" / name, text);
    };
    fs::create_directory(folder / "odd");
    std::mt19937 random(1);
    std::normal_distribution<double> noise(0, 3);
    const auto hump = [](double x, double centre, double width) { return std::exp(-0.5 * std::pow((x - centre) / width, 2)); };
    write("empty_holder.xy", [&](double) { return 100 + noise(random); });
    write("glass.xy", [&](double x) { return 100 + 900 * hump(x, 22, 4) + 200 * hump(x, 45, 8) + noise(random); });
    write("other_axis.xy", [&](double x) { return 10 + 1000 * std::pow(std::cos(x), 40) + noise(random); });  // even spacing: no powder
    fs::copy_file(folder / "examples/quartz.xy", folder / "odd/quartz.xy");
    ASSERT_EQ(run("classify -q odd -o odd.csv").status, 0);
    const auto rows = read_csv(folder / "odd.csv");
    const auto column = [&](const char* name) {
        return static_cast<std::size_t>(std::find(rows[0].begin(), rows[0].end(), name) - rows[0].begin());
    };
    ASSERT_EQ(rows.size(), 5u);
    for (std::size_t i = 1; i < rows.size(); ++i) {
        const bool real = rows[i][0].find("quartz") != std::string::npos;
        EXPECT_EQ(rows[i][column("refused")], real ? "no" : "yes") << rows[i][0];
        if (!real) {
            const std::string reason = rows[i][0].find("glass") != std::string::npos ? "no sharp lines" : "unlike any";
            EXPECT_NE(rows[i][column("reason")].find(reason), std::string::npos) << rows[i][0] << ": " << rows[i][column("reason")];
        }
    }
}

TEST_F(ModelCommands, StandardInputAndAnotherWavelength) {
    const std::string file = run("classify model.h5 examples/quartz.xy").out;
    const std::string command = "cd '" + folder.path.string() + "' && '" + test::program().string() +
                                "' classify model.h5 - < examples/quartz.xy > piped 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    const std::string piped = read_text(folder / "piped");
    ASSERT_EQ(piped.rfind("-", 0), 0u) << piped;
    EXPECT_EQ(file.substr(file.find("  ")), piped.substr(piped.find("  ")));

    // The same crystal measured with molybdenum shows the same d: nearly the same answer once it is said so, another one if not.
    ASSERT_EQ(run("simulate minerals/quartz.cif --radiation 1.54187 --fwhm 0.2 --step 0.02 --range 4 92 -o cu.xy").status, 0);
    ASSERT_EQ(run("simulate minerals/quartz.cif --radiation 0.7107 --fwhm 0.09 --step 0.009 --range 1.8 38.7 -o mo.xy").status, 0);
    std::string unstated = read_text(folder / "mo.xy");
    write_text(folder / "mo_unstated.xy", unstated.substr(unstated.find('\n') + 1));
    ASSERT_EQ(run("classify model.h5 cu.xy mo.xy -o stated.csv").status, 0);
    ASSERT_EQ(run("classify model.h5 mo_unstated.xy --wavelength 0.7107 -o given.csv").status, 0);
    const auto stated = read_csv(folder / "stated.csv"), given = read_csv(folder / "given.csv");
    EXPECT_EQ(stated[1][4], stated[2][4]);
    EXPECT_NEAR(std::stod(stated[1][8]), std::stod(stated[2][8]), 0.6) << "entropies";
    EXPECT_EQ(std::vector(stated[2].begin() + 1, stated[2].end()), std::vector(given[1].begin() + 1, given[1].end()));
    ASSERT_EQ(run("classify model.h5 mo_unstated.xy -o wrong.csv").status, 0);
    EXPECT_NE(read_csv(folder / "wrong.csv")[1][9], "no") << "39 of 85 degrees are too little";
}

TEST_F(ModelCommands, WhatCannotBeClassifiedHasAReasonAndTheRestIsDone) {
    std::string constant, narrow;
    for (int i = 0; i < 850; ++i) constant += std::to_string(5 + 0.1 * i) + " 7\n";
    for (int i = 0; i < 300; ++i) narrow += std::to_string(20 + 0.05 * i) + " " + std::to_string(i % 17) + "\n";
    write_text(folder / "constant.xy", constant);
    write_text(folder / "narrow.xy", narrow);
    write_text(folder / "empty.xy", "");
    write_text(folder / "nan.xy", "5 1\n6 nan\n7 3\n");
    write_text(folder / "binary.xy", std::string("\x89HDF\0\0\x01\x02", 8));
    const test::RunResult result =
        run("classify model.h5 constant.xy narrow.xy empty.xy nan.xy binary.xy absent.xy examples/topaz.xy -o out.csv");
    EXPECT_EQ(result.status, 1);
    for (const char* name : {"constant.xy", "empty.xy", "nan.xy", "binary.xy", "absent.xy"})
        EXPECT_NE(result.err.find(std::string("friedel: ") + name + ":"), std::string::npos) << name << "\n" << result.err;
    const auto rows = read_csv(folder / "out.csv");
    ASSERT_EQ(rows.size(), 8u);
    for (int row = 1; row <= 6; ++row) EXPECT_EQ(rows[static_cast<std::size_t>(row)][9], "yes") << row;
    EXPECT_NE(rows[1][10].find("every intensity is 7"), std::string::npos) << rows[1][10];
    EXPECT_NE(rows[2][10].find("covers 18 % of the model's 5 to 89.8 degrees"), std::string::npos) << rows[2][10];
    EXPECT_EQ(rows[7][9], "no");
}

// metrics.json against sums over predictions.csv.
TEST_F(ModelCommands, EvaluationCountsRight) {
    ASSERT_EQ(run("evaluate model.h5 --labels examples/labels.csv -o out").status, 0);
    const auto rows = read_csv(folder / "out/predictions.csv");
    ASSERT_EQ(rows.size(), 9u);
    const auto column = [&](const char* name) {
        return static_cast<std::size_t>(std::find(rows[0].begin(), rows[0].end(), name) - rows[0].begin());
    };
    double groups = 0, systems = 0, five = 0;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        groups += rows[i][column("space_group")] == rows[i][column("true_space_group")];
        systems += rows[i][column("crystal_system")] == rows[i][column("true_crystal_system")];
        five += std::stoi(rows[i][column("rank")]) <= 5;
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
    ASSERT_EQ(run("simulate lib.h5 --random 60 --preset quick -o p.xy").status, 0);
    ASSERT_EQ(run("classify calibrated.h5 p_*.xy -o out.csv").status, 0);
    const auto rows = read_csv(folder / "out.csv");
    int refused = 0;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        refused += rows[i][9] == "yes";
        EXPECT_EQ(rows[i][9] == "yes", std::stod(rows[i][8]) > static_cast<double>(model.calibration.entropy_threshold)) << rows[i][10];
    }
    EXPECT_GT(refused, 5);
    EXPECT_LT(refused, 55);
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
    expect_refused("evaluate model.h5 -o out", "--labels");
    expect_refused("calibrate model.h5 --labels examples/labels.csv -o out.h5", "only 8 patterns");
    expect_refused("classify model.h5 examples -o out.txt", "out.txt");
    expect_refused("classify model.h5 examples -o no/folder/out.csv", "no/folder/out.csv");
    fs::create_directory(folder / "nothing");
    expect_refused("classify model.h5 nothing -o out.csv", "nothing");
}

}  // namespace
}  // namespace friedel
