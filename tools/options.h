// Options that several commands have, and checks of what is given to options.
#pragma once

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

#include "host/network/device.h"
#include "host/network/model.h"
#include "host/support/error.h"

namespace friedel::tools {

// Accepts numbers from `low` to `high`. Unlike CLI::Range it refuses NaN.
CLI::Validator within(double low, double high);
// Accepts numbers above 0.
CLI::Validator above_zero();
// Accepts what names something: an empty variable of a script is a mistake, not a choice.
CLI::Validator not_empty();
// Accepts seeds: CLI11 would take a number below zero, or one too large, for another one.
CLI::Validator seed_range();

// What is wrong with an option's value: the message of the Error that `use` throws for it, or nothing.
template <class Use>
std::string complaint_of(Use&& use) {
    try {
        use();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

// What random numbers start from.
template <class Seed>
CLI::Option* add_seed_option(CLI::App& app, Seed& seed, const std::string& help) {
    return app.add_option("--seed", seed, help)->check(seed_range());
}

// The wavelength of measured patterns, in angstrom or by the tube's anode.
CLI::Option* add_wavelength_option(CLI::App& app, double& wavelength, const std::string& help);

// Threads or processes at work.
CLI::Option* add_threads_option(CLI::App& app, int& threads);

// Answers and errors are there all the same.
CLI::Option* add_quiet_option(CLI::App& app, bool& quiet);

// Where networks run: see host/network/device.h.
void add_device_options(CLI::App& app, DeviceChoice& choice);

// Whether patterns are indexed as well: see host/indexing/indexing_opinion.h. Not given: where structures are searched.
void add_indexing_option(CLI::App& app, std::optional<bool>& indexing);
// Throws Error where indexing is asked for beside a model that it says nothing to.
bool decide_indexing(const std::optional<bool>& asked, bool structures_searched, const Model& model);

}  // namespace friedel::tools
