// friedel ingest: CIF files, folders and archives into a structure library.
#include "host/crystals/ingest.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "host/crystals/space_groups.h"
#include "host/simulation/powder_group.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"
#include "host/support/progress_line.h"
#include "host/support/seconds_since.h"
#include "tools/command.h"
#include "tools/notices.h"
#include "tools/options.h"
#include "tools/output_files.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

struct Options {
    std::vector<std::string> paths;
    std::string output;
    std::string symprec = "auto";
    IngestOptions ingest;
    bool powder_groups = false, json = false, quiet = false;
};

// The part of a reason that many rejections share: numbers and names of atoms left out.
std::string kind_of_reason(const std::string& reason) {
    if (reason.starts_with("repeats ")) return "repeats another structure";
    std::string kind = reason.substr(0, reason.find(", line "));
    std::string result;
    bool in_number = false;
    for (std::size_t i = 0; i < kind.size(); ++i) {
        const bool digit = kind[i] >= '0' && kind[i] <= '9';
        const bool part = digit || (in_number && kind[i] == '.' && i + 1 < kind.size() && kind[i + 1] >= '0' && kind[i + 1] <= '9');
        if (part && !in_number) result += 'N';
        if (!part) result += kind[i];
        in_number = part;
    }
    return result;
}

std::map<std::string, int> rejections_by_reason(const StructureLibrary& library) {
    std::map<std::string, int> counts;
    for (const Rejection& rejection : library.rejections) ++counts[kind_of_reason(rejection.reason)];
    return counts;
}

std::map<int, int> structures_by_group(const StructureLibrary& library) {
    std::map<int, int> counts;
    for (std::uint16_t group : library.space_group) ++counts[group];
    return counts;
}

void print_json(const Options& options, const IngestResult& result, double seconds) {
    nlohmann::json json;
    json["output"] = options.output;
    json["files"] = result.files;
    json["structures"] = result.library.size();
    json["structure_types"] = result.library.structure_type_name.size();
    json["duplicates"] = result.duplicates;
    json["relabelled"] = result.relabelled;
    json["origins_assumed"] = result.origins_assumed;
    json["without_symmetry"] = result.without_symmetry;
    json["contradicted"] = result.contradicted;
    json["seconds"] = seconds;
    for (int system = 0; system < crystal_systems; ++system) json["crystal_systems"][crystal_system_name(system)] = 0;
    for (const auto& [group, count] : structures_by_group(result.library)) {
        json["space_groups"][std::to_string(group)] = count;
        json["crystal_systems"][crystal_system_name(crystal_system(group))] =
            json["crystal_systems"][crystal_system_name(crystal_system(group))].get<int>() + count;
    }
    json["rejections"] = nlohmann::json::array();
    for (const Rejection& rejection : result.library.rejections) {
        json["rejections"].push_back({{"file", rejection.file}, {"block", rejection.block}, {"reason", rejection.reason}});
    }
    std::cout << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_summary(const Options& options, const IngestResult& result, double seconds) {
    const StructureLibrary& library = result.library;
    std::printf("%d structures of %zu types from %llu files in %.1f s (%.0f files/s) -> %s\n", library.size(),
                library.structure_type_name.size(), static_cast<unsigned long long>(result.files), seconds,
                static_cast<double>(result.files) / seconds, options.output.c_str());
    std::array<int, crystal_systems> by_system{};
    std::array<std::vector<std::pair<int, int>>, crystal_systems> groups;  // count, group
    for (const auto& [group, count] : structures_by_group(library)) {
        const auto system = static_cast<std::size_t>(crystal_system(group));
        by_system[system] += count;
        groups[system].emplace_back(count, group);
    }
    std::printf("\n%-14s%9s  space groups found, the most frequent first\n", "system", "count");
    for (int system = 0; system < crystal_systems; ++system) {
        auto& found = groups[system];
        std::sort(found.begin(), found.end(),
                  [](const auto& a, const auto& b) { return std::pair(-a.first, a.second) < std::pair(-b.first, b.second); });
        std::printf("%-14s%9d  %zu:", crystal_system_name(system), by_system[system], found.size());
        for (std::size_t i = 0; i < std::min<std::size_t>(found.size(), 5); ++i)
            std::printf(" %s %d%s", space_group_symbol(found[i].second), found[i].first,
                        i + 1 < std::min<std::size_t>(found.size(), 5) ? "," : "");
        std::printf("%s\n", found.size() > 5 ? ", ..." : "");
    }
    const auto print_count = [](std::uint64_t count, const char* what) {
        if (count > 0) std::printf("\n%llu structures %s\n", static_cast<unsigned long long>(count), what);
    };
    print_count(result.relabelled, "have another space group than their file claims");
    print_count(result.origins_assumed,
                "fit either of two origins that their files leave open: choice 2 was taken; list the operations to be sure");
    print_count(
        result.without_symmetry,
        "are from files that state no symmetry: taken as P1, with no atoms but those listed; add a space group where that is wrong");
    print_count(result.contradicted,
                "have a symbol and a number of two space groups: the symbol was taken; list the operations to be sure");
    if (library.rejections.empty()) return;
    std::vector<std::pair<int, std::string>> reasons;
    for (const auto& [reason, count] : rejections_by_reason(library)) reasons.emplace_back(count, reason);
    std::sort(reasons.begin(), reasons.end(),
              [](const auto& a, const auto& b) { return std::pair(-a.first, a.second) < std::pair(-b.first, b.second); });
    std::printf("\n%9s  left out, by reason (each is listed by 'friedel info --rejections %s')\n", "count", options.output.c_str());
    for (const auto& [count, reason] : reasons) std::printf("%9d  %s\n", count, reason.c_str());
}

int run(const Options& given) {
    Options options = given;
    refuse_overwriting(given.output, given.paths);
    check_hdf5_output(given.output, structure_library_kind);
    if (options.symprec != "auto") {
        char* end = nullptr;
        options.ingest.symmetry.symprec_angstrom = std::strtod(options.symprec.c_str(), &end);
        if (*end || !(options.ingest.symmetry.symprec_angstrom > 0 && options.ingest.symmetry.symprec_angstrom <= 1)) {
            misused("--symprec ", options.symprec, ": give 'auto' or a distance above 0 and up to 1 angstrom");
        }
    }
    const auto start = std::chrono::steady_clock::now();
    const InterruptGuard guard;
    IngestResult result;
    {
        ProgressLine progress("files", options.quiet);
        result = ingest({options.paths.begin(), options.paths.end()}, options.ingest, [&](const IngestProgress& now) {
            progress.show(now.fraction, now.files, std::to_string(now.rejections) + " left out");
        });
    }
    if (result.library.size() == 0) {
        const Rejection* const first = result.library.rejections.empty() ? nullptr : &result.library.rejections.front();
        fail(first ? first->file + ": " + first->reason : options.paths.front() + ": holds no structure",
             "; no structure was found, nothing was written");
    }
    if (options.powder_groups) {
        ProgressLine progress("structures", options.quiet);
        ThreadPool pool(options.ingest.processes);
        find_powder_groups(result.library, pool, {}, [&](std::size_t done, std::size_t of) {
            progress.show(static_cast<double>(done) / static_cast<double>(of), done, "groups that powders show");
        });
    }
    result.library.write(options.output, {{"symprec_angstrom", options.symprec}});
    const double seconds = seconds_since(start);
    if (options.json) {
        print_json(options, result, seconds);
    } else if (!options.quiet) {
        print_summary(options, result, seconds);
    }
    // Files that were asked for by name and could not be used are named, the rest was done all the same.
    int status = 0;
    for (const std::string& path : options.paths) {
        for (const Rejection& rejection : result.library.rejections) {
            if (rejection.file != path || rejection.reason.starts_with("repeats ")) continue;
            tell(path, ": ", rejection.reason);
            status = 1;
        }
    }
    return status;
}

}  // namespace

std::function<int()> ingest_command(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("PATHS", options->paths, "CIF files, folders of them, or archives (.zip, .tar, .tar.gz, .tar.xz, .gz)")->required();
    app.add_option("-o,--output", options->output, "Structure library to write (HDF5)")->required();
    app.add_option("--symprec", options->symprec,
                   "Symmetry tolerance in angstrom; auto: 0.1 for files that list all atoms in P1, else 0.01")
        ->capture_default_str();
    app.add_option("--max-atoms", options->ingest.symmetry.max_atoms, "Leave out structures with more atoms in the cell")
        ->capture_default_str()
        ->check(within(1, 100000));
    app.add_option("--timeout", options->ingest.time_limit_seconds, "Leave out a structure that takes longer, in seconds")
        ->capture_default_str()
        ->check(within(0.1, 86400.0));
    add_threads_option(app, options->ingest.processes);
    app.add_flag("--keep-duplicates", options->ingest.keep_duplicates, "Keep structures that repeat one read before");
    app.add_flag(
        "--powder-groups", options->powder_groups,
        "Also find the space group that a powder of each structure shows: that of a parent of higher symmetry with the same pattern. "
        "For 'train --set training.labels=powder'; several times as long");
    app.add_flag("--json", options->json, "Print the summary as JSON");
    add_quiet_option(app, options->quiet);
    app.footer(
        "What cannot be used is listed with its reason by 'friedel info LIBRARY --rejections'. Where a file names a space group with two "
        "origins, but neither origin nor operations, the origin is taken in which no atoms overlap, which agrees with the formula, Z and "
        "multiplicities stated, and in which the closest atoms are clearly farther apart; choice 2 where both are as good. Examples:\n"
        "  friedel ingest data/minerals -o minerals.h5\n"
        "  friedel ingest cod.tar.xz my_structures/ extra.cif -o library.h5");
    return [options] { return run(*options); };
}

}  // namespace friedel::tools
