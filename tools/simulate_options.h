// The options of 'friedel simulate', and what they state of patterns.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/simulation_config.h"

namespace friedel::tools {

struct SimulateOptions {
    std::vector<std::string> inputs;
    std::string output, plot;
    std::string radiation = "1.54184";
    std::vector<double> range{5, 90};
    double step_deg = 0.01;
    double monochromator_deg = 0;
    // Stated patterns.
    double fwhm_deg = 0.1;
    std::vector<double> caglioti;     // U V W, degrees^2; empty: the constant width
    PatternParameters exact;          // what an option gives as it stands there
    std::vector<double> texture;      // r h k l
    std::vector<double> chebyshev;    // coefficients
    std::vector<double> humps;        // of each, one after the other: height, centre and width, degrees
    std::vector<double> air_scatter;  // height, decay length in degrees
    std::string impurity;
    double impurity_fraction = 0.1;
    std::uint64_t seed = 1;
    // Drawn ones.
    int random = 0;
    std::string config, preset = "friedel";
    std::vector<std::string> settings;
    int threads = 0;
    bool quiet = false;
};

// The options and the footer; each parameter of a pattern is one of the group that it belongs to. `options` must outlive `app`.
void add_simulate_options(CLI::App& app, SimulateOptions& options);

// A pattern's parameters are stated or drawn (--random): throws UsageError for an option of the other kind, which would change nothing.
void refuse_ignored(const CLI::App& app, bool drawn);

// Each throws UsageError for values that do not go together.
Grid stated_grid(const SimulateOptions& options);
// The parameters that the options state outright, the same for every structure; of no structure yet, and without an impurity.
PatternParameters stated_parameters(const SimulateOptions& options);

}  // namespace friedel::tools
