// What the structures of a library cost to simulate, and what the largest of them needs, one structure at a time.
#pragma once

#include "kernels/pattern.h"

namespace friedel::cuda {

// What the largest pattern of a group of crystals needs.
struct CrystalBounds {
    int reflections, sites, atoms;
    int peaks;               // of both phases
    int width_sections = 0;  // 0: room for peaks of all widths
};

// A bound of the reflections of a crystal under any draw of a configuration.
struct ReflectionsOfStructure {
    LibraryView library;
    PatternParameters strained;  // as far as the configuration goes
    float d_min;

    FRIEDEL_FN ReflectionsOfStructure(const LibraryView& l, const SimulationConfig& config) : library(l), strained{} {
        // Strains are three standard deviations at most for lengths, and random ones are doubled and normal without a cut: six cover them.
        const float strained_by = (1 + config.lattice_strain.largest()) * (1 + 12 * config.lattice_strain_anisotropic.largest());
        strained.radiation = config.radiation;
        strained.lattice_scale = strained_by / fminf(config.wavelength_scale.lowest(), 1.0f);  // a shorter wavelength reaches more
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
        return {reflections[structure], sites_in(crystal), crystal.atoms, 0};
    }
};

// Weights of the work that a pattern takes, in instructions of a warp. Rows are ordered by it, so what counts is which take more than
// others, and tests/structure_costs_test.cpp holds that to counted operations. All of them are choices on the grounds given, fitted to
// nothing.
constexpr float work_of_pattern = 60000;  // whatever the crystal is. An H200 took 270 000 for a pattern in the mean, and spent 18 % of its
                                          // time in preparation, background and noise: bench/results/NVIDIA-H200
constexpr float work_of_reflection = 10, work_of_atom = 1, work_of_site = 1.6f;  // of structure factors, for one reflection of 32 at once
// Of a line with a width of its own: its profile is 64 steps wide to both sides, four turns of a warp, and each point tests about as many
// peaks again that do not reach it. The loop has 36 instructions for a peak and 11 for one too far (bench/results/kernels_sm_90.md): 188,
// and more for the coarser grids.
constexpr float work_of_line = 250;
constexpr float work_of_line_in_sections = 40;  // of one width: four multiply-adds, with three loads each, for each point that it reaches
constexpr float axial_factor = 2;               // where axial divergence makes rows of lines

// What a structure adds to the time of a pattern.
struct StructureWork {
    float reflections;    // independent and, as far as the centring goes, not absent
    float of_reflection;  // for the structure factor of each
};

struct WorkOfStructure {
    LibraryView library;
    const std::int32_t* reflections;  // [structures] bound of each

    FRIEDEL_FN StructureWork operator()(int structure) const {
        const CrystalView<float> crystal = library.crystal(structure);
        const int alike = crystal.operations.laue_count() * crystal.operations.centrings_count;
        return {
            static_cast<float>(reflections[structure]) / static_cast<float>(alike),
            work_of_reflection + work_of_atom * static_cast<float>(crystal.atoms) + work_of_site * static_cast<float>(sites_in(crystal))};
    }
};

// About how much the pattern of a library's structure takes, and its impurity.
FRIEDEL_FN float expected_work(const StructureWork* work, const PatternParameters& p) {
    const float of_peaks = (p.width_sections > 0 ? work_of_line_in_sections : work_of_line) *
                           static_cast<float>(WeightedEmissionLines(p.radiation).count) * (p.axial_divergence > 0 ? axial_factor : 1.0f);
    const StructureWork main = work[p.structure], other = p.impurity >= 0 ? work[p.impurity] : StructureWork{};
    return work_of_pattern + main.reflections * (main.of_reflection + of_peaks) + other.reflections * (other.of_reflection + of_peaks);
}

// Where a row stands in a batch, the highest first: those with many reflections before all others.
constexpr std::int32_t many_reflections_first = 1 << 30;
FRIEDEL_FN std::int32_t row_sort_key(float work, bool many) {
    const auto most = static_cast<float>(many_reflections_first / 2);
    return static_cast<std::int32_t>(work < most ? work : most) + (many ? many_reflections_first : 0);
}

struct LargerBounds {
    FRIEDEL_FN CrystalBounds operator()(const CrystalBounds& a, const CrystalBounds& b) const {
        return {a.reflections > b.reflections ? a.reflections : b.reflections, a.sites > b.sites ? a.sites : b.sites,
                a.atoms > b.atoms ? a.atoms : b.atoms, a.peaks > b.peaks ? a.peaks : b.peaks};
    }
};

// What of a block's memory is shared memory: the pattern, where it fits, and beside it the sites of a crystal and then the peaks (or what
// lines leave in cells) of a pattern, one after the other in the same place, where those fit. The rest is global scratch.
struct SharedMemory {
    int points_bytes, fast_bytes;
};

// 1024 peaks: more than nearly all patterns have. What a multiprocessor has beyond that serves as cache.
constexpr int max_fast_bytes = 48 * 1024, min_fast_bytes = 4 * 1024;

// For patterns of so many points, of `bytes` that a block may have. Everything begins at a multiple of 16 bytes.
inline SharedMemory shared_memory_of(int points, int bytes) {
    SharedMemory shared{(points * static_cast<int>(sizeof(float)) + 15) / 16 * 16, 0};
    if (shared.points_bytes > bytes) shared.points_bytes = 0;
    const int left = (bytes - shared.points_bytes) / 16 * 16;
    if (left >= min_fast_bytes) shared.fast_bytes = left < max_fast_bytes ? left : max_fast_bytes;
    return shared;
}

// What a multiprocessor has: shared memory, the most of it that one block may have, and how many blocks its registers hold. `reserved` of
// every block's is the driver's and the kernel's own.
struct Multiprocessor {
    int shared_bytes, max_bytes_of_block, blocks_by_registers, reserved;
};
struct SharedByBlocks {
    SharedMemory of_block;
    int blocks;
};

// As many blocks as can have the pattern in shared memory; where none can, as many as the registers hold.
inline SharedByBlocks shared_by_blocks(int points, const Multiprocessor& m) {
    const auto among = [&](int blocks) {
        const int share = m.shared_bytes / blocks, most = share < m.max_bytes_of_block ? share : m.max_bytes_of_block;
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
