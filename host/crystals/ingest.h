// CIF files into a structure library: read, symmetry found, brought to standard settings, duplicates dropped, on all cores.
// What a file contributes, and the order of structures, never depends on the number of processes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "host/crystals/structure_library.h"
#include "host/crystals/symmetry.h"

namespace friedel {

struct IngestOptions {
    SymmetryOptions symmetry;
    double time_limit_seconds = 20;  // for one structure
    int processes = 0;               // 0: one per core
    bool keep_duplicates = false;
};

struct IngestProgress {
    double fraction = 0;  // of the bytes to read
    std::uint64_t files = 0, structures = 0, rejections = 0;
};

struct IngestResult {
    StructureLibrary library;  // with its rejections, duplicates among them
    std::uint64_t files = 0;
    std::uint64_t duplicates = 0;
    std::uint64_t relabelled = 0;  // structures whose group is another than the file claims (P1 with all atoms listed not counted)
    // Structures, duplicates among them:
    std::uint64_t origins_assumed = 0;   // read with origin choice 2 because nothing tells (cif_origin.h)
    std::uint64_t without_symmetry = 0;  // whose files state none: read as P1
    std::uint64_t contradicted = 0;      // whose files' symbol and number are of two groups: read by the symbol
};

// Throws Error when interrupted (see interrupt.h); nothing has been written then. `report` is called often.
IngestResult ingest(const std::vector<std::filesystem::path>& paths, const IngestOptions& options,
                    const std::function<void(const IngestProgress&)>& report = {});

}  // namespace friedel
