// friedel generate: random crystals of any space group, written as a structure library.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <sstream>

#include "host/crystals/generated_structures.h"
#include "host/crystals/space_groups.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"
#include "host/support/progress_line.h"
#include "host/support/text_format.h"
#include "tools/command.h"
#include "tools/notices.h"
#include "tools/options.h"
#include "tools/output_files.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

struct Options {
    LibraryWish wish;
    std::string output, groups, statistics = "shipped";
    int threads = 0;
    bool quiet = false;
};

// "225,1-15": numbers and ranges of space groups, each once.
std::vector<int> groups_of(const std::string& text) {
    std::vector<int> groups;
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) {
        const std::size_t dash = part.find('-');
        int first = 0, last = 0;
        const bool numbers = CLI::detail::lexical_cast(part.substr(0, dash), first) &&
                             CLI::detail::lexical_cast(dash == std::string::npos ? part : part.substr(dash + 1), last);
        if (!numbers || first < 1 || last > space_groups || first > last)
            misused("--groups ", text, ": '", part, "' is no space group or range of them; give numbers from 1 to 230, as in 1-15,225");
        for (int group = first; group <= last; ++group)
            if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
    }
    if (!text.empty() && groups.empty()) misused("--groups ", text, ": names no space group; give numbers from 1 to 230, as in 1-15,225");
    return groups;
}

int run(const Options& options) {
    LibraryWish wish = options.wish;
    wish.groups = groups_of(options.groups);
    refuse_overwriting(options.output, {options.statistics});
    check_hdf5_output(options.output, structure_library_kind);
    const CrystalStatistics statistics = read_statistics(options.statistics);
    const CrystalTableStore tables(statistics);
    ThreadPool pool(options.threads);
    GeneratedLibrary made;
    {
        const InterruptGuard guard;
        ProgressLine progress("crystals", options.quiet);
        made = generate_library(tables, wish, pool, shown_on(progress), interrupted);
        if (interrupted()) fail("interrupted; nothing was written");
    }
    const StructureLibrary& library = made.structures;
    if (library.size() == 0)
        fail(options.output, ": no crystal could be made of these groups from ", options.statistics, "; use other statistics");
    library.write(options.output, {{"generated", std::to_string(wish.structures) + " crystals, seed " + std::to_string(wish.seed) +
                                                     ", statistics " + options.statistics + " (" + statistics.hash() + ")" +
                                                     (options.groups.empty() ? "" : ", groups " + options.groups) +
                                                     (wish.tempering == 1 ? "" : ", tempering " + formatted("%g", wish.tempering))}});
    if (!options.quiet) {
        std::printf("%d crystals of %zu structure types -> %s\n", library.size(), library.structure_type_name.size(),
                    options.output.c_str());
        if (made.unsound) std::printf("%d left out: too crowded or too symmetric in every attempt\n", made.unsound);
    }
    return 0;
}

}  // namespace

std::function<int()> generate_command(CLI::App& app) {
    auto s = std::make_shared<Options>();
    app.add_option("-n,--number", s->wish.structures, "How many crystals to make")->required()->check(within(1, 100'000'000));
    app.add_option("-o,--output", s->output, "Structure library to write")->required();
    app.add_option("--groups", s->groups, "Space groups to make, as in 1-15,225; all by default")->check(not_empty());
    app.add_option("--statistics", s->statistics, "What to draw from: shipped, uniform, or a file of 'friedel statistics'")
        ->capture_default_str();
    app.add_option(
           "--tempering", s->wish.tempering,
           "Groups as often as (their structures + 1/2) to this power: 1 as they were counted, but for the half that lets none be missing "
           "(--groups leaves them out), 0 all alike")
        ->capture_default_str()
        ->check(within(0, 1));
    add_seed_option(app, s->wish.seed, "Another seed makes other crystals")->capture_default_str();
    add_threads_option(app, s->threads);
    add_quiet_option(app, s->quiet);
    app.footer(
        "Examples:\n"
        "  friedel generate -n 10000 -o random.h5\n"
        "  friedel generate -n 500 --groups 1-15,195-230 --tempering 0 --statistics mineral_statistics.h5 -o random.h5");
    return [s] { return run(*s); };
}

}  // namespace friedel::tools
