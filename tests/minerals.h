// The minerals that ship as CIFs, as a library; ingested once for a test program.
#pragma once

#include "host/crystals/structure_library.h"
#include "host/support/error.h"
#include "tests/test_paths.h"

namespace friedel::test {

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
