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
    static constexpr int capacity = max_generated_cell_atoms + 16;  // padded
    float x[capacity], y[capacity], z[capacity];
    float reach[capacity];  // closest * radius
    float kind[capacity];   // species
};

namespace generator {

constexpr int padding = 16;
constexpr std::uint8_t small_element = 8;  // oxygen
constexpr int max_attempts = 24;
constexpr int patient_attempts = 6;          // with too much symmetry, before general positions are put in
constexpr int max_expansions = 8;            // of the cell where atoms do not fit
constexpr float expansion = 1.08f;           // of the volume
constexpr int max_placements = 24;           // of one atom
constexpr int max_redraws = 8;               // of a letter, an element or a lattice
constexpr float symmetry_tolerance = 0.06f;  // angstrom; within this an image falls on an atom

FRIEDEL_FN float draw_quantile(const float* table, float u) {
    const float at = u * (quantiles - 1);
    const int i = static_cast<int>(at);
    return table[i] + (at - static_cast<float>(i)) * (table[i + 1] - table[i]);
}

// Numbers of one attempt, apart from those of any other. `phase` tells the crystals of one sample apart.
FRIEDEL_FN std::uint32_t stream_of(int phase, int attempt) {
    return (static_cast<std::uint32_t>(phase) * max_attempts + static_cast<std::uint32_t>(attempt)) << 20;
}

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
// `first`: of the group's positions in the table of all.
FRIEDEL_FN void order_sites(GeneratorScratch& s, const CrystalTables& t, int first) {
    const auto swap = [](auto& a, auto& b) {
        const auto kept = a;
        a = b;
        b = kept;
    };
    for (int i = 1; i < s.orbits; ++i) {
        for (int k = i; k > 0; --k) {
            const int freer = t.sites[first + s.site[k - 1]].freedom - t.sites[first + s.site[k]].freedom;
            if (freer < 0 || (freer == 0 && t.radius[s.element[k]] <= t.radius[s.element[k - 1]])) break;
            swap(s.site[k], s.site[k - 1]);
            swap(s.element[k], s.element[k - 1]);
            swap(s.species[k], s.species[k - 1]);
            swap(s.occupancy[k], s.occupancy[k - 1]);
        }
    }
}

// Elements, Wyckoff positions, occupancies and volume. `general` of the sites are put on the general position, as different elements.
FRIEDEL_FN void draw_composition(GeneratorScratch& s, const CrystalTables& t, int space_group, int general, RandomSequence& random) {
    const int g = space_group - 1;
    int wanted = 1 + draw_index(t.site_count + g * max_generated_atoms, max_generated_atoms, random.uniform());
    wanted = wanted < general ? general : wanted;
    int kinds = 1 + draw_index(t.element_count + (wanted - 1) * max_generated_elements, max_generated_elements, random.uniform());
    kinds = kinds < general ? general : kinds;
    const ChosenElements elements = choose_elements(t, g, kinds, random);

    const int first = t.site_offset[g], sites = t.site_offset[g + 1] - first;
    const float* const letters = t.letter + letter_class(wanted) * t.all_sites + first;
    std::uint32_t taken = 0;  // of the positions without freedom
    int atoms = 0, kind_count = 0;
    float volume = 0;
    float kind_occupancy[max_generated_atoms];
    std::uint8_t kind_element[max_generated_atoms];
    s.orbits = 0;
    for (int i = 0; i < wanted; ++i) {
        int which = i;
        if (i >= elements.count) {
            float u = elements.all_weights * random.uniform();
            for (which = 0; which < elements.count - 1 && u >= elements.weight[which]; ++which) u -= elements.weight[which];
        }
        std::uint8_t element = elements.number[which];
        const float u = random.uniform(), v = random.uniform();
        const float occupancy = u < t.partial && i >= general ? draw_quantile(t.occupancy, v) : 1.0f;
        for (int draw = 0; draw < max_redraws; ++draw) {
            const int site = i < general ? sites - 1 : draw_index(letters, sites, random.uniform());
            const WyckoffSite& position = t.sites[first + site];
            const float more = static_cast<float>(position.multiplicity) * occupancy * t.atomic_volume[element];
            const bool fits = atoms + position.multiplicity <= max_generated_cell_atoms && volume + more <= 0.6f * max_generated_volume;
            if (!fits && i < general) {
                // Large atoms in a large group: a small one instead, of which any group's general position holds one.
                if (element == small_element) break;
                element = small_element;
                continue;
            }
            if (!fits || (position.freedom == 0 && (taken >> site & 1))) continue;
            if (position.freedom == 0) taken |= std::uint32_t{1} << site;
            int kind = 0;
            while (kind < kind_count && (kind_element[kind] != element || kind_occupancy[kind] != occupancy)) ++kind;
            if (kind == kind_count) {
                kind_element[kind] = element;
                kind_occupancy[kind_count++] = occupancy;
            }
            s.site[s.orbits] = static_cast<std::uint16_t>(site);
            s.element[s.orbits] = element;
            s.species[s.orbits] = static_cast<std::uint8_t>(kind);
            s.occupancy[s.orbits++] = occupancy;
            atoms += position.multiplicity;
            volume += more;
            break;
        }
    }
    if (s.orbits == 0) {  // large atoms in a large group: one of them on the position of fewest points
        s.site[0] = 0;
        s.element[0] = elements.number[0];
        s.species[0] = 0;
        s.occupancy[0] = 1;
        s.orbits = 1;
        volume = static_cast<float>(t.sites[first].multiplicity) * t.atomic_volume[elements.number[0]];
    }
    order_sites(s, t, first);
    s.volume = volume * expf(draw_quantile(t.packing + t.lattice[g] * quantiles, random.uniform()));
}

// Cell of the group's lattice with this volume, its shape drawn about one of the examples.
FRIEDEL_FN void draw_cell(float* cell, const CrystalTables& t, int space_group, float volume, RandomSequence& random) {
    const int lattice = t.lattice[space_group - 1];
    const std::uint32_t first = t.shape_offset[lattice], examples = t.shape_offset[lattice + 1] - first;
    const auto example = first + static_cast<std::uint32_t>(static_cast<std::uint64_t>(random.bits()) * examples >> 32);
    float shape[lattice_parameters];
    for (int i = 0; i < lattice_parameters; ++i) {
        shape[i] = t.shape[lattice_parameters * example + i] + t.bandwidth[lattice_parameters * lattice + i] * random.normal();
    }
    cell_of_shape(cell, shape, static_cast<BravaisLattice>(lattice), volume);
}

}  // namespace generator

}  // namespace friedel
