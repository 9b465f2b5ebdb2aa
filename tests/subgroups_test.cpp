// Subgroups of space groups as International Tables A and A1 list them, and what follows from the graph they make.
#include "host/crystals/subgroups.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "host/answers/evaluation.h"
#include "host/crystals/symmetry.h"
#include "kernels/crystal.h"

namespace friedel {
namespace {

using Types = std::vector<int>;

// Maximal subgroups I, and IIa and IIb of other types.
TEST(Subgroups, AreThoseOfTheTables) {
    const struct {
        int space_group;
        Types translationengleiche, klassengleiche;
    } cases[] = {
        {1, {}, {}},                                            // P1
        {2, {1}, {}},                                           // P-1
        {3, {1}, {4, 5}},                                       // P2: P21, C2
        {10, {2, 3, 6}, {11, 12, 13}},                          // P2/m: P-1, P2, Pm; P21/m, C2/m, P2/c
        {14, {2, 4, 7}, {}},                                    // P21/c: P-1, P21, Pc
        {62, {11, 14, 19, 26, 31, 33}, {}},                     // Pnma: P21/m, P21/c, P212121, Pmc21, Pmn21, Pna21
        {97, {22, 23, 79}, {89, 90, 93, 94}},                   // I422: F222 along the diagonals
        {166, {12, 148, 155, 160}, {164, 167}},                 // R-3m: C2/m, R-3, R32, R3m; P-3m1, R-3c
        {194, {63, 164, 163, 176, 182, 186, 187, 190}, {193}},  // P63/mmc: Cmcm, P-3m1, P-31c, ...; P63/mcm with a' = 3a
        {198, {19, 146}, {}},                                   // P213: P212121, R3
        {221, {123, 166, 200, 207, 215}, {225, 226, 229}},      // Pm-3m: P4/mmm, R-3m, Pm-3, P432, P-43m; Fm-3m, Fm-3c, Im-3m
        {225, {139, 166, 202, 209, 216}, {221, 224}},           // Fm-3m: I4/mmm, R-3m, Fm-3, F432, F-43m; Pm-3m, Pn-3m
        {227, {141, 166, 203, 210, 216}, {}},                   // Fd-3m: I41/amd, R-3m, Fd-3, F4132, F-43m
    };
    for (auto c : cases) {
        std::sort(c.translationengleiche.begin(), c.translationengleiche.end());
        EXPECT_EQ(maximal_subgroups(c.space_group).translationengleiche, c.translationengleiche) << c.space_group;
        EXPECT_EQ(maximal_subgroups(c.space_group).klassengleiche, c.klassengleiche) << c.space_group;
    }
}

// As many as in the tables of the Bilbao Crystallographic Server (as pyxtal 1.1.5 ships them, with F222 < I422, which these leave out);
// all of them were compared once.
TEST(Subgroups, AreAsManyAsOthersFound) {
    std::size_t translationengleiche = 0, klassengleiche = 0;
    for (int group = 1; group <= space_groups; ++group) {
        translationengleiche += maximal_subgroups(group).translationengleiche.size();
        klassengleiche += maximal_subgroups(group).klassengleiche.size();
    }
    EXPECT_EQ(translationengleiche, 790u);
    EXPECT_EQ(klassengleiche, 504u);
}

// A translationengleiche subgroup of index n has an n-th of the point group, a klassengleiche one all of it.
int point_group_order(int space_group) {
    std::set<std::array<int, 9>> rotations;
    for (const SymmetryOperation& operation : standard_operations(space_group)) {
        std::array<int, 9> rotation;
        std::copy(operation.rotation, operation.rotation + 9, rotation.begin());
        rotations.insert(rotation);
    }
    return static_cast<int>(rotations.size());
}

TEST(Subgroups, HaveThePointGroupThatTheirNamePromises) {
    for (int group = 1; group <= space_groups; ++group) {
        const int order = point_group_order(group);
        for (int subgroup : maximal_subgroups(group).translationengleiche) {
            EXPECT_LT(point_group_order(subgroup), order) << group << " > " << subgroup;
            EXPECT_EQ(order % point_group_order(subgroup), 0) << group << " > " << subgroup;
        }
        for (int subgroup : maximal_subgroups(group).klassengleiche)
            EXPECT_EQ(point_group_order(subgroup), order) << group << " > " << subgroup;
    }
}

TEST(Subgroups, EveryGroupDescendsToP1) {
    for (int group = 2; group <= space_groups; ++group) {
        int at = group, steps = 0;
        while (at != 1 && steps < 7) {
            ASSERT_FALSE(maximal_subgroups(at).translationengleiche.empty()) << at;
            at = maximal_subgroups(at).translationengleiche.front();
            ++steps;
        }
        EXPECT_EQ(at, 1) << group;
    }
}

TEST(Subgroups, DistanceCountsSteps) {
    EXPECT_EQ(subgroup_distance(225, 225), 0);
    EXPECT_EQ(subgroup_distance(225, 216), 1);
    EXPECT_EQ(subgroup_distance(216, 225), 1);
    EXPECT_EQ(subgroup_distance(227, 225), 2);  // by way of F-43m or R-3m
    EXPECT_EQ(subgroup_distance(169, 170), 1);  // P61 and P65: index 5
    EXPECT_EQ(subgroup_distance(76, 78), 1);    // P41 and P43: index 3
    for (int a = 1; a <= space_groups; ++a)
        for (int b = 1; b <= space_groups; ++b) {
            ASSERT_EQ(subgroup_distance(a, b), subgroup_distance(b, a));
            ASSERT_EQ(subgroup_distance(a, b) == 0, a == b) << a << ' ' << b;
            ASSERT_GE(subgroup_distance(a, b), 0) << a << ' ' << b;
        }
}

TEST(Subgroups, SmoothingSpreadsOverNeighbours) {
    const std::vector<float> smoothing = subgroup_smoothing();
    ASSERT_EQ(smoothing.size(), std::size_t{space_groups} * space_groups);
    for (int a = 1; a <= space_groups; ++a) {
        double sum = 0;
        for (int b = 1; b <= space_groups; ++b) {
            const float share = smoothing[static_cast<std::size_t>((a - 1) * space_groups + b - 1)];
            EXPECT_EQ(share > 0, subgroup_distance(a, b) == 1) << a << ' ' << b;
            sum += share;
        }
        EXPECT_NEAR(sum, 1, 1e-5) << a;
    }
}

TEST(Subgroups, DistancesOfAnswers) {
    const auto answer = [](int truth, int predicted, int cluster) {
        return Answer{truth - 1, predicted - 1, truth != predicted, 1, 0, cluster};
    };
    const SubgroupDistances distances =
        subgroup_distances({answer(225, 225, 0), answer(225, 216, 1), answer(227, 225, 2), answer(14, 14, 3)});
    EXPECT_EQ(distances.mean.count, 4);
    EXPECT_DOUBLE_EQ(distances.mean.value, 0.75);
    EXPECT_DOUBLE_EQ(distances.median, 0.5);
    EXPECT_DOUBLE_EQ(distances.within_one.value, 0.75);
    EXPECT_EQ(subgroup_distances({}).mean.count, 0);
}

}  // namespace
}  // namespace friedel
