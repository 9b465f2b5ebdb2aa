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

namespace generator {

// How many atoms of the next draft are put in general positions, which leave no symmetry but the group's: one more for each draft beyond
// `patient_attempts` that had too much symmetry, and in the last attempts, up to three.
FRIEDEL_FN int required_general(int attempt, int too_symmetric) {
    const int drafts_over_patience = too_symmetric - patient_attempts, late_attempts = attempt - max_attempts + 4;
    const int wanted = drafts_over_patience > late_attempts ? drafts_over_patience : late_attempts;
    return wanted < 0 ? 0 : (wanted > 3 ? 3 : wanted);
}

// A cell of this volume whose metric has no more symmetry than its lattice; false where none is found.
template <class Block>
FRIEDEL_FN bool find_cell(Block& block, Draft& draft, float volume, RandomSequence random) {
    for (int draw = 0; draw < max_redraws; ++draw) {
        draw_cell(draft, volume, random);
        const bool small = draft.cell[0] < max_generated_edge && draft.cell[1] < max_generated_edge && draft.cell[2] < max_generated_edge;
        if (small && has_only_its_symmetry(block, draft.cell, draft.lattice(), draft.operations())) return true;
    }
    return false;
}

// A cell for the draft's atoms, larger and larger until they find room in it; false where they find none.
template <class Block>
FRIEDEL_FN bool find_room(Block& block, Draft& draft, std::uint32_t numbers) {
    float volume = draft.scratch.volume;
    for (int e = 0; e < max_expansions && volume < max_generated_volume; ++e, volume *= expansion) {
        const auto own = static_cast<std::uint32_t>(e);
        if (find_cell(block, draft, volume, draft.random(Purpose::crystal_lattice, numbers + (own << 8))) &&
            place_atoms(block, draft, numbers + (own << 12), Distances::kept))
            return true;
    }
    return false;
}

// The atoms of the asymmetric unit sorted by element, as CrystalView wants them.
FRIEDEL_FN void write_crystal(GeneratedCrystal& crystal, const Draft& draft) {
    const GeneratorScratch& s = draft.scratch;
    RandomSequence random = draft.random(Purpose::crystal_displacement, draft.numbers_of(0));
    for (int i = 0; i < 6; ++i) crystal.cell[i] = draft.cell[i];
    int atoms = 0;
    for (int z = 1; z <= tabulated_elements; ++z) {
        for (int i = 0; i < s.orbits; ++i) {
            if (s.element[i] != z) continue;
            for (int axis = 0; axis < 3; ++axis) {
                const float x = s.representative[3 * i + axis];
                crystal.position[3 * atoms + axis] = x - floorf(x);
            }
            crystal.occupancy[atoms] = s.occupancy[i];
            crystal.b_iso[atoms] = draw_quantile(draft.tables.b_iso, random.uniform());
            crystal.element[atoms] = static_cast<std::uint8_t>(z);
            crystal.site[atoms] = s.site[i];
            crystal.images[atoms++] = draft.sites()[s.site[i]].images;
        }
    }
    crystal.atoms = atoms;
    crystal.space_group = draft.id.space_group;
    crystal.operations = draft.operations();
}

}  // namespace generator

// Makes a crystal; of its capacity and the scratch only what it needs is written.
template <class Block>
FRIEDEL_FN void generate_crystal(Block& block, GeneratedCrystal& crystal, GeneratorScratch& scratch, const CrystalTables& tables,
                                 const CrystalIdentity& id) {
    using namespace generator;
    Draft draft{scratch, tables, id};
    int too_symmetric = 0, attempt = 0;
    bool sound = false;
    for (; attempt < max_attempts && !sound; ++attempt) {
        const std::uint32_t numbers = draft.numbers_of(attempt);
        const int general = required_general(attempt, too_symmetric);
        block.barrier();  // until all threads have done with the last draft
        block.once([&] { draw_composition(draft, general, draft.random(Purpose::crystal, numbers)); });
        if (!find_room(block, draft, numbers)) continue;
        sound = !has_more_symmetry(block, draft);
        too_symmetric += !sound;
    }
    // Never seen with sane tables: whatever the last draft was, so that there is a crystal.
    if (!sound) {
        RandomSequence random = draft.random(Purpose::crystal_lattice, draft.numbers_of(0));
        draw_cell(draft, fminf(scratch.volume, max_generated_volume), random);
        place_atoms(block, draft, draft.numbers_of(0), Distances::any);
    }
    block.once([&] {
        write_crystal(crystal, draft);
        crystal.attempts = attempt;
        crystal.sound = sound;
    });
}

}  // namespace friedel
