// friedel info, of structure libraries and of statistics of crystals.
#include <array>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "host/crystals/crystal_statistics.h"
#include "host/crystals/space_groups.h"
#include "host/crystals/structure_library.h"
#include "host/support/hdf5_file.h"
#include "host/support/text_format.h"
#include "tools/info.h"

namespace friedel::tools {

namespace {

// How a library came about that was not read from files: attribute and text.
std::vector<std::pair<std::string, std::string>> origin_of_library(const std::string& library) {
    const H5File file = H5File::open(library, structure_library_kind);
    std::vector<std::pair<std::string, std::string>> origin;
    for (const char* how : {"merged", "generated", "split"}) {
        if (file.has_attribute("/", how)) origin.emplace_back(how, file.read_text_attribute("/", how));
    }
    return origin;
}

void print_rejections(const StructureLibrary& library) {
    std::printf("file\tblock\treason\n");
    for (const Rejection& rejection : library.rejections) {
        std::printf("%s\t%s\t%s\n", without_controls(rejection.file).c_str(), without_controls(rejection.block).c_str(),
                    without_controls(rejection.reason).c_str());
    }
}

// What is counted of a library's structures.
struct LibraryCounts {
    explicit LibraryCounts(const StructureLibrary& library) {
        for (std::uint16_t group : library.space_group) {
            if (group == 0) {
                ++unlabelled;
                continue;
            }
            ++groups[group];
            ++systems[crystal_system(group)];
        }
        for (std::size_t i = 0; i < library.powder_group.size(); ++i)
            other_powders += library.powder_group[i] > 0 && library.powder_group[i] != library.space_group[i];
    }

    GroupCounts groups;
    std::array<int, crystal_systems> systems{};
    int unlabelled = 0;     // of no known group
    int other_powders = 0;  // that show another group as powders
};

void print_library_json(const InfoOptions& options, const StructureLibrary& library, const LibraryCounts& counts) {
    nlohmann::json json = {{"kind", structure_library_kind.name},
                           {"format", structure_library_kind.format},
                           {"structures", library.size()},
                           {"atoms", library.element.size()},
                           {"structure_types", library.structure_type_name.size()},
                           {"rejections", library.rejections.size()}};
    if (library.has_powder_groups()) json["other_powder_groups"] = counts.other_powders;
    for (const auto& [how, what] : origin_of_library(options.file)) json[how] = what;
    add_space_groups(json, counts.groups);
    for (int system = 0; system < crystal_systems; ++system) json["crystal_systems"][crystal_system_name(system)] = counts.systems[system];
    print_json(json);
}

void print_library(const InfoOptions& options, const StructureLibrary& library, const LibraryCounts& counts) {
    const double mean_atoms = library.size() ? static_cast<double>(library.element.size()) / library.size() : 0;
    std::printf("%s: structure library, format %d\n", options.file.c_str(), structure_library_kind.format);
    for (const auto& [how, what] : origin_of_library(options.file)) std::printf("%-18s%s\n", how.c_str(), without_controls(what).c_str());
    std::printf("structures        %d (%zu types, %zu space groups)\n", library.size(), library.structure_type_name.size(),
                counts.groups.size());
    std::printf("atoms             %zu in the asymmetric units, %.1f a structure\n", library.element.size(), mean_atoms);
    std::printf("left out          %zu (list them with --rejections)\n", library.rejections.size());
    if (library.has_powder_groups())
        std::printf("other as powders  %d show another space group than their atoms have\n", counts.other_powders);
    for (int system = 0; system < crystal_systems; ++system) std::printf("%-18s%d\n", crystal_system_name(system), counts.systems[system]);
    if (counts.unlabelled) std::printf("%-18s%d\n", "no group sought", counts.unlabelled);
    print_space_groups(counts.groups);
}

}  // namespace

void describe_library(const InfoOptions& options) {
    const StructureLibrary library = StructureLibrary::read(options.file);
    if (options.rejections) return print_rejections(library);
    const LibraryCounts counts(library);
    if (options.json) return print_library_json(options, library, counts);
    print_library(options, library, counts);
}

void describe_statistics(const InfoOptions& options) {
    const CrystalStatistics statistics = CrystalStatistics::read(options.file);
    GroupCounts groups;
    long long structures = 0, sites = 0;
    for (int group = 1; group <= space_groups; ++group) {
        const auto count = static_cast<int>(statistics.group_count[group - 1]);
        if (count) groups[group] = count;
        structures += count;
    }
    for (std::uint32_t count : statistics.element) sites += count;
    if (options.json) {
        nlohmann::json json = {{"kind", crystal_statistics_kind.name},
                               {"format", crystal_statistics_kind.format},
                               {"structures", structures},
                               {"sites", sites},
                               {"source", statistics.source},
                               {"hash", statistics.hash()}};
        add_space_groups(json, groups);
        print_json(json);
        return;
    }
    std::printf("%s: statistics of crystals, format %d\n", options.file.c_str(), crystal_statistics_kind.format);
    std::printf("gathered from     %lld structures with %lld sites: %s\n", structures, sites, statistics.source.c_str());
    std::printf("partly occupied   %.1f %% of the sites\n", 100 * static_cast<double>(statistics.partial));
    print_space_groups(groups);
}

}  // namespace friedel::tools
