// What a random crystal is made of: elements, Wyckoff positions, occupancies, the volume that they need, a cell of that volume.
// Positions are drawn independently of elements, which real crystals do not do.
#pragma once

#include "kernels/crystal_tables.h"
#include "kernels/random.h"
#include "kernels/real_math.h"

namespace friedel {

// What is drawn before atoms are placed, and the atoms of the cell while they are.
struct GeneratorScratch {
    std::uint16_t site[max_generated_atoms];
    std::uint8_t element[max_generated_atoms];
    std::uint8_t species[max_generated_atoms];  // equal for sites that no diffraction tells apart
    float occupancy[max_generated_atoms];
    float representative[3 * max_generated_atoms];
    std::int16_t first[max_generated_atoms + 1];  // of each orbit, among the atoms of the cell
    int orbits;
    float volume;
    static constexpr int padding = 16;  // items of the longest vector register
    static constexpr int capacity = max_generated_cell_atoms + padding;
    float x[capacity], y[capacity], z[capacity];
    float reach[capacity];  // closest * radius
    float kind[capacity];   // species
};

// Which crystal: all that is random about it follows from this and the tables.
struct CrystalIdentity {
    int space_group;
    std::uint64_t seed, sample;
    int phase;  // tells several crystals of one sample apart
};

namespace generator {

constexpr std::uint8_t small_element = 8;  // oxygen
constexpr int max_attempts = 24;
constexpr int patient_attempts = 6;          // with too much symmetry, before general positions are put in
constexpr int max_expansions = 8;            // of the cell where atoms do not fit
constexpr float expansion = 1.08f;           // of the volume
constexpr int max_placements = 24;           // of one atom
constexpr int max_redraws = 8;               // of a letter, an element or a lattice
constexpr float symmetry_tolerance = 0.06f;  // angstrom; within this an image falls on an atom
constexpr float largest_filling = 0.6f;      // of the largest cell, by the volumes of its atoms

FRIEDEL_FN float draw_quantile(const float* table, float u) {
    const float at = u * (quantiles - 1);
    const int i = static_cast<int>(at);
    return table[i] + (at - static_cast<float>(i)) * (table[i + 1] - table[i]);
}

// A crystal that is being made, in one attempt after another.
struct Draft {
    GeneratorScratch& scratch;
    const CrystalTables& tables;
    CrystalIdentity id;
    float cell[6] = {};

    FRIEDEL_FN int group_index() const { return id.space_group - 1; }
    // The group's Wyckoff positions.
    FRIEDEL_FN const WyckoffSite* sites() const { return tables.sites + tables.site_offset[group_index()]; }
    FRIEDEL_FN int site_count() const { return tables.site_offset[group_index() + 1] - tables.site_offset[group_index()]; }
    FRIEDEL_FN BravaisLattice lattice() const { return static_cast<BravaisLattice>(tables.lattice[group_index()]); }
    FRIEDEL_FN OperationSet operations() const { return tables.operations(id.space_group); }
    // Of an atom: two are no nearer to each other than the sum of their reaches.
    FRIEDEL_FN float reach_of(int orbit) const { return tables.closest * tables.radius[scratch.element[orbit]]; }

    // Where the random numbers of an attempt begin, apart from those of any other.
    FRIEDEL_FN std::uint32_t numbers_of(int attempt) const {
        return (static_cast<std::uint32_t>(id.phase) * max_attempts + static_cast<std::uint32_t>(attempt)) << 20;
    }
    FRIEDEL_FN RandomSequence random(Purpose purpose, std::uint32_t numbers) const { return {id.seed, id.sample, purpose, numbers}; }
};

struct ChosenElements {
    std::uint8_t number[max_generated_elements];  // atomic
    float weight[max_generated_elements];         // how often the group has each
    float all_weights = 0;
    int count = 0;
};

// `kinds` different elements of group g + 1, fewer if luck has it.
FRIEDEL_FN ChosenElements choose_elements(const CrystalTables& t, int g, int kinds, RandomSequence& random) {
    const float* const cumulative = t.element + g * tabulated_elements;
    ChosenElements chosen;
    for (int draw = 0; chosen.count < kinds && draw < kinds + 2 * max_redraws; ++draw) {
        const int index = draw_index(cumulative, tabulated_elements, random.uniform());
        bool known = false;
        for (int i = 0; i < chosen.count; ++i) known = known || chosen.number[i] == index + 1;
        if (known) continue;
        const float weight = cumulative[index] - (index > 0 ? cumulative[index - 1] : 0.0f);
        chosen.number[chosen.count] = static_cast<std::uint8_t>(index + 1);
        chosen.weight[chosen.count++] = weight;
        chosen.all_weights += weight;
    }
    return chosen;
}

// Atoms without freedom first: nothing can make way for them. Then large ones before small ones, which find room between them.
FRIEDEL_FN void order_sites(Draft& draft) {
    GeneratorScratch& s = draft.scratch;
    const WyckoffSite* const positions = draft.sites();
    const float* const radius = draft.tables.radius;
    const auto swap = [](auto& a, auto& b) {
        const auto kept = a;
        a = b;
        b = kept;
    };
    for (int i = 1; i < s.orbits; ++i) {
        for (int k = i; k > 0; --k) {
            const int freer = positions[s.site[k - 1]].freedom - positions[s.site[k]].freedom;
            if (freer < 0 || (freer == 0 && radius[s.element[k]] <= radius[s.element[k - 1]])) break;
            swap(s.site[k], s.site[k - 1]);
            swap(s.element[k], s.element[k - 1]);
            swap(s.species[k], s.species[k - 1]);
            swap(s.occupancy[k], s.occupancy[k - 1]);
        }
    }
}

// An atom of the asymmetric unit, and the Wyckoff position that it is put on.
struct SiteChoice {
    std::uint8_t element;
    float occupancy;
    int site;
};

// What the sites chosen so far take up of the cell.
struct Filling {
    int atoms = 0;
    float volume = 0;         // angstrom^3
    std::uint32_t taken = 0;  // bits of the positions without freedom, each of which holds one atom
    int kinds = 0;            // of atoms that diffraction tells apart
    float kind_occupancy[max_generated_atoms];
    std::uint8_t kind_element[max_generated_atoms];

    FRIEDEL_FN int kind_of(const SiteChoice& chosen) {
        int kind = 0;
        while (kind < kinds && (kind_element[kind] != chosen.element || kind_occupancy[kind] != chosen.occupancy)) ++kind;
        if (kind == kinds) {
            kind_element[kind] = chosen.element;
            kind_occupancy[kinds++] = chosen.occupancy;
        }
        return kind;
    }
};

FRIEDEL_FN void put_site(GeneratorScratch& s, const SiteChoice& chosen, int kind) {
    s.site[s.orbits] = static_cast<std::uint16_t>(chosen.site);
    s.element[s.orbits] = chosen.element;
    s.species[s.orbits] = static_cast<std::uint8_t>(kind);
    s.occupancy[s.orbits++] = chosen.occupancy;
}

// Draws a position for the atom until there is room on one, and puts it there; nowhere if luck has it. letters: of the group's positions,
// running sums of how often each is taken; null: the general position, which comes last.
FRIEDEL_FN void place_site(Draft& draft, Filling& filled, SiteChoice chosen, const float* letters, RandomSequence& random) {
    for (int draw = 0; draw < max_redraws; ++draw) {
        chosen.site = letters ? draw_index(letters, draft.site_count(), random.uniform()) : draft.site_count() - 1;
        const WyckoffSite& position = draft.sites()[chosen.site];
        const float more = static_cast<float>(position.multiplicity) * chosen.occupancy * draft.tables.atomic_volume[chosen.element];
        const bool fits = filled.atoms + position.multiplicity <= max_generated_cell_atoms &&
                          filled.volume + more <= largest_filling * max_generated_volume;
        if (!fits && !letters) {
            // Large atoms in a large group: a small one instead, of which any group's general position holds one.
            if (chosen.element == small_element) return;
            chosen.element = small_element;
            continue;
        }
        if (!fits || (position.freedom == 0 && (filled.taken >> chosen.site & 1))) continue;
        if (position.freedom == 0) filled.taken |= std::uint32_t{1} << chosen.site;
        put_site(draft.scratch, chosen, filled.kind_of(chosen));
        filled.atoms += position.multiplicity;
        filled.volume += more;
        return;
    }
}

// Elements, Wyckoff positions, occupancies and volume. `general` of the sites are put on the general position, as different elements.
FRIEDEL_FN void draw_composition(Draft& draft, int general, RandomSequence random) {
    GeneratorScratch& s = draft.scratch;
    const CrystalTables& t = draft.tables;
    const int g = draft.group_index();
    int wanted = 1 + draw_index(t.site_count + g * max_generated_atoms, max_generated_atoms, random.uniform());
    wanted = wanted < general ? general : wanted;
    int kinds = 1 + draw_index(t.element_count + (wanted - 1) * max_generated_elements, max_generated_elements, random.uniform());
    kinds = kinds < general ? general : kinds;
    const ChosenElements elements = choose_elements(t, g, kinds, random);

    const float* const letters = t.letter + letter_class(wanted) * t.all_sites + t.site_offset[g];
    Filling filled;
    s.orbits = 0;
    for (int i = 0; i < wanted; ++i) {
        int which = i;
        if (i >= elements.count) {
            float u = elements.all_weights * random.uniform();
            for (which = 0; which < elements.count - 1 && u >= elements.weight[which]; ++which) u -= elements.weight[which];
        }
        const float u = random.uniform(), v = random.uniform();
        const float occupancy = u < t.partial && i >= general ? draw_quantile(t.occupancy, v) : 1.0f;
        place_site(draft, filled, {elements.number[which], occupancy, 0}, i < general ? nullptr : letters, random);
    }
    if (s.orbits == 0) {  // large atoms in a large group: one of them on the position of fewest points
        put_site(s, {elements.number[0], 1, 0}, 0);
        filled.volume = static_cast<float>(draft.sites()[0].multiplicity) * t.atomic_volume[elements.number[0]];
    }
    order_sites(draft);
    s.volume = filled.volume * expf(draw_quantile(t.packing + t.lattice[g] * quantiles, random.uniform()));
}

// Cell of the group's lattice with this volume, its shape drawn about one of the examples.
FRIEDEL_FN void draw_cell(Draft& draft, float volume, RandomSequence& random) {
    const CrystalTables& t = draft.tables;
    const int lattice = t.lattice[draft.group_index()];
    const std::uint32_t first = t.shape_offset[lattice], examples = t.shape_offset[lattice + 1] - first;
    const auto example = first + static_cast<std::uint32_t>(static_cast<std::uint64_t>(random.bits()) * examples >> 32);
    float shape[lattice_parameters];
    for (int i = 0; i < lattice_parameters; ++i) {
        shape[i] = t.shape[lattice_parameters * example + i] + t.bandwidth[lattice_parameters * lattice + i] * random.normal();
    }
    cell_of_shape(draft.cell, shape, draft.lattice(), volume);
}

}  // namespace generator

}  // namespace friedel
