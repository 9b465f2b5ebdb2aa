// What random crystals are drawn from: the symmetry of every group and the frequencies of what crystals are made of, as plain pointers into
// arrays of the host or the device. Made by host/crystals/crystal_tables.h.
#pragma once

#include <cstdint>

#include "kernels/crystal.h"
#include "kernels/crystal_lattice.h"
#include "kernels/form_factor.h"

namespace friedel {

constexpr int max_generated_atoms = 64;          // of the asymmetric unit
constexpr int max_generated_cell_atoms = 512;    // of the conventional cell
constexpr float max_generated_edge = 80.0f;      // angstrom
constexpr float max_generated_volume = 6000.0f;  // angstrom^3 of the conventional cell
constexpr int tabulated_elements = max_element;
constexpr int max_generated_elements = 8;
constexpr int letter_classes = 5;      // of numbers of sites: 1, 2, 3 to 4, 5 to 8, more
constexpr int quantiles = 33;          // of a tabulated distribution, both ends included
constexpr int lattice_parameters = 5;  // ln b/a, ln c/a, alpha, beta, gamma

FRIEDEL_FN int letter_class(int sites) { return sites <= 2 ? sites - 1 : (sites <= 4 ? 2 : (sites <= 8 ? 3 : 4)); }

// A Wyckoff position: the points basis u + offset, u in [0, 1)^3.
struct WyckoffSite {
    float basis[9];
    float offset[3];
    std::uint64_t images;  // as CrystalView::images
    std::int16_t multiplicity;
    std::int16_t freedom;
};

// What crystals are drawn from. Frequencies are running sums whose last entry is 1.
struct CrystalTables {
    // Symmetry, by group.
    const std::uint32_t* representative_offset;  // [space_groups + 1]
    const SymmetryOperation* representatives;
    const std::uint32_t* centring_offset;  // [space_groups + 1]
    const std::int8_t* centrings;          // [...][3]
    const LaueCone* cones;                 // [space_groups]
    const std::uint16_t* site_offset;      // [space_groups + 1]
    const WyckoffSite* sites;
    const std::uint16_t* rotation_offset;  // [space_groups + 1]
    const std::int8_t* rotations;          // [...][9] the identity, then one rotation of the lattice for each coset that the group lacks
    const std::uint8_t* lattice;           // [space_groups] BravaisLattice

    // Frequencies.
    const float* site_count;            // [space_groups][max_generated_atoms]
    const float* element_count;         // [max_generated_atoms][max_generated_elements] given the number of sites
    const float* element;               // [space_groups][tabulated_elements]
    const float* letter;                // [letter_classes][all sites] within each group
    const float* packing;               // [bravais_lattices][quantiles] ln(volume / sum of atomic volumes)
    const std::uint32_t* shape_offset;  // [bravais_lattices + 1]
    const float* shape;                 // [...][lattice_parameters] examples
    const float* bandwidth;             // [bravais_lattices][lattice_parameters] of the kernel about each example
    const float* occupancy;             // [quantiles] of sites that are not full
    const float* b_iso;                 // [quantiles] angstrom^2
    float partial;                      // share of sites that are not full

    const float* atomic_volume;  // [tabulated_elements + 1] angstrom^3
    const float* radius;         // [tabulated_elements + 1] angstrom: no two atoms are closer than `closest` times the sum of theirs
    float closest;
    int all_sites;

    FRIEDEL_FN OperationSet operations(int space_group) const {
        const int g = space_group - 1;
        return {representatives + representative_offset[g], centrings + 3 * static_cast<std::size_t>(centring_offset[g]),
                static_cast<int>(representative_offset[g + 1] - representative_offset[g]),
                static_cast<int>(centring_offset[g + 1] - centring_offset[g]), cones + g};
    }
};

}  // namespace friedel
