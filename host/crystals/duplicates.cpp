#include "host/crystals/duplicates.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>

#include "host/crystals/atom_sites.h"
#include "kernels/real_math.h"

namespace friedel {

namespace {

constexpr double cell_tolerance = 0.002;     // relative; radians for angles
constexpr double distance_tolerance = 0.02;  // angstrom
constexpr double occupancy_tolerance = 0.005;

// Every distance from an atom of the asymmetric unit to an atom of the cell, with what stands at both ends; sorted.
struct Distances {
    struct Pair {
        int from, to;  // element and occupancy of each end, combined
        double angstrom;
        auto operator<=>(const Pair&) const = default;
    };
    std::vector<Pair> pairs;
};

int species(const Atom& atom) { return atom.element * 1000 + static_cast<int>(std::lround(atom.occupancy / occupancy_tolerance)); }

Distances distances_of(const Structure& structure) {
    const Metric<double> metric = direct_metric(structure.cell.data());
    Distances result;
    for (const Atom& to : structure.atoms) {
        std::vector<std::array<double, 3>> images;
        for (const SymmetryOperation& operation : structure.operations) {
            const std::array<double, 3> image = image_of(operation, to.position);
            const bool known = std::any_of(images.begin(), images.end(), [&](const auto& other) {
                return nearest_distance(metric, {image[0] - other[0], image[1] - other[1], image[2] - other[2]}) < distance_tolerance;
            });
            if (!known) images.push_back(image);
        }
        for (const Atom& from : structure.atoms) {
            for (const auto& image : images) {
                const double distance =
                    nearest_distance(metric, {image[0] - from.position[0], image[1] - from.position[1], image[2] - from.position[2]});
                result.pairs.push_back({species(from), species(to), distance});
            }
        }
    }
    std::sort(result.pairs.begin(), result.pairs.end());
    return result;
}

bool same_cell(const float* a, const float* b) {
    for (int i = 0; i < 3; ++i) {
        if (std::abs(a[i] - b[i]) > cell_tolerance * a[i]) return false;
        if (std::abs(a[3 + i] - b[3 + i]) > cell_tolerance / degree<double>) return false;
    }
    return true;
}

bool same_distances(const Distances& a, const Distances& b) {
    return std::equal(a.pairs.begin(), a.pairs.end(), b.pairs.begin(), b.pairs.end(),
                      [](const Distances::Pair& p, const Distances::Pair& q) {
                          return p.from == q.from && p.to == q.to && std::abs(p.angstrom - q.angstrom) < distance_tolerance;
                      });
}

}  // namespace

std::vector<int> find_duplicates(const StructureLibrary& library) {
    const auto structures = static_cast<std::size_t>(library.size());
    std::map<std::tuple<int, std::string, std::uint32_t>, std::vector<int>>
        alike;  // indices of structures that are not duplicates themselves
    std::vector<std::optional<Distances>> distances(structures);
    const auto distances_at = [&](int i) -> const Distances& {
        auto& known = distances[i];
        if (!known) known = distances_of(library.structure(i));
        return *known;
    };
    std::vector<int> original(structures, -1);
    for (int i = 0; i < library.size(); ++i) {
        const auto index = static_cast<std::size_t>(i);
        auto& candidates =
            alike[{library.space_group[index], library.formula[index], library.atom_offset[index + 1] - library.atom_offset[index]}];
        for (int candidate : candidates) {
            if (!same_cell(&library.cell[6 * index], &library.cell[6 * static_cast<std::size_t>(candidate)])) continue;
            if (!same_distances(distances_at(i), distances_at(candidate))) continue;
            original[index] = candidate;
            break;
        }
        if (original[index] < 0) candidates.push_back(i);
    }
    return original;
}

int drop_duplicates(StructureLibrary& library) {
    const std::vector<int> original = find_duplicates(library);
    std::vector<int> kept;
    std::vector<Rejection> rejections = std::move(library.rejections);
    for (int i = 0; i < library.size(); ++i) {
        const int first = original[i];
        if (first < 0) {
            kept.push_back(i);
        } else {
            rejections.push_back({library.name[i], "", "repeats " + library.name[first]});
        }
    }
    const int dropped = library.size() - static_cast<int>(kept.size());
    if (dropped > 0) library = library.subset(kept);
    library.rejections = std::move(rejections);
    return dropped;
}

}  // namespace friedel
