// The space group of a structure found from its atoms, and the structure brought to the standard setting of that group.
// The standard setting: unique axis b, cell choice 1; hexagonal axes; the second origin, an inversion centre, where the tables give two.
// The only module that knows spglib. Leaves out: limits in time (ingest.h runs it in processes of their own).
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "host/crystals/structure.h"

namespace friedel {

struct SymmetryOptions {
    // Tolerance in angstrom; 0 chooses 0.1 for a file that lists all atoms in P1 (relaxed structures) and 0.01 for one that states
    // symmetry.
    double symprec_angstrom = 0;
    int max_atoms = 3000;  // in the cell
    // [elements + 1]: elements of one number count as one species, and share what each orbit holds; null: each is its own.
    const std::uint8_t* alike = nullptr;
};

struct StandardStructure {
    Structure structure;  // standard cell, asymmetric unit, standard_operations(space_group)
    // Space group and the Wyckoff letters of each element, elements unnamed: "225: a b" is rock salt, "227: a" diamond.
    std::string structure_type;
};

// Name of a structure type from the Wyckoff letters of each element.
std::string structure_type(int space_group, const std::map<int, std::string>& letters_of_element);

// Throws Error if there are too many atoms, if atoms overlap, or if no group is found.
StandardStructure standardise(const Structure& structure, const SymmetryOptions& options = {});

// One operation of a group for each rotation, in a primitive basis of the group's lattice.
struct PrimitiveOperation {
    std::array<int, 9> rotation;
    std::array<double, 3> translation;
};
// The type, 1 to 230, of the space group that has these operations, in whatever setting they are. Throws Error if they are no group.
int identify_space_group(const std::vector<PrimitiveOperation>& operations);

// All operations of the standard setting, identity first. space_group is 1 to 230.
const std::vector<SymmetryOperation>& standard_operations(int space_group);

}  // namespace friedel
