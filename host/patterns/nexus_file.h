// Patterns in HDF5 files as NeXus lays them out: a group of class NXdata whose attributes name the signal and its axis. Stacks and maps
// may have it in any of their dimensions, and maps are read as stacks.
// The axis is 2theta in degrees or radians, Q in inverse angstrom or nanometres, or d in angstrom.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/patterns/pattern_axis.h"
#include "host/support/hdf5_file.h"

namespace friedel {

struct NexusData {
    std::string signal;             // the dataset: [points], or more dimensions where `rows` is not 0
    std::size_t rows = 0;           // patterns, counted through the other dimensions with the last one fastest; 0: one pattern
    std::size_t dimension = 0;      // which one is [points]
    std::vector<double> axis;       // [points]
    PatternAxis kind;               // of the axis
    double wavelength_angstrom;     // 0 if the file states none
    std::string wavelength_doubt;   // why that may not be taken; empty if it may
    bool is_monochromatic = false;  // the file says that its radiation has no second line
};

// The one NXdata group of the file, or that which the attributes `default` lead to; of the part below `within`, where a group is named
// ("/2.1"). Nothing where there is none. Throws Error, naming the file, where there are several, or one without an axis that fits.
std::optional<NexusData> find_nexus_data(const H5File& file, const std::string& within = "");

// Whether the file is HDF5 and holds one pattern.
bool is_nexus_pattern(const std::filesystem::path& path);

// The pattern of one row of intensities [points]: ends without numbers left out, angles for the wavelength, and checked (pattern_file.h).
MeasuredPattern pattern_of_row(const NexusData& data, const std::string& name, std::vector<double> intensity);

}  // namespace friedel
