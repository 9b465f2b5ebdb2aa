#include "host/crystals/generated_structures.h"

#include <algorithm>
#include <map>

#include "host/crystals/elements.h"
#include "host/crystals/symmetry.h"
#include "host/crystals/wyckoff.h"
#include "host/support/error.h"
#include "host/support/running_sums.h"
#include "kernels/block.h"

namespace friedel {

namespace {

constexpr int chunk = 4096;  // crystals made at a time

}  // namespace

void generate(GeneratedCrystal& crystal, const CrystalTables& tables, int space_group, std::uint64_t seed, std::uint64_t sample,
              int phase) {
    thread_local GeneratorScratch scratch;
    SerialBlock block;
    generate_crystal(block, crystal, scratch, tables, {space_group, seed, sample, phase});
}

Structure to_structure(const GeneratedCrystal& crystal, const std::string& name) {
    Structure structure;
    structure.name = name;
    structure.space_group = crystal.space_group;
    structure.operations = standard_operations(crystal.space_group);
    std::copy_n(crystal.cell, 6, structure.cell.begin());
    for (int i = 0; i < crystal.atoms; ++i) {
        const float* const x = crystal.position + 3 * i;
        structure.atoms.push_back(
            {element_symbol(crystal.element[i]), crystal.element[i], {x[0], x[1], x[2]}, crystal.occupancy[i], crystal.b_iso[i]});
    }
    structure.formula = formula_of_cell(Crystal(structure));
    return structure;
}

std::string structure_type_of(const GeneratedCrystal& crystal) {
    const std::vector<WyckoffPosition>& positions = wyckoff_positions(crystal.space_group);
    std::map<int, std::string> letters;
    for (int i = 0; i < crystal.atoms; ++i) letters[crystal.element[i]] += positions[crystal.site[i]].letter;
    return structure_type(crystal.space_group, letters);
}

GeneratedLibrary generate_library(const CrystalTableStore& tables, const LibraryWish& wish, ThreadPool& pool, const ShowProgress& shown,
                                  const std::function<bool()>& stop) {
    const std::vector<double> share = tables.group_share(wish.tempering);
    std::vector<int> groups = wish.groups;
    if (groups.empty()) {
        for (int group = 1; group <= space_groups; ++group) groups.push_back(group);
    }
    std::vector<double> weights;
    for (int group : groups) weights.push_back(share.at(group - 1));
    const std::vector<float> cumulative = running_sums(weights);

    GeneratedLibrary made;
    std::vector<GeneratedCrystal> crystals(std::min(chunk, wish.structures));
    for (int first = 0; first < wish.structures && !(stop && stop()); first += chunk) {
        const int n = std::min(chunk, wish.structures - first);
        pool.run(n, [&](int i, int) {
            const auto sample = static_cast<std::uint64_t>(first + i);
            const float u = uniform_open(random4(wish.seed, sample, Purpose::structure, 0).bits[0]);
            const int group = groups[draw_index(cumulative.data(), static_cast<int>(groups.size()), u)];
            generate(crystals[i], tables.view(), group, wish.seed, sample);
        });
        for (int i = 0; i < n; ++i) {
            const GeneratedCrystal& crystal = crystals[i];
            if (!crystal.sound) {
                ++made.unsound;
                continue;
            }
            made.structures.add(to_structure(crystal, "generated/" + std::to_string(wish.seed) + "/" + std::to_string(first + i)),
                                structure_type_of(crystal));
        }
        if (shown) shown(static_cast<std::size_t>(first + n), static_cast<std::size_t>(wish.structures));
    }
    return made;
}

}  // namespace friedel
