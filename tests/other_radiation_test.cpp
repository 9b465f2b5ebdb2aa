// Cells and fits of patterns of all sources: those of the structure that they were simulated from. A cell that is found with the wrong idea
// of the radiation's lines is off by 0.05 to 0.2 %.
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iomanip>
#include <string>

#include "host/patterns/k_alpha.h"
#include "tests/csv_table.h"

namespace friedel {
namespace {

constexpr double rutile_a = 4.5937;

struct Source {
    const char *radiation, *options;
};

class OtherRadiation : public ::testing::TestWithParam<Source> {
protected:
    void SetUp() override {
        const std::string rutile = (test::source_dir() / "data/minerals/rutile.cif").string();
        run("simulate '" + rutile + "' --radiation " + GetParam().radiation + " " + GetParam().options + " -o rutile.xy");
    }
    void run(const std::string& command) {
        const auto result = test::run_friedel(command, folder.path);
        ASSERT_EQ(result.status, 0) << result.err;
    }
    test::TemporaryDirectory folder;
};

TEST_P(OtherRadiation, CellsAreExact) {
    run("index rutile.xy -o indexed.csv");
    const test::CsvTable indexed(folder / "indexed.csv");
    EXPECT_EQ(indexed.at(0, "lattice"), "tP");
    EXPECT_NEAR(indexed.number(0, "a"), rutile_a, 2e-4 * rutile_a);
}

TEST_P(OtherRadiation, StructuresFit) {
    run("ingest -q '" + (test::source_dir() / "data/minerals").string() + "' -o minerals.h5");
    run("match minerals.h5 rutile.xy -o matches.csv");
    const test::CsvTable matches(folder / "matches.csv");
    EXPECT_EQ(matches.at(0, "space_group"), "136");
    EXPECT_GT(matches.number(0, "similarity"), 0.98);
    EXPECT_NEAR(matches.number(0, "lattice_change"), 0, 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Sources, OtherRadiation,
                         ::testing::Values(Source{"cu", ""}, Source{"1.54184", ""}, Source{"cu-ka1", ""}, Source{"cu", "--fwhm 0.35"},
                                           Source{"co", "--range 8 120"}, Source{"mo", "--fwhm 0.04 --range 3 50"},
                                           Source{"1.3", "--fwhm 0.03 --range 8 80"},
                                           Source{"0.4139", "--fwhm 0.015 --range 2 30 --step 0.002"}),
                         [](const auto& info) {
                             std::string name = std::string(info.param.radiation) + info.param.options;
                             for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                             return name;
                         });

// Narrower lines than any tube's, and nobody says of what wavelength: no answer, whatever copper would make of them.
TEST(OtherRadiationCommand, UnstatedWavelengthsOfSynchrotrons) {
    const test::TemporaryDirectory folder;
    const std::string rutile = (test::source_dir() / "data/minerals/rutile.cif").string();
    ASSERT_EQ(test::run_friedel("simulate '" + rutile + "' --radiation 1.0 --range 4 90 --fwhm 0.01 --step 0.002 -o stated.xy", folder.path)
                  .status,
              0);
    std::ifstream in(folder / "stated.xy");
    std::string header, text;
    std::getline(in, header);
    std::getline(in, text, '\0');
    std::ofstream(folder / "silent.xy") << text;
    const auto answer = [&](const std::string& what) { return test::run_friedel("classify --structures none " + what, folder.path).out; };
    EXPECT_NE(answer("silent.xy").find("degrees wide, which a tube's are not, and no wavelength is stated"), std::string::npos);
    for (const char* other : {"stated.xy", "silent.xy --wavelength 1.0"}) EXPECT_EQ(answer(other).find("no wavelength"), std::string::npos);
}

// Cobalt's patterns look like copper's of a larger cell, which some structure may happen to have.
TEST(OtherRadiationCommand, UnstatedTubesAreToldByWhatExplainsThePattern) {
    const test::TemporaryDirectory folder;
    const std::string minerals = (test::source_dir() / "data/minerals").string();
    ASSERT_EQ(test::run_friedel("ingest -q '" + minerals + "' -o minerals.h5", folder.path).status, 0);
    for (const std::string anode : {"cu", "co"}) {
        const std::string simulate = "simulate '" + minerals + "/BaTiO3.cif' --range 10 100 --counts 6000 --radiation " + anode;
        ASSERT_EQ(test::run_friedel(simulate + " -o " + anode + ".csv", folder.path).status, 0);
    }
    const auto answer = [&](const std::string& what) {
        return test::run_friedel("classify --structures minerals.h5 --no-indexing " + what, folder.path).out;
    };
    EXPECT_NE(answer("co.csv").find("BaO3Ti explains the pattern if the tube's anode was co"), std::string::npos);
    const auto is_told_none = [](const std::string& told) {
        return told.find("BaO3Ti") != std::string::npos && told.find("anode was") == std::string::npos;
    };
    EXPECT_TRUE(is_told_none(answer("co.csv --wavelength co")));
    EXPECT_TRUE(is_told_none(answer("cu.csv")));
    const std::string stated = answer("co.csv --wavelength 1.5");
    EXPECT_NE(stated.find("entropy"), std::string::npos);
    EXPECT_EQ(stated.find("anode was"), std::string::npos) << "the user says what it was";
}

// A film's lines would suit some structure or other with any tube.
TEST(OtherRadiationCommand, OrdersOfOneSpacingAreToldNoTube) {
    const test::TemporaryDirectory folder;
    std::ofstream film(folder / "film.csv");
    film << "two_theta_deg,intensity\n";
    for (double angle = 8; angle < 90; angle += 0.02) {
        double intensity = 1 + 0.2 * std::fmod(angle * 7919, 1.0);
        for (int order = 1; order <= 4; ++order) {
            const double line = 2 * std::asin(order * 1.78897 / (2 * 4.0)) * 180 / M_PI;
            intensity += 300.0 / order * std::exp(-4 * std::log(2.0) * std::pow((angle - line) / 0.12, 2));
        }
        film << angle << ',' << intensity << '\n';
    }
    film.close();
    const std::string told = test::run_friedel("classify --no-indexing film.csv", folder.path).out;
    EXPECT_NE(told.find("orders of one spacing"), std::string::npos) << told;
}

// Nothing that is said of their lines' widths or of the wavelength would help.
TEST(OtherRadiationCommand, AnglesInRadiansAreTold) {
    const test::TemporaryDirectory folder;
    const std::string rutile = (test::source_dir() / "data/minerals/rutile.cif").string();
    ASSERT_EQ(test::run_friedel("simulate '" + rutile + "' -o degrees.xy", folder.path).status, 0);
    std::ifstream in(folder / "degrees.xy");
    std::ofstream silent(folder / "silent.xy"), named(folder / "named.xy");
    named << "2theta (rad) intensity\n";
    for (std::string line; std::getline(in, line);) {
        double angle = 0, intensity = 0;
        if (std::sscanf(line.c_str(), "%lf %lf", &angle, &intensity) != 2) continue;
        for (std::ofstream* out : {&silent, &named}) *out << std::setprecision(9) << angle * M_PI / 180 << ' ' << intensity << '\n';
    }
    silent.close(), named.close();
    const auto answer = [&](const std::string& what) { return test::run_friedel("classify --structures none " + what, folder.path).out; };
    for (const char* options : {"", " --wavelength cu"}) {
        const std::string told = answer(std::string("silent.xy") + options);
        EXPECT_NE(told.find("degrees, as if they were radians; name the first column"), std::string::npos) << told;
    }
    EXPECT_EQ(answer("named.xy").find("radians"), std::string::npos);
    EXPECT_EQ(answer("silent.xy --wavelength 0.1 --min-coverage 0.05").find("radians"), std::string::npos) << "three degrees are enough";
}

TEST(EmissionLines, AreThoseOfTheAnodeOrOne) {
    // Hoelzer et al. 1997, Cu and Co.
    for (const double stated : {1.5405929, 1.5406, 1.5418, 1.54184}) {
        EXPECT_NEAR(emission_lines(stated).first_angstrom, 1.5405929, 1e-6) << stated;
        EXPECT_NEAR(emission_lines(stated).second_shift, 1.5444274 / 1.5405929 - 1, 1e-6) << stated;
    }
    EXPECT_NEAR(emission_lines(1.7902).first_angstrom, 1.7889960, 1e-6);
    EXPECT_EQ(emission_lines(0.4139).first_angstrom, 0.4139);
    for (const double single : {0.4139, 0.71, 1.5445, 0.56}) EXPECT_EQ(emission_lines(single).second_shift, 0) << single;
    for (const double tube : {1.54, 1.79, 0.7107, 1.542}) EXPECT_GT(emission_lines(tube).second_shift, 0) << tube;
    EXPECT_EQ(emission_lines(1.54184, true).first_angstrom, 1.54184);
    EXPECT_EQ(emission_lines(1.54184, true).second_shift, 0);
}

}  // namespace
}  // namespace friedel
