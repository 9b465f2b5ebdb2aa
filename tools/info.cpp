// friedel info: describes any file that friedel wrote, by its friedel_kind. A new kind is a function and a line in the table.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "host/crystals/space_groups.h"
#include "host/crystals/structure_library.h"
#include "host/network/model.h"
#include "host/patterns/pattern_address.h"
#include "host/patterns/pattern_output.h"
#include "host/support/error.h"
#include "host/support/hdf5_file.h"
#include "host/support/text_format.h"
#include "host/training/checkpoint.h"
#include "tools/command.h"
#include "tools/info.h"

namespace friedel::tools {

void print_space_groups(const GroupCounts& groups) {
    std::printf("space groups (number symbol count)\n");
    int column = 0;
    for (const auto& [group, count] : groups)
        std::printf("%5d %-9s%8d%s", group, space_group_symbol(group), count, ++column % 5 ? "" : "\n");
    if (column % 5) std::printf("\n");
}

void add_space_groups(nlohmann::json& json, const GroupCounts& groups) {
    for (const auto& [group, count] : groups) json["space_groups"][std::to_string(group)] = count;
}

void print_json(const nlohmann::json& json) { std::cout << json.dump(2) << '\n'; }

namespace {

// Datasets and their shapes, of kinds that hold nothing to summarise.
void describe_contents(const InfoOptions& options) {
    const H5File file = H5File::open_any(options.file);
    std::vector<std::pair<std::string, Shape>> datasets;
    const std::function<void(const std::string&)> gather = [&](const std::string& group) {
        for (const std::string& child : file.children(group.empty() ? "/" : group)) {
            const std::string name = group.empty() ? child : group + "/" + child;
            if (file.is_group(name))
                gather(name);
            else
                datasets.emplace_back(name, file.shape(name));
        }
    };
    gather("");
    if (options.json) {
        nlohmann::json json = {{"kind", file.kind()}, {"format", file.format()}, {"datasets", nlohmann::json::object()}};
        for (const auto& [name, shape] : datasets) json["datasets"][name] = shape;
        print_json(json);
        return;
    }
    std::printf("%s: %s, format %d\n", options.file.c_str(), spaced(file.kind()).c_str(), file.format());
    for (const auto& [name, shape] : datasets) {
        std::string extent;
        for (std::size_t size : shape) extent += (extent.empty() ? "" : " x ") + std::to_string(size);
        std::printf("%-28s  %s\n", name.c_str(), extent.empty() ? "1" : extent.c_str());
    }
}

// Not written by friedel: no HDF5 file, or one without its mark.
bool is_foreign(const std::string& file) {
    std::error_code unreadable;
    std::ifstream in(file, std::ios::binary);
    std::string head(4, '\0');
    in.read(head.data(), static_cast<std::streamsize>(head.size()));
    if (!in || head != "\x89HDF") return std::filesystem::is_regular_file(file, unreadable);
    return !H5File::open_foreign(file).has_attribute("/", "friedel_kind");
}

// So badly damaged that nothing else can be said of it: a checkpoint by its name, MODEL.checkpoint.STEP.
void refuse_broken_checkpoint(const std::string& file) {
    const std::size_t at = file.rfind(".checkpoint.");
    if (at == std::string::npos || !std::filesystem::is_regular_file(file)) return;
    const std::string fault = checkpoint_fault(file);
    if (fault.empty()) return;
    try {
        H5File::open(file, checkpoint_kind);
    } catch (const Error&) {
        fail(file, ": ", fault, "; 'friedel train --resume' passes it over");
    }
}

// Who describes each kind of file, by its friedel_kind.
const std::map<std::string, void (*)(const InfoOptions&)> describers = {
    {"structure_library", describe_library},     {"patterns", describe_patterns},     {"model", describe_model},
    {"crystal_statistics", describe_statistics}, {"checkpoint", describe_checkpoint}, {"classification", describe_contents},
    {"search_index", describe_contents},
};

}  // namespace

std::function<int()> info_command(CLI::App& app) {
    auto options = std::make_shared<InfoOptions>();
    app.add_option("FILE", options->file,
                   "Any file that friedel wrote (.h5), or a measured pattern or stack of them (FILE[N]: one of a stack; FILE::/GROUP: one "
                   "of several "
                   "scans): what was read from it")
        ->required();
    auto* const json = app.add_flag("--json", options->json, "Print JSON");
    app.add_flag(
           "--config", options->config,
           "Print what a model or a checkpoint was trained with, for 'friedel train --config', or the options that patterns were simulated "
           "with")
        ->excludes(json);
    app.add_flag("--rejections", options->rejections, "List what ingest left out of a structure library, tab-separated")->excludes(json);
    app.footer(
        "Examples:\n"
        "  friedel info library.h5\n"
        "  friedel info measured.xrdml\n"
        "  friedel info model.h5 --config > settings.toml");
    return [options] {
        refuse_broken_checkpoint(options->file);
        if (!pattern_address(options->file).is_file() || is_foreign(options->file)) {
            describe_measured(*options);
            return 0;
        }
        const std::string kind = H5File::open_any(options->file).kind();
        const auto describer = describers.find(kind);
        if (describer == describers.end())
            fail(options->file, ": is of kind '", kind, "', which this program does not know; use a newer friedel");
        if (options->config && kind != model_kind.name && kind != checkpoint_kind.name && kind != patterns_kind.name)
            fail(options->file, ": is of kind '", kind, "'; only models, checkpoints and patterns have what --config prints");
        if (options->rejections && kind != structure_library_kind.name)
            fail(options->file, ": is of kind '", kind, "'; only structure libraries have the list that --rejections prints");
        describer->second(*options);
        return 0;
    };
}

}  // namespace friedel::tools
