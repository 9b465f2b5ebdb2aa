// friedel statistics: counts what random crystals are drawn from, or sets the distributions of two libraries side by side.
#include <cstdio>
#include <filesystem>
#include <memory>

#include "host/answers/library_comparison.h"
#include "host/crystals/crystal_statistics.h"
#include "host/support/error.h"
#include "host/support/joined.h"
#include "host/support/text_file.h"
#include "tools/command.h"
#include "tools/options.h"
#include "tools/output_files.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

struct Options {
    std::vector<std::string> libraries;
    std::string output;
    bool compare = false;
    int sample = 4000;
};

int gather(const Options& options) {
    if (options.output.empty()) misused("statistics: no file named to write; give one with -o, or --compare two libraries");
    if (std::filesystem::path(options.output).extension() == ".html")
        misused("statistics: ", options.output, " would hold statistics, not a page; the page is of --compare");
    refuse_overwriting(options.output, options.libraries);
    check_hdf5_output(options.output, crystal_statistics_kind);
    std::vector<StructureLibrary> libraries;
    for (const std::string& file : options.libraries) libraries.push_back(read_known_structures(file));
    std::vector<const StructureLibrary*> all;
    for (const StructureLibrary& library : libraries) all.push_back(&library);
    CrystalStatistics statistics = CrystalStatistics::gathered(all);
    statistics.source = joined(options.libraries, [](const std::string& file) { return std::filesystem::path(file).filename().string(); });
    statistics.write(options.output);
    std::size_t structures = 0, groups = 0;
    for (std::uint32_t count : statistics.group_count) {
        structures += count;
        groups += count > 0;
    }
    std::printf("%zu structures of %zu space groups counted -> %s\n", structures, groups, options.output.c_str());
    return 0;
}

int compare(const Options& options) {
    check_replaceable(options.output, "<!DOCTYPE html>");
    if (options.libraries.size() != 2) misused("statistics: --compare needs two structure libraries, not ", options.libraries.size());
    if (!options.output.empty() && std::filesystem::path(options.output).extension() != ".html")
        misused(options.output, ": a comparison is drawn as .html; give that ending, or leave out -o");
    const StructureLibrary first = read_known_structures(options.libraries[0]), second = read_known_structures(options.libraries[1]);
    const LibraryComparison comparison = compare_libraries(options.libraries[0], first, options.libraries[1], second, options.sample);
    std::fputs(comparison_table(comparison).c_str(), stdout);
    if (!options.output.empty()) write_text_file(options.output, comparison_page(comparison));
    return 0;
}

}  // namespace

std::function<int()> statistics_command(CLI::App& app) {
    auto s = std::make_shared<Options>();
    app.add_option("LIBRARIES", s->libraries, "Structure libraries to count")->required();
    app.add_option("-o,--output", s->output, "File of statistics to write, for generate and train; of --compare a page of figures, .html");
    auto* const compared = app.add_flag("--compare", s->compare, "Print distributions of two libraries side by side instead");
    app.add_option("--sample", s->sample, "Structures of each library to compare, evenly spread")
        ->capture_default_str()
        ->check(within(10, 10'000'000))
        ->needs(compared);
    app.footer(
        "Examples:\n"
        "  friedel statistics library.h5 -o statistics.h5\n"
        "  friedel statistics --compare library.h5 generated.h5 -o comparison.html");
    return [s] { return s->compare ? compare(*s) : gather(*s); };
}

}  // namespace friedel::tools
