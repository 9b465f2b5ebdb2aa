#include "host/crystals/extinction.h"

#include <gtest/gtest.h>

#include <gemmi/symmetry.hpp>
#include <set>

#include "host/crystals/space_groups.h"
#include "host/support/error.h"
#include "kernels/crystal.h"

namespace friedel {
namespace {

std::string members(int space_group) { return extinction_group_name(extinction_group(space_group)); }

// Lines of table 3.1.4.1 of International Tables A.
TEST(Extinction, KnownClasses) {
    EXPECT_EQ(members(1), "P1 P-1");
    EXPECT_EQ(members(14), "P21/c");
    EXPECT_EQ(members(47), "P222 Pmm2 Pmmm");
    EXPECT_EQ(members(62), "Pna21 Pnma") << "Pnma is Pna21 with its axes turned";
    EXPECT_EQ(members(51), "Pmc21 Pma2 Pmma");
    EXPECT_EQ(members(74), "Ima2 Imma");
    EXPECT_EQ(members(136), "P42nm P-4n2 P42/mnm");
    EXPECT_EQ(members(167), "R3c R-3c");
    EXPECT_EQ(members(186), "P63mc P-62c P63/mmc");
    EXPECT_EQ(members(227), "Fd-3 Fd-3m");
    EXPECT_EQ(members(225), "F23 Fm-3 F432 F-43m Fm-3m");
    EXPECT_EQ(members(230), "Ia-3d");
}

TEST(Extinction, ClassesPartitionTheSpaceGroups) {
    EXPECT_EQ(extinction_group_count(), 101);
    std::set<int> seen;
    for (int group = 0; group < extinction_group_count(); ++group) {
        for (int member : extinction_group_members(group)) {
            EXPECT_TRUE(seen.insert(member).second);
            EXPECT_EQ(crystal_system(member), crystal_system(extinction_group_members(group).front()));
        }
    }
    EXPECT_EQ(seen.size(), 230u);
    EXPECT_THROW(extinction_group(0), Error);
    EXPECT_THROW(extinction_group_members(101), Error);
}

// gemmi's own operations and absence rule: members agree on every reflection, groups of two classes do not (orthorhombic ones in some order
// of axes).
TEST(Extinction, AgreesWithGemmiOverAllReflections) {
    constexpr int n = 8;
    const auto absences = [](int space_group, const std::array<int, 3>& axes) {
        const gemmi::GroupOps operations = gemmi::get_spacegroup_reference_setting(space_group).operations();
        std::vector<bool> result;
        for (int i = 0; i < (2 * n + 1) * (2 * n + 1) * (n + 1); ++i) {
            const std::array<int, 3> h = {i % (2 * n + 1) - n, i / (2 * n + 1) % (2 * n + 1) - n, i / ((2 * n + 1) * (2 * n + 1))};
            result.push_back(operations.is_systematically_absent({h[axes[0]], h[axes[1]], h[axes[2]]}));
        }
        return result;
    };
    std::vector<std::vector<std::vector<bool>>> by_group(space_groups + 1);
    for (int group = 1; group <= space_groups; ++group) {
        by_group[group].push_back(absences(group, {0, 1, 2}));
        if (crystal_system(group) != 2) continue;
        for (const std::array<int, 3>& axes : {std::array{0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}})
            by_group[group].push_back(absences(group, axes));
    }
    for (int a = 1; a <= space_groups; ++a) {
        for (int b = 1; b < a; ++b) {
            if (crystal_system(a) != crystal_system(b)) continue;
            const bool alike = std::find(by_group[a].begin(), by_group[a].end(), by_group[b].front()) != by_group[a].end();
            EXPECT_EQ(alike, extinction_group(a) == extinction_group(b)) << a << " and " << b;
        }
    }
}

}  // namespace
}  // namespace friedel
