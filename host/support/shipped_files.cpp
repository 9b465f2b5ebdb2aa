#include "host/support/shipped_files.h"

#include <cstdlib>
#include <vector>

#include "host/support/error.h"
#include "host/support/joined.h"

namespace friedel {

namespace fs = std::filesystem;

namespace {

constexpr const char* model_name = "models/friedel-cu.h5";
constexpr const char* structures_name = "structures/known.h5";
constexpr const char* fetched_structures_name = "structures/fetched.h5";

// Folders that may hold the data, the likeliest first.
std::vector<fs::path> data_folders() {
    if (const char* named = std::getenv("FRIEDEL_DATA")) return {named};
    std::error_code failure;
    const fs::path program = fs::read_symlink("/proc/self/exe", failure).parent_path();
    return {program / "../../data",     // build/PRESET/friedel
            program / "../share/data",  // a bundle's lib/friedel
            program / "../data", FRIEDEL_SOURCE_DATA};
}

// Empty where there is none.
fs::path find_data(const char* name) {
    for (const fs::path& folder : data_folders()) {
        std::error_code failure;
        if (fs::is_regular_file(folder / name, failure)) return fs::weakly_canonical(folder / name, failure);
    }
    return {};
}

fs::path shipped_file(const char* name, const char* cure) {
    if (const fs::path found = find_data(name); !found.empty()) return found;
    const std::string looked = joined(data_folders(), [](const fs::path& folder) { return folder.lexically_normal().string(); });
    fail("the shipped ", name, " is not in ", looked, "; ", cure, ", or say where data is with FRIEDEL_DATA");
}

}  // namespace

fs::path shipped_model() { return shipped_file(model_name, "name a model (.h5) before the patterns"); }

fs::path shipped_structures() {
    if (const fs::path fetched = find_data(fetched_structures_name); !fetched.empty()) return fetched;
    return shipped_file(structures_name, "name a library with --structures");
}

std::string structures_to_search(const std::string& given, bool by_default) {
    if (given == "none") return "";
    if (!given.empty() || !by_default) return given;
    return shipped_structures().string();
}

}  // namespace friedel
