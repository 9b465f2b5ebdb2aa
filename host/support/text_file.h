// Writing a text file as a whole.
#pragma once

#include <filesystem>
#include <string>

namespace friedel {

// Under a temporary name first, then renamed: an interrupted run leaves the file as it was. Throws Error.
void write_text_file(const std::filesystem::path& file, const std::string& text);

// Why a file cannot be written, by errno, and the cure: "cannot be written (No space left on device); free some space, or write elsewhere".
std::string cannot_be_written(int reason);

// Throws Error where a file of this name could not be written: found out before the work, not after. An empty name is none.
void check_writable(const std::filesystem::path& file);

// The same, and where there is a file that begins otherwise: a result may take the place of an earlier one, not of something else, so that
// a name that slipped costs no data.
void check_replaceable(const std::filesystem::path& file, const std::string& beginning);

// Where symbolic links lead: what is written takes the place of the file there and leaves the links.
std::filesystem::path behind_links(std::filesystem::path file);

}  // namespace friedel
