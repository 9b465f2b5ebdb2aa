// Random crystals on the processor, one at a time or as a structure library.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/crystals/crystal_tables.h"
#include "host/crystals/structure_library.h"
#include "host/support/progress_line.h"
#include "host/support/thread_pool.h"
#include "kernels/crystal_generator.h"

namespace friedel {

// The crystal of a group with this number, on the calling thread: a pure function of its arguments. `phase` as in kernels.
void generate(GeneratedCrystal& crystal, const CrystalTables& tables, int space_group, std::uint64_t seed, std::uint64_t sample,
              int phase = 0);

// In the standard setting, and its structure type.
Structure to_structure(const GeneratedCrystal& crystal, const std::string& name);
std::string structure_type_of(const GeneratedCrystal& crystal);

struct LibraryWish {
    int structures = 0;
    std::vector<int> groups;  // of which to make them; all if empty
    double tempering = 1;     // groups in proportion to (their structures in the statistics + 1/2)^tempering; 0: all alike
    std::uint64_t seed = 1;
};

struct GeneratedLibrary {
    StructureLibrary structures;
    int unsound = 0;  // crystals that the generator could not vouch for, and which were left out
};

// Numbers of the crystals are counted from 0. `shown` is told how far it is; where `stop` answers true, what is finished by then is given
// back.
GeneratedLibrary generate_library(const CrystalTableStore& tables, const LibraryWish& wish, ThreadPool& pool,
                                  const ShowProgress& shown = nullptr, const std::function<bool()>& stop = nullptr);

}  // namespace friedel
