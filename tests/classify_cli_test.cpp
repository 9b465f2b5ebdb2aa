// friedel classify as a program: what it answers, and what it refuses with which reason. How it goes on: classify_resume_test.cpp.
#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "host/answers/classification.h"
#include "host/crystals/space_groups.h"
#include "host/patterns/pattern_file.h"
#include "host/support/hdf5_file.h"
#include "tests/model_commands.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;
using test::CsvTable;
using test::read_text;
using test::write_text;

class ClassifyCommand : public test::ModelCommands {};

TEST(ClassificationLine, NamesTheMirrorImageBesideTheAnswer) {
    Classification c;
    c.file = "quartz.xy";
    c.system = systems::trigonal;
    c.system_probability = 0.9f;
    c.candidates = {{152, 0.5f}, {180, 0.06f}, {154, 0.4f}, {181, 0.03f}, {1, 0.01f}};
    EXPECT_EQ(one_line(c),
              "quartz.xy  trigonal 0.90  P3121 (152) 0.50 or its mirror image P3221 (154) 0.40  entropy 0.00 nats  "
              "then P6222 0.06, P6422 0.03, P1 0.01");
    c.candidates[2].space_group = 2;  // far behind, it is not named
    EXPECT_EQ(one_line(c).find("mirror"), std::string::npos);
}

TEST_F(ClassifyCommand, AllOutputsSayTheSame) {
    ASSERT_EQ(run("classify model.h5 examples -o a.csv").status, 0);
    ASSERT_EQ(run("classify model.h5 examples -o a.jsonl").status, 0);
    ASSERT_EQ(run("classify model.h5 examples -o a.h5").status, 0);
    const CsvTable table(folder / "a.csv");
    ASSERT_EQ(table.size(), 8u);
    const test::RunResult printed = run("classify model.h5 examples");
    std::istringstream lines(printed.out), objects(read_text(folder / "a.jsonl"));
    const H5File h5 = H5File::open(folder / "a.h5", {"classification", 1, ""});
    const auto groups = h5.read<std::uint16_t>("space_group");
    const auto probabilities = h5.read<float>("probabilities");
    for (std::size_t i = 0; i < 8; ++i) {
        const std::string &file = table.at(i, "file"), &group = table.at(i, "space_group");
        std::string line, object;
        std::getline(lines, line);
        std::getline(objects, object);
        const auto json = nlohmann::json::parse(object);
        EXPECT_EQ(line.rfind(file, 0), 0u) << line;
        EXPECT_NE(line.find(table.at(i, "symbol") + " (" + group + ")"), std::string::npos) << line;
        EXPECT_EQ(json["file"], file);
        EXPECT_EQ(std::to_string(json["space_group"].get<int>()), group);
        EXPECT_EQ(std::to_string(groups[i]), group);
        const auto first = probabilities.begin() + static_cast<std::ptrdiff_t>(230 * i);
        EXPECT_EQ(std::max_element(first, first + 230) - first + 1, groups[i]);
        EXPECT_NEAR(*std::max_element(first, first + 230), table.number(i, "probability"), 1e-6);
        double sum = 0, entropy = 0;
        for (int c = 0; c < 230; ++c) {
            sum += first[c];
            if (first[c] > 0) entropy -= first[c] * std::log(static_cast<double>(first[c]));
        }
        EXPECT_NEAR(sum, 1, 1e-5);
        EXPECT_NEAR(entropy, table.number(i, "entropy"), 1e-4);
    }
}

TEST_F(ClassifyCommand, PatternsOfAStackAreClassifiedLikeFiles) {
    ASSERT_EQ(run("simulate minerals/quartz.cif minerals/topaz.cif minerals/Si.cif -o stack.h5").status, 0);
    ASSERT_EQ(run("simulate minerals/quartz.cif minerals/topaz.cif minerals/Si.cif -o p.xy").status, 0);
    ASSERT_EQ(run("classify -q model.h5 stack.h5 -o stack.csv").status, 0);
    ASSERT_EQ(run("classify -q model.h5 p_0001.xy p_0002.xy p_0003.xy -o files.csv").status, 0);
    const CsvTable of_stack(folder / "stack.csv"), of_files(folder / "files.csv");
    ASSERT_EQ(of_stack.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(of_stack.at(i, "file"), "stack.h5[" + std::to_string(i) + "]");
        EXPECT_EQ(of_stack.at(i, "space_group"), of_files.at(i, "space_group"));
        EXPECT_NEAR(of_stack.number(i, "probability"), of_files.number(i, "probability"), 1e-3);
    }
    // Without a model before it a stack is what it is, and not taken for the model.
    const test::RunResult shipped = run("classify -q stack.h5 --structures none");
    EXPECT_EQ(shipped.status, 0) << shipped.err;
    EXPECT_EQ(std::count(shipped.out.begin(), shipped.out.end(), '\n'), 3) << shipped.out;
}

// The model that ships has conformal sets: every output holds the same ones, and each holds its answer.
TEST_F(ClassifyCommand, SetsAreTheSameInAllOutputs) {
    for (const char* ending : {"csv", "jsonl", "h5"})
        ASSERT_EQ(run(std::string("classify -q --structures none examples -o sets.") + ending).status, 0);
    const CsvTable table(folder / "sets.csv");
    ASSERT_EQ(table.size(), 8u);
    std::istringstream objects(read_text(folder / "sets.jsonl"));
    const auto in_set = H5File::open(folder / "sets.h5", {"classification", 1, ""}).read<std::uint8_t>("in_set");
    ASSERT_EQ(in_set.size(), 230 * table.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
        std::string object, text;
        std::getline(objects, object);
        const auto json = nlohmann::json::parse(object);
        const auto set = json["set"].get<std::vector<int>>();
        ASSERT_FALSE(set.empty());
        EXPECT_EQ(set.front(), json["space_group"]);
        for (int group : set) {
            text += (text.empty() ? "" : " ") + std::to_string(group);
            EXPECT_EQ(in_set[230 * i + static_cast<std::size_t>(group - 1)], 1) << group;
        }
        EXPECT_EQ(table.at(i, "set"), text);
        const auto first = in_set.begin() + static_cast<std::ptrdiff_t>(230 * i);
        EXPECT_EQ(std::count(first, first + 230, 1), static_cast<std::ptrdiff_t>(set.size()));
    }
}

// As detectors' programs write integrated patterns: of the ending that models have.
TEST_F(ClassifyCommand, TakesAnH5FileWithNexusDataForAPattern) {
    const MeasuredPattern quartz = read_pattern(folder / "examples/quartz.xy");
    fs::create_directories(folder / "integrated");
    H5File file = H5File::create(folder / "integrated/one.h5", {"foreign", 1, ""});
    file.write("entry/data/two_theta", quartz.two_theta_deg);
    file.write("entry/data/I", quartz.intensity);
    file.write_attribute("entry/data", "NX_class", std::string("NXdata"));
    file.write_attribute("entry/data", "signal", std::string("I"));
    file.write_attribute("entry/data", "axes", std::string("two_theta"));
    file.commit();
    fs::copy_file(folder / "model.h5", folder / "integrated/model.h5");  // is none, and is left alone
    for (const char* arguments : {"integrated/one.h5", "model.h5 integrated/one.h5", "integrated"}) {
        const test::RunResult result = run(std::string("classify -q --structures none ") + arguments);
        EXPECT_EQ(result.status, 0) << arguments << ": " << result.err;
        EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1) << result.out;
    }
}

// A detector's pictures, say: no model, as files without Friedel's mark never are.
TEST_F(ClassifyCommand, TakesAnH5FileOfOthersForAPattern) {
    H5Fclose(H5Fcreate((folder / "eiger.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    const test::RunResult result = run("classify eiger.h5 --structures none --no-indexing");
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("eiger.h5: an HDF5 file without a pattern"), std::string::npos) << result.err;
}

TEST_F(ClassifyCommand, FoldersWithPipesAndLoopsAreRead) {
    fs::create_directories(folder / "loop");
    fs::copy_file(folder / "minerals" / "quartz.cif", folder / "loop" / "quartz.cif");
    fs::create_directory_symlink(".", folder / "loop" / "again");
    ASSERT_EQ(test::run_script("mkfifo loop/pipe.cif", folder.path).status, 0);
    const test::RunResult result = run("ingest loop -o loop.h5");
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("1 structures of 1 types from 1 files"), std::string::npos) << result.out;
}

TEST_F(ClassifyCommand, DamagedStacksAreRefused) {
    ASSERT_EQ(run("simulate minerals/quartz.cif minerals/topaz.cif -o stack.h5").status, 0);
    const std::string whole = read_text(folder / "stack.h5");
    write_text(folder / "cut.h5", whole.substr(0, whole.size() / 2));
    const test::RunResult cut = run("classify -q model.h5 cut.h5 examples/topaz.xy -o cut.csv");
    EXPECT_EQ(cut.status, 1);
    EXPECT_NE(cut.err.find("cut.h5: "), std::string::npos) << cut.err;
    EXPECT_EQ(CsvTable(folder / "cut.csv").size(), 2u) << "the other one is answered";
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

// The lattice of rutile: what is fitted to its pattern, and, with a library that has nothing like it, what indexing finds.
TEST_F(ClassifyCommand, ResultsHoldTheUnitCell) {
    ASSERT_EQ(run("ingest -q minerals -o minerals.h5").status, 0);
    ASSERT_EQ(run("ingest -q minerals/Si.cif -o si.h5").status, 0);
    ASSERT_EQ(run("classify -q model.h5 examples/rutile.xy --structures minerals.h5 -o fitted.csv").status, 0);
    ASSERT_EQ(run("classify -q model.h5 examples/rutile.xy --structures si.h5 --indexing -o indexed.csv").status, 0);
    const auto expect_rutile = [](const std::string& cell) {
        const std::vector<double> rutile{4.594, 4.594, 2.959, 90, 90, 90};
        std::istringstream numbers(cell);
        for (double edge_or_angle : rutile) {
            double found = 0;
            EXPECT_TRUE(numbers >> found) << cell;
            EXPECT_NEAR(found, edge_or_angle, 0.01) << cell;
        }
    };
    const CsvTable fitted(folder / "fitted.csv"), indexed(folder / "indexed.csv");
    expect_rutile(fitted.at(0, "closest_cell"));
    EXPECT_LT(std::abs(fitted.number(0, "closest_lattice_change")), 0.01);
    EXPECT_EQ(indexed.at(0, "lattice"), "tP");
    expect_rutile(indexed.at(0, "cell"));
    EXPECT_GT(indexed.number(0, "cell_probability"), 0.5);

    const auto said = run("classify model.h5 examples/rutile.xy --structures si.h5 --indexing");
    EXPECT_NE(said.out.find("  cell tP 4.59"), std::string::npos) << said.out;
    ASSERT_EQ(run("classify -q model.h5 examples/rutile.xy --structures si.h5 --indexing -o indexed.jsonl").status, 0);
    const auto json = nlohmann::json::parse(read_text(folder / "indexed.jsonl"));
    EXPECT_EQ(json.at("indexed").at("lattice"), "tP");
    EXPECT_NEAR(json.at("indexed").at("cell").at(2).get<double>(), 2.959, 0.01);
    ASSERT_EQ(run("classify -q model.h5 examples/rutile.xy --structures minerals.h5 -o fitted.h5").status, 0);
    const H5File h5 = H5File::open(folder / "fitted.h5", {"classification", 1, ""});
    EXPECT_NEAR(h5.read<float>("closest_cell").at(2), 2.959, 0.01);
    EXPECT_TRUE(std::isnan(h5.read<float>("cell").at(0))) << "the search is sure: nothing was indexed";
}

// Two minerals in one pattern: the weaker is named beside the other, however results are written.
TEST_F(ClassifyCommand, ResultsNameASecondPhase) {
    ASSERT_EQ(run("ingest -q minerals -o minerals.h5").status, 0);
    ASSERT_EQ(run("simulate -q minerals/quartz.cif minerals/NaCl.cif -o both.xy").status, 0);
    std::string sum;
    {
        std::istringstream quartz(read_text(folder / "both_0001.xy")), salt(read_text(folder / "both_0002.xy"));
        std::string a, b;
        while (std::getline(quartz, a) && std::getline(salt, b)) {
            double angle = 0, of_quartz = 0, of_salt = 0;
            if (!(std::istringstream(a) >> angle >> of_quartz) || !(std::istringstream(b) >> angle >> of_salt)) continue;
            sum += std::to_string(angle) + ' ' + std::to_string(of_quartz + 0.4 * of_salt) + '\n';
        }
    }
    write_text(folder / "mixture.xy", sum);
    const auto said = run("classify model.h5 mixture.xy --structures minerals.h5 -o two.csv");
    ASSERT_EQ(said.status, 0) << said.err;
    const CsvTable csv(folder / "two.csv");
    EXPECT_NE(csv.at(0, "closest_structure").find("quartz"), std::string::npos) << csv.at(0, "closest_structure");
    EXPECT_NE(csv.at(0, "second_phase").find("NaCl"), std::string::npos);
    EXPECT_EQ(csv.at(0, "second_formula"), "ClNa");
    EXPECT_EQ(csv.at(0, "second_space_group"), "225");
    EXPECT_GT(csv.number(0, "second_part"), 0.1);
    EXPECT_LT(csv.number(0, "second_part"), 0.5);
    ASSERT_EQ(run("classify -q model.h5 mixture.xy --structures minerals.h5 -o two.jsonl --explain drawn").status, 0);
    const auto json = nlohmann::json::parse(read_text(folder / "two.jsonl"));
    EXPECT_EQ(json.at("second_phase").at("formula"), "ClNa");
    EXPECT_EQ(json.at("second_phase").at("space_group"), 225);
    EXPECT_NE(read_text(folder / "drawn/mixture.xy.fit.svg").find("measured, without ClNa"), std::string::npos);
    ASSERT_EQ(run("classify -q model.h5 mixture.xy --structures minerals.h5 -o two.h5").status, 0);
    const H5File h5 = H5File::open(folder / "two.h5", {"classification", 1, ""});
    EXPECT_EQ(h5.read<std::uint16_t>("second_space_group").at(0), 225);
    EXPECT_GT(h5.read<float>("second_part").at(0), 0.1f);
    const auto shown = run("classify model.h5 mixture.xy --structures minerals.h5");
    EXPECT_NE(shown.out.find("  beside ClNa Fm-3m "), std::string::npos) << shown.out;
}

// What is like no structure may be of another wavelength, where none is stated.
TEST_F(ClassifyCommand, WhatIsUnlikeAllMayBeOfAnotherWavelength) {
    ASSERT_EQ(run("ingest -q minerals/Si.cif -o si.h5").status, 0);
    const std::string stated = read_text(folder / "examples/rutile.xy");
    write_text(folder / "bare.xy", stated.substr(stated.find('\n') + 1));
    const std::string hint = "no wavelength is stated: give --wavelength if it was not 1.54";
    const auto said = run("classify model.h5 bare.xy examples/rutile.xy --structures si.h5");
    EXPECT_NE(said.out.find("unlike any of the 1 structures"), std::string::npos) << said.out;
    EXPECT_NE(said.out.find(hint), std::string::npos) << said.out;
    EXPECT_EQ(said.out.find(hint), said.out.rfind(hint)) << "the other file states it";
}

// A network that knows nothing and a search that does: the answer is the search's.
TEST_F(ClassifyCommand, ASearchOfStructuresIsASecondOpinion) {
    ASSERT_EQ(run("ingest -q minerals -o minerals.h5").status, 0);
    const test::RunResult result = run("classify -q model.h5 examples --structures minerals.h5 -o a.csv");
    ASSERT_EQ(result.status, 0) << result.err;
    const CsvTable answers(folder / "a.csv");
    ASSERT_EQ(answers.size(), 8u);
    int right = 0;
    std::map<std::string, std::string> answer_of;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const std::string mineral = fs::path(answers.at(i, "file")).stem().string();
        right += answers.at(i, "closest_structure").find(mineral + ".cif") != std::string::npos;
        EXPECT_GT(answers.number(i, "similarity"), 0.8) << mineral;
        answer_of[mineral] = answers.at(i, "space_group");
    }
    EXPECT_GE(right, 7) << "of eight";
    EXPECT_EQ(answer_of["topaz"], "62");
    // evaluate gives the same joint answers, and calibrate fits to them.
    ASSERT_EQ(run("evaluate -q model.h5 --labels examples/labels.csv --structures minerals.h5 -o joint").status, 0);
    const CsvTable judged(folder / "joint/predictions.csv");
    ASSERT_EQ(judged.size(), 8u);
    for (std::size_t i = 0; i < judged.size(); ++i) {
        const std::string mineral = fs::path(judged.at(i, "file")).stem().string();
        ASSERT_TRUE(answer_of.contains(mineral)) << mineral;
        EXPECT_EQ(judged.at(i, "space_group"), answer_of[mineral]) << mineral;
    }
    const test::RunResult fitted =
        run("calibrate -q model.h5 --library minerals.h5 --structures minerals.h5 --patterns 100 --coverage 0.5 -o joint.h5");
    ASSERT_EQ(fitted.status, 0) << fitted.err;
    EXPECT_NE(Model::read(folder / "joint.h5").calibration.fitted_on.find("with a search of minerals.h5"), std::string::npos);
    EXPECT_EQ(run("classify -q model.h5 examples --structures absent.h5").status, 1);
}

// Without a model's name the one that ships answers, with the structures that ship.
TEST_F(ClassifyCommand, TheShippedModelAnswersWhereNoneIsNamed) {
    const test::RunResult result = run("classify -q examples -o shipped.csv");
    ASSERT_EQ(result.status, 0) << result.err;
    const CsvTable answers(folder / "shipped.csv"), labels(folder / "examples/labels.csv");
    std::map<std::string, std::string> label_of;
    for (std::size_t i = 0; i < labels.size(); ++i) label_of[labels.at(i, "file")] = labels.at(i, "space_group");
    ASSERT_EQ(answers.size(), 8u);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const int answer = std::stoi(answers.at(i, "space_group"));
        const int label = std::stoi(label_of.at(fs::path(answers.at(i, "file")).filename().string()));
        EXPECT_TRUE(answer == label || answer == enantiomorph(label)) << answers.at(i, "file") << ": " << answer;
    }
    EXPECT_NE(read_text(folder / "shipped.csv").find("opaz"), std::string::npos) << "the closest structure has a mineral's name";
    const test::RunResult alone = run("classify -q examples/quartz.xy --structures none");
    EXPECT_EQ(alone.status, 0) << alone.err;
    EXPECT_EQ(alone.out.find("looks like"), std::string::npos) << alone.out;
    EXPECT_EQ(run("evaluate -q --labels examples/labels.csv -o shipped").status, 0);
    const test::RunResult nothing = run("classify model.h5");
    EXPECT_EQ(nothing.status, 2);
    EXPECT_NE(nothing.err.find("no patterns named"), std::string::npos) << nothing.err;
    ::setenv("FRIEDEL_DATA", "/nonexistent", 1);
    const test::RunResult lost = run("classify -q examples/quartz.xy");
    ::unsetenv("FRIEDEL_DATA");
    EXPECT_EQ(lost.status, 1);
    EXPECT_NE(lost.err.find("/nonexistent"), std::string::npos) << lost.err;
}

// What is no powder pattern of anything that was searched gets no answer, and each refusal says that; a real pattern does get one.
TEST_F(ClassifyCommand, RefusesWhatIsUnlikeAnything) {
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
    write("one_line.xy", [&](double x) { return 10 + 10000 * hump(x, 69.1, 0.05) + noise(random); });
    fs::copy_file(folder / "examples/quartz.xy", folder / "odd/quartz.xy");
    // A hump as high as the lines hides none of them.
    const MeasuredPattern quartz = read_pattern(folder / "examples/quartz.xy");
    const double top = *std::max_element(quartz.intensity.begin(), quartz.intensity.end());
    std::string text;
    for (std::size_t i = 0; i < quartz.intensity.size(); ++i) {
        const double angle = quartz.two_theta_deg[i];
        text += std::to_string(angle) + ' ' + std::to_string(quartz.intensity[i] + 0.6 * top * hump(angle, 24, 4)) + '\n';
    }
    test::write_text(folder / "odd/quartz_on_glass.xy", text);
    const std::map<std::string, std::string> reasons = {{"empty_holder.xy", "no line stands out"},
                                                        {"glass.xy", "no sharp lines"},
                                                        {"other_axis.xy", "unlike any"},
                                                        {"one_line.xy", "only one line"}};
    ASSERT_EQ(run("classify -q odd -o odd.csv").status, 0);
    const CsvTable answers(folder / "odd.csv");
    ASSERT_EQ(answers.size(), 6u);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const std::string &file = answers.at(i, "file"), &why = answers.at(i, "reason");
        const auto reason = reasons.find(fs::path(file).filename().string());
        EXPECT_EQ(answers.at(i, "refused"), reason == reasons.end() ? "no" : "yes") << file;
        if (reason != reasons.end()) {
            EXPECT_NE(why.find(reason->second), std::string::npos) << file << ": " << why;
        } else {
            EXPECT_EQ(answers.at(i, "space_group"), "152") << file;
        }
    }
    // A search without a network does not take humps for structures either.
    ASSERT_EQ(run("ingest -q minerals -o minerals.h5").status, 0);
    ASSERT_EQ(run("match minerals.h5 odd/glass.xy odd/quartz_on_glass.xy --keep-humps -o matched.csv").status, 0);
    const CsvTable matched(folder / "matched.csv");
    EXPECT_NE(matched.at(0, "reason").find("no sharp lines"), std::string::npos) << matched.at(0, "reason");
    ASSERT_EQ(run("classify -q odd/quartz_on_glass.xy --keep-humps --structures minerals.h5 -o kept.csv").status, 0);
    EXPECT_EQ(matched.at(matched.size() - 1, "reason"), CsvTable(folder / "kept.csv").at(0, "reason"));
    // The network alone finds one line too few as well.
    const std::string alone = run("classify --structures none odd/one_line.xy odd/quartz.xy").out;
    EXPECT_NE(alone.find("only one line"), std::string::npos) << alone;
    EXPECT_EQ(alone.find("refused: only", alone.find("quartz")), std::string::npos) << alone;
}

TEST_F(ClassifyCommand, StandardInputAndAnotherWavelength) {
    const std::string file = run("classify model.h5 examples/quartz.xy").out;
    const std::string command = "cd '" + folder.path.string() + "' && '" + test::program().string() +
                                "' classify model.h5 - < examples/quartz.xy > piped 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    const std::string piped = read_text(folder / "piped");
    ASSERT_EQ(piped.rfind("-", 0), 0u) << piped;
    EXPECT_EQ(file.substr(file.find("  ")), piped.substr(piped.find("  ")));

    // The same crystal measured with molybdenum shows the same d: nearly the same answer once it is said so, another one if not.
    ASSERT_EQ(run("simulate minerals/quartz.cif --radiation cu --fwhm 0.2 --step 0.02 --range 4 92 -o cu.xy").status, 0);
    ASSERT_EQ(run("simulate minerals/quartz.cif --radiation mo --fwhm 0.09 --step 0.009 --range 1.8 38.7 -o mo.xy").status, 0);
    std::string unstated = read_text(folder / "mo.xy");
    write_text(folder / "mo_unstated.xy", unstated.substr(unstated.find('\n') + 1));
    ASSERT_EQ(run("classify model.h5 cu.xy mo.xy -o stated.csv").status, 0);
    ASSERT_EQ(run("classify model.h5 mo_unstated.xy --wavelength 0.71073 -o given.csv").status, 0);
    const CsvTable stated(folder / "stated.csv"), given(folder / "given.csv");
    EXPECT_EQ(stated.at(0, "crystal_system"), stated.at(1, "crystal_system"));
    EXPECT_NEAR(stated.number(0, "entropy"), stated.number(1, "entropy"), 0.6);
    for (const std::string& column : stated.header()) {
        if (column == "file" || column == "wavelength_from" || column == "answered_by" || column == "file_state") continue;
        EXPECT_EQ(stated.at(1, column), given.at(0, column)) << column;
    }
    EXPECT_EQ(stated.at(1, "wavelength_from"), "file");
    EXPECT_EQ(given.at(0, "wavelength_from"), "option");
    ASSERT_EQ(run("classify model.h5 mo_unstated.xy -o wrong.csv").status, 0);
    EXPECT_EQ(CsvTable(folder / "wrong.csv").at(0, "refused"), "yes") << "39 of 85 degrees are too little";
}

TEST_F(ClassifyCommand, ResultsSayWhichWavelengthWasTaken) {
    fs::create_directory(folder / "w");
    std::string points;
    for (int i = 0; i <= 4250; ++i) points += std::to_string(5 + 0.02 * i) + ' ' + std::to_string(10 + i % 97) + '\n';
    write_text(folder / "w/silent.xy", points);
    write_text(folder / "w/stated.xy", "# wavelength 1.78897\n" + points);
    ASSERT_EQ(run("classify -q model.h5 w -o w.csv").status, 0);
    ASSERT_EQ(run("classify -q model.h5 w -o w.jsonl --wavelength 1.2").status, 0);
    const CsvTable answers(folder / "w.csv");
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_EQ(answers.at(0, "wavelength") + ' ' + answers.at(0, "wavelength_from"), "1.54184 assumed");
    EXPECT_EQ(answers.at(1, "wavelength") + ' ' + answers.at(1, "wavelength_from"), "1.78897 file");
    std::istringstream objects(read_text(folder / "w.jsonl"));
    for (std::string line; std::getline(objects, line);) {
        const auto json = nlohmann::json::parse(line);
        EXPECT_EQ(json["wavelength"], 1.2);
        EXPECT_EQ(json["wavelength_from"], "option");
    }
}

TEST_F(ClassifyCommand, WhatCannotBeClassifiedHasAReasonAndTheRestIsDone) {
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
    const CsvTable answers(folder / "out.csv");
    ASSERT_EQ(answers.size(), 7u);
    for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(answers.at(i, "refused"), "yes") << answers.at(i, "file");
    EXPECT_NE(answers.at(0, "reason").find("every intensity is 7"), std::string::npos) << answers.at(0, "reason");
    EXPECT_NE(answers.at(1, "reason").find("covers 17 % of the model's 5 to 89.8 degrees"), std::string::npos) << answers.at(1, "reason");
    EXPECT_EQ(answers.at(6, "refused"), "no");
}

}  // namespace
}  // namespace friedel
