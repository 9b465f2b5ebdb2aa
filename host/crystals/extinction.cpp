#include "host/crystals/extinction.h"

#include <algorithm>
#include <array>
#include <map>

#include "host/crystals/operations.h"
#include "host/crystals/space_groups.h"
#include "host/crystals/symmetry.h"
#include "host/support/error.h"

namespace friedel {

namespace {

// Reaches every condition there is: 6_1 (l = 6n), 4_1 and d glides (4n).
constexpr int largest_tested_index = 6;

using Index = std::array<int, 3>;
using Absences = std::vector<bool>;

// One of each Friedel pair.
std::vector<Index> reflections() {
    std::vector<Index> result;
    for (int h = 0; h <= largest_tested_index; ++h) {
        for (int k = h ? -largest_tested_index : 0; k <= largest_tested_index; ++k) {
            for (int l = h || k ? -largest_tested_index : 1; l <= largest_tested_index; ++l) result.push_back({h, k, l});
        }
    }
    return result;
}

// The least of the absences over the permutations of axes that keep the crystal system's metric.
Absences canonical_absences(int space_group, const std::vector<Index>& all) {
    std::vector<Index> permutations = {{0, 1, 2}};
    if (crystal_system(space_group) == systems::orthorhombic) {
        permutations = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    }
    Absences least;
    for (const Index& axes : permutations) {
        Absences absences;
        for (const Index& h : all)
            absences.push_back(is_systematically_absent({h[axes[0]], h[axes[1]], h[axes[2]]}, standard_operations(space_group)));
        if (least.empty() || absences < least) least = absences;
    }
    return least;
}

struct Table {
    std::array<int, space_groups + 1> group_of{};
    std::vector<std::vector<int>> members;

    Table() {
        const std::vector<Index> all = reflections();
        std::map<std::pair<int, Absences>, int> known;
        for (int group = 1; group <= space_groups; ++group) {
            const auto [at, added] =
                known.emplace(std::pair(crystal_system(group), canonical_absences(group, all)), static_cast<int>(members.size()));
            if (added) members.emplace_back();
            members[at->second].push_back(group);
            group_of[group] = at->second;
        }
    }
};

const Table& table() {
    static const Table table;
    return table;
}

}  // namespace

int extinction_group_count() { return static_cast<int>(table().members.size()); }

int extinction_group(int space_group) { return table().group_of[checked_space_group(space_group)]; }

const std::vector<int>& extinction_group_members(int extinction_group) {
    if (extinction_group < 0 || extinction_group >= extinction_group_count()) fail("there is no extinction group ", extinction_group);
    return table().members[extinction_group];
}

std::string extinction_group_name(int extinction_group) {
    std::string name;
    for (int group : extinction_group_members(extinction_group)) name += (name.empty() ? "" : " ") + std::string(space_group_symbol(group));
    return name;
}

}  // namespace friedel
