#include "host/crystals/cif_origin.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

#include "host/crystals/atom_sites.h"
#include "host/crystals/atomic_radii.h"
#include "host/crystals/elements.h"
#include "host/crystals/space_groups.h"
#include "host/crystals/wyckoff.h"
#include "host/support/error.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

// Atoms nearer than this, in units of the sum of their covalent radii, are no neighbours in any crystal.
constexpr double nearest_possible = 0.5;
// An origin whose closest atoms are farther apart by less is not the better for it.
constexpr double clearly_farther = 1.05;
constexpr int hydrogen = 1;

struct Approach {
    double of_radii = std::numeric_limits<double>::infinity();  // distance / sum of covalent radii
    double angstrom = 0;
    std::string first, second;
};

// The closest two atoms of the crystal. Atoms on one site and those that disorder keeps apart do not count. For cells with right angles,
// as all groups with two origin choices have.
Approach closest_approach(const Structure& structure) {
    const Metric<double> metric = direct_metric(structure.cell.data());
    Approach closest;
    for (std::size_t i = 0; i < structure.atoms.size(); ++i) {
        const Atom& atom = structure.atoms[i];
        for (const SymmetryOperation& operation : structure.operations) {
            const std::array<double, 3> image = image_of(operation, atom.position);
            for (std::size_t j = 0; j <= i; ++j) {
                const Atom& other = structure.atoms[j];
                const double distance =
                    nearest_distance(metric, {image[0] - other.position[0], image[1] - other.position[1], image[2] - other.position[2]});
                if (distance < same_site_angstrom || atom.occupancy + other.occupancy < full_occupancy) continue;
                const double of_radii = distance / (covalent_radius(atom.element) + covalent_radius(other.element));
                if (of_radii < closest.of_radii) closest = {of_radii, distance, atom.label, other.label};
            }
        }
    }
    return closest;
}

int sites_in_cell(const Structure& structure, const Metric<double>& metric, const Atom& atom) {
    const auto unmoved = std::count_if(structure.operations.begin(), structure.operations.end(), [&](const SymmetryOperation& operation) {
        const std::array<double, 3> image = image_of(operation, atom.position);
        return nearest_distance(metric, {image[0] - atom.position[0], image[1] - atom.position[1], image[2] - atom.position[2]}) <
               same_site_angstrom;
    });
    return static_cast<int>(structure.operations.size()) / std::max(static_cast<int>(unmoved), 1);
}

// Of a site in the cell, as stated: "8", "8a" or "a"; 0 if it is not.
int stated_multiplicity(const std::string& position, int space_group) {
    int multiplicity = 0;
    const auto [rest, error] = std::from_chars(position.data(), position.data() + position.size(), multiplicity);
    if (error == std::errc{}) return std::max(multiplicity, 0);
    if (position.size() != 1 || space_group == 0) return 0;
    for (const WyckoffPosition& known : wyckoff_positions(space_group)) {
        if (known.letter == position[0]) return known.multiplicity;
    }
    return 0;
}

// Atoms of each element in the cell.
std::vector<double> amounts_in_cell(const Structure& structure) {
    const Crystal crystal(structure);
    std::vector<double> amounts(elements + 1, 0.0);
    for (int i = 0; i < static_cast<int>(crystal.element().size()); ++i)
        amounts[crystal.element()[i]] += crystal.occupancy()[i] * copies_in_cell(crystal, i);
    return amounts;
}

// Hydrogen is left out: its atoms are often not listed.
double atoms_but_hydrogen(const std::vector<double>& amounts) {
    double sum = 0;
    for (std::size_t element = hydrogen + 1; element < amounts.size(); ++element) sum += amounts[element];
    return sum;
}

// Elements of which the cell holds another amount, by more than a twentieth, than the formula says; without a Z, another share.
int contradictions_of_formula(const Structure& structure, const StatedContent& stated) {
    const double in_formula = atoms_but_hydrogen(stated.formula);
    if (!(in_formula > 0)) return 0;
    const std::vector<double> amounts = amounts_in_cell(structure);
    const double units = stated.formula_units > 0 ? stated.formula_units : atoms_but_hydrogen(amounts) / in_formula;
    int contradictions = 0;
    for (int element = hydrogen + 1; element <= elements; ++element) {
        const double wanted = units * stated.formula[element];
        if (std::abs(amounts[element] - wanted) > 0.05 * std::max(wanted, amounts[element])) ++contradictions;
    }
    return contradictions;
}

struct Reading {
    Structure structure;
    std::string impossible;  // why; empty if it is possible
    int contradictions = 0;
    double closest = 0;  // in units of the sum of covalent radii
};

Reading read_with(const std::vector<SymmetryOperation>& operations, const Structure& given, const StatedContent& stated) {
    Reading reading;
    reading.structure = given;
    reading.structure.operations = operations;
    // Before sites are tidied: an atom that has to be moved onto a special position speaks against the origin.
    reading.closest = closest_approach(reading.structure).of_radii;
    const Metric<double> metric = direct_metric(given.cell.data());
    for (std::size_t i = 0; i < given.atoms.size(); ++i) {
        const int multiplicity = stated_multiplicity(stated.sites[i], given.claimed_space_group);
        if (multiplicity > 0 && multiplicity != sites_in_cell(reading.structure, metric, given.atoms[i])) ++reading.contradictions;
    }
    try {
        tidy_sites(reading.structure);
    } catch (const Error& error) {
        reading.impossible = error.what();
        return reading;
    }
    reading.contradictions += contradictions_of_formula(reading.structure, stated);
    if (const Approach tidied = closest_approach(reading.structure); tidied.of_radii < nearest_possible) {
        reading.impossible =
            "atoms " + tidied.second + " and " + tidied.first + " are " + formatted("%.3g", tidied.angstrom) + " angstrom apart";
    }
    return reading;
}

}  // namespace

std::vector<double> amounts_of_formula(std::string_view formula) {
    std::vector<double> amounts(elements + 1, 0.0);
    bool any = false;
    for (std::size_t i = 0; i < formula.size();) {
        if (formula[i] == ' ' || formula[i] == ',') {
            ++i;
            continue;
        }
        const std::size_t end = std::min(formula.find_first_of(" ,", i), formula.size());
        const std::string_view part = formula.substr(i, end - i);
        std::size_t letters = 0;
        while (letters < part.size() && std::isalpha(static_cast<unsigned char>(part[letters]))) ++letters;
        const int element = element_of_symbol(part.substr(0, letters));
        double amount = 1;
        if (letters < part.size()) {
            const auto [rest, error] = std::from_chars(part.data() + letters, part.data() + part.size(), amount);
            if (error != std::errc{} || rest != part.data() + part.size() || !std::isdigit(static_cast<unsigned char>(part[letters])))
                return {};
        }
        if (!element || !(amount > 0 && amount < 1e6)) return {};
        amounts[element] += amount;
        any = true;
        i = end;
    }
    return any ? amounts : std::vector<double>{};
}

void choose_origin(Structure& structure, const std::vector<SymmetryOperation>& choice_1, const StatedContent& stated) {
    Reading first = read_with(choice_1, structure, stated), second = read_with(structure.operations, structure, stated);
    if (!first.impossible.empty() && !second.impossible.empty()) {
        fail("neither origin of space group ", space_group_symbol(structure.claimed_space_group),
             " fits the atoms (choice 1: ", first.impossible, "; choice 2: ", second.impossible,
             "); add the list of symmetry operations, or check the coordinates");
    }
    bool take_first = false, assumed = false;
    const char* why = "in which its atoms are farther apart";
    if (first.impossible.empty() != second.impossible.empty()) {
        take_first = first.impossible.empty();
        why = "the one that its atoms fit";
    } else if (first.contradictions != second.contradictions) {
        take_first = first.contradictions < second.contradictions;
        why = "which agrees better with what it states of formula and sites";
    } else {
        take_first = first.closest > clearly_farther * second.closest;
        assumed = !take_first && !(second.closest > clearly_farther * first.closest);
    }
    structure = std::move(take_first ? first.structure : second.structure);
    structure.origin_assumed = assumed;
    if (assumed) return;
    structure.origin_chosen = std::string("has no operators, and its space group two origins: choice ") + (take_first ? "1" : "2") +
                              " was taken, " + why + "; append " + (take_first ? ":2" : ":1") + " to the symbol for the other";
}

void check_without_symmetry(const Structure& structure, const StatedContent& stated) {
    constexpr const char* nothing = "neither symmetry operations nor a space group are given, but ";
    constexpr const char* cure = "; add the list of symmetry operations";
    const std::string setting = lower_case(stated.cell_setting);
    if (!setting.empty() && setting != "triclinic" && setting != "anorthic")
        fail(nothing, "the cell setting is '", stated.cell_setting, "'", cure);
    for (std::size_t i = 0; i < structure.atoms.size(); ++i) {
        const std::string& site = stated.sites[i];
        const bool special = site.size() == 1 && site[0] >= 'b' && site[0] <= 'z';
        if (special || stated_multiplicity(site, 1) > 1)
            fail(nothing, "atom ", structure.atoms[i].label, special ? " is on Wyckoff position " : " has the multiplicity ", site, cure);
    }
    double listed = 0;
    for (const Atom& atom : structure.atoms) listed += atom.element == hydrogen ? 0 : atom.occupancy;
    const double wanted = stated.formula_units * atoms_but_hydrogen(stated.formula);
    if (listed < 0.75 * wanted) {
        fail(nothing, "formula and Z make ", wanted, " atoms in the cell, hydrogen left out, and ", listed, " are listed", cure);
    }
}

}  // namespace friedel
