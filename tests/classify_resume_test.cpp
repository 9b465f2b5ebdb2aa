// friedel classify after an interruption: what is gone on with, what is answered anew, and that nothing is lost.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "host/answers/result_lines.h"
#include "host/support/error.h"
#include "host/support/file_lock.h"
#include "tests/model_commands.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;
using test::CsvTable;
using test::read_text;
using test::write_text;

class ClassifyResume : public test::ModelCommands {};

// To rounding: how a product of matrices adds up may depend on how many patterns are answered at once.
void expect_same_results(const std::string& found, const std::string& expected) {
    static const std::regex number(R"(-?\d+\.\d+(e-?\d+)?)");
    EXPECT_EQ(std::regex_replace(found, number, "#"), std::regex_replace(expected, number, "#"));
    std::sregex_iterator a(found.begin(), found.end(), number), b(expected.begin(), expected.end(), number), end;
    for (; a != end && b != end; ++a, ++b) EXPECT_NEAR(std::stod(a->str()), std::stod(b->str()), 1e-5);
}

TEST_F(ClassifyResume, ResultsAreGoneOnWith) {
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
        EXPECT_FALSE(fs::exists(part));
        // Answers of another model, or given with other options, are not mixed with these.
        write_text(file, whole);
        Model other_model = test::untrained_model();
        other_model.calibration.belief.temperature = 2;
        other_model.write(folder / "other.h5");
        for (const std::string arguments : {"classify other.h5 examples", "classify model.h5 examples --min-coverage 0.9",
                                            "classify model.h5 examples --wavelength co", "classify model.h5 examples --strip-kalpha2"}) {
            const test::RunResult mixed = run(arguments + " -o r." + ending + " --resume");
            EXPECT_EQ(mixed.status, 1) << arguments;
            EXPECT_NE(mixed.err.find("is another model's, or of other structures or options"), std::string::npos) << mixed.err;
            EXPECT_EQ(read_text(file), whole);
            EXPECT_FALSE(fs::exists(part));
        }
    }
    // A pattern that was measured again is answered again, once.
    fs::create_directory(folder / "own");
    fs::copy_file(folder / "examples" / "quartz.xy", folder / "own" / "quartz.xy");
    ASSERT_EQ(run("classify -q model.h5 own -o own.csv").status, 0);
    EXPECT_EQ(run("classify -q model.h5 own -o own.csv --resume").err.find("changed after"), std::string::npos);
    fs::last_write_time(folder / "own" / "quartz.xy", fs::last_write_time(folder / "own.csv") + std::chrono::seconds(5));
    const test::RunResult changed = run("classify -q model.h5 own -o own.csv --resume");
    EXPECT_NE(changed.err.find("1 pattern was changed after being answered (own/quartz.xy): answered anew"), std::string::npos)
        << changed.err;
    fs::last_write_time(folder / "own.csv", fs::last_write_time(folder / "own" / "quartz.xy") + std::chrono::seconds(5));
    fs::copy_file(folder / "examples" / "topaz.xy", folder / "own" / "quartz.xy", fs::copy_options::overwrite_existing);
    fs::last_write_time(folder / "own" / "quartz.xy", fs::last_write_time(folder / "own.csv") + std::chrono::seconds(5));
    fs::copy_file(folder / "examples" / "zircon.xy", folder / "own" / "zircon.xy");
    const std::string of_quartz = read_text(folder / "own.csv");
    ASSERT_EQ(run("classify -q model.h5 own -o own.csv --resume").status, 0);
    EXPECT_EQ(CsvTable(folder / "own.csv").size(), 2u);
    EXPECT_EQ(read_text(folder / "own.csv").find(of_quartz.substr(of_quartz.find("own/quartz.xy"), 60)), std::string::npos);
    // Who forgets --resume loses nothing of an interrupted run before there are whole results.
    const std::string results = read_text(folder / "whole.csv");
    const std::string third = results.substr(0, results.find('\n', results.size() / 3) + 1);
    write_text(folder / "r.csv.part", third);
    const test::RunResult anew = run(all + "-o r.csv");
    EXPECT_EQ(anew.status, 0);
    EXPECT_NE(anew.err.find("r.csv.part.old: 2 results of an interrupted run"), std::string::npos) << anew.err;
    expect_same_results(read_text(folder / "r.csv"), results);
    EXPECT_FALSE(fs::exists(folder / "r.csv.part.old"));
    // Nor who adds it after a run that was killed before its first result.
    for (const std::string& begun : {std::string(), results.substr(0, results.find('\n') + 1)}) {
        write_text(folder / "r.csv.part", begun);
        ASSERT_EQ(run(all + "-o r.csv --resume").status, 0);
        expect_same_results(read_text(folder / "r.csv"), results);
    }
    expect_refused("classify model.h5 examples -o out.h5 --resume", "only results in .csv and .jsonl can be gone on with", 2);
}

TEST_F(ClassifyResume, DrawingsOfTheRunThatIsGoneOnWithStay) {
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

TEST_F(ClassifyResume, NamesOfSeveralLinesAreGoneOnWith) {
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

// Names of files are bytes; in results they are UTF-8.
TEST_F(ClassifyResume, NamesThatAreNoUtf8AreGoneOnWith) {
    fs::create_directories(folder / "latin");
    fs::copy_file(folder / "examples" / "quartz.xy", folder / "latin" / "\xe9 \xc3\xa9.xy");
    for (const char* results : {"latin.csv", "latin.jsonl"}) {
        const std::string command = std::string("classify model.h5 latin -o ") + results;
        ASSERT_EQ(run(command).status, 0);
        const std::string first = read_text(folder / results);
        EXPECT_NE(first.find(std::string(results).ends_with("csv") ? "\\xE9 \xc3\xa9.xy" : "\\\\xE9 \xc3\xa9.xy"), std::string::npos)
            << first;
        EXPECT_NE(run(command + " --resume").err.find("results of 1 more were there already"), std::string::npos);
        EXPECT_EQ(read_text(folder / results), first);
    }
}

// cp -p, rsync -a and tar leave an older file's time.
TEST_F(ClassifyResume, AFileThatAnOlderOneTookThePlaceOfIsAnsweredAnew) {
    const auto put = [&](const std::string& text, const std::string& name, int days_ago) {
        write_text(folder / "own" / name, text);
        fs::last_write_time(folder / "own" / name, fs::file_time_type::clock::now() - std::chrono::hours(24 * days_ago));
    };
    const std::string quartz = read_text(folder / "examples/quartz.xy"), topaz = read_text(folder / "examples/topaz.xy");
    fs::create_directories(folder / "own");
    for (const std::string ending : {"csv", "jsonl"}) {
        put(quartz, "a.xy", 3);
        put(quartz, "b.xy", 3);
        put("no numbers\n", "c.xy", 3);
        const std::string command = "classify model.h5 own -o own." + ending;
        ASSERT_EQ(run(command + " -q").status, 1);
        const std::string first = read_text(folder / ("own." + ending));
        ASSERT_EQ(run(command + " --resume").status, 1);
        EXPECT_EQ(read_text(folder / ("own." + ending)), first) << "nothing was changed";
        put(topaz, "b.xy", 9);
        put(quartz, "c.xy", 9);
        const test::RunResult again = run(command + " --resume");
        EXPECT_EQ(again.status, 0) << again.err;
        EXPECT_NE(again.err.find("2 patterns were changed after being answered"), std::string::npos) << again.err;
        EXPECT_NE(again.err.find("2 patterns: "), std::string::npos) << again.err;
        ASSERT_EQ(run("classify -q model.h5 own -o anew." + ending).status, 0);
        const auto results = [&](const std::string& name) {
            std::multiset<std::string> lines;
            std::istringstream in(read_text(folder / (name + ending)));
            for (std::string line; std::getline(in, line);) lines.insert(line);
            return lines;
        };
        EXPECT_EQ(results("own."), results("anew."));
        fs::remove(folder / "own/a.xy");
        EXPECT_EQ(run("classify -q model.h5 own/a.xy own/b.xy own/c.xy -o own." + ending + " --resume").status, 0)
            << "what was answered need not be there any more";
    }
    // Earlier versions wrote no such state: said plainly, and their results stay as they are.
    const std::string header = read_text(folder / "own.csv"), earlier = header.substr(0, header.find(",note,file_state,")) + "\n";
    ASSERT_LT(earlier.size(), header.find('\n'));
    write_text(folder / "own.csv", earlier);
    expect_refused("classify model.h5 own -o own.csv --resume", "own.csv: holds results of an earlier version of friedel");
    EXPECT_EQ(read_text(folder / "own.csv"), earlier);
}

// A run that goes on does not hide what an earlier one could not read.
TEST_F(ClassifyResume, WhatCouldNotBeReadIsToldAgain) {
    fs::create_directories(folder / "some");
    fs::copy_file(folder / "examples" / "quartz.xy", folder / "some" / "quartz.xy");
    test::write_text(folder / "some/bad.xy", "no numbers\n");
    for (const char* results : {"some.csv", "some.jsonl"}) {
        const std::string command = std::string("classify -q model.h5 some -o ") + results;
        ASSERT_EQ(run(command).status, 1);
        const std::string first = read_text(folder / results);
        const test::RunResult again = run(command + " --resume");
        EXPECT_EQ(again.status, 1);
        EXPECT_NE(again.err.find("1 of those that were there already could not be read"), std::string::npos) << again.err;
        EXPECT_EQ(read_text(folder / results), first);
    }
}

TEST(ResultLines, OfTwoInterruptedRunsTheOneThatCameFurtherIsKept) {
    const test::TemporaryDirectory folder;
    const ResultLines::Format format{"", [](const std::string& line) { return ResultLines::Origin{line, "x", false, ""}; }};
    for (const std::string& later : {std::string("a\n"), std::string("a\nb\nc\n")}) {
        test::write_text(folder / "r.jsonl.part.old", "a\nb\n");
        test::write_text(folder / "r.jsonl.part", later);
        const ResultLines lines(folder / "r.jsonl", "x", false, {}, format);
        EXPECT_EQ(test::read_text(folder / "r.jsonl.part.old"), later.size() > 4 ? later : "a\nb\n");
    }
}

// Of the file, as an editor counts them: a field in quotes may hold ends of lines.
TEST(ResultLines, ErrorsNameLinesOfTheFile) {
    const test::TemporaryDirectory folder;
    const ResultLines::Format format{"file,answered_by", [](const std::string& line) {
                                         if (line == "bad") throw Error("no columns");
                                         return ResultLines::Origin{line, line.starts_with('"') ? "x" : "other", false, ""};
                                     }};
    const auto error_of = [&](const std::string& text) {
        test::write_text(folder / "r.csv", text);
        return test::error_of([&] { const ResultLines lines(folder / "r.csv", "x", true, {}, format); });
    };
    const std::string two_lines = "file,answered_by\n\"a\nb\",x\n\"c\n\n\",x\n";
    EXPECT_NE(error_of(two_lines + "bad\n").find("r.csv: line 7 is not a result"), std::string::npos);
    EXPECT_NE(error_of(two_lines + "d,y\n").find("r.csv: the result in line 7 is another model's"), std::string::npos);
}

// What two runs write at once is neither's.
TEST_F(ClassifyResume, OneRunAtATimeWritesResults) {
    for (const std::string ending : {"csv", "jsonl"}) {
        const fs::path file = folder / ("held." + ending);
        const FileLock held(file.string() + ".lock", "held");
        expect_refused("classify model.h5 examples -o held." + ending, "another run writes it now");
        EXPECT_FALSE(fs::exists(file.string() + ".part"));
    }
    ASSERT_EQ(run("classify -q model.h5 examples/rutile.xy -o held.csv").status, 0);
    EXPECT_FALSE(fs::exists(folder / "held.csv.lock"));
}

}  // namespace
}  // namespace friedel
