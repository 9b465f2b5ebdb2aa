// A random crystal of a given space group by one block: a pure function of the group, the tables, a seed and a number. Composition and
// Wyckoff positions are drawn, the cell gets the volume that its atoms need, atoms are put where nothing is too near, and a crystal that
// happens to have more symmetry than its group is drawn again. All loops are bounded. The order of steps follows Schopmans et al., Digital
// Discovery 2, 1414 (2023), who draw uniformly what is drawn with distances here.
#pragma once

#include "kernels/crystal_placement.h"

namespace friedel {

// Of fixed capacity, so that it can lie in a block's scratch.
struct GeneratedCrystal {
    float cell[6];
    float position[3 * max_generated_atoms];
    float occupancy[max_generated_atoms];
    float b_iso[max_generated_atoms];
    std::uint64_t images[max_generated_atoms];
    std::uint16_t site[max_generated_atoms];  // Wyckoff position within the group, 0 is 'a'
    std::uint8_t element[max_generated_atoms];
    int atoms;
    int space_group;
    OperationSet operations;  // of the tables
    int attempts;             // drafts that were drawn
    bool sound;               // distances kept and no symmetry found beyond the group's; false only where all attempts failed

    FRIEDEL_FN CrystalView<float> view() const {
        return {cell, position, occupancy, b_iso, element, images, atoms, operations, space_group};
    }
};

// The crystal with this number. `phase` tells several crystals of one sample apart.
template <class Block>
FRIEDEL_FN void generate_crystal(Block& block, GeneratedCrystal& crystal, GeneratorScratch& s, const CrystalTables& t, int space_group,
                                 std::uint64_t seed, std::uint64_t sample, int phase) {
    using namespace generator;
    int too_symmetric = 0, attempt = 0;
    bool sound = false;
    float cell[6] = {};
    for (; attempt < max_attempts && !sound; ++attempt) {
        const std::uint32_t stream = stream_of(phase, attempt);
        // Atoms in general positions leave no symmetry but the group's: one more for each draft beyond `patient_attempts` that had too much
        // symmetry, and in the last attempts, up to three.
        const int drafts_over_patience = too_symmetric - patient_attempts, late_attempts = attempt - max_attempts + 4;
        const int wanted = drafts_over_patience > late_attempts ? drafts_over_patience : late_attempts;
        const int required_general = wanted < 0 ? 0 : (wanted > 3 ? 3 : wanted);
        block.for_each(0, [](int) {});  // until all threads have done with the last draft
        block.for_each(1, [&](int) {
            RandomSequence random(seed, sample, Purpose::crystal, stream);
            draw_composition(s, t, space_group, required_general, random);
        });
        bool placed = false;
        float volume = s.volume;
        for (int e = 0; e < max_expansions && !placed; ++e, volume *= expansion) {
            if (!(volume < max_generated_volume)) break;
            RandomSequence random(seed, sample, Purpose::crystal_lattice, stream + static_cast<std::uint32_t>(e << 8));
            const auto lattice = static_cast<BravaisLattice>(t.lattice[space_group - 1]);
            bool general_metric = false;
            for (int draw = 0; draw < max_redraws && !general_metric; ++draw) {
                draw_cell(cell, t, space_group, volume, random);
                general_metric = cell[0] < max_generated_edge && cell[1] < max_generated_edge && cell[2] < max_generated_edge &&
                                 has_only_its_symmetry(block, cell, lattice, t.operations(space_group));
            }
            const std::uint32_t coordinates = stream + static_cast<std::uint32_t>(e << 12);
            placed = general_metric && place_atoms(block, s, t, space_group, cell, seed, sample, coordinates, false);
        }
        if (!placed) continue;
        sound = !has_more_symmetry(block, s, t, space_group, cell);
        too_symmetric += !sound;
    }
    // Never seen with sane tables: whatever the last draft was, so that there is a crystal.
    if (!sound) {
        RandomSequence random(seed, sample, Purpose::crystal_lattice, stream_of(phase, 0));
        draw_cell(cell, t, space_group, fminf(s.volume, max_generated_volume), random);
        place_atoms(block, s, t, space_group, cell, seed, sample, stream_of(phase, 0), true);
    }

    // Sorted by element, as CrystalView wants it.
    block.for_each(1, [&](int) {
        RandomSequence random(seed, sample, Purpose::crystal_displacement, stream_of(phase, 0));
        const int first = t.site_offset[space_group - 1];
        for (int i = 0; i < 6; ++i) crystal.cell[i] = cell[i];
        int atoms = 0;
        for (int z = 1; z <= tabulated_elements; ++z) {
            for (int i = 0; i < s.orbits; ++i) {
                if (s.element[i] != z) continue;
                for (int axis = 0; axis < 3; ++axis) {
                    const float x = s.representative[3 * i + axis];
                    crystal.position[3 * atoms + axis] = x - floorf(x);
                }
                crystal.occupancy[atoms] = s.occupancy[i];
                crystal.b_iso[atoms] = draw_quantile(t.b_iso, random.uniform());
                crystal.element[atoms] = static_cast<std::uint8_t>(z);
                crystal.site[atoms] = s.site[i];
                crystal.images[atoms++] = t.sites[first + s.site[i]].images;
            }
        }
        crystal.atoms = atoms;
        crystal.space_group = space_group;
        crystal.operations = t.operations(space_group);
        crystal.attempts = attempt;
        crystal.sound = sound;
    });
}

}  // namespace friedel
