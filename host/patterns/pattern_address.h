// Names of patterns within HDF5 files: "stack.h5[12]", counted from 0 as results have it, is a row of a stack, "scans.h5::/2.1" a scan or a
// stack by its group, "scans.h5::/2.1[12]" a row of that.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace friedel {

struct PatternAddress {
    std::string file;
    std::string group;               // "/2.1"; empty: that which the file itself stands for
    std::optional<std::size_t> row;  // of a stack

    bool is_file() const { return group.empty() && !row; }
    std::string without_row() const { return group.empty() ? file : file + "::" + group; }
};

// A name is its file's alone where there is one of that very name, or none that is HDF5 before its brackets or colons.
PatternAddress pattern_address(const std::string& name);

}  // namespace friedel
