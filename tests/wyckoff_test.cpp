// Wyckoff positions against International Tables A (their number), brute force (multiplicities, completeness) and spglib (letters).
#include "host/crystals/wyckoff.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <map>

#include "host/crystals/structure.h"
#include "host/crystals/symmetry.h"

namespace friedel {
namespace {

using Point = std::array<double, 3>;

constexpr Point general = {0.1373, 0.2071, 0.4217};

Point point_of(const WyckoffPosition& position, const Point& free = general) {
    Point x;
    for (int row = 0; row < 3; ++row) {
        x[row] = position.offset[row] / 24.0;
        for (int k = 0; k < 3; ++k) x[row] += position.basis[3 * row + k] * free[k];
    }
    return x;
}

Point image_in_cell(const SymmetryOperation& operation, const Point& x) {
    Point image;
    for (int row = 0; row < 3; ++row) {
        image[row] = operation.translation[row] / 24.0;
        for (int k = 0; k < 3; ++k) image[row] += operation.rotation[3 * row + k] * x[k];
        image[row] -= std::floor(image[row] + 1e-9);
    }
    return image;
}

bool same_point(const Point& a, const Point& b) {
    for (int i = 0; i < 3; ++i)
        if (std::abs(a[i] - b[i] - std::round(a[i] - b[i])) > 1e-6) return false;
    return true;
}

int order_of_site(int space_group, const Point& x) {
    int order = 0;
    for (const SymmetryOperation& operation : standard_operations(space_group)) order += same_point(image_in_cell(operation, x), x);
    return order;
}

// 1731 in all (International Tables A); the groups with the fewest and the most.
TEST(Wyckoff, AsManyAsTheTablesHave) {
    std::size_t all = 0;
    for (int group = 1; group <= space_groups; ++group) all += wyckoff_positions(group).size();
    EXPECT_EQ(all, 1731u);
    EXPECT_EQ(wyckoff_positions(19).size(), 1u);
    EXPECT_EQ(wyckoff_positions(47).size(), 27u);
    EXPECT_EQ(wyckoff_positions(47).back().letter, 'A');
    EXPECT_EQ(wyckoff_positions(225).size(), 12u);
}

TEST(Wyckoff, MultiplicitiesAreThoseOfTheOrbits) {
    for (int group = 1; group <= space_groups; ++group) {
        const int order = static_cast<int>(standard_operations(group).size());
        Structure structure;
        structure.operations = standard_operations(group);
        const auto& positions = wyckoff_positions(group);
        for (const WyckoffPosition& position : positions) {
            EXPECT_EQ(position.multiplicity * order_of_site(group, point_of(position)), order) << group << position.letter;
            EXPECT_TRUE(position.images & 1);
            Atom atom;
            atom.element = 1;
            atom.position = point_of(position, {0.3119, 0.0771, 0.4567});
            structure.atoms.push_back(atom);
        }
        // What an orbit is made of does not depend on the point.
        const Crystal crystal(structure);
        for (std::size_t i = 0; i < positions.size(); ++i) {
            EXPECT_EQ(crystal.images()[i], positions[i].images) << group << positions[i].letter;
            EXPECT_EQ(copies_in_cell(crystal, static_cast<int>(i)), positions[i].multiplicity) << group << positions[i].letter;
        }
        EXPECT_EQ(positions.back().multiplicity, order);
        EXPECT_EQ(positions.back().freedom, 3);
    }
}

// No point of the cell has a site symmetry that the positions do not know: every point of a fine grid, and no position twice.
TEST(Wyckoff, EveryPointIsOnOne) {
    for (int group = 1; group <= space_groups; ++group) {
        const auto& positions = wyckoff_positions(group);
        const auto on = [&](const WyckoffPosition& position, const Point& x) {
            for (const SymmetryOperation& operation : standard_operations(group))
                if (same_point(image_in_cell(operation, point_of(position)), x)) return true;
            return false;
        };
        for (std::size_t i = 0; i < positions.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                if (positions[i].freedom == 0 && positions[j].freedom == 0) {
                    EXPECT_FALSE(on(positions[i], point_of(positions[j])));
                }
            }
        }
        const int order = static_cast<int>(standard_operations(group).size());
        std::map<int, int> multiplicities;
        for (const WyckoffPosition& position : positions) ++multiplicities[position.multiplicity];
        for (int i = 0; i < 12; ++i)
            for (int j = 0; j < 12; ++j)
                for (int k = 0; k < 12; ++k) {
                    const int multiplicity = order / order_of_site(group, {i / 12.0, j / 12.0, k / 12.0});
                    EXPECT_TRUE(multiplicities.count(multiplicity)) << group << " " << i << " " << j << " " << k;
                }
    }
}

// The letter that spglib gives an atom there, beside atoms that leave no other symmetry. Where the group allows several origins spglib may
// have chosen another than this setting's, which exchanges positions of one kind: the kind must be right always.
TEST(Wyckoff, LettersAreThoseOfSpglib) {
    int same = 0, all = 0;
    for (int group = 1; group <= space_groups; ++group) {
        const auto& positions = wyckoff_positions(group);
        for (const WyckoffPosition& position : positions) {
            Structure structure;
            structure.space_group = group;
            structure.operations = standard_operations(group);
            structure.cell = {31, 32.7, 34.9, 83, 97, 76};
            if (group >= 3) structure.cell[3] = structure.cell[5] = 90;
            if (group >= 16) structure.cell[4] = 90;
            if (group >= 75) structure.cell[1] = structure.cell[0];
            if (group >= 143 && group <= 194) structure.cell[5] = 120;
            if (group >= 195) structure.cell[2] = structure.cell[0];
            const auto add = [&](int element, const Point& x) {
                Atom atom;
                atom.element = element;
                atom.position = x;
                structure.atoms.push_back(atom);
            };
            add(92, point_of(position, {0.4417, 0.1273, 0.2231}));
            add(1, point_of(positions.back()));
            if (group < 195) {
                add(2, point_of(positions.back(), {0.0917, 0.3691, 0.1537}));
                add(3, point_of(positions.back(), {0.3119, 0.0463, 0.2879}));
            }
            const StandardStructure found = standardise(structure, {0.001, 3000});
            ASSERT_EQ(found.structure.space_group, group) << position.letter;
            // "225: a l": the letter that is not the general position's is uranium's, unless there is no other.
            char letter = positions.back().letter;
            for (const char c : found.structure_type.substr(found.structure_type.find(':'))) {
                if (std::isalpha(static_cast<unsigned char>(c)) && c != positions.back().letter) letter = c;
            }
            const auto named = std::find_if(positions.begin(), positions.end(), [&](const auto& p) { return p.letter == letter; });
            ASSERT_NE(named, positions.end());
            EXPECT_EQ(named->multiplicity, position.multiplicity) << group << position.letter << " is " << letter;
            EXPECT_EQ(named->freedom, position.freedom) << group << position.letter << " is " << letter;
            same += letter == position.letter;
            ++all;
        }
    }
    EXPECT_EQ(all, 1731);
    EXPECT_GE(same, 1690) << "letters are mixed up";
}

}  // namespace
}  // namespace friedel
