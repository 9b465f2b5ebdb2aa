// friedel merge: several structure libraries as one.
#include <bitset>
#include <cstdio>
#include <memory>
#include <set>

#include "host/crystals/duplicates.h"
#include "host/crystals/elements.h"
#include "host/crystals/structure_library.h"
#include "host/simulation/powder_group.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"
#include "host/support/joined.h"
#include "host/support/progress_line.h"
#include "tools/command.h"
#include "tools/notices.h"
#include "tools/options.h"
#include "tools/output_files.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

struct Options {
    std::vector<std::string> libraries;
    std::string output, held_out;
    std::vector<std::string> containing, lacking;  // element symbols
    bool keep_duplicates = false, powder_groups = false;
    int max_reflections = 0;  // 0: any number
    int threads = 0;
    bool quiet = false;
};

// A structure is wanted if it has one of some elements and none of others.
class Composition {
public:
    explicit Composition(const Options& options)
        : containing_(those_of("--containing", options.containing)), lacking_(those_of("--lacking", options.lacking)) {}
    bool wanted(const Structure& structure) const {
        bool contains = containing_.none(), lacks = true;
        for (const Atom& atom : structure.atoms) {
            contains |= containing_[atom.element];
            lacks &= !lacking_[atom.element];
        }
        return contains && lacks;
    }

private:
    using Elements = std::bitset<elements + 1>;
    static Elements those_of(const char* option, const std::vector<std::string>& symbols) {
        Elements all;
        for (const std::string& symbol : symbols) {
            const int element = element_of_symbol(symbol);
            if (element <= 0) misused(option, ": '", symbol, "' is no element; give symbols with commas between them, as in O,S,Cl");
            all.set(static_cast<std::size_t>(element));
        }
        return all;
    }
    Elements containing_, lacking_;
};

// About how many independent reflections a crystal has to d = 1.09 angstrom, which is 90 degrees with copper: as many as its reciprocal
// lattice has points in that sphere, less those alike by the Laue class and those absent by centring.
double expected_reflections(const StructureLibrary& library, int structure) {
    constexpr double d_min = 1.09;
    const OperationSet operations = library.view().crystal(structure).operations;
    const double points = 4.0 / 3 * pi_d * cell_volume(library.structure(structure).cell) / (d_min * d_min * d_min);
    return points / (2.0 * operations.laue_count() * operations.centrings_count);
}

// What is left out, in words that go with the library.
std::string left_out_by(const Options& o) {
    std::string text;
    if (!o.held_out.empty()) text += ", without types of " + o.held_out;
    if (!o.containing.empty()) text += ", containing " + CLI::detail::join(o.containing, ",");
    if (!o.lacking.empty()) text += ", lacking " + CLI::detail::join(o.lacking, ",");
    if (o.max_reflections > 0) text += ", of at most " + std::to_string(o.max_reflections) + " reflections";
    if (o.keep_duplicates) text += ", with duplicates";
    return text;
}

void print_count(const Options& options, int count, const std::string& what) {
    if (!options.quiet) std::printf("%8d %s\n", count, what.c_str());
}

// The structures of all libraries that are wanted.
StructureLibrary gather(const Options& options) {
    std::set<std::string> held_out;
    if (!options.held_out.empty()) {
        const StructureLibrary library = StructureLibrary::read(options.held_out);
        held_out.insert(library.structure_type_name.begin(), library.structure_type_name.end());
    }
    const Composition composition(options);
    StructureLibrary all;
    int left_out = 0, unwanted = 0, large = 0;
    for (const std::string& file : options.libraries) {
        const StructureLibrary library = StructureLibrary::read(file);
        for (int i = 0; i < library.size(); ++i) {
            const Structure structure = library.structure(i);
            if (held_out.count(library.type_of(i)))
                ++left_out;
            else if (!composition.wanted(structure))
                ++unwanted;
            else if (options.max_reflections > 0 && expected_reflections(library, i) > options.max_reflections)
                ++large;
            else
                all.add(structure, library.type_of(i));
        }
        all.rejections.insert(all.rejections.end(), library.rejections.begin(), library.rejections.end());
        print_count(options, library.size(), "structures <- " + file);
    }
    if (!options.held_out.empty()) print_count(options, left_out, "are of a type in " + options.held_out + " and are left out");
    if (!options.containing.empty() || !options.lacking.empty()) print_count(options, unwanted, "are of other elements and are left out");
    if (options.max_reflections > 0)
        print_count(options, large, "have more than " + std::to_string(options.max_reflections) + " reflections and are left out");
    if (all.size() == 0) fail(options.output, ": nothing is left to write; ask for other elements or types, or more reflections");
    return all;
}

int run(const Options& options) {
    refuse_overwriting(options.output, options.libraries);
    refuse_overwriting(options.output, {options.held_out});
    check_hdf5_output(options.output, structure_library_kind);
    StructureLibrary all = gather(options);
    if (!options.keep_duplicates) {
        const int dropped = drop_duplicates(all);
        print_count(options, dropped, "repeat another and are left out");
    }
    if (options.powder_groups) {
        const InterruptGuard guard;
        ThreadPool pool(options.threads);
        ProgressLine progress("structures", options.quiet);
        const int different = find_powder_groups(all, pool, {}, shown_on(progress));
        progress.clear();
        print_count(options, different, "show another space group as powders than their atoms have");
    }
    all.write(options.output, {{"merged", joined(options.libraries) + left_out_by(options)}});
    print_count(options, all.size(), "structures -> " + options.output);
    return 0;
}

}  // namespace

std::function<int()> merge_command(CLI::App& app) {
    const auto options = std::make_shared<Options>();
    app.add_option(
           "LIBRARIES", options->libraries,
           "Structure libraries, as 'friedel ingest', 'generate', 'split' and 'merge' write them; of structures that repeat the first "
           "stays")
        ->required();
    app.add_option("-o,--output", options->output, "Library to write")->required();
    app.add_flag("--keep-duplicates", options->keep_duplicates, "Leave structures in that repeat another");
    app.add_option("--without-types-of", options->held_out,
                   "Leave out structures of a type that this library has, so that it stays fit for testing what is trained on the rest");
    app.add_option("--containing", options->containing, "Only structures with at least one of these elements: O,S,F")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option("--lacking", options->lacking, "Only structures with none of these elements: Tc,Pm,Np")
        ->delimiter(',')
        ->allow_extra_args(false);
    app.add_option(
           "--most-reflections", options->max_reflections,
           "Only structures with at most about so many independent reflections to 1.09 angstrom: patterns of more are slow to simulate "
           "and hardly to be told apart")
        ->check(within(1, 1'000'000));
    app.add_flag(
        "--powder-groups", options->powder_groups,
        "Also find the space group that a powder of each structure shows, that of a parent of higher symmetry with the same pattern, for "
        "training.labels=powder; takes minutes for many structures");
    add_threads_option(app, options->threads);
    add_quiet_option(app, options->quiet);
    app.footer("Example:\n  friedel merge minerals.h5 relaxed.h5 -o all.h5");
    return [options] { return run(*options); };
}

}  // namespace friedel::tools
