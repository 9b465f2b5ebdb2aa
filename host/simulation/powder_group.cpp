#include "host/simulation/powder_group.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "host/crystals/parent_structures.h"
#include "host/simulation/simulator.h"
#include "host/support/correlation.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"

namespace friedel {

namespace {

constexpr Grid grid = comparison_grid;
constexpr int structures_at_a_time = 512;

// The ideal pattern of a structure as it is compared: square roots of intensity, no mean, unit norm.
std::vector<float> compared_pattern(const Structure& structure) {
    StructureLibrary library;
    library.add(structure);
    PatternParameters parameters;
    parameters.caglioti_w = 0.01f;
    // Displacement parameters as measured powders have them (bench/results): five times those of relaxed structures.
    parameters.b_iso_scale = 5;
    std::vector<float> pattern(static_cast<std::size_t>(grid.points));
    simulate_one_pattern(pattern.data(), parameters, library.view(), grid);
    for (float& intensity : pattern) intensity = std::sqrt(std::max(0.0f, intensity));
    normalise(pattern.data(), grid.points);
    return pattern;
}

std::size_t operations_of_point_group(const Structure& structure) { return Crystal(structure).representatives().size(); }

}  // namespace

int powder_group(const Structure& structure, const PowderGroupOptions& options) {
    if (states_determined_symmetry(structure.claimed_space_group, structure.space_group)) return structure.space_group;
    const std::vector<Structure> parents = parent_structures(structure);
    if (parents.empty()) return structure.space_group;
    const std::vector<float> own = compared_pattern(structure);
    int group = structure.space_group;
    std::size_t most = operations_of_point_group(structure);
    for (const Structure& parent : parents) {
        const std::size_t operations = operations_of_point_group(parent);
        if (operations <= most) continue;
        if (static_cast<double>(dot(own.data(), compared_pattern(parent).data(), grid.points)) < options.similarity) continue;
        group = parent.space_group;
        most = operations;
    }
    return group;
}

int find_powder_groups(StructureLibrary& library, ThreadPool& pool, const PowderGroupOptions& options, const ShowProgress& progress) {
    std::vector<std::uint16_t> groups(library.space_group);
    for (int first = 0; first < library.size(); first += structures_at_a_time) {
        const int count = std::min(structures_at_a_time, library.size() - first);
        pool.run(count, [&](int i, int) {
            const auto index = static_cast<std::size_t>(first + i);
            if (interrupted() || groups[index] == 0) return;
            groups[index] = static_cast<std::uint16_t>(powder_group(library.structure(first + i), options));
        });
        if (interrupted()) fail("interrupted; nothing was written");
        if (progress) progress(static_cast<std::size_t>(first + count), groups.size());
    }
    int different = 0;
    for (std::size_t i = 0; i < groups.size(); ++i) different += groups[i] != library.space_group[i];
    library.powder_group = std::move(groups);
    return different;
}

void use_powder_groups(StructureLibrary& library) {
    for (std::size_t i = 0; i < library.space_group.size(); ++i) {
        if (library.powder_group[i] > 0) library.space_group[i] = library.powder_group[i];
    }
}

}  // namespace friedel
