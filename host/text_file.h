// Writing a text file as a whole.
#pragma once

#include <filesystem>
#include <string>

namespace friedel {

// Under a temporary name first, then renamed: an interrupted run leaves the file as it was. Throws Error.
void write_text_file(const std::filesystem::path& file, const std::string& text);

}  // namespace friedel
