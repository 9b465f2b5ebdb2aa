// The symmetry operations a file states: by a list of triplets, a Hall symbol, a Hermann-Mauguin symbol in any setting, or a number.
// The only module that knows gemmi's table of settings. Leaves out: whether the atoms obey them (symmetry.h).
#pragma once

#include <array>
#include <string>
#include <vector>

#include "host/crystals/structure.h"

namespace friedel {

// As read from the file; empty or 0 where the file says nothing.
struct SymmetryStatement {
    std::vector<std::string> triplets;  // 'x,y,z' ...
    std::string hall;
    std::string hermann_mauguin;
    int number = 0;
    std::string coordinate_system;  // "2" or "-1" names an origin choice

    bool empty() const { return triplets.empty() && hall.empty() && hermann_mauguin.empty() && number == 0; }
};

struct StatedSymmetry {
    std::vector<SymmetryOperation> operations;  // all of them, identity first; the identity alone if nothing was stated
    int space_group = 0;                        // 1 to 230, 0 if not stated and not in the table of settings
    // Where the group has two origin choices and the statement leaves open which: those of choice 1, and `operations` are of choice 2.
    std::vector<SymmetryOperation> of_origin_1;
    // In words, where a symbol and a number of another group are all there is: `operations` are the symbol's.
    std::string contradiction;
    // In words, where the operations listed (or of the Hall symbol) are of another group than the symbol or the number.
    std::string operations_contradiction;
};

// `cell` tells rhombohedral from hexagonal axes where the symbol does not. Throws Error if symmetry is stated but cannot be understood.
StatedSymmetry resolve_symmetry(const SymmetryStatement& statement, const std::array<double, 6>& cell);

// The number, 1 to 230, of the group that a Hermann-Mauguin symbol names, in any setting and spelling that a CIF may use: "P21/c",
// "P 1 21/c 1", "F m 3 m", "F d -3 m Z"; 0 if it names none.
int space_group_of_symbol(const std::string& symbol);

// One operation from text such as '-x+1/2, y, z-0.25'. Throws Error.
SymmetryOperation parse_triplet(const std::string& triplet);

}  // namespace friedel
