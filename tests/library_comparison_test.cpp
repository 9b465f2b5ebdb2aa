// What two libraries are compared by, against distributions and crystals worked out by hand.
#include "host/answers/library_comparison.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/minerals.h"

namespace friedel {
namespace {

TEST(LibraryComparison, LargestDifferenceIsThatOfDistributionFunctions) {
    const std::vector<double> four{1, 2, 3, 4};
    EXPECT_DOUBLE_EQ(largest_difference(four, four), 0);
    EXPECT_DOUBLE_EQ(largest_difference({4, 1, 3, 2}, four), 0) << "in any order";
    EXPECT_DOUBLE_EQ(largest_difference(four, {3, 4, 5, 6}), 0.5) << "half of the first lie below all of the second";
    EXPECT_DOUBLE_EQ(largest_difference({3, 4, 5, 6}, four), 0.5);
    EXPECT_DOUBLE_EQ(largest_difference(four, {5, 6}), 1);
    EXPECT_DOUBLE_EQ(largest_difference({1, 1, 2}, {1, 2, 2}), 1 / 3.0) << "equal values are one step";
    EXPECT_DOUBLE_EQ(largest_difference({1, 2, 3, 4, 5}, {2.5}), 0.6);
}

const std::vector<double>& values_of(const std::vector<StructureProperty>& properties, const std::string& name) {
    for (const StructureProperty& property : properties) {
        if (property.name == name) return property.values;
    }
    fail("no property ", name);
}

// Rock salt: 8 atoms in a cube of 5.6402 angstrom; rutile: a 4.5937, c 2.9587, 6 atoms.
TEST(LibraryComparison, PropertiesAreThoseOfTheCrystals) {
    const StructureLibrary salt = test::minerals_named({"NaCl"}), rutile = test::minerals_named({"rutile"});
    const LibraryComparison both = compare_libraries("salt.h5", salt, "rutile.h5", rutile, 10);
    EXPECT_NEAR(values_of(both.first, "volume per atom, angstrom^3").at(0), 22.428, 0.002);
    EXPECT_EQ(values_of(both.first, "atoms in the primitive cell"), std::vector<double>{2});
    EXPECT_EQ(values_of(both.first, "sites"), std::vector<double>{2});
    EXPECT_EQ(values_of(both.first, "reflections to 90 degrees (Cu)"), std::vector<double>{9});
    EXPECT_TRUE(values_of(both.first, "c/a, tetragonal").empty());
    EXPECT_NEAR(values_of(both.second, "volume per atom, angstrom^3").at(0), 4.5937 * 4.5937 * 2.9587 / 6, 0.003);
    EXPECT_NEAR(values_of(both.second, "c/a, tetragonal").at(0), 2.9587 / 4.5937, 1e-4);
    EXPECT_EQ(values_of(both.second, "atoms in the primitive cell"), std::vector<double>{6});
    const std::string table = comparison_table(both);
    EXPECT_NE(table.find(" 1.000\n"), std::string::npos) << "one volume is smaller than the other\n" << table;
    EXPECT_NE(comparison_page(both).find("rutile.h5"), std::string::npos);
}

}  // namespace
}  // namespace friedel
