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

// What of a block's memory is shared memory: the pattern, where it fits, and beside it the sites of a crystal and then the peaks of a
// pattern, one after the other in the same place, where those fit. The rest is global scratch.
struct SharedMemory {
    int points_bytes, near_bytes;
};

// 1024 peaks: more than nearly all patterns have. What a multiprocessor has beyond that serves as cache.
constexpr int most_near_bytes = 48 * 1024, least_near_bytes = 4 * 1024;

// For patterns of so many points, of `bytes` that a block may have. Everything begins at a multiple of 16 bytes.
inline SharedMemory shared_memory_of(int points, int bytes) {
    SharedMemory shared{(points * static_cast<int>(sizeof(float)) + 15) / 16 * 16, 0};
    if (shared.points_bytes > bytes) shared.points_bytes = 0;
    const int left = (bytes - shared.points_bytes) / 16 * 16;
    if (left >= least_near_bytes) shared.near_bytes = left < most_near_bytes ? left : most_near_bytes;
    return shared;
}

// What a multiprocessor has: shared memory, the most of it that one block may have, and how many blocks its registers hold. `reserved` of
// every block's is the driver's and the kernel's own.
struct Multiprocessor {
    int shared_bytes, most_bytes_of_block, blocks_by_registers, reserved;
};
struct SharedByBlocks {
    SharedMemory of_block;
    int blocks;
};

// As many blocks as can have the pattern in shared memory; where none can, as many as the registers hold.
inline SharedByBlocks shared_by_blocks(int points, const Multiprocessor& m) {
    const auto among = [&](int blocks) {
        const int share = m.shared_bytes / blocks, most = share < m.most_bytes_of_block ? share : m.most_bytes_of_block;
        return SharedByBlocks{shared_memory_of(points, most - m.reserved), blocks};
    };
    const int most = m.blocks_by_registers > 1 ? m.blocks_by_registers : 1;
    for (int blocks = most; blocks > 1; --blocks) {
        if (const SharedByBlocks found = among(blocks); found.of_block.points_bytes > 0) return found;
    }
    const SharedByBlocks alone = among(1);
    return alone.of_block.points_bytes > 0 ? alone : among(most);
}

}  // namespace friedel::cuda
