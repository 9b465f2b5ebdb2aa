// friedel simulate: powder patterns of CIFs or of a structure library, ideal or with every effect of a real instrument.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "host/crystals/cif.h"
#include "host/crystals/space_groups.h"
#include "host/crystals/structure_library.h"
#include "host/crystals/symmetry.h"
#include "host/patterns/pattern_output.h"
#include "host/simulation/peak_list.h"
#include "host/simulation/simulator.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"
#include "host/support/progress_line.h"
#include "host/support/radiation.h"
#include "host/support/svg_plot.h"
#include "host/support/text_file.h"
#include "host/training/config.h"
#include "tools/command.h"
#include "tools/notices.h"
#include "tools/output_files.h"
#include "tools/settings.h"
#include "tools/simulate_options.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

namespace fs = std::filesystem;

// The group that the atoms have, where it can be found, else the one that the file claims; a line on standard error where they differ.
int group_of(const Structure& structure) {
    constexpr int max_atoms = 500;  // more would take longer than the patterns
    try {
        const int found = standardise(structure, {.max_atoms = max_atoms}).structure.space_group, claimed = structure.claimed_space_group;
        if (claimed > 0 && found != claimed)
            tell(structure.name, ": claims ", space_group_symbol(claimed), ", its atoms have ", space_group_symbol(found),
                 ", which is what its patterns are labelled with");
        return found;
    } catch (const Error&) {
        return structure.claimed_space_group;
    }
}

// The structures of all inputs in one library; CIFs keep the cell and operations they state.
StructureLibrary gather(const std::vector<std::string>& inputs) {
    StructureLibrary library;
    for (const std::string& input : inputs) {
        if (fs::path(input).extension() == ".h5") {
            const StructureLibrary more = StructureLibrary::read(input);
            if (inputs.size() == 1) return more;
            for (int i = 0; i < more.size(); ++i) library.add(more.structure(i), more.type_of(i));
        } else {
            std::vector<Structure> structures = read_cif(input);
            tell_of_doubts(structures);
            for (Structure& structure : structures) {
                structure.space_group = group_of(structure);
                library.add(structure);
            }
        }
    }
    return library;
}

void check_outputs(const SimulateOptions& options) {
    if (options.output.empty() && options.plot.empty())
        misused("nothing to write: give -o FILE (.h5, .xy or .csv), --plot FILE.svg or both");
    if (!options.plot.empty() && fs::path(options.plot).extension() != ".svg")
        misused(options.plot, ": pictures are SVG; give a name that ends in .svg");
    const std::set<std::string> endings{".h5", ".xy", ".csv"};
    const std::string ending = fs::path(options.output).extension().string();
    if (!options.output.empty() && !endings.contains(ending))
        misused(options.output, ": patterns are written as .h5, .xy or .csv; give one of these endings");
    check_replaceable(options.plot, "<svg");
    for (const std::string& made : {options.output, options.plot}) {
        refuse_overwriting(made, options.inputs);
        refuse_overwriting(made, {options.impurity});
    }
    if (ending == ".h5") check_hdf5_output(options.output, patterns_kind);
}

// What patterns are simulated from. The structures of `library` come first, the one that is mixed in after them.
struct Task {
    StructureLibrary library;
    Grid grid;
    std::vector<PatternParameters> parameters;  // of each pattern
    std::string made_by;                        // the options that were given, and the configuration that patterns are drawn from
};

// --random: patterns drawn from a training configuration, over the structures in turn.
void add_drawn(Task& task, const SimulateOptions& options) {
    for (const std::string& setting : options.settings) {
        if (!setting.starts_with("simulation.") && !setting.starts_with("grid."))
            misused("--set ", setting, ": says nothing of how patterns are drawn; keys of [simulation] and [grid] do");
    }
    TrainingConfig training = preset(options.preset);
    if (!options.config.empty()) read_toml_file(training, options.config);
    apply_settings(training, options.settings);
    check_settings(training);
    task.made_by += "\n" + to_toml(training);
    task.grid = training.simulation.grid;
    const LibraryView view = task.library.view();
    for (int i = 0; i < options.random; ++i) {
        task.parameters.push_back(
            draw_parameters(training.simulation, view, i % task.library.size(), options.seed, static_cast<std::uint64_t>(i)));
    }
}

// One pattern of each structure, all with the parameters that are stated.
void add_stated(Task& task, const SimulateOptions& options) {
    task.grid = stated_grid(options);
    PatternParameters p = stated_parameters(options);
    p.impurity = -1;
    p.impurity_fraction = static_cast<float>(options.impurity_fraction);
    const int structures = task.library.size();
    if (!options.impurity.empty()) {
        const StructureLibrary other = gather({options.impurity});
        if (other.size() != 1)
            fail(options.impurity, ": holds ", other.size(), " structures; give --impurity a file with the one that is mixed in");
        p.impurity = structures;
        task.library.add(other.structure(0));
    }
    for (int i = 0; i < structures; ++i) {
        p.structure = i;
        p.sample = static_cast<std::uint64_t>(i);
        task.parameters.push_back(p);
    }
}

void write_patterns(const Task& task, const std::string& file, ThreadPool& pool, bool quiet) {
    const std::vector<PatternParameters>& parameters = task.parameters;
    PatternOutput output(file, task.grid, parameters.front().radiation, parameters.size(), task.made_by);
    constexpr std::size_t batch = 256;
    const InterruptGuard guard;
    ProgressLine progress("patterns", quiet || parameters.size() <= batch);
    std::vector<float> patterns;
    const LibraryView view = task.library.view();
    for (std::size_t first = 0; first < parameters.size(); first += batch) {
        if (interrupted()) fail("interrupted; ", file, " was not written");
        progress.show(static_cast<double>(first) / static_cast<double>(parameters.size()), first);
        const std::span part = std::span(parameters).subspan(first, std::min(batch, parameters.size() - first));
        patterns.resize(part.size() * task.grid.points);
        simulate_patterns(patterns.data(), part, view, task.grid, pool);
        for (std::size_t i = 0; i < part.size(); ++i) {
            const int structure = part[i].structure;
            output.add(patterns.data() + i * task.grid.points, task.library.name[structure], task.library.space_group[structure]);
        }
    }
    const std::vector<fs::path> files = output.finish();
    if (quiet) return;
    constexpr std::size_t few = 10;
    for (std::size_t i = 0; i < std::min(files.size(), few); ++i) std::cout << files[i].string() << '\n';
    if (files.size() > few) std::cout << "... " << files.back().string() << ", " << files.size() << " files\n";
}

// The first pattern, with tick marks and indices of its structure.
void write_picture(const Task& task, const std::string& file, ThreadPool& pool, bool quiet) {
    const Grid& grid = task.grid;
    const PatternParameters& p = task.parameters.front();
    PeakListOptions list;
    list.wavelength = mean_wavelength(p.radiation);
    list.low_deg = grid.start_deg;
    list.high_deg = std::min(179.0f, grid.start_deg + grid.points * grid.step_deg);
    PatternPlot plot;
    const std::string name = fs::path(task.library.name[p.structure]).filename().string(), formula = task.library.formula[p.structure];
    plot.title = formula.empty() ? name : formula + ", " + name;
    plot.start_deg = grid.start_deg;
    plot.step_deg = grid.step_deg;
    plot.intensity.resize(grid.points);
    simulate_patterns(plot.intensity.data(), std::span(task.parameters).first(1), task.library.view(), grid, pool);
    for (const Peak& peak : peak_list(task.library.structure(p.structure), list)) {
        plot.reflections.push_back({peak.two_theta_deg, peak.intensity, peak.h, peak.k, peak.l});
    }
    write_svg(file, plot);
    if (!quiet) std::cout << file << '\n';
}

int run(const SimulateOptions& options, const std::string& given) {
    check_outputs(options);
    Task task;
    task.made_by = given;
    task.library = gather(options.inputs);
    if (task.library.size() == 0) fail(options.inputs.front(), ": holds no structure; give CIFs, or a structure library that is not empty");
    if (options.random > 0) {
        add_drawn(task, options);
    } else {
        add_stated(task, options);
    }
    ThreadPool pool(options.threads);
    if (!options.output.empty()) write_patterns(task, options.output, pool, options.quiet);
    if (!options.plot.empty()) write_picture(task, options.plot, pool, options.quiet);
    return 0;
}

}  // namespace

std::function<int()> simulate_command(CLI::App& app) {
    const auto o = std::make_shared<SimulateOptions>();
    add_simulate_options(app, *o);
    return [o, &app] {
        refuse_ignored(app, o->random > 0);
        return run(*o, app.config_to_str());
    };
}

}  // namespace friedel::tools
