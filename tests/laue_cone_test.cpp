// The cone of representatives against its definition, in every setting of every space group and in primitive cells of centred lattices.
#include "host/crystals/laue_cone.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <tuple>

#include "host/crystals/structure.h"
#include "host/support/error.h"
#include "kernels/reflections.h"
#include "tests/gemmi_operations.h"

namespace friedel {
namespace {

using Index = std::array<int, 3>;

Structure carbon_in(const gemmi::GroupOps& ops, const std::string& name) {
    Structure structure;
    structure.name = name;
    structure.cell = {7.1, 8.2, 9.3, 83, 94, 77};
    structure.operations = test::operations_of(ops);
    structure.atoms.push_back({"C", 6, {0.123, 0.234, 0.345}, 1, 0});
    return structure;
}

struct Expected {
    int multiplicity = 0;  // 0: not the largest of its equivalents
    bool absent = false;
};

Expected by_definition(const Index& hkl, const OperationSet& operations) {
    std::vector<Index> equivalents;
    Expected result;
    for (int r = 0; r < operations.representatives_count; ++r) {
        const SymmetryOperation& op = operations.representatives[r];
        Index image;
        transform(image.data(), hkl.data(), op.rotation);
        equivalents.push_back(image);
        equivalents.push_back({-image[0], -image[1], -image[2]});
        const int phase = hkl[0] * op.translation[0] + hkl[1] * op.translation[1] + hkl[2] * op.translation[2];
        result.absent |= image == hkl && phase % translation_denominator != 0;
    }
    result.absent |= absent_by_centring(hkl.data(), operations);
    std::sort(equivalents.begin(), equivalents.end());
    equivalents.erase(std::unique(equivalents.begin(), equivalents.end()), equivalents.end());
    if (equivalents.back() == hkl) result.multiplicity = static_cast<int>(equivalents.size());
    return result;
}

void expect_definition(const Index& hkl, const OperationSet& operations, const std::string& name) {
    const LaueCone& cone = *operations.cone;
    const Expected expected = by_definition(hkl, operations);
    const LaueRow row = row_in_cone(cone, hkl[0], hkl[1]);
    const bool inside = hkl[2] >= row.first && hkl[2] <= row.last;
    ASSERT_EQ(inside, expected.multiplicity > 0) << name << ' ' << hkl[0] << ' ' << hkl[1] << ' ' << hkl[2];
    ASSERT_FALSE(inside && cone.k_not_negative && hkl[1] < 0) << name;
    if (!inside) return;
    const std::uint32_t on = row.walls_at(hkl[2]);
    ASSERT_EQ(cone.multiplicity[on], expected.multiplicity) << name << ' ' << hkl[0] << ' ' << hkl[1] << ' ' << hkl[2];
    ASSERT_EQ(systematically_absent(hkl.data(), operations, cone.fixing[on]), expected.absent)
        << name << ' ' << hkl[0] << ' ' << hkl[1] << ' ' << hkl[2];
}

TEST(LaueCone, HoldsTheLargestOfEachSetOfEquivalents) {
    std::mt19937 random(3);
    for (const gemmi::SpaceGroup& group : gemmi::spacegroup_tables::main) {
        if (group.number == 0) continue;
        const Crystal crystal(carbon_in(group.operations(), group.xhm()));
        const OperationSet operations = crystal.view().operations;
        for (int h = -4; h <= 4; ++h) {
            for (int k = -4; k <= 4; ++k) {
                for (int l = -4; l <= 4; ++l) {
                    if (h || k || l) expect_definition({h, k, l}, operations, group.xhm());
                }
            }
        }
        // Large indices, where sums of products would overflow first; few of them at random are special, so relatives of small ones too.
        for (int i = 0; i < 300; ++i) {
            std::uniform_int_distribution<int> any(-500, 500), small(-1, 1);
            const int scale = any(random);
            const Index hkl =
                i % 2 ? Index{any(random), any(random), any(random)}
                      : Index{scale * small(random), scale * small(random), scale * small(random) + (i % 4 ? small(random) : 0)};
            if (hkl[0] || hkl[1] || hkl[2]) expect_definition(hkl, operations, group.xhm());
        }
    }
}

// The rhombohedral and body-centred cubic groups in cells turned by a unimodular matrix: settings that no table has.
TEST(LaueCone, NeedsNoStandardSetting) {
    const int p[9] = {1, 1, 0, 0, 1, 0, 0, -1, 1}, inverse[9] = {1, -1, 0, 0, 1, 0, 0, 1, 1};
    for (const char* name : {"F d -3 m", "P 63/m m c", "R -3 c", "P 42/n", "C 2/c", "P m -3 n", "I a -3"}) {
        const gemmi::SpaceGroup* group = gemmi::find_spacegroup_by_name(name);
        ASSERT_NE(group, nullptr) << name;
        Structure structure = carbon_in(group->operations(), name);
        const auto turned = [&](const std::int8_t* m) {
            std::array<int, 9> left{}, both{};
            for (int i = 0; i < 9; ++i) {
                for (int e = 0; e < 3; ++e) left[static_cast<std::size_t>(i)] += inverse[i / 3 * 3 + e] * m[3 * e + i % 3];
            }
            for (int i = 0; i < 9; ++i) {
                for (int e = 0; e < 3; ++e)
                    both[static_cast<std::size_t>(i)] += left[static_cast<std::size_t>(i / 3 * 3 + e)] * p[3 * e + i % 3];
            }
            return both;
        };
        for (SymmetryOperation& op : structure.operations) {
            const std::array<int, 9> rotation = turned(op.rotation);
            std::int8_t translation[3];
            for (int i = 0; i < 9; ++i) op.rotation[i] = static_cast<std::int8_t>(rotation[static_cast<std::size_t>(i)]);
            for (int i = 0; i < 3; ++i) {
                int t = 0;
                for (int e = 0; e < 3; ++e) t += inverse[3 * i + e] * op.translation[e];
                translation[i] = static_cast<std::int8_t>((t % 24 + 24) % 24);
            }
            std::copy_n(translation, 3, op.translation);
        }
        const Crystal crystal(structure);
        for (int h = -6; h <= 6; ++h) {
            for (int k = -6; k <= 6; ++k) {
                for (int l = -6; l <= 6; ++l) {
                    if (h || k || l) expect_definition({h, k, l}, crystal.view().operations, name);
                }
            }
        }
    }
}

TEST(LaueCone, RefusesWhatIsNoGroup) {
    // The shear is no symmetry of any lattice, whatever its metric.
    const std::vector<SymmetryOperation> shear{{{1, 0, 0, 0, 1, 0, 0, 0, 1}, {}}, {{1, 1, 0, 0, 1, 0, 0, 0, 1}, {}}};
    EXPECT_THROW(laue_cone(shear), Error);
}

}  // namespace
}  // namespace friedel
