// What classify, match and index say of how they read a pattern: what they took off, and what they assumed. They read alike.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "host/support/hdf5_file.h"
#include "kernels/metric.h"
#include "tests/model_commands.h"

namespace friedel {
namespace {

using test::CsvTable;
using test::read_text;
using test::write_text;

class ReadingNotes : public test::ModelCommands {
protected:
    // Quartz counted in fine steps, with a point at 50 degrees that is higher than the strongest line, and no wavelength.
    void simulate_hit() {
        ASSERT_EQ(run("simulate minerals/quartz.cif --radiation cu --fwhm 0.15 --step 0.02 --range 10 80 --air-scatter 0.3 30 --counts "
                      "5000 -o clean.xy")
                      .status,
                  0);
        std::string text = read_text(folder / "clean.xy");
        text.erase(0, text.find('\n') + 1);
        write_text(folder / "clean.xy", text);
        const std::size_t row = text.find("\n50.0000 ") + 9;
        write_text(folder / "hit.xy", text.substr(0, row) + "1.5" + text.substr(text.find('\n', row)));
    }
    nlohmann::json json_of(const std::string& file) { return nlohmann::json::parse(read_text(folder / file)); }
};

TEST_F(ReadingNotes, SpikesAreToldWithTheirAngleUnlessTheyAreKept) {
    simulate_hit();
    ASSERT_EQ(run("ingest -q minerals/quartz.cif minerals/calcite.cif -o two.h5").status, 0);
    const std::string note = "a spike at 50.00 degrees was taken off";
    for (const std::string command : {"classify model.h5", "match two.h5 --fit 1", "index"}) {
        SCOPED_TRACE(command);
        std::filesystem::remove(folder / "r.csv");
        std::filesystem::remove(folder / "r.jsonl");
        const test::RunResult printed = run(command + " hit.xy");
        ASSERT_EQ(printed.status, 0) << printed.err;
        EXPECT_NE(printed.out.find(note), std::string::npos) << printed.out;
        EXPECT_EQ(run(command + " clean.xy").out.find("spike"), std::string::npos);
        EXPECT_EQ(run(command + " hit.xy --keep-spikes").out.find("spike"), std::string::npos);
        const test::RunResult written = run(command + " clean.xy hit.xy -o r.csv");
        EXPECT_NE(written.err.find("hit.xy: " + note + "\n"), std::string::npos) << written.err;
        const CsvTable table(folder / "r.csv");
        for (std::size_t row = 0; row < table.size(); ++row)
            EXPECT_EQ(table.at(row, "note"), table.at(row, "file") == "hit.xy" ? note : "");
        EXPECT_EQ(run(command + " -q hit.xy -o r.jsonl").err, "");
        EXPECT_EQ(json_of("r.jsonl").value("note", ""), note);
    }
    ASSERT_EQ(run("classify -q model.h5 hit.xy -o r.h5").status, 0);
    EXPECT_EQ(H5File::open(folder / "r.h5", {"classification", 1, ""}).read_strings("note"), std::vector<std::string>{note});
}

// Of many, where the first and the last stood; of very many, that they stayed.
TEST_F(ReadingNotes, ManySpikesAreCounted) {
    simulate_hit();
    const auto note_of = [&](int apart) {
        std::string text;
        std::istringstream rows(read_text(folder / "clean.xy"));
        int i = 0;
        for (std::string row; std::getline(rows, row); ++i) text += i % apart == 50 ? row.substr(0, row.find(' ')) + " 1.5\n" : row + "\n";
        write_text(folder / "hits.xy", text);
        EXPECT_EQ(run("index -q hits.xy -o r.jsonl").status, 0);
        const std::string note = json_of("r.jsonl").value("note", "");
        std::filesystem::remove(folder / "r.jsonl");
        return note;
    };
    EXPECT_EQ(note_of(1000), "spikes at 11.00, 31.00, 51.00, 71.00 degrees were taken off");
    EXPECT_EQ(note_of(500), "7 spikes from 11.00 to 71.00 degrees were taken off");
    EXPECT_EQ(note_of(100), "35 spikes were left in: too many to take off, or lines narrower than a step");
}

// The mean of copper's doublet, as of the network that ships.
TEST_F(ReadingNotes, TheSameWavelengthIsAssumedEverywhere) {
    simulate_hit();
    ASSERT_EQ(run("ingest -q minerals/quartz.cif -o one.h5").status, 0);
    for (const std::string command : {"classify --structures none", "match one.h5 --fit 1", "index"}) {
        SCOPED_TRACE(command);
        std::filesystem::remove(folder / "r.csv");
        std::filesystem::remove(folder / "r.jsonl");
        const test::RunResult result = run(command + " clean.xy -o r.csv");
        EXPECT_NE(result.err.find("1 states no wavelength: 1.54187 angstrom was taken"), std::string::npos) << result.err;
        const CsvTable table(folder / "r.csv");
        EXPECT_EQ(table.at(0, "wavelength") + ' ' + table.at(0, "wavelength_from"), "1.54187 assumed");
        ASSERT_EQ(run(command + " -q clean.xy -o r.jsonl").status, 0);
        EXPECT_EQ(json_of("r.jsonl").at("wavelength"), 1.541871);
    }
}

TEST_F(ReadingNotes, HumpsStayInWhatIsIndexedWhereTheyAreWanted) {
    ASSERT_EQ(
        run("simulate minerals/quartz.cif --radiation cu --fwhm 0.15 --step 0.02 --range 10 80 --counts 5000 --hump 0.4 26 9 -o hump.xy")
            .status,
        0);
    const std::string off = run("index -q hump.xy").out, kept = run("index -q hump.xy --keep-humps").out;
    EXPECT_NE(off, "");
    EXPECT_NE(off, kept);
}

// Angles are the file's; indices go with the cell as it is printed, whatever setting it was found in.
TEST_F(ReadingNotes, IndexListsTheLinesWithTheirReflections) {
    ASSERT_EQ(run("simulate minerals/quartz.cif --radiation mo --fwhm 0.08 --step 0.01 --range 5 45 -o mo.xy").status, 0);
    const std::string printed = run("index -q mo.xy --lines").out;
    EXPECT_NE(printed.find("observed calculated difference"), std::string::npos) << printed;
    EXPECT_NE(printed.find("   1   0   0\n"), std::string::npos) << printed;
    EXPECT_EQ(run("index -q mo.xy").out.find("observed"), std::string::npos);
    EXPECT_EQ(run("index mo.xy --lines -o r.csv").status, 2);
    for (const std::string file : {"mo.xy", "examples/albite.xy", "examples/diopside.xy", "examples/topaz.xy", "examples/calcite.xy"}) {
        SCOPED_TRACE(file);
        ASSERT_EQ(run("index -q " + file + " -o r.jsonl").status, 0);
        const nlohmann::json cell = json_of("r.jsonl").at("cells").at(0);
        const auto edges = cell.at("cell").get<std::vector<double>>();
        const Metric<double> reciprocal = direct_metric<double>(edges.data()).inverse();
        const double* const m = reciprocal.m;
        EXPECT_EQ(cell.at("lines").size(), cell.at("looked_at"));
        int explained = 0;
        for (const nlohmann::json& line : cell.at("lines")) {
            if (!line.contains("hkl")) continue;
            ++explained;
            const auto i = line.at("hkl").get<std::array<int, 3>>();
            const double q = m[0] * i[0] * i[0] + m[1] * i[1] * i[1] + m[2] * i[2] * i[2] +
                             2 * (m[3] * i[1] * i[2] + m[4] * i[0] * i[2] + m[5] * i[0] * i[1]);
            EXPECT_NEAR(1 / std::sqrt(q), line.at("d").get<double>(), 0.004 * line.at("d").get<double>());
            const double difference = line.at("observed").get<double>() - line.at("calculated").get<double>();
            EXPECT_NEAR(difference, line.at("difference").get<double>(), 2e-4);
            EXPECT_LT(std::abs(difference), 0.1);
        }
        EXPECT_EQ(explained, cell.at("explained"));
        if (file != "mo.xy") continue;
        EXPECT_NEAR(cell.at("lines").at(0).at("observed").get<double>(), 9.569, 0.01) << "100 of quartz with Mo K-alpha 1";
    }
}

}  // namespace
}  // namespace friedel
