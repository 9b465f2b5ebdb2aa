// A subcommand of the program: one file each, listed in the table of main.cpp.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>

namespace friedel::tools {

// Adds the options of one subcommand to `app` and returns what runs it once they are parsed; the result is the exit status.
using Command = std::function<int()> (*)(CLI::App& app);

std::function<int()> ingest_command(CLI::App& app);
std::function<int()> info_command(CLI::App& app);
std::function<int()> split_command(CLI::App& app);
std::function<int()> merge_command(CLI::App& app);
std::function<int()> statistics_command(CLI::App& app);
std::function<int()> generate_command(CLI::App& app);
std::function<int()> peaks_command(CLI::App& app);
std::function<int()> simulate_command(CLI::App& app);
std::function<int()> train_command(CLI::App& app);
std::function<int()> classify_command(CLI::App& app);
std::function<int()> calibrate_command(CLI::App& app);
std::function<int()> evaluate_command(CLI::App& app);
std::function<int()> match_command(CLI::App& app);
std::function<int()> index_command(CLI::App& app);
std::function<int()> export_command(CLI::App& app);
std::function<int()> bench_command(CLI::App& app);

}  // namespace friedel::tools
