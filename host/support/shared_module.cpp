#include "host/support/shared_module.h"

#include <dlfcn.h>

#include "host/support/error.h"

namespace friedel {

namespace fs = std::filesystem;

fs::path module_file(const std::string& name) {
    std::error_code failure;
    const fs::path folder = fs::read_symlink("/proc/self/exe", failure).parent_path();
    for (const fs::path& place : {folder, folder / ".." / "lib", folder / ".."}) {
        if (fs::exists(place / name, failure)) return place / name;
    }
    return {};
}

void* open_module(const fs::path& file, bool global, const std::string& what, const std::string& cure) {
    void* const module = dlopen(file.c_str(), RTLD_NOW | (global ? RTLD_GLOBAL : RTLD_LOCAL));
    if (!module) fail(what, " (", dlerror(), "); ", cure);
    return module;
}

void* module_symbol(void* module, const fs::path& file, const char* name) {
    void* const address = dlsym(module, name);
    if (!address) fail(file.filename().string(), " belongs to another version of friedel; build both together");
    return address;
}

}  // namespace friedel
