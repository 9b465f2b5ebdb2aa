// How measured patterns are read, as options of the commands that read them.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "host/patterns/pattern_reader.h"

namespace friedel::tools {

struct ReadingOptions {
    double wavelength = 0;  // of all patterns, angstrom; 0: what each states
    bool strip_k_alpha_2 = false, keep_humps = false, keep_spikes = false;
    double min_coverage = default_min_coverage;

    // For a grid that is meant for this wavelength.
    PatternReaderConfig config(const Grid& grid, double wavelength_angstrom, int threads) const;
};

// --wavelength (`of_what` begins its help), --keep-humps and --keep-spikes.
void add_reading_options(CLI::App& app, ReadingOptions& reading, const std::string& of_what);
// --strip-kalpha2; `remark` ends its help.
CLI::Option* add_strip_option(CLI::App& app, bool& strip_k_alpha_2, const std::string& remark = "");
CLI::Option* add_min_coverage_option(CLI::App& app, double& min_coverage, const std::string& help);

}  // namespace friedel::tools
