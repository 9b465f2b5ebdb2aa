// HDF5 files of many patterns: those of 'friedel simulate' (friedel_kind "patterns"), and NeXus files whose NXdata group has a signal
// of several dimensions, one of them [points] over an axis. Only the files read last are held open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/patterns/nexus_file.h"
#include "host/patterns/pattern_file.h"
#include "host/support/hdf5_file.h"

namespace friedel {

class PatternStack {
public:
    // Of a file, or a group in one ("scans.h5::/2.1"). Null where that is something else, cannot be opened, or is not there. Throws Error
    // for a stack that contradicts itself.
    static std::unique_ptr<PatternStack> open(const std::string& name);

    std::size_t size() const { return data_.rows; }

    // Called by any thread. Throws Error as read_pattern() does.
    MeasuredPattern read(std::size_t row) const;

    // What the file calls this row, in UTF-8 (utf_8_of_bytes()); empty where it does not say.
    std::string title(std::size_t row) const;

    // The row of this number, and its name. Throws Error where the stack has fewer.
    static MeasuredPattern read_row(const std::string& stack, std::size_t row);
    // "stack.h5[12]", counted from 0.
    static std::string row_name(const std::string& file, std::size_t row);

private:
    PatternStack(std::string name, std::filesystem::path path, NexusData data, std::vector<std::string> titles);

    std::string name_;
    std::filesystem::path path_;
    std::uint64_t mark_;  // of this one, among those that this process made
    NexusData data_;
    std::vector<std::string> titles_;  // [rows] or none
};

}  // namespace friedel
