// friedel statistics: counts what random crystals are drawn from, or sets the distributions of two libraries side by side.
#include <cstdio>
#include <filesystem>
#include <memory>

#include "host/answers/library_comparison.h"
#include "host/crystals/crystal_statistics.h"
#include "host/support/error.h"
#include "host/support/text_file.h"
#include "tools/command.h"

namespace friedel::tools {

namespace {

struct Settings {
    std::vector<std::string> libraries;
    std::string output;
    bool compare = false;
    int sample = 4000;
};

int gather(const Settings& settings) {
    if (settings.output.empty()) misused("statistics: no file named to write; give one with -o, or --compare two libraries");
    if (std::filesystem::path(settings.output).extension() == ".html")
        misused("statistics: ", settings.output, " would hold statistics, not a page; the page is of --compare");
    refuse_overwriting(settings.output, settings.libraries);
    check_hdf5_output(settings.output, crystal_statistics_kind);
    std::vector<StructureLibrary> libraries;
    std::string source;
    for (const std::string& file : settings.libraries) {
        libraries.push_back(read_known_structures(file));
        source += (source.empty() ? "" : ", ") + std::filesystem::path(file).filename().string();
    }
    std::vector<const StructureLibrary*> all;
    for (const StructureLibrary& library : libraries) all.push_back(&library);
    CrystalStatistics statistics = CrystalStatistics::gathered(all);
    statistics.source = source;
    statistics.write(settings.output);
    std::size_t structures = 0, groups = 0;
    for (std::uint32_t count : statistics.group_count) {
        structures += count;
        groups += count > 0;
    }
    std::printf("%zu structures of %zu space groups counted -> %s\n", structures, groups, settings.output.c_str());
    return 0;
}

int compare(const Settings& settings) {
    if (settings.libraries.size() != 2) misused("statistics: --compare needs two structure libraries, not ", settings.libraries.size());
    if (!settings.output.empty() && std::filesystem::path(settings.output).extension() != ".html")
        misused(settings.output, ": a comparison is drawn as .html; give that ending, or leave out -o");
    const StructureLibrary first = read_known_structures(settings.libraries[0]), second = read_known_structures(settings.libraries[1]);
    const LibraryComparison comparison = compare_libraries(settings.libraries[0], first, settings.libraries[1], second, settings.sample);
    std::fputs(comparison_table(comparison).c_str(), stdout);
    if (!settings.output.empty()) write_text_file(settings.output, comparison_page(comparison));
    return 0;
}

}  // namespace

std::function<int()> statistics_command(CLI::App& app) {
    auto s = std::make_shared<Settings>();
    app.add_option("LIBRARIES", s->libraries, "Structure libraries to count")->required();
    app.add_option("-o,--output", s->output, "File of statistics to write, for generate and train; of --compare a page of figures, .html");
    app.add_flag("--compare", s->compare, "Print distributions of two libraries side by side instead");
    app.add_option("--sample", s->sample, "Structures of each library to compare, evenly spread")
        ->capture_default_str()
        ->check(within(10, 10'000'000));
    app.footer(
        "Examples:\n"
        "  friedel statistics library.h5 -o statistics.h5\n"
        "  friedel statistics --compare library.h5 generated.h5 -o comparison.html");
    return [s] { return s->compare ? compare(*s) : gather(*s); };
}

}  // namespace friedel::tools
