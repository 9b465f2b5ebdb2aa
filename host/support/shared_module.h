// Parts of the program that are libraries of their own, because what they draw in is large and not everywhere: opened where they are
// needed.
#pragma once

#include <filesystem>
#include <string>

namespace friedel {

// Beside the program, in the lib folder of an installation, or one up (the tests' program in a build tree). Empty where there is none.
std::filesystem::path module_file(const std::string& name);

// Throws Error, "WHAT (reason); CURE", where it does not load. `global`: its symbols serve libraries that are loaded later.
void* open_module(const std::filesystem::path& file, bool global, const std::string& what, const std::string& cure);

void* module_symbol(void* module, const std::filesystem::path& file, const char* name);  // throws Error

template <class Function>
Function* module_function(void* module, const std::filesystem::path& file, const char* name) {
    return reinterpret_cast<Function*>(module_symbol(module, file, name));
}

}  // namespace friedel
