// What a CIF says of its atoms beside their places, held against a reading of its symmetry: where a group has two origin choices and the
// file does not say which, and where a file states no symmetry. Leaves out: reading it (cif.cpp), finding symmetry (symmetry.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/crystals/structure.h"

namespace friedel {

// Empty or 0 where the file says nothing.
struct StatedContent {
    std::vector<double> formula;     // [elements + 1], atoms of one formula unit
    double formula_units = 0;        // in the cell (Z)
    std::vector<std::string> sites;  // [atoms], multiplicity or Wyckoff position: "8", "8a", "a"
    std::string cell_setting;        // "cubic"
};

// Counts per atomic number of a formula such as 'Al2 Mg O4'; empty for text that is none, or that has brackets or charges.
std::vector<double> amounts_of_formula(std::string_view formula);

// Brings the sites of `structure`, which has the operations of origin choice 2, in order (tidy_sites), with the operations of choice 1
// instead where those fit better. An origin that makes atoms overlap is out; then the one that contradicts less of what is stated is
// taken; then the one in which the closest two atoms, in units of the sum of their covalent radii, are farther apart by at least a
// twentieth; and else choice 2, that of International Tables' reference settings and of gemmi for a number, with `origin_assumed` set.
// `origin_chosen` says which was taken and why, where it was not assumed.
// Throws Error if neither is possible.
void choose_origin(Structure& structure, const std::vector<SymmetryOperation>& choice_1, const StatedContent& stated);

// Throws Error if atoms that no symmetry is stated for cannot be all those of the cell.
void check_without_symmetry(const Structure& structure, const StatedContent& stated);

}  // namespace friedel
