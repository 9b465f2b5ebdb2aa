// friedel bench: what this machine does a second, stage by stage, beside the limits it shows in the same run.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "host/support/error.h"
#include "host/support/hash.h"
#include "host/support/shipped_files.h"
#include "host/support/text_file.h"
#include "host/training/benchmark.h"
#include "tools/command.h"
#include "tools/notices.h"
#include "tools/options.h"
#include "tools/output_files.h"
#include "tools/settings.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

struct Options {
    std::string library, preset = "friedel", output, compare;
    std::vector<std::string> assignments, only;
    std::vector<int> batches;
    double seconds = 0.2;
    int rounds = 5, threads = 0;
    DeviceChoice device;
};

nlohmann::ordered_json json_of(const BenchmarkRow& row) {
    nlohmann::ordered_json json{{"stage", row.stage}, {"seconds", row.seconds}, {"per_second", row.per_second}};
    if (row.traffic.bytes > 0) json["bytes"] = row.traffic.bytes;
    if (row.traffic.operations > 0) json["operations"] = row.traffic.operations;
    if (row.traffic.arithmetic > 0) json["arithmetic"] = row.traffic.arithmetic;
    if (row.fraction_of_limit) json["fraction_of_limit"] = *row.fraction_of_limit;
    return json;
}

// Earlier results: the first line says what was measured, each other one is a stage.
class Earlier {
public:
    explicit Earlier(const std::string& file) : file_(file) {
        if (file.empty()) return;
        std::ifstream in(file);
        if (!in) fail(file, ": cannot be opened; give a file that 'friedel bench -o' wrote");
        int number = 0;
        for (std::string line; std::getline(in, line);) {
            ++number;
            const nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
            const bool good = json.is_object() && (number == 1 ? json.value("benchmark", "") == "friedel"
                                                               : json.contains("stage") && json["stage"].is_string() &&
                                                                     json.contains("per_second") && json["per_second"].is_number());
            if (!good) fail(file, ":", number, ": is no line of 'friedel bench -o'; give a file that it wrote");
            if (number == 1) {
                head_ = json;
            } else {
                per_second_[json["stage"]] = json["per_second"];
            }
        }
        if (number == 0) fail(file, ": is empty; give a file that 'friedel bench -o' wrote");
    }

    void warn_of_differences(const nlohmann::ordered_json& now) const {
        if (file_.empty()) return;
        for (const char* name : {"device", "network", "batch", "library", "flags"}) {
            const std::string then = head_.value(name, nlohmann::json()).dump(), is = now.value(name, nlohmann::ordered_json()).dump();
            if (then != is) tell(file_, ": ", name, " was ", then, " there and is ", is, " here");
        }
        warn_of_settings(now);
    }
    // How many times as fast it is now, if it was measured: by patterns, as batches may differ.
    std::optional<double> gain(const BenchmarkRow& row) const {
        const auto found = per_second_.find(row.stage);
        return found == per_second_.end() ? std::nullopt : std::optional(row.per_second / found->second);
    }
    bool any() const { return !file_.empty(); }

private:
    // What is simulated and trained depends on more than its size. Files of before there was this hold no configuration.
    void warn_of_settings(const nlohmann::ordered_json& now) const {
        if (!head_.contains("config") || !head_["config"].is_string()) return;
        try {
            const std::string found = difference(measured(head_["config"]), measured(now["config"]));
            if (!found.empty()) tell(file_, ": ", found);
        } catch (const Error& error) {  // another version's may have keys that this one has not
            tell(file_, ": its settings cannot be compared (", error.what(), ")");
        }
    }

    // Of a configuration: of how it is run no more than bench takes, and not the layers, which are told of as the network, as is the batch.
    static TrainingConfig measured(const std::string& toml) {
        TrainingConfig config;
        read_toml(config, toml, "config");
        const RunConfig& run = config.run;
        config.run = {.seed = run.seed, .tempering = run.tempering, .synthetic = run.synthetic, .fill = run.fill};
        config.network.hidden.clear();
        return config;
    }

    std::string file_;
    nlohmann::json head_;
    std::map<std::string, double> per_second_;
};

// "1.23 M" of 1.23e6, "45.6 m" of 0.0456: three digits and a prefix.
std::string with_prefix(double value) {
    constexpr const char* prefixes[] = {"n", "u", "m", "", "k", "M", "G", "T", "P"};
    constexpr int none = 3;
    int prefix = none;
    for (; value >= 999.5 && prefix + 1 < static_cast<int>(std::size(prefixes)); ++prefix) value /= 1000;
    for (; value > 0 && value < 0.9995 && prefix > 0; --prefix) value *= 1000;
    char text[32];
    std::snprintf(text, sizeof text, "%.3g %s", value, prefixes[prefix]);
    return text;
}

void print(const BenchmarkRow& row, const Earlier& earlier) {
    const auto amount = [](double value) { return value > 0 ? with_prefix(value) : std::string(); };
    std::printf("%-38s %10ss %10s/s %8s %8s", row.stage.c_str(), with_prefix(row.seconds).c_str(), with_prefix(row.per_second).c_str(),
                amount(row.traffic.bytes).c_str(), amount(row.traffic.operations + row.traffic.arithmetic).c_str());
    if (row.fraction_of_limit)
        std::printf(" %7.1f %%", 100 * *row.fraction_of_limit);
    else if (earlier.any())
        std::printf(" %9s", "");
    if (const std::optional<double> gain = earlier.gain(row)) std::printf("  x %.2f", *gain);
    std::printf("\n");
    std::fflush(stdout);
}

int run(const Options& s) {
    refuse_overwriting(s.output, {s.library, s.compare});
    check_replaceable(s.output, R"({"benchmark":"friedel")");
    const Earlier earlier(s.compare);
    TrainingConfig config = preset(s.preset);
    apply_settings(config, s.assignments);
    check_settings(config);
    const std::filesystem::path file = s.library.empty() ? shipped_structures() : std::filesystem::path(s.library);
    const StructureLibrary library = StructureLibrary::read(file);
    Device device(s.device, s.threads, teller());
    const nlohmann::ordered_json head{{"benchmark", "friedel"},
                                      {"version", FRIEDEL_VERSION},
                                      {"commit", FRIEDEL_COMMIT},
                                      {"flags", FRIEDEL_FLAGS},
                                      {"device", device.backend->description()},
                                      {"network", config.shape().text()},
                                      {"batch", config.run.batch},
                                      {"library", hash_file(file)},
                                      {"structures", library.size()},
                                      {"rounds", s.rounds},
                                      {"round_seconds", s.seconds},
                                      {"config", to_toml(config)}};
    earlier.warn_of_differences(head);
    std::printf("%s; %s, batches of %d; %d structures of %s\n", device.backend->description().c_str(), config.shape().text().c_str(),
                config.run.batch, library.size(), file.filename().c_str());
    std::printf("%-38s %11s %12s %8s %8s %9s%s\n", "stage", "a batch", "patterns", "bytes", "ops", "of limit",
                earlier.any() ? "  against " : "");
    std::string lines = head.dump() + "\n";
    BenchmarkOptions options{s.seconds, s.rounds, s.batches, s.only, [&](const BenchmarkRow& row) {
                                 print(row, earlier);
                                 lines += json_of(row).dump() + "\n";
                             }};
    const auto write = [&] {
        if (s.output.empty()) return;
        write_text_file(s.output, lines);
        std::printf("-> %s\n", s.output.c_str());
    };
    std::vector<BenchmarkRow> rows;
    try {
        rows = run_benchmark(config, library, device, options);
    } catch (const Error&) {  // a batch that finds no memory, for one: what was measured before holds
        write();
        throw;
    }
    for (const std::string& part : s.only) {
        const auto measured = [&](const BenchmarkRow& row) {
            return !row.stage.starts_with("limit: ") && row.stage.find(part) != std::string::npos;
        };
        if (std::ranges::none_of(rows, measured)) misused("--only ", part, ": no stage has that in its name; without it all are shown");
    }
    write();
    return 0;
}

}  // namespace

std::function<int()> bench_command(CLI::App& app) {
    const auto s = std::make_shared<Options>();
    app.add_option("LIBRARY", s->library, "Structure library to simulate; default the minerals that ship");
    app.add_option("--preset", s->preset, "Configuration to measure")->capture_default_str()->check(CLI::IsMember(preset_names()));
    app.add_option("--set", s->assignments, "Change one key of it: --set training.batch=8192; may be repeated")->allow_extra_args(false);
    app.add_option("--only", s->only, "Stages with this in their name, beside the limits: simulation, product, step; may be repeated")
        ->allow_extra_args(false);
    app.add_option("--batches", s->batches, "Simulation and whole steps with these batches too: 128,1024")
        ->delimiter(',')
        ->check(within(1, 1 << 20));
    app.add_option("--seconds", s->seconds, "Of a round; shorter work is repeated")->capture_default_str()->check(within(0, 3600));
    app.add_option("--rounds", s->rounds, "The best of as many counts")->capture_default_str()->check(within(1, 1000));
    app.add_option("-o,--output", s->output, "JSON lines to write: what was measured, then a line for each stage");
    app.add_option("--compare", s->compare, "Results of an earlier run: says how many times as many patterns a second each stage does now");
    add_threads_option(app, s->threads);
    add_device_options(app, s->device);
    app.footer(
        "Of limit: the bandwidth of a copy that no cache holds, the rate of a large matrix product or, for the simulation, of "
        "multiply-adds,\n"
        "whichever is nearest. What lies in a cache goes beyond it. Example:\n  friedel bench --set training.batch=8192 --device cuda -o "
        "before.jsonl");
    return [s] { return run(*s); };
}

}  // namespace friedel::tools
