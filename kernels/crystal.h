// Crystals as the kernels see them: plain pointers into arrays that live on the host or the device.
// A crystal is its cell, the atoms of the asymmetric unit and a set of symmetry operations split into centring translations and
// one representative operation per point-group element (at most 48), so that a 64-bit mask can say which images of an atom differ.
#pragma once

#include <cstdint>

#include "kernels/block.h"
#include "kernels/laue_cone.h"

namespace friedel {

constexpr int space_groups = 230;
constexpr int crystal_systems = 7;
constexpr int max_representatives = 48;
constexpr int translation_denominator = 24;  // translations are stored in 24ths of a cell edge
constexpr float b_iso_missing = -1.0f;       // marks an atom whose source states no displacement parameter

// x' = rotation x + translation / 24, row-major, fractional coordinates. Reflections transform as h' = h rotation.
struct SymmetryOperation {
    std::int8_t rotation[9];
    std::int8_t translation[3];
};

// out = rotation x.
template <class Real>
FRIEDEL_FN void rotate(Real* out, const std::int8_t* rotation, const Real* x) {
    for (int row = 0; row < 3; ++row) out[row] = rotation[3 * row] * x[0] + rotation[3 * row + 1] * x[1] + rotation[3 * row + 2] * x[2];
}

// out, where the operation takes x; both in fractional coordinates.
template <class Real>
FRIEDEL_FN void apply(Real* out, const SymmetryOperation& operation, const Real* x) {
    rotate(out, operation.rotation, x);
    for (int row = 0; row < 3; ++row) out[row] += operation.translation[row] * (Real(1) / translation_denominator);
}

// The operations of one setting of one space group: every operation is a representative plus a centring translation.
// Where the point group holds the inversion, the second half of the representatives are the first half times the inversion, in order.
struct OperationSet {
    const SymmetryOperation* representatives;  // [representatives_count], the first is the identity
    const std::int8_t* centrings;              // [centrings_count][3] in 24ths, the first is 0 0 0
    int representatives_count;                 // order of the point group, 1 to 48
    int centrings_count;                       // 1 to 4 in a conventional cell
    const LaueCone* cone;                      // of these operations

    FRIEDEL_FN bool has_inversion() const {
        if (representatives_count % 2) return false;
        const std::int8_t* r = representatives[representatives_count / 2].rotation;
        return r[0] == -1 && r[4] == -1 && r[8] == -1 && !r[1] && !r[2] && !r[3] && !r[5] && !r[6] && !r[7];
    }

    // The inversion passes through the origin: structure factors are real.
    FRIEDEL_FN bool inversion_at_origin() const {
        if (!has_inversion()) return false;
        const std::int8_t* t = representatives[representatives_count / 2].translation;
        return !t[0] && !t[1] && !t[2];
    }

    // Representatives that differ by more than the sign of their rotation: those that Friedel's law leaves to look at.
    FRIEDEL_FN int laue_count() const { return has_inversion() ? representatives_count / 2 : representatives_count; }
};

// Bits of CrystalView::images. Bit i: representative i gives an image of the atom that no lower one gave, modulo centring and, where
// the inversion passes through the origin, modulo inversion. This bit: the atom is its own image under the inversion.
constexpr std::uint64_t self_inverse = std::uint64_t{1} << 63;

template <class Real>
struct CrystalView {
    const Real* cell;             // [6] a b c in angstrom, alpha beta gamma in degrees
    const Real* position;         // [atoms][3] fractional
    const Real* occupancy;        // [atoms] chemical occupancy, 0 to 1
    const Real* b_iso;            // [atoms] angstrom^2, or b_iso_missing
    const std::uint8_t* element;  // [atoms] atomic number; atoms of one element are consecutive
    const std::uint64_t* images;  // [atoms] which representatives give distinct images, and self_inverse
    int atoms;
    OperationSet operations;
    int space_group;  // 1 to 230, 0 if unknown
};

// Images of an atom that structure factors sum over: one of each pair that an inversion through the origin makes.
template <class Real>
FRIEDEL_FN int sites_of(const CrystalView<Real>& crystal, int atom) {
    return popcount(crystal.images[atom] & ~self_inverse);
}

// The same of all atoms.
template <class Real>
FRIEDEL_FN int sites_in(const CrystalView<Real>& crystal) {
    int sites = 0;
    for (int atom = 0; atom < crystal.atoms; ++atom) sites += sites_of(crystal, atom);
    return sites;
}

// Atoms of a primitive cell that an atom stands for: its multiplicity over that of the centring.
template <class Real>
FRIEDEL_FN int copies_in_primitive_cell(const CrystalView<Real>& crystal, int atom) {
    const bool paired = crystal.operations.inversion_at_origin() && !(crystal.images[atom] & self_inverse);
    return sites_of(crystal, atom) * (paired ? 2 : 1);
}

// A structure library resident in memory: arrays plus offsets, uploaded as they are read from the file.
struct LibraryView {
    const float* cell;                           // [structures][6]
    const std::uint16_t* space_group;            // [structures] 1 to 230
    const std::uint16_t* operation_set;          // [structures]
    const std::uint32_t* atom_offset;            // [structures + 1]
    const float* position;                       // [atoms][3]
    const float* occupancy;                      // [atoms]
    const float* b_iso;                          // [atoms]
    const std::uint8_t* element;                 // [atoms]
    const std::uint64_t* images;                 // [atoms]
    const std::uint32_t* representative_offset;  // [operation_sets + 1]
    const SymmetryOperation* representatives;
    const std::uint32_t* centring_offset;  // [operation_sets + 1]
    const std::int8_t* centrings;          // [...][3]
    const LaueCone* cones;                 // [operation_sets]
    int structures;

    FRIEDEL_FN CrystalView<float> crystal(int i) const {
        const std::uint32_t first = atom_offset[i];
        const std::uint16_t set = operation_set[i];
        return {cell + 6 * static_cast<std::size_t>(i),
                position + 3 * static_cast<std::size_t>(first),
                occupancy + first,
                b_iso + first,
                element + first,
                images + first,
                static_cast<int>(atom_offset[i + 1] - first),
                {representatives + representative_offset[set], centrings + 3 * static_cast<std::size_t>(centring_offset[set]),
                 static_cast<int>(representative_offset[set + 1] - representative_offset[set]),
                 static_cast<int>(centring_offset[set + 1] - centring_offset[set]), cones + set},
                space_group[i]};
    }
};

}  // namespace friedel
