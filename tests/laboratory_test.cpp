// The laboratory substances that ship as one CIF: each is what it says, and the library that 'friedel classify' searches holds it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "host/crystals/atomic_radii.h"
#include "host/crystals/cif.h"
#include "host/crystals/cif_origin.h"
#include "host/crystals/structure_library.h"
#include "host/crystals/symmetry.h"

#include "kernels/form_factor.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

const std::filesystem::path laboratory_file = test::source_dir() / "data/structures/laboratory.cif";

const std::vector<Structure>& substances() {
    static const std::vector<Structure> read = read_cif(laboratory_file);
    return read;
}

// What the blocks state, in their order.
std::vector<std::string> stated_formulas() {
    std::ifstream file(laboratory_file);
    std::vector<std::string> formulas;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("_chemical_formula_sum '")) formulas.push_back(line.substr(23, line.size() - 24));
    }
    return formulas;
}

struct Site {
    std::array<double, 3> position;
    const Atom* atom;
};

double distance_between(const std::array<double, 6>& cell, const std::array<double, 3>& from, const std::array<double, 3>& to) {
    std::array<double, 3> d;
    for (std::size_t i = 0; i < 3; ++i) d[i] = to[i] - from[i];
    const auto cosine = [&](std::size_t angle) { return std::cos(cell[angle] * M_PI / 180); };
    double squared = 2 * (d[1] * d[2] * cell[1] * cell[2] * cosine(3) + d[0] * d[2] * cell[0] * cell[2] * cosine(4) +
                          d[0] * d[1] * cell[0] * cell[1] * cosine(5));
    for (std::size_t i = 0; i < 3; ++i) squared += d[i] * d[i] * cell[i] * cell[i];
    return std::sqrt(std::max(squared, 0.0));
}

// In angstrom; 0 for a position and its own image a cell further.
double nearest_image_distance(const std::array<double, 6>& cell, const std::array<double, 3>& from, std::array<double, 3> to) {
    for (std::size_t i = 0; i < 3; ++i) to[i] -= std::round(to[i] - from[i]);
    return distance_between(cell, from, to);
}

// Every atom of the cell once.
std::vector<Site> sites_of(const Structure& structure) {
    std::vector<Site> sites;
    for (const Atom& atom : structure.atoms) {
        const std::size_t first = sites.size();
        for (const SymmetryOperation& operation : structure.operations) {
            const Site site{image_of(operation, atom.position), &atom};
            const auto same = [&](const Site& other) {
                return nearest_image_distance(structure.cell, site.position, other.position) < 0.02;
            };
            if (std::none_of(sites.begin() + static_cast<std::ptrdiff_t>(first), sites.end(), same)) sites.push_back(site);
        }
    }
    return sites;
}

// Of every atom with every image in the cells around, in units of the sum of the covalent radii; pairs whose occupancies do not reach 1.2
// are alternatives to each other.
double closest_approach(const Structure& structure) {
    const std::vector<Site> sites = sites_of(structure);
    double closest = std::numeric_limits<double>::max();
    for (const Atom& atom : structure.atoms) {
        for (const Site& site : sites) {
            if (atom.occupancy + site.atom->occupancy <= 1.2) continue;
            for (int cell = 0; cell < 27; ++cell) {
                const std::array<double, 3> image{site.position[0] + cell % 3 - 1, site.position[1] + cell / 3 % 3 - 1,
                                                  site.position[2] + cell / 9 - 1};
                const double distance = distance_between(structure.cell, atom.position, image);
                if (distance < 0.02) continue;  // the atom itself
                closest =
                    std::min(closest, distance / static_cast<double>(covalent_radius(atom.element) + covalent_radius(site.atom->element)));
            }
        }
    }
    return closest;
}

// Per atomic number.
std::vector<double> amounts_of_cell(const Structure& structure) {
    std::vector<double> amounts(max_element + 1);
    for (const Site& site : sites_of(structure)) amounts[static_cast<std::size_t>(site.atom->element)] += site.atom->occupancy;
    return amounts;
}

TEST(Laboratory, SubstancesHaveTheSymmetryThatTheyState) {
    EXPECT_GT(substances().size(), 600u);
    for (const Structure& substance : substances()) {
        EXPECT_GT(substance.claimed_space_group, 0) << substance.name;
        EXPECT_EQ(standardise(substance).structure.space_group, substance.claimed_space_group) << substance.name;
        EXPECT_FALSE(substance.origin_assumed) << substance.name;
    }
}

TEST(Laboratory, SubstancesHaveTheCompositionThatTheyState) {
    const std::vector<std::string> formulas = stated_formulas();
    ASSERT_EQ(formulas.size(), substances().size());
    for (std::size_t i = 0; i < formulas.size(); ++i) {
        const std::vector<double> stated = amounts_of_formula(formulas[i]), found = amounts_of_cell(substances()[i]);
        ASSERT_EQ(stated.size(), found.size()) << substances()[i].name;
        double least = std::numeric_limits<double>::max(), most = 0;
        for (std::size_t element = 0; element < stated.size(); ++element) {
            EXPECT_EQ(stated[element] > 0, found[element] > 0) << substances()[i].name;
            if (stated[element] <= 0) continue;
            least = std::min(least, found[element] / stated[element]);
            most = std::max(most, found[element] / stated[element]);
        }
        EXPECT_LT(most / least, 1.06) << substances()[i].name << ": " << formulas[i];
    }
}

TEST(Laboratory, AtomsKeepTheirDistance) {
    for (const Structure& substance : substances()) EXPECT_GT(closest_approach(substance), 0.69) << substance.name;
}

// 'merge' leaves out what repeats a mineral, under that one's name.
TEST(Laboratory, WhatIsSearchedHoldsThemBesideTheMinerals) {
    const StructureLibrary searched = StructureLibrary::read(test::source_dir() / "data/structures/known.h5");
    const StructureLibrary minerals = StructureLibrary::read(test::source_dir() / "data/structures/minerals.h5");
    EXPECT_GT(searched.size(), minerals.size() + 300);
    std::map<std::string, std::set<int>> groups_of;  // of formulas
    for (std::size_t i = 0; i < searched.formula.size(); ++i) groups_of[searched.formula[i]].insert(searched.space_group[i]);
    for (const Structure& substance : substances())
        EXPECT_TRUE(groups_of[substance.formula].contains(substance.claimed_space_group)) << substance.name << " " << substance.formula;
}

}  // namespace
}  // namespace friedel
