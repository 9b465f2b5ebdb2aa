// A subcommand of the program: one file each, listed in the table of main.cpp.
#pragma once

#include <CLI/CLI.hpp>

#include <charconv>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "host/answers/known_patterns.h"
#include "host/network/device.h"
#include "host/patterns/pattern_list.h"
#include "host/simulation/radiation.h"
#include "host/support/error.h"
#include "host/support/hdf5_file.h"
#include "host/support/progress_line.h"
#include "host/support/text_file.h"
#include "host/support/text_format.h"
#include "host/training/config.h"

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

// Exit status where the command line cannot be understood or asks for what does not go together; 1 is for everything else that fails.
constexpr int usage_status = 2;

class UsageError : public Error {
public:
    using Error::Error;
};

// Throws a UsageError made of all arguments, streamed one after another.
template <class... Parts>
[[noreturn]] void misused(const Parts&... parts) {
    std::ostringstream message;
    (message << ... << parts);
    throw UsageError(message.str());
}

// What --set gives, one after another. A key or value that the configuration does not have is a mistake of the command line; so is the
// weight of a line that the radiation lacks, which would change nothing.
inline void apply_settings(TrainingConfig& config, const std::vector<std::string>& assignments) {
    try {
        for (const std::string& assignment : assignments) set_key(config, assignment);
    } catch (const Error& error) {
        throw UsageError(error.what());
    }
    const SimulationConfig& s = config.simulation;
    const std::tuple<const char*, int, const Distribution&, const char*> weights[] = {{"kalpha2_ratio", 2, s.kalpha2_ratio, "cu"},
                                                                                      {"kbeta_ratio", 3, s.kbeta_ratio, "cu-tube"},
                                                                                      {"tungsten_ratio", 4, s.tungsten_ratio, "cu-tube"}};
    for (const auto& [key, line, ratio, radiation] : weights) {
        if (ratio.highest() <= 0 || s.radiation.lines >= line) continue;
        for (const std::string& assignment : assignments) {
            if (assignment.starts_with(std::string("simulation.") + key))
                misused("--set ", assignment, ": is the weight of line ", line, ", and simulation.radiation has ", s.radiation.lines,
                        "; give one that has it, as with --set simulation.radiation=", radiation);
        }
    }
}

// Values that are good by themselves and do not go together are a mistake of the command line, too.
inline void check_settings(const TrainingConfig& config) {
    try {
        check(config);
    } catch (const Error& error) {
        throw UsageError(error.what());
    }
}

// Plus the signal: what shells say of programs that a signal ended.
constexpr int signal_status = 128;

// A line on standard error, for what the user should know beside the results; in one piece, lest lines of several ranks mix.
inline void tell(const std::string& line) { std::cerr << "friedel: " + line + "\n"; }

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

// Accepts numbers above 0.
inline CLI::Validator above_zero() {
    return CLI::Validator(
        [](std::string& text) {
            double value = 0;
            return CLI::detail::lexical_cast(text, value) && value > 0 && value < 1e300 ? std::string() : text + " is not above 0";
        },
        "above 0");
}

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
    // What the parser of options takes a number below zero or too large for is another one.
    const auto complaint = [](const std::string& text) {
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool good = error == std::errc() && end == text.data() + text.size() && value >= 0;
        return good ? std::string() : text + " is no whole number from 0 to 9223372036854775807";
    };
    return app.add_option("--seed", seed, help)->check(complaint);
}

// Accepts what names something: an empty variable of a script is a mistake, not a choice.
inline CLI::Validator not_empty() {
    return CLI::Validator([](std::string& text) { return text.empty() ? std::string("no name given") : std::string(); }, "");
}

// What a command reads is not written over by what it makes. Throws Error if `output` is one of the files `inputs`; empty names are none.
inline void refuse_overwriting(const std::filesystem::path& output, const std::vector<std::string>& inputs) {
    std::error_code ignored;
    for (const std::string& input : inputs) {
        if (!output.empty() && !input.empty() && std::filesystem::equivalent(output, input, ignored))
            fail(output.string(), ": is read by this command and would be written over; name another file to write");
    }
}

inline void refuse_overwriting(const std::filesystem::path& output, const PatternList& patterns) {
    if (!output.empty() && patterns.reads(output))
        fail(output.string(), ": is one of the patterns to be read and would be written over; name another file to write");
}

// A file that is there already may be replaced by another of its kind, not by something else: a name that slipped costs no data.
// Looked at before the work is done: nobody waits for what cannot be written.
inline void check_hdf5_output(const std::filesystem::path& output, const FileKind& kind) {
    check_writable(output);
    std::error_code none;
    if (!(std::filesystem::file_size(output, none) > 0) || none) {
        const std::set<std::string> of_others{".cif", ".csv", ".html", ".json", ".jsonl", ".onnx",
                                              ".pt",  ".svg", ".toml", ".tsv",  ".txt",   ".xy"};
        if (of_others.contains(lower_case(output.extension().string())))
            misused(output.string(), ": this command writes HDF5; give a name that ends in .h5");
        return;
    }
    const std::string cure = ", and this command writes a file of kind '" + spaced(kind.name) + "'; name another file, or remove it";
    if (!is_hdf5_file(output)) fail(output.string(), ": is there already and is no HDF5 file", cure);
    std::string found;
    try {
        found = H5File::open_any(output).kind();
    } catch (const Error&) {  // another program's, or damaged
    }
    if (found != kind.name)
        fail(output.string(), ": is there already and ",
             found.empty() ? "is damaged or was not written by friedel" : "holds a " + spaced(found), cure);
}

// The wavelength of measured patterns, in angstrom or by the tube's anode.
inline CLI::Option* add_wavelength_option(CLI::App& app, double& wavelength, const std::string& help) {
    const auto by_anode = [](std::string& text) {
        const std::string typed = text;
        double value = 0;
        if (!CLI::detail::lexical_cast(text, value)) {
            // "cu-kb" is a radiation to simulate: the doublet with a little K-beta.
            const bool one = typed.find(',') == typed.npos && !typed.ends_with("-kb") && !typed.ends_with("-tube");
            try {
                value = one ? mean_wavelength(parse_radiation(typed)) : 0;
            } catch (const Error&) {
                value = 0;
            }
            text = std::to_string(value);
        }
        if (!(value >= shortest_wavelength && value <= longest_wavelength))
            return "'" + typed + "' is neither one wavelength of 0.05 to 5 angstrom nor an anode; Cu is 1.5418 or cu, Mo 0.7107 or mo";
        return std::string();
    };
    return app.add_option("--wavelength", wavelength, help + "; in angstrom, or cu, co, cr, fe, ni, mo, ag")
        ->transform(CLI::Validator(by_anode, ""))
        ->type_name("WAVELENGTH");
}

// Threads or processes at work.
inline CLI::Option* add_threads_option(CLI::App& app, int& threads) {
    return app.add_option("--threads", threads, "Cores to use; 0: all")->capture_default_str()->check(within(0, 1024));
}

inline CLI::Option* add_keep_humps_option(CLI::App& app, bool& keep_humps) {
    return app.add_flag(
        "--keep-humps", keep_humps,
        "Leave in what is wider than lines, as glass makes it, and a rise at the start of the scan; both are taken off otherwise");
}

// Answers and errors are there all the same.
inline CLI::Option* add_quiet_option(CLI::App& app, bool& quiet) {
    return app.add_flag("-q,--quiet", quiet, "Show no progress and no summary");
}

// Where networks run: see host/network/device.h.
inline void add_device_options(CLI::App& app, DeviceChoice& choice) {
    const auto complaint = [](const DeviceChoice& wanted) { return complaint_of([&] { check_device_choice(wanted); }); };
    app.add_option("--device", choice.device, "auto (the first CUDA device, or else the processor), cpu, cuda or cuda:N")
        ->capture_default_str()
        ->check([complaint](const std::string& device) {
            return complaint({device, "auto"});
        });
    app.add_option("--precision", choice.precision,
                   "Of what matrix products multiply: auto (bf16 on a CUDA device, float on the processor), bf16, tf32 or float")
        ->capture_default_str()
        ->check([complaint](const std::string& precision) {
            return complaint({"cpu", precision});
        });
}

// Whether patterns are indexed as well: see host/indexing/indexing_opinion.h. Not given: where structures are searched.
inline void add_indexing_option(CLI::App& app, std::optional<bool>& indexing) {
    app.add_flag_callback(
        "--indexing", [&indexing] { indexing = true; },
        "Index each pattern as well (some tenths of a second of a core): its unit cell and absences count beside the other opinions. "
        "On by default where structures are searched");
    app.add_flag_callback(
        "--no-indexing", [&indexing] { indexing = false; }, "Leave that out");
}

// Throws Error where indexing is asked for beside a model that it says nothing to.
inline bool decide_indexing(const std::optional<bool>& asked, bool structures_searched, const Model& model) {
    if (model.target == Target::space_group) return asked.value_or(structures_searched);
    if (asked.value_or(false)) fail("--indexing: the model names crystal systems, indexing space groups; leave it out");
    return false;
}

// How many patterns state no wavelength, so that the one of the model or of what they were compared with was taken; on standard error.
inline void tell_of_wavelength(std::size_t assumed, double wavelength_angstrom) {
    if (assumed == 0) return;
    std::cerr << assumed << (assumed == 1 ? " states" : " state") << " no wavelength: " << wavelength_angstrom
              << " angstrom was taken; --wavelength gives another\n";
}

// What a user should know of how patterns were read: that, and what folders hold beside them.
inline void tell_of_input(const PatternList& list, std::size_t assumed, double wavelength_angstrom) {
    const std::string passed_over = list.passed_over();
    if (!passed_over.empty()) std::cerr << passed_over << '\n';
    tell_of_wavelength(assumed, wavelength_angstrom);
}

// A model looks good on what it was trained on, whatever it is worth.
inline void warn_if_trained_on(const std::string& library, const Model& model) {
    if (!library.empty() && was_trained_on(model, library))
        std::cerr << "friedel: the model was trained on " << library << ": these figures measure memory; give structures held out\n";
}

// Shows on a line how far long work is.
inline ShowProgress shown_on(ProgressLine& line) {
    return [&line](std::size_t done, std::size_t all) { line.show(static_cast<double>(done) / static_cast<double>(all), done); };
}

}  // namespace friedel::tools
