// What the structures of a library cost to simulate, and what the largest of them needs, one structure at a time.
#pragma once

#include "kernels/pattern.h"

namespace friedel::cuda {

// What the largest pattern of a group of crystals needs.
struct CrystalBounds {
    int reflections, sites, atoms;
    int peaks;  // of both phases
};

// A bound of the reflections of a crystal under any draw of a configuration.
struct ReflectionsOfStructure {
    LibraryView library;
    PatternParameters strained;  // as far as the configuration goes
    float d_min;

    FRIEDEL_FN ReflectionsOfStructure(const LibraryView& l, const SimulationConfig& config) : library(l), strained{} {
        // Strains are three standard deviations at most for lengths, and random ones are doubled and normal without a cut: six cover them.
        const float strain = config.lattice_strain.largest() + 12 * config.lattice_strain_anisotropic.largest();
        strained.radiation = config.radiation;
        strained.lattice_scale = 1 + strain + fabsf(config.wavelength_scale.largest() - 1);
        d_min = smallest_d(config.radiation, config.grid);
    }
    FRIEDEL_FN int operator()(const CrystalView<float>& crystal) const {
        return reflections_bound(reciprocal_metric(crystal, strained), d_min);
    }
    FRIEDEL_FN int operator()(int structure) const { return (*this)(library.crystal(structure)); }
};

// The bounds of one structure, or nothing where it is not of the group.
struct BoundsOfStructure {
    LibraryView library;
    const std::int32_t* reflections;  // [structures]
    std::int32_t most;                // reflections of a structure of the group

    FRIEDEL_FN CrystalBounds operator()(int structure) const {
        if (reflections[structure] > most) return {};
        const CrystalView<float> crystal = library.crystal(structure);
        int sites = 0;
        for (int atom = 0; atom < crystal.atoms; ++atom) sites += sites_of(crystal, atom);
        return {reflections[structure], sites, crystal.atoms, 0};
    }
};

struct LargerBounds {
    FRIEDEL_FN CrystalBounds operator()(const CrystalBounds& a, const CrystalBounds& b) const {
        return {a.reflections > b.reflections ? a.reflections : b.reflections, a.sites > b.sites ? a.sites : b.sites,
                a.atoms > b.atoms ? a.atoms : b.atoms, a.peaks > b.peaks ? a.peaks : b.peaks};
    }
};

}  // namespace friedel::cuda
