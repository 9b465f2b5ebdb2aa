// A subcommand of the program: one file each, listed in the table of main.cpp.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <sstream>
#include <string>

namespace friedel::tools {

// Adds the options of one subcommand to `app` and returns what runs it once they are parsed; the result is the exit status.
using Command = std::function<int()> (*)(CLI::App& app);

std::function<int()> ingest_command(CLI::App& app);
std::function<int()> info_command(CLI::App& app);
std::function<int()> split_command(CLI::App& app);
std::function<int()> peaks_command(CLI::App& app);
std::function<int()> simulate_command(CLI::App& app);
std::function<int()> train_command(CLI::App& app);
std::function<int()> classify_command(CLI::App& app);
std::function<int()> calibrate_command(CLI::App& app);
std::function<int()> evaluate_command(CLI::App& app);
std::function<int()> export_command(CLI::App& app);

// Accepts numbers from `low` to `high`. Unlike CLI::Range it refuses NaN.
inline CLI::Validator within(double low, double high) {
    std::ostringstream name;
    name << "in [" << low << ", " << high << "]";
    return CLI::Validator(
        [low, high, range = name.str()](std::string& text) {
            double value = 0;
            const bool inside = CLI::detail::lexical_cast(text, value) && value >= low && value <= high;
            return inside ? std::string() : text + " is not " + range;
        },
        name.str());
}

}  // namespace friedel::tools
