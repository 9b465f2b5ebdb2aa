// Files that hold no pattern, told by their bytes: archives, pictures, workbooks, structures, Friedel's own results and tables. Leaves out
// HDF5 (nexus_file.h).
#pragma once

#include <string>
#include <string_view>

namespace friedel {

// Throws Error where the bytes are surely of such a file, naming it and saying what to do.
void refuse_other_kinds(std::string_view text, const std::string& name);

// Whether a text begins as Friedel's own tables do, which are no patterns: labels and results have a column `file`, a training's metrics
// `step` and `loss`.
bool is_own_table(std::string_view text);

}  // namespace friedel
