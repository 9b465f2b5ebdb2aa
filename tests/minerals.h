// The minerals that ship as CIFs, as a library.
#pragma once

#include <initializer_list>

#include "host/crystals/cif.h"
#include "host/crystals/structure_library.h"
#include "host/crystals/symmetry.h"
#include "host/support/error.h"
#include "tests/test_paths.h"

namespace friedel::test {

// Those of these files.
inline StructureLibrary minerals_named(std::initializer_list<const char*> names) {
    StructureLibrary library;
    for (const char* name : names) {
        const std::string file = (source_dir() / "data/minerals" / (std::string(name) + ".cif")).string();
        library.add(standardise(parse_cif(read_text(file), file, {200}).structures.at(0)).structure);
    }
    return library;
}

// All, ingested once for a test program.
inline const StructureLibrary& minerals() {
    static const StructureLibrary library = [] {
        const TemporaryDirectory folder;
        const std::string source = (source_dir() / "data/minerals").string();
        const auto result = run_friedel("ingest -q '" + source + "' -o '" + (folder / "minerals.h5").string() + "'");
        if (result.status != 0) fail(result.err);
        return StructureLibrary::read(folder / "minerals.h5");
    }();
    return library;
}

}  // namespace friedel::test
