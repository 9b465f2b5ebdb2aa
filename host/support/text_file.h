// Writing a text file as a whole.
#pragma once

#include <filesystem>
#include <string>

namespace friedel {

// Under a temporary name first, then renamed: an interrupted run leaves the file as it was. Throws Error.
void write_text_file(const std::filesystem::path& file, const std::string& text);

// Throws Error where a file of this name could not be written: found out before the work, not after. An empty name is none.
void check_writable(const std::filesystem::path& file);

}  // namespace friedel
