// How often crystals are what they are: the counts from which kernels/crystal_generator.h draws, gathered from structure libraries.
// Stored as HDF5 (friedel_kind "crystal_statistics", format 1) under the names below, as they were counted; smoothing is done by
// crystal_tables.h. Leaves out: which elements go with which positions and with each other.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "host/crystals/structure_library.h"
#include "host/support/hdf5_file.h"
#include "kernels/crystal_tables.h"

namespace friedel {

extern const FileKind crystal_statistics_kind;

struct CrystalStatistics {
    std::vector<std::uint32_t> group_count;    // [space_groups] structures
    std::vector<std::uint32_t> site_count;     // [space_groups][max_generated_atoms] structures with this many sites, from one on
    std::vector<std::uint32_t> element_count;  // [max_generated_atoms][max_generated_elements] structures with so many sites and elements
    std::vector<std::uint32_t> element;        // [space_groups][tabulated_elements] sites
    std::vector<std::uint32_t> letter;         // [letter_classes][Wyckoff positions of all groups] sites
    std::vector<float> atomic_volume;          // [tabulated_elements] angstrom^3
    std::vector<float> packing;                // [bravais_lattices][quantiles] ln(cell volume / sum of atomic volumes)
    std::vector<std::uint32_t> shape_offset;   // [bravais_lattices + 1]
    std::vector<float> shape;                  // [...][lattice_parameters] ln b/a, ln c/a, alpha, beta, gamma of examples
    std::vector<float> occupancy;              // [quantiles] of sites that are not full
    std::vector<float> b_iso;                  // [quantiles] angstrom^2
    float partial = 0;                         // share of sites that are not full
    std::string source;                        // in words: what it was gathered from

    // All groups, elements and positions alike; sizes and shapes as a sketch has them.
    static CrystalStatistics uniform();
    // What the library's sources do not state (occupancies, displacement) stays as in uniform(). Throws Error if nothing can be counted.
    static CrystalStatistics gathered(const std::vector<const StructureLibrary*>& libraries);

    void write(const std::filesystem::path& file, const std::map<std::string, std::string>& description = {}) const;
    // Checks everything that the generator relies on. Throws Error.
    static CrystalStatistics read(const std::filesystem::path& file);
    static CrystalStatistics shipped();

    // FNV-1a, 64 bits, of all that crystals depend on, as 16 hexadecimal digits: tells one from another.
    std::string hash() const;

private:
    static CrystalStatistics read(const H5File& file);
};

// "uniform", "shipped" (gathered from open data, part of the program), or a file.
CrystalStatistics read_statistics(const std::string& name);

// First Wyckoff position of each group among those of all; entry 230 is their number.
const std::array<std::uint16_t, space_groups + 1>& wyckoff_offset();

}  // namespace friedel
