// Which structures of a library are one and the same, told by their interatomic distances: independent of origin and setting.
#pragma once

#include <vector>

#include "host/crystals/structure_library.h"

namespace friedel {

// For each structure the index of the first that it repeats, or -1. Two are the same if they agree in space group and composition, in
// the cell to 0.2 %, and in every interatomic distance to 0.02 angstrom.
std::vector<int> find_duplicates(const StructureLibrary& library);

// Takes out every structure that repeats an earlier one and lists it among the rejections; returns how many.
int drop_duplicates(StructureLibrary& library);

}  // namespace friedel
