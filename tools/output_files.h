// What a command writes does not cost what is there already. Looked at before the work is done: nobody waits for what cannot be written.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/patterns/pattern_list.h"
#include "host/support/hdf5_file.h"

namespace friedel::tools {

// What a command reads is not written over by what it makes. Throws Error if `output` is one of the files `inputs`; empty names are none.
void refuse_overwriting(const std::filesystem::path& output, const std::vector<std::string>& inputs);
void refuse_overwriting(const std::filesystem::path& output, const PatternList& patterns);

// Whether results of this name are JSON lines; no name is none. Throws UsageError for what is neither these nor CSV.
bool is_json_lines(const std::filesystem::path& output);

// A file that is there already may be replaced by another of its kind, not by something else: a name that slipped costs no data.
// Throws Error.
void check_hdf5_output(const std::filesystem::path& output, const FileKind& kind);

}  // namespace friedel::tools
