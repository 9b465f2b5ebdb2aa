#include "host/crystals/symmetry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <gemmi/symmetry.hpp>
#include <map>
#include <set>

#include "host/crystals/cif.h"
#include "host/crystals/operations.h"
#include "host/crystals/space_groups.h"
#include "host/simulation/peak_list.h"
#include "host/support/error.h"
#include "tests/minerals.h"

namespace friedel {
namespace {

using test::mineral;
using test::mineral_structures;

using Key = std::array<int, 12>;

std::set<Key> keys(const std::vector<SymmetryOperation>& operations) {
    std::set<Key> result;
    for (const SymmetryOperation& operation : operations) {
        Key key;
        for (int i = 0; i < 9; ++i) key[i] = operation.rotation[i];
        for (int i = 0; i < 3; ++i) key[9 + i] = operation.translation[i];
        result.insert(key);
    }
    return result;
}

// Intensities of all lines, those at one angle added up: what a powder pattern shows of a structure.
void expect_same_lines(const Structure& a, const Structure& b, double tolerance_percent) {
    const std::vector<Peak> peaks_a = peak_list(a, {}), peaks_b = peak_list(b, {});
    const auto intensity_near = [](const std::vector<Peak>& peaks, double two_theta) {
        double sum = 0;
        for (const Peak& peak : peaks) {
            if (std::abs(peak.two_theta_deg - two_theta) < 2e-3) sum += peak.intensity;
        }
        return sum;
    };
    EXPECT_GE(peaks_a.size(), 3u) << a.name;
    for (const auto* peaks : {&peaks_a, &peaks_b}) {
        for (const Peak& peak : *peaks) {
            EXPECT_NEAR(intensity_near(peaks_a, peak.two_theta_deg), intensity_near(peaks_b, peak.two_theta_deg), tolerance_percent)
                << a.name << " at " << peak.two_theta_deg;
        }
    }
}

// All atoms of `copies` cells along each axis written out in P1, the origin moved, the axes turned a -> b -> c -> a.
Structure written_out(const Structure& structure, const std::array<int, 3>& copies, const std::array<double, 3>& origin) {
    Structure result;
    result.name = structure.name;
    result.operations = {{{1, 0, 0, 0, 1, 0, 0, 0, 1}, {}}};
    for (int axis = 0; axis < 3; ++axis) {
        result.cell[(axis + 1) % 3] = structure.cell[axis] * copies[axis];
        result.cell[3 + (axis + 1) % 3] = structure.cell[3 + axis];
    }
    for (const Atom& atom : structure.atoms) {
        std::vector<std::array<double, 3>> images;
        for (const SymmetryOperation& operation : structure.operations) {
            std::array<double, 3> image;
            for (int row = 0; row < 3; ++row) {
                image[row] = operation.translation[row] / 24.0;
                for (int k = 0; k < 3; ++k) image[row] += operation.rotation[3 * row + k] * atom.position[k];
                image[row] -= std::floor(image[row]);
            }
            const bool known = std::any_of(images.begin(), images.end(), [&](const auto& other) {
                double largest = 0;
                for (int axis = 0; axis < 3; ++axis) {
                    const double step = image[axis] - other[axis];
                    largest = std::max(largest, std::abs(step - std::round(step)));
                }
                return largest < 2e-3;
            });
            if (!known) images.push_back(image);
        }
        for (const auto& image : images) {
            for (int i = 0; i < copies[0] * copies[1] * copies[2]; ++i) {
                const std::array<int, 3> cell = {i % copies[0], i / copies[0] % copies[1], i / copies[0] / copies[1]};
                Atom copy = atom;
                for (int axis = 0; axis < 3; ++axis)
                    copy.position[(axis + 1) % 3] = (image[axis] + cell[axis]) / copies[axis] + origin[axis];
                result.atoms.push_back(copy);
            }
        }
    }
    return result;
}

TEST(Symmetry, StandardOperationsAreThoseOfTheInternationalTables) {
    for (int group = 1; group <= space_groups; ++group) {
        std::set<Key> expected;
        for (gemmi::Op op : gemmi::get_spacegroup_reference_setting(group).operations()) {
            op.wrap();
            Key key;
            for (int i = 0; i < 9; ++i) key[i] = op.rot[i / 3][i % 3] / gemmi::Op::DEN;
            for (int i = 0; i < 3; ++i) key[9 + i] = op.tran[i];
            expected.insert(key);
        }
        EXPECT_EQ(keys(standard_operations(group)), expected) << "space group " << group;
        EXPECT_EQ(standard_operations(group).size(), expected.size()) << "space group " << group;
    }
}

TEST(Symmetry, CentrosymmetricGroupsHaveTheirInversionAtTheOrigin) {
    const Key inversion = {-1, 0, 0, 0, -1, 0, 0, 0, -1, 0, 0, 0};
    int centrosymmetric = 0;
    for (int group = 1; group <= space_groups; ++group) {
        for (const SymmetryOperation& operation : standard_operations(group)) {
            if (!std::equal(operation.rotation, operation.rotation + 9, inversion.begin())) continue;
            ++centrosymmetric;
            EXPECT_TRUE(keys(standard_operations(group)).count(inversion)) << "space group " << group;
            break;
        }
    }
    EXPECT_EQ(centrosymmetric, 92);
}

TEST(Symmetry, MineralsAreInTheGroupTheirFileClaims) {
    const std::vector<Structure> structures = mineral_structures();
    ASSERT_EQ(structures.size(), 52u);
    for (const Structure& structure : structures) {
        EXPECT_EQ(standardise(structure).structure.space_group, structure.claimed_space_group) << structure.name;
    }
}

// Diffraction knows nothing of settings: an oracle for the whole way through spglib, origin shifts and asymmetric units.
TEST(Symmetry, StandardisingKeepsThePattern) {
    for (const Structure& structure : mineral_structures()) {
        if (atoms_in_cell(Crystal(structure)) > 150) continue;  // time
        expect_same_lines(structure, standardise(structure, {0.001, 1000}).structure, 1e-2);
    }
}

TEST(Symmetry, OriginSettingAndSupercellDoNotMatter) {
    for (const char* name : {"quartz", "rutile", "CaTiO3", "albite", "corundum", "diopside", "Si", "spinel", "zircon", "urea"}) {
        const Structure structure = mineral(name);
        const StandardStructure direct = standardise(structure);
        const StandardStructure other = standardise(written_out(structure, {2, 1, 1}, {0.137, 0.291, 0.44}), {0.01, 1000});
        EXPECT_EQ(other.structure.space_group, direct.structure.space_group) << name;
        for (int i = 0; i < 6; ++i) EXPECT_NEAR(other.structure.cell[i], direct.structure.cell[i], 1e-6) << name;
        EXPECT_EQ(atoms_in_cell(Crystal(other.structure)), atoms_in_cell(Crystal(direct.structure))) << name;
        expect_same_lines(direct.structure, other.structure, 1e-3);
    }
}

TEST(Symmetry, StructureTypeNamesNoElement) {
    EXPECT_EQ(standardise(mineral("NaCl")).structure_type, "225: a b");
    EXPECT_EQ(standardise(mineral("fluorite")).structure_type, standardise(mineral("CeO2")).structure_type);
    EXPECT_NE(standardise(mineral("NaCl")).structure_type, standardise(mineral("sphalerite")).structure_type);
}

Structure rock_salt(double shift) {
    Structure structure;
    structure.name = "test";
    structure.cell = {5.64, 5.64, 5.64, 90, 90, 90};
    structure.operations = {{{1, 0, 0, 0, 1, 0, 0, 0, 1}, {}}};
    for (int i = 0; i < 8; ++i) {
        const double x = i % 2 / 2.0, y = i / 2 % 2 / 2.0, z = i / 4 / 2.0;
        const bool anion = (i % 2 + i / 2 % 2 + i / 4) % 2;
        structure.atoms.push_back({anion ? "Cl" : "Na", anion ? 17 : 11, {x + (i == 0 ? shift : 0), y, z}, 1.0, b_iso_missing});
    }
    return structure;
}

TEST(Symmetry, ToleranceDecides) {
    EXPECT_EQ(standardise(rock_salt(0.05 / 5.64), {0.1, 100}).structure.space_group, 225);
    EXPECT_NE(standardise(rock_salt(0.05 / 5.64), {0.01, 100}).structure.space_group, 225);
    EXPECT_EQ(standardise(rock_salt(0.05 / 5.64)).structure.space_group, 225) << "all atoms in P1: 0.1 angstrom";
}

TEST(Symmetry, MixedOccupancyMakesDifferentSites) {
    Structure structure = rock_salt(0);
    EXPECT_EQ(standardise(structure).structure.space_group, 225);
    // One sodium in four half replaced: the translations are gone, the group is that of a primitive cubic cell.
    structure.atoms[0].occupancy = 0.5;
    structure.atoms.push_back({"K", 19, structure.atoms[0].position, 0.5, 1.5});
    const Structure found = standardise(structure).structure;
    EXPECT_EQ(found.space_group, 221);
    EXPECT_EQ(found.atoms.size(), 5u);  // Na, Na/K, Cl on two orbits
    const auto potassium = std::find_if(found.atoms.begin(), found.atoms.end(), [](const Atom& atom) { return atom.element == 19; });
    ASSERT_NE(potassium, found.atoms.end());
    EXPECT_EQ(potassium->occupancy, 0.5);
    EXPECT_EQ(potassium->b_iso, 1.5);
}

TEST(Symmetry, DisplacementIsAveragedOverAnOrbit) {
    Structure structure = rock_salt(0);
    for (std::size_t i = 0; i < structure.atoms.size(); ++i)
        structure.atoms[i].b_iso = structure.atoms[i].element == 11 ? 0.1 * static_cast<double>(i) : b_iso_missing;
    const Structure found = standardise(structure).structure;
    ASSERT_EQ(found.atoms.size(), 2u);
    for (const Atom& atom : found.atoms) {
        if (atom.element == 11) {
            EXPECT_NEAR(atom.b_iso, (0.0 + 0.3 + 0.5 + 0.6) / 4, 1e-12);
        } else {
            EXPECT_EQ(atom.b_iso, b_iso_missing);
        }
    }
}

TEST(Symmetry, RefusesWithReason) {
    const auto reason = [](const Structure& structure, const SymmetryOptions& options) {
        return test::error_of([&] { standardise(structure, options); });
    };
    EXPECT_NE(reason(rock_salt(0), {0, 7}).find("holds 8 atoms, more than the limit of 7"), std::string::npos);
    Structure close = rock_salt(0);
    close.atoms[1].position = {0.02, 0, 0};
    EXPECT_NE(reason(close, {}).find("angstrom apart"), std::string::npos) << reason(close, {});
    EXPECT_THROW(standard_operations(0), Error);
    EXPECT_THROW(standard_operations(231), Error);
}

// The inversion of a group's operations turns screws the other way round and leaves the rest.
TEST(SpaceGroups, EnantiomorphsAreEachOthersInversion) {
    const auto keys = [](int group, int sign) {
        std::set<OperationKey> keys;
        for (SymmetryOperation operation : standard_operations(group)) {
            for (auto& translation : operation.translation)
                translation = static_cast<std::decay_t<decltype(translation)>>(sign * translation);
            keys.insert(key_of(operation));
        }
        return keys;
    };
    int of_a_pair = 0;
    for (int group = 1; group <= space_groups; ++group) {
        int image = 0;
        for (int other = 1; other <= space_groups; ++other) {
            if (other != group && crystal_system(other) == crystal_system(group) && keys(other, 1) == keys(group, -1)) image = other;
        }
        EXPECT_EQ(enantiomorph(group), image) << group;
        of_a_pair += image != 0;
    }
    EXPECT_EQ(of_a_pair, 22);
}

TEST(SpaceGroups, SymbolsAndSystems) {
    for (int group = 1; group <= space_groups; ++group) {
        std::string symbol = gemmi::get_spacegroup_reference_setting(group).short_name();
        if (symbol[0] == 'H') symbol[0] = 'R';
        EXPECT_EQ(space_group_symbol(group), symbol);
        EXPECT_STREQ(crystal_system_name(crystal_system(group)), gemmi::get_spacegroup_reference_setting(group).crystal_system_str());
    }
    EXPECT_THROW(space_group_symbol(0), Error);
    EXPECT_THROW(crystal_system(231), Error);
}

}  // namespace
}  // namespace friedel
