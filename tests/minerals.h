// The minerals that ship as CIFs: files, structures, and libraries of them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

#include "host/crystals/cif.h"
#include "host/crystals/structure_library.h"
#include "host/crystals/symmetry.h"
#include "host/support/error.h"
#include "tests/test_paths.h"

namespace friedel::test {

inline std::filesystem::path mineral_file(const std::string& name) { return source_dir() / "data/minerals" / (name + ".cif"); }

// All, by name.
inline std::vector<std::filesystem::path> mineral_files() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(source_dir() / "data/minerals")) {
        if (entry.path().extension() == ".cif") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

// As its file has it, and in the standard setting.
inline Structure mineral(const std::string& name) { return read_cif(mineral_file(name)).front(); }
inline Structure standard_mineral(const std::string& name) { return standardise(mineral(name)).structure; }

inline std::vector<Structure> mineral_structures() {
    std::vector<Structure> structures;
    for (const auto& file : mineral_files()) structures.push_back(read_cif(file).front());
    return structures;
}

// A library of some.
inline StructureLibrary minerals_named(std::initializer_list<const char*> names) {
    StructureLibrary library;
    for (const char* name : names) library.add(standard_mineral(name));
    return library;
}

// A library of all, ingested once for a test program.
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
