// Search by similarity: minerals find themselves, strained and disturbed; the command says what it found and what it could not compare.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "host/search/structure_search.h"
#include "host/simulation/simulator.h"
#include "host/support/error.h"
#include "tests/refusals.h"

namespace friedel {
namespace {

const test::TemporaryDirectory& minerals() {
    static const test::TemporaryDirectory folder;
    static const bool made = [] {
        const std::string source = (test::source_dir() / "data/minerals").string();
        const auto result = test::run_friedel("ingest -q '" + source + "' -o '" + (folder / "minerals.h5").string() + "'");
        if (result.status != 0) fail(result.err);
        return true;
    }();
    static_cast<void>(made);
    return folder;
}

TEST(SearchIndex, IsUsedWhereItFitsAndSaidNotToWhereItDoesNot) {
    const test::TemporaryDirectory folder;
    std::filesystem::copy_file(minerals() / "minerals.h5", folder / "a.h5");
    const std::string pattern = " '" + (test::source_dir() / "data/examples/zircon.xy").string() + "' -q";
    const auto before = test::run_friedel("match a.h5" + pattern, folder.path);
    ASSERT_EQ(test::run_friedel("match a.h5 --save-index", folder.path).status, 0);
    const auto with = test::run_friedel("match a.h5" + pattern, folder.path);
    EXPECT_EQ(with.out, before.out);
    EXPECT_EQ(with.err, "");

    const StructureLibrary library = StructureLibrary::read(folder / "a.h5");
    Device device({"cpu"});
    std::size_t simulated = 0;
    const auto count = [&](std::size_t done, std::size_t) { simulated = done; };
    const Matcher kept(library, {}, device, count, folder / "a.index.h5");
    EXPECT_EQ(simulated, 0u) << "nothing is simulated again";
    EXPECT_EQ(kept.index_refused(), "");

    // Of other settings, of another library, of a program that simulates otherwise, and cut short.
    MatcherConfig wide;
    wide.fwhm_deg = 0.5f;
    EXPECT_NE(Matcher(library, wide, device, count, folder / "a.index.h5").index_refused(), "");
    EXPECT_GT(simulated, 0u);
    library.subset({0, 1, 2}).write(folder / "b.h5");
    std::filesystem::copy_file(folder / "a.index.h5", folder / "b.index.h5");
    const auto other = test::run_friedel("match b.h5" + pattern, folder.path);
    EXPECT_NE(other.err.find("b.index.h5: is of another library"), std::string::npos) << other.err;
    std::filesystem::resize_file(folder / "a.index.h5", std::filesystem::file_size(folder / "a.index.h5") / 2);
    const auto cut = test::run_friedel("match a.h5" + pattern, folder.path);
    EXPECT_EQ(cut.out, before.out);
    EXPECT_NE(cut.err.find("simulated anew"), std::string::npos) << cut.err;
}

// Each mineral with another lattice, texture, counting noise and background.
TEST(Matcher, FindsEveryMineralStrainedAndDisturbed) {
    const StructureLibrary library = StructureLibrary::read(minerals() / "minerals.h5");
    Device device({"cpu"});
    MatcherConfig config;
    Matcher matcher(library, config, device);
    std::vector<float> patterns;
    std::vector<double> strain;
    for (int i = 0; i < library.size(); ++i) {
        SimulationConfig simulation;
        simulation.grid = config.grid;
        simulation.caglioti_w.a = 0.03f;
        strain.push_back(0.02 * (i % 3 - 1));
        simulation.lattice_strain.a = static_cast<float>(strain.back());
        simulation.march_dollase.a = 0.9f;
        simulation.counts_at_maximum.a = 20000;
        simulation.air_scatter.a = 0.1f;
        std::vector<float> pattern(static_cast<std::size_t>(config.grid.points));
        simulate_one_pattern(pattern.data(), draw_parameters(simulation, library.view(), i, 5, static_cast<std::uint64_t>(i)),
                             library.view(), config.grid);
        patterns.insert(patterns.end(), pattern.begin(), pattern.end());
    }
    const auto found = matcher.match(patterns.data(), library.size());
    int first = 0;
    for (int i = 0; i < library.size(); ++i) {
        const auto& candidates = found[static_cast<std::size_t>(i)];
        ASSERT_FALSE(candidates.empty());
        ASSERT_TRUE(std::is_sorted(candidates.begin(), candidates.end(), [](auto& a, auto& b) { return a.similarity > b.similarity; }));
        if (candidates.front().structure == i) {
            ++first;
            EXPECT_NEAR(candidates.front().strain, strain[static_cast<std::size_t>(i)], 0.0015)
                << library.name[static_cast<std::size_t>(i)];
        }
    }
    // Of rock salts and spinels with one lattice parameter another may be as like; all but a few must be told apart.
    EXPECT_GE(first, library.size() - 4);
}

TEST(MatchCommand, NamesStructuresAndWhatItCannotCompare) {
    const test::TemporaryDirectory folder;
    const std::string library = "'" + (minerals() / "minerals.h5").string() + "'",
                      examples = "'" + (test::source_dir() / "data/examples").string() + "'";
    const auto printed = test::run_friedel("match -q " + library + " " + examples + " --count 2", folder.path);
    EXPECT_EQ(printed.status, 0) << printed.err;
    EXPECT_NE(printed.out.find("topaz.xy  Pnma (62)"), std::string::npos) << printed.out;

    test::write_text(folder / "short.xy", [] {
        std::ostringstream text;
        for (int i = 0; i < 200; ++i) text << 20 + 0.1 * i << ' ' << 10 + i % 7 << '\n';
        return text.str();
    }());
    const auto written = test::run_friedel("match -q " + library + " " + examples + " short.xy absent.xy -o out.jsonl", folder.path);
    EXPECT_EQ(written.status, 1) << "not all were compared";
    EXPECT_NE(written.err.find("absent.xy: no such file"), std::string::npos) << written.err;
    std::istringstream lines(test::read_text(folder / "out.jsonl"));
    int compared = 0, left_out = 0;
    for (std::string line; std::getline(lines, line);) {
        const auto json = nlohmann::json::parse(line);
        compared += json.contains("candidates");
        left_out += json.contains("reason");
    }
    EXPECT_EQ(compared, 8);
    EXPECT_EQ(left_out, 2);

    const auto varied =
        test::run_friedel("match -q " + library + " " + examples + "/topaz.xy --worth-composition 0.01 -o varied.jsonl", folder.path);
    EXPECT_EQ(varied.status, 0) << varied.err;
    const auto best = nlohmann::json::parse(test::read_text(folder / "varied.jsonl"))["candidates"][0];
    EXPECT_NEAR(best["fit"]["scattering_power"]["Al"].get<double>(), 1, 0.3) << "the example is simulated with topaz's own composition";

    const auto judged = test::run_friedel("match -q " + library + " --labels " + examples + "/labels.csv", folder.path);
    EXPECT_EQ(judged.status, 0) << judged.err;
    EXPECT_NE(judged.out.find("space group"), std::string::npos) << judged.out;
    test::expect_refused("match " + library, "give patterns", 2, folder.path);
    test::expect_refused("match absent.h5 short.xy", "absent.h5", 1, folder.path);
    test::expect_refused("match " + library + " short.xy -o out.txt", "out.txt", 2, folder.path);
}

TEST(MatchCommand, NamesSecondPhases) {
    const test::TemporaryDirectory folder;
    const std::string cifs = (test::source_dir() / "data/minerals").string(), library = "'" + (minerals() / "minerals.h5").string() + "'";
    ASSERT_EQ(test::run_friedel("simulate '" + cifs + "/quartz.cif' --impurity '" + cifs +
                                    "/calcite.cif' --impurity-fraction 0.35 --size 900 --counts 6000 -q -o mixture.xy",
                                folder.path)
                  .status,
              0);
    const auto printed = test::run_friedel("match -q " + library + " mixture.xy", folder.path);
    EXPECT_NE(printed.out.find("CCaO3 R-3c (167)"), std::string::npos) << printed.out;
    EXPECT_NE(printed.out.find("which was taken off"), std::string::npos) << printed.out;
    ASSERT_EQ(test::run_friedel("match -q " + library + " mixture.xy -o a.jsonl", folder.path).status, 0);
    const auto json = nlohmann::json::parse(test::read_text(folder / "a.jsonl"));
    EXPECT_EQ(json["second_phase"]["space_group"], 167);
    EXPECT_NEAR(json["second_phase"]["part_of_intensity"].get<double>(), 0.35 / 1.35, 0.06);  // as if the strongest lines were all
    EXPECT_EQ(json["candidates"][0]["formula"], "O2Si");
    ASSERT_EQ(test::run_friedel("match -q " + library + " mixture.xy data/examples/none.xy -o a.csv", folder.path).status, 1);
    EXPECT_NE(test::read_text(folder / "a.csv").find(",CCaO3,167,0."), std::string::npos);
    const auto alone =
        test::run_friedel("match -q " + library + " '" + (test::source_dir() / "data/examples/quartz.xy").string() + "'", folder.path);
    EXPECT_EQ(alone.out.find("taken off"), std::string::npos) << alone.out;
}

// Quartz with edges 1.5 % longer, by similarity of ideal patterns alone.
TEST(MatchCommand, OptionsOfTheSearchAreObeyed) {
    const test::TemporaryDirectory folder;
    std::filesystem::copy_file(minerals() / "minerals.h5", folder / "lib.h5");
    const std::string cif = "'" + (test::source_dir() / "data/minerals/quartz.cif").string() + "'";
    ASSERT_EQ(test::run_friedel("simulate " + cif + " --lattice-scale 1.015 -o quartz.xy", folder.path).status, 0);
    const auto search = [&](const std::string& options) {
        const auto result = test::run_friedel("match -q lib.h5 quartz.xy " + options + " -o out.jsonl", folder.path);
        EXPECT_EQ(result.status, 0) << result.err;
        return nlohmann::json::parse(test::read_text(folder / "out.jsonl"));
    };
    const auto best_of = [](const nlohmann::json& found) { return found.at("candidates").at(0); };
    const auto is_quartz = [](const nlohmann::json& candidate) {
        return candidate.at("structure").get<std::string>().ends_with("quartz.cif");
    };
    const auto unfitted = search("--fit 0"), fitted = search("--fit 1"), rigid = search("--fit 0 --strain 0");
    EXPECT_TRUE(is_quartz(best_of(unfitted)));
    EXPECT_FALSE(best_of(unfitted).contains("fit"));
    EXPECT_NEAR(best_of(unfitted).at("lattice_change"), 0.015, 0.002);
    EXPECT_TRUE(is_quartz(best_of(fitted)));
    EXPECT_TRUE(best_of(fitted).contains("fit"));
    EXPECT_NEAR(best_of(fitted).at("lattice_change"), 0.015, 0.0003);
    EXPECT_GT(best_of(fitted).at("similarity"), best_of(unfitted).at("similarity"));
    EXPECT_LT(best_of(rigid).at("similarity"), 0.5);
    for (const auto& candidate : rigid.at("candidates")) EXPECT_NEAR(candidate.at("lattice_change"), 0, 0.002);

    // The best of a structure that is nothing like the next has all of a narrow vote, and little of one as wide as all similarities. There
    // the highest symmetry counts most where its power is high: of the space groups of the library those of 48 operations.
    EXPECT_GT(search("--fit 0 --vote-width 0.01").at("vote"), 0.99);
    const auto wide = search("--fit 0 --vote-width 1 --symmetry-power 0"), high = search("--fit 0 --vote-width 1 --symmetry-power 4");
    EXPECT_LT(wide.at("vote"), 0.3);
    EXPECT_GE(high.at("space_group"), 221);
    EXPECT_GT(high.at("vote"), wide.at("vote"));
    for (const std::string beyond : {"--fit 51", "--strain 0.2", "--vote-width 0", "--symmetry-power 5"})
        test::expect_refused("match -q lib.h5 quartz.xy " + beyond, beyond.substr(0, beyond.find(' ')), 2, folder.path);
}

}  // namespace
}  // namespace friedel
