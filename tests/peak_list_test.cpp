// What a peak list promises beside its numbers (those are held to other programs in physics_test.cpp).
#include "host/simulation/peak_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "host/simulation/form_factors.h"
#include "host/support/error.h"
#include "kernels/reflections.h"
#include "tests/csv_table.h"
#include "tests/minerals.h"

namespace friedel {
namespace {

TEST(PeakLister, ForgetsTheCrystalBefore) {
    PeakLister lister{PeakListOptions{}};
    for (const Structure& structure : test::mineral_structures()) {
        const std::vector<Peak> fresh = peak_list(structure, {});
        const std::span<const Peak> again = lister.list(Crystal(structure));
        ASSERT_EQ(again.size(), fresh.size()) << structure.name;
        for (std::size_t i = 0; i < fresh.size(); ++i) {
            ASSERT_EQ(again[i].two_theta_deg, fresh[i].two_theta_deg) << structure.name;
            ASSERT_EQ(again[i].intensity, fresh[i].intensity) << structure.name;
            ASSERT_EQ(again[i].l, fresh[i].l) << structure.name;
        }
    }
}

TEST(PeakLister, NamesReflectionsAsPeopleDo) {
    for (const Structure& structure : test::mineral_structures()) {
        const Crystal crystal(structure);
        const OperationSet operations = crystal.view().operations;
        double before = 0;
        for (const Peak& peak : peak_list(structure, {})) {
            const auto rank = [](const std::array<int, 3>& i) {
                return std::array<int, 5>{-(i[0] < 0) - (i[1] < 0) - (i[2] < 0), i[0] + i[1] + i[2], i[0], i[1], i[2]};
            };
            const std::array<int, 3> named{peak.h, peak.k, peak.l};
            for (int r = 0; r < operations.laue_count(); ++r) {
                std::array<int, 3> image;
                transform(image.data(), named.data(), operations.representatives[r].rotation);
                EXPECT_LE(rank(image), rank(named)) << structure.name;
                EXPECT_LE(rank({-image[0], -image[1], -image[2]}), rank(named)) << structure.name;
            }
            EXPECT_GE(peak.two_theta_deg, before - 1e-9) << structure.name;
            before = peak.two_theta_deg;
        }
    }
}

// Against sines, cosines and exponentials of the library at reflections of high order, in a crystal without a centre of symmetry.
TEST(PeakLister, KeepsItsPrecisionAtHighOrders) {
    Structure structure;
    structure.name = "two atoms";
    structure.cell = {180, 3.1, 3.3, 90, 90, 90};
    structure.operations = {{{1, 0, 0, 0, 1, 0, 0, 0, 1}, {}}};
    structure.atoms = {{"Si", 14, {0.123456789, 0.234567891, 0.345678912}, 0.7, 0.4}, {"O", 8, {0.987654321, 0.876543219, 0.5}, 1, 1.3}};
    PeakListOptions options;
    options.wavelength = 0.7;
    options.high_deg = 120;
    int highest = 0;
    const auto& table = form_factors_double();
    for (const Peak& peak : peak_list(structure, options)) {
        const double stol_sq = 0.25 / (peak.d_angstrom * peak.d_angstrom);
        double re = 0, im = 0, electrons = 0;
        for (const Atom& atom : structure.atoms) {
            const auto& element = table.element[atom.element];
            double f = element.c;
            for (int i = 0; i < 4; ++i) f += element.a[i] * std::exp(-element.b[i] * stol_sq);
            const double phase = 2 * pi_d * (peak.h * atom.position[0] + peak.k * atom.position[1] + peak.l * atom.position[2]);
            const double amplitude = atom.occupancy * f * std::exp(-atom.b_iso * stol_sq);
            re += amplitude * std::cos(phase);
            im += amplitude * std::sin(phase);
            electrons += amplitude;
        }
        ASSERT_NEAR(peak.f_squared, re * re + im * im, 1e-11 * electrons * electrons) << peak.h << ' ' << peak.k << ' ' << peak.l;
        ASSERT_NEAR(2 * peak.d_angstrom * std::sin(peak.two_theta_deg * pi_d / 360), options.wavelength, 1e-13);
        highest = std::max(highest, std::abs(peak.h));
    }
    EXPECT_GT(highest, 400);
}

TEST(PeakLister, ReachesToTheEndOfTheRange) {
    PeakListOptions options;
    options.low_deg = 0;
    options.high_deg = 180;
    const std::vector<Peak> peaks = peak_list(test::mineral("quartz"), options);
    ASSERT_FALSE(peaks.empty());
    EXPECT_GT(peaks.back().two_theta_deg, 159);
    for (const Peak& peak : peaks) EXPECT_TRUE(std::isfinite(peak.intensity));
    options.high_deg = 3;
    EXPECT_TRUE(peak_list(test::mineral("quartz"), options).empty());
}

TEST(PeaksCommand, ABlockOfAFileIsChosen) {
    const test::TemporaryDirectory folder;
    test::write_text(folder / "two.cif", test::read_text(test::mineral_file("Si")) + "\n" + test::read_text(test::mineral_file("NaCl")));
    test::write_text(folder / "one.cif", test::read_text(test::mineral_file("NaCl")));
    const auto peaks = [&](const std::string& arguments) { return test::run_friedel("peaks " + arguments, folder.path); };
    EXPECT_EQ(peaks("two.cif --block NaCl").out, peaks("one.cif").out);
    EXPECT_NE(peaks("two.cif --block Si").out, peaks("one.cif").out);
    const auto unsaid = peaks("two.cif"), other = peaks("two.cif --block Cu");
    EXPECT_EQ(unsaid.status, 1);
    EXPECT_NE(unsaid.err.find("two.cif: holds 2 structures; choose one with --block: Si, NaCl"), std::string::npos) << unsaid.err;
    EXPECT_EQ(other.status, 1);
    EXPECT_NE(other.err.find("two.cif: no data block Cu"), std::string::npos) << other.err;
}

// Cuprite, or with its elements exchanged: the symbol leaves open which, and only the formula tells.
TEST(PeaksCommand, AnOriginThatNothingTellsIsNamed) {
    const test::TemporaryDirectory folder;
    const std::string symbol = "data_cuprite\n_symmetry_space_group_name_H-M 'P n -3 m'\n", formula = "_chemical_formula_sum 'Cu2 O'\n",
                      cell = "_cell_length_a 4.27\n_cell_length_b 4.27\n_cell_length_c 4.27\n",
                      atoms =
                          "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
                          "Cu1 .25 .25 .25\nO1 0 0 0\n";
    test::write_text(folder / "open.cif", symbol + cell + atoms);
    test::write_text(folder / "told.cif", symbol + formula + cell + atoms);
    const auto open = test::run_friedel("peaks open.cif", folder.path), told = test::run_friedel("peaks told.cif", folder.path);
    EXPECT_NE(open.err.find("fits either of its group's two origins"), std::string::npos) << open.err;
    EXPECT_EQ(told.err,
              "friedel: told.cif: has no operators, and its space group two origins: choice 1 was taken, which agrees better with what it "
              "states of formula and sites; append :2 to the symbol for the other\n");
    EXPECT_NE(open.out, told.out);
    // What was appended is obeyed, and there is nothing left to tell.
    for (const auto& [origin, same] : {std::pair(":1", told.out), {":2", open.out}}) {
        std::string named = symbol + formula + cell + atoms;
        test::write_text(folder / "named.cif", named.insert(named.find("m'") + 1, origin));
        const auto result = test::run_friedel("peaks named.cif", folder.path);
        EXPECT_EQ(result.err, "");
        EXPECT_EQ(result.out, same);
    }
}

// Rock salt, whose two atoms make caesium chloride in P1.
TEST(PeaksCommand, SymmetryLeftInDoubtIsNamedOnceAFile) {
    const test::TemporaryDirectory folder;
    const auto block = [](const std::string& name, const std::string& symmetry) {
        return "data_" + name + "\n_cell_length_a 5.64\n_cell_length_b 5.64\n_cell_length_c 5.64\n" + symmetry +
               "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nNa1 0 0 0\nCl1 .5 .5 .5\n";
    };
    const std::string symbol = "_symmetry_space_group_name_H-M 'F m -3 m'\n", number = "_symmetry_Int_Tables_number 221\n";
    test::write_text(folder / "none.cif", block("a", ""));
    test::write_text(folder / "two.cif", block("a", symbol + number));
    test::write_text(folder / "three.cif", block("a", "") + block("b", "") + block("c", "") + block("d", symbol));
    const auto err = [&](const std::string& arguments) {
        const auto result = test::run_friedel(arguments, folder.path);
        EXPECT_EQ(result.status, 0) << result.err;
        return result.err;
    };
    const std::string taken =
        ": no symmetry is stated; taken as P1, with no atoms but those listed. A space group or operators in the file would tell";
    EXPECT_EQ(err("peaks none.cif --count 0"), "friedel: none.cif" + taken + "\n");
    EXPECT_EQ(err("peaks two.cif --count 0"),
              "friedel: two.cif: its symbol F m -3 m is of space group 225, its number is 221; the symbol was taken. Operators in the file "
              "would tell\n");
    EXPECT_EQ(err("peaks three.cif --block b --count 0"), "friedel: three.cif#b" + taken + "\n");
    EXPECT_EQ(err("peaks three.cif --block d --count 0"), "");
    EXPECT_EQ(err("simulate three.cif -o three.h5"), "friedel: three.cif#a" + taken + "; 2 more of the file likewise\n");
}

// Diopside without its centring has half the operators of its symbol, and another strongest line.
TEST(PeaksCommand, OperatorsThatContradictTheSymbolAreNamed) {
    const test::TemporaryDirectory folder;
    std::string text = test::read_text(test::mineral_file("diopside"));
    for (const char* shifted : {"'x+1/2,y+1/2,z'\n", "'-x+1/2,y+1/2,-z+1/2'\n", "'-x+1/2,-y+1/2,-z'\n", "'x+1/2,-y+1/2,z-1/2'\n"})
        text.erase(text.find(shifted), std::string(shifted).size());
    test::write_text(folder / "bare.cif", text);
    const std::string line =
        "friedel: bare.cif: its symbol C 1 2/c 1 has 8 symmetry operators, its list 4, those of P 1 2/c 1; these were taken. Correct "
        "whichever is wrong\n";
    EXPECT_EQ(test::run_friedel("peaks bare.cif --count 0", folder.path).err, line);
    EXPECT_EQ(test::run_friedel("simulate bare.cif -o bare.xy", folder.path).err.find(line), 0u);
    for (const auto& file : test::mineral_files()) EXPECT_EQ(test::run_friedel("peaks --count 0 '" + file.string() + "'").err, "") << file;
}

TEST(PeaksCommand, WhatIsLeftOutIsCounted) {
    const auto peaks = [](const std::string& options) {
        return test::run_friedel("peaks '" + test::mineral_file("topaz").string() + "'" + options);
    };
    const auto rows = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n') - 1; };
    const auto few = peaks(""), all = peaks(" --count 0");
    EXPECT_EQ(rows(few.out), 100);
    EXPECT_EQ(few.err, "friedel: " + std::to_string(rows(all.out) - 100) + " weaker reflections left out (--count 0 prints all)\n");
    EXPECT_EQ(all.err, "");
    EXPECT_EQ(peaks(" --count 5").err, "") << "asked for";
}

// 220 of silicon, percents of 111: 67.10 without f' and f'', 67.76 (Sasaki) to 67.79 (Henke) with them.
TEST(PeaksCommand, AnomalousScatteringIsAddedWhereItIsAskedFor) {
    const test::TemporaryDirectory folder;
    for (const auto& [options, least, most] : {std::tuple{"", 67.09, 67.10}, {" --anomalous", 67.72, 67.82}}) {
        test::write_text(folder / "peaks.csv", test::run_friedel("peaks '" + test::mineral_file("Si").string() + "'" + options).out);
        const test::CsvTable table(folder / "peaks.csv");
        ASSERT_GE(table.size(), 6u);
        EXPECT_EQ(table.number(1, "h") + table.number(1, "k") + table.number(1, "l"), 4);
        EXPECT_GE(table.number(1, "intensity"), least) << options;
        EXPECT_LE(table.number(1, "intensity"), most) << options;
    }
}

}  // namespace
}  // namespace friedel
