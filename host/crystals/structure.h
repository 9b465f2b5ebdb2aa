// A crystal structure on the host, in double precision, as a CIF states it or as ingest has standardised it.
// Leaves out: how it is read (cif.h), how its group is found (symmetry.h), how it is stored (structure_library.h).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/crystal.h"

namespace friedel {

constexpr double largest_b_iso = 1000;  // angstrom^2; an atom that moves more is nowhere

struct Atom {
    std::string label;
    int element = 0;                   // atomic number; deuterium is 1
    std::array<double, 3> position{};  // fractional
    double occupancy = 1.0;            // chemical: 1 on a fully occupied special position
    double b_iso = b_iso_missing;      // angstrom^2
};

struct Structure {
    std::string name;                           // file, or archive/member, with #block where a file holds several
    std::string formula;                        // Hill order, from the atoms of the cell
    std::array<double, 6> cell{};               // a b c in angstrom, alpha beta gamma in degrees
    std::vector<Atom> atoms;                    // asymmetric unit
    std::vector<SymmetryOperation> operations;  // all operations, centring included, identity first
    int space_group = 0;                        // found from the atoms, 0 if not looked for
    int claimed_space_group = 0;                // what the file says, 0 if it says nothing
    int powder_group = 0;                       // what a powder of it shows (powder_group.h), 0 if not looked for
    bool origin_assumed = false;                // the file leaves open which of two origins it uses, and its atoms too (cif_origin.h)
    bool symmetry_unstated = false;             // the file says nothing of it: taken as P1, with no atoms but those listed
    std::string symmetry_contradiction;         // in words, where the file's symbol and number are of two groups
    std::string operations_contradiction;       // in words, where its list of operations is of another group than they
    std::string origin_chosen;                  // in words, where the file leaves the origin open and its atoms tell (cif_origin.h)
    std::string displacement_doubt;             // in words, where it states one that no atom has (displacement.h)
};

// Whether a file states the symmetry that its atoms have, and not that of a model in which none was sought (group 1).
inline bool states_determined_symmetry(int claimed_space_group, int space_group) {
    return claimed_space_group > 1 && claimed_space_group == space_group;
}

// Where an operation takes a fractional position.
inline std::array<double, 3> image_of(const SymmetryOperation& operation, const std::array<double, 3>& position) {
    std::array<double, 3> image;
    apply(image.data(), operation, position.data());
    return image;
}

inline int determinant_of_rotation(const SymmetryOperation& operation) {
    const std::int8_t* const r = operation.rotation;
    return r[0] * (r[4] * r[8] - r[5] * r[7]) - r[1] * (r[3] * r[8] - r[5] * r[6]) + r[2] * (r[3] * r[7] - r[4] * r[6]);
}

// Why a file or one block of it gives no structure.
struct Rejection {
    std::string file;    // path, or archive/member
    std::string block;   // empty when it concerns the file
    std::string reason;  // ends in ", line N" where the line is known
};

// What a CrystalView<double> points into. Throws Error if the operations are not a group of at most 48 representatives
// times centrings, or if there is no atom.
class Crystal {
public:
    explicit Crystal(const Structure& structure);
    CrystalView<double> view() const;

    const std::string& name() const { return name_; }
    const std::array<double, 6>& cell() const { return cell_; }
    const std::vector<SymmetryOperation>& representatives() const { return representatives_; }
    const std::vector<std::array<std::int8_t, 3>>& centrings() const { return centrings_; }
    const std::vector<std::uint64_t>& images() const { return images_; }
    const std::vector<double>& position() const { return position_; }
    const std::vector<double>& occupancy() const { return occupancy_; }
    const std::vector<double>& b_iso() const { return b_iso_; }
    const std::vector<std::uint8_t>& element() const { return element_; }

private:
    void split_operations(const Structure& structure);
    std::uint64_t distinct_images(const std::array<double, 3>& position) const;

    std::string name_;
    std::array<double, 6> cell_;
    std::vector<double> position_, occupancy_, b_iso_;
    std::vector<std::uint8_t> element_;  // sorted ascending, the atoms of `structure` in that order
    std::vector<std::uint64_t> images_;
    std::vector<SymmetryOperation> representatives_;
    std::vector<std::array<std::int8_t, 3>> centrings_;
    LaueCone cone_;
    int space_group_;
};

// Volume of a cell (a b c in angstrom, angles in degrees) in angstrom^3; 0 if the angles are impossible.
double cell_volume(const std::array<double, 6>& cell);

// Throws Error, saying why, for a cell that no crystal has: a length that is not 0.5 to 500 angstrom, angles that enclose no volume or a
// hundredth of the product of the lengths, more than 1 000 000 angstrom^3.
void check_cell(const std::array<double, 6>& cell);

// Atoms in the whole cell that one atom of the asymmetric unit (in the order of Crystal::element) stands for.
int copies_in_cell(const Crystal& crystal, int atom);

// Atoms in the whole cell, counted through the images; mixed occupancies counted once per species.
int atoms_in_cell(const Crystal& crystal);

// Hill order, from the occupancies of all atoms of the cell, divided by their common divisor where they are whole numbers.
std::string formula_of_cell(const Crystal& crystal);

}  // namespace friedel
