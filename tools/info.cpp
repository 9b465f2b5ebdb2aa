// friedel info: describes any file that friedel wrote, by its friedel_kind. A new kind is a function and a line in the table.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "host/error.h"
#include "host/hdf5_file.h"
#include "host/space_groups.h"
#include "host/structure_library.h"
#include "tools/command.h"

namespace friedel::tools {

namespace {

struct Settings {
    std::string file;
    bool json = false, rejections = false;
};

void describe_library(const Settings& settings) {
    const StructureLibrary library = StructureLibrary::read(settings.file);
    if (settings.rejections) {
        std::printf("file\tblock\treason\n");
        for (const Rejection& rejection : library.rejections) {
            std::printf("%s\t%s\t%s\n", rejection.file.c_str(), rejection.block.c_str(), rejection.reason.c_str());
        }
        return;
    }
    std::map<int, int> groups;
    std::array<int, crystal_systems> systems{};
    int unlabelled = 0;
    for (std::uint16_t group : library.space_group) {
        if (group == 0) {
            ++unlabelled;
            continue;
        }
        ++groups[group];
        ++systems[static_cast<std::size_t>(crystal_system(group))];
    }
    const double mean_atoms = library.size() ? static_cast<double>(library.element.size()) / library.size() : 0;
    if (settings.json) {
        nlohmann::json json = {{"kind", structure_library_kind.name},
                               {"format", structure_library_kind.format},
                               {"structures", library.size()},
                               {"atoms", library.element.size()},
                               {"structure_types", library.structure_type_name.size()},
                               {"rejections", library.rejections.size()}};
        for (const auto& [group, count] : groups) json["space_groups"][std::to_string(group)] = count;
        for (int system = 0; system < crystal_systems; ++system)
            json["crystal_systems"][crystal_system_name(system)] = systems[static_cast<std::size_t>(system)];
        std::cout << json.dump(2) << '\n';
        return;
    }
    std::printf("%s: structure library, format %d\n", settings.file.c_str(), structure_library_kind.format);
    std::printf("structures        %d (%zu types, %zu space groups)\n", library.size(), library.structure_type_name.size(), groups.size());
    std::printf("atoms             %zu in the asymmetric units, %.1f a structure\n", library.element.size(), mean_atoms);
    std::printf("left out          %zu (list them with --rejections)\n", library.rejections.size());
    for (int system = 0; system < crystal_systems; ++system) {
        std::printf("%-18s%d\n", crystal_system_name(system), systems[static_cast<std::size_t>(system)]);
    }
    if (unlabelled) std::printf("%-18s%d\n", "no group sought", unlabelled);
    std::printf("space groups (number symbol count)\n");
    int column = 0;
    for (const auto& [group, count] : groups)
        std::printf("%5d %-9s%8d%s", group, space_group_symbol(group), count, ++column % 5 ? "" : "\n");
    if (column % 5) std::printf("\n");
}

// One line per kind of file, by its friedel_kind.
const std::map<std::string, void (*)(const Settings&)> describers = {
    {"structure_library", describe_library},
};

}  // namespace

std::function<int()> info_command(CLI::App& app) {
    auto settings = std::make_shared<Settings>();
    app.add_option("file", settings->file, "Any file that friedel wrote (.h5)")->required();
    app.add_flag("--json", settings->json, "Print JSON");
    app.add_flag("--rejections", settings->rejections, "List what ingest left out of a structure library, tab-separated");
    return [settings] {
        const std::string kind = H5File::open_any(settings->file).kind();
        const auto describer = describers.find(kind);
        if (describer == describers.end())
            fail(settings->file, ": is of kind '", kind, "', which this program does not know; use a newer friedel");
        describer->second(*settings);
        return 0;
    };
}

}  // namespace friedel::tools
