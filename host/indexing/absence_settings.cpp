#include "host/indexing/absence_settings.h"

#include <map>

#include "host/crystals/operations.h"
#include "host/crystals/space_groups.h"
#include "host/crystals/symmetry.h"

namespace friedel {

namespace {

// Indices in the standard setting of those in a setting that a powder cannot tell from it.
using Reindexing = std::array<std::array<int, 3>, 3>;
std::vector<Reindexing> reindexings(BravaisLattice lattice) {
    constexpr std::array<int, 3> x = {1, 0, 0}, y = {0, 1, 0}, z = {0, 0, 1};
    switch (lattice) {
        case BravaisLattice::oP:
        case BravaisLattice::oC:
        case BravaisLattice::oI:
        case BravaisLattice::oF:
            return {{x, y, z}, {x, z, y}, {y, x, z}, {y, z, x}, {z, x, y}, {z, y, x}};
        case BravaisLattice::mP:
            return {{x, y, z}, {z, y, x}, {x, y, {1, 0, 1}}};
        default:
            return {{x, y, z}};
    }
}

// Reflections by which settings are told apart: a window that holds each kind.
const std::vector<std::array<int, 3>>& window() {
    static const std::vector<std::array<int, 3>> all = [] {
        std::vector<std::array<int, 3>> result;
        for (int h = 0; h <= 6; ++h) {
            for (int k = -6; k <= 6; ++k) {
                for (int l = -6; l <= 6; ++l) result.push_back({h, k, l});
            }
        }
        return result;
    }();
    return all;
}

std::array<int, 3> reindexed(const Reindexing& reindexing, const std::array<int, 3>& h) {
    std::array<int, 3> out{};
    for (std::size_t i = 0; i < 3; ++i) out[i] = reindexing[i][0] * h[0] + reindexing[i][1] * h[1] + reindexing[i][2] * h[2];
    return out;
}

bool is_obverse(const std::array<int, 3>& h) { return (-h[0] + h[1] + h[2]) % 3 == 0; }

bool is_absent_by_centring(BravaisLattice lattice, const std::array<int, 3>& h) {
    return lattice == BravaisLattice::hR ? !is_obverse(h) : !is_reflection(lattice, h[0], h[1], h[2]);
}

// What a group leaves out of the window, each different pattern of it with one reindexing that gives it and how many do.
struct Orientation {
    int times = 0;
    Reindexing reindexing{};
};
std::map<std::vector<bool>, Orientation> orientations_of(int group, BravaisLattice lattice) {
    const auto& operations = standard_operations(group);
    std::map<std::vector<bool>, Orientation> orientations;
    for (const Reindexing& reindexing : reindexings(lattice)) {
        std::vector<bool> absent;
        bool keeps_centring = true;
        for (const auto& h : window()) {
            absent.push_back(is_systematically_absent(reindexed(reindexing, h), operations));
            if (is_absent_by_centring(lattice, h) && !absent.back()) keeps_centring = false;
        }
        if (!keeps_centring) continue;
        Orientation& orientation = orientations[absent];
        if (orientation.times++ == 0) orientation.reindexing = reindexing;
    }
    return orientations;
}

std::vector<AbsenceSetting> make_settings(BravaisLattice lattice) {
    std::map<std::vector<bool>, AbsenceSetting> by_absence;
    for (int group = 1; group <= space_groups; ++group) {
        if (indexed_lattice(group) != lattice) continue;
        const auto orientations = orientations_of(group, lattice);
        int all = 0;
        for (const auto& [absent, orientation] : orientations) all += orientation.times;
        for (const auto& [absent, orientation] : orientations) {
            AbsenceSetting& setting = by_absence[absent];
            setting.space_groups.push_back(group);
            setting.share.push_back(static_cast<double>(orientation.times) / all);
            if (setting.space_groups.size() == 1) setting.reindexing = orientation.reindexing;
        }
    }
    std::vector<AbsenceSetting> result;
    for (auto& [absent, setting] : by_absence) result.push_back(setting);
    return result;
}

}  // namespace

bool AbsenceSetting::absent(BravaisLattice lattice, std::array<int, 3> h) const {
    const auto& operations = standard_operations(space_groups.front());
    // The one of hkl and hk-l that is a reflection of the obverse setting.
    if (lattice == BravaisLattice::hR && !is_obverse(h)) h[2] = -h[2];
    if (!is_systematically_absent(reindexed(reindexing, h), operations)) return false;
    return lattice_system(lattice) < systems::tetragonal || lattice == BravaisLattice::hR ||
           is_systematically_absent({h[1], h[0], h[2]}, operations);
}

const std::vector<AbsenceSetting>& absence_settings(BravaisLattice lattice) {
    static const std::array<std::vector<AbsenceSetting>, bravais_lattices> all = [] {
        std::array<std::vector<AbsenceSetting>, bravais_lattices> made;
        for (int i = 0; i < bravais_lattices; ++i) made[static_cast<std::size_t>(i)] = make_settings(static_cast<BravaisLattice>(i));
        return made;
    }();
    return all[static_cast<std::size_t>(lattice)];
}

}  // namespace friedel
