// Writes simulated patterns: one HDF5 file (friedel_kind "patterns", format 1: patterns [n][points], name [n], space_group [n]; attributes
// start_deg, step_deg, wavelength_angstrom, the mean, and emission_lines, their number, of patterns; made_by [1]), or text files of two
// columns.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "host/support/hdf5_file.h"
#include "kernels/simulation_config.h"

namespace friedel {

extern const FileKind patterns_kind;

class PatternOutput {
public:
    // The extension of `file` decides: .h5, .csv or .xy; another is an Error. Several text patterns get numbered names: quartz_0001.xy.
    // made_by: what a reader needs to make them again, in words or TOML.
    PatternOutput(std::filesystem::path file, const Grid& grid, const Radiation& radiation, std::size_t patterns,
                  const std::string& made_by);

    // pattern [grid.points]; space_group 0 if unknown.
    void add(const float* pattern, const std::string& name, int space_group);

    // Files stand under their names once this returns (text files as they are added). Returns them.
    std::vector<std::filesystem::path> finish();

private:
    void write_text(const std::filesystem::path& file, const float* pattern) const;

    std::filesystem::path file_;
    Grid grid_;
    float wavelength_angstrom_;
    int emission_lines_;
    std::size_t patterns_, written_ = 0;
    std::unique_ptr<H5File> h5_;
    std::vector<std::string> names_;
    std::vector<std::uint16_t> space_groups_;
    std::vector<std::filesystem::path> files_;
};

}  // namespace friedel
