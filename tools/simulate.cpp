// friedel simulate: powder patterns of CIFs or of a structure library, ideal or with every effect of a real instrument.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <set>

#include "host/crystals/cif.h"
#include "host/crystals/space_groups.h"
#include "host/crystals/structure_library.h"
#include "host/crystals/symmetry.h"
#include "host/simulation/pattern_output.h"
#include "host/simulation/peak_list.h"
#include "host/simulation/radiation.h"
#include "host/simulation/simulator.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"
#include "host/support/progress_line.h"
#include "host/support/svg_plot.h"
#include "host/support/text_file.h"
#include "host/training/config.h"
#include "tools/command.h"

namespace friedel::tools {

namespace {

namespace fs = std::filesystem;

struct Options {
    std::vector<std::string> inputs;
    std::string output, plot;
    std::string radiation = "1.54184";
    std::vector<double> range{5, 90};
    double step_deg = 0.01;
    double monochromator_deg = 0;
    // One pattern, every parameter given.
    double fwhm_deg = 0.1;
    std::vector<double> caglioti;
    PatternParameters exact;
    std::vector<double> texture;
    std::vector<double> chebyshev, humps, air_scatter;
    std::string impurity;
    double impurity_fraction = 0.1;
    std::uint64_t seed = 1;
    // Drawn patterns.
    int random = 0;
    std::string config, preset = "friedel";
    std::vector<std::string> settings;
    int threads = 0;
    bool quiet = false;
};

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
            for (Structure structure : read_cif(input)) {
                tell_of_origin(structure);
                structure.space_group = group_of(structure);
                library.add(structure);
            }
        }
    }
    return library;
}

Grid grid_of(const Options& options) {
    const double low = options.range[0], high = options.range[1];
    if (!(low >= 0 && low < high && high < 180))
        misused("--range must rise, from 0 at least to less than 180 degrees, not from ", low, " to ", high);
    if (!(options.step_deg >= 1e-4 && options.step_deg <= 1)) misused("--step must lie within 0.0001 to 1 degree, not ", options.step_deg);
    return {static_cast<float>(low), static_cast<float>(options.step_deg), static_cast<int>(std::lround((high - low) / options.step_deg))};
}

void require_values(const std::vector<double>& values, std::size_t multiple, const char* option, const char* meaning) {
    if (values.size() % multiple) misused(option, " takes ", meaning);
}

// The parameters that the options state outright, the same for every structure.
PatternParameters stated_parameters(const Options& o, const Radiation& radiation) {
    PatternParameters p = o.exact;
    p.radiation = radiation;
    p.monochromator_two_theta_deg = static_cast<float>(o.monochromator_deg);
    p.caglioti_w = static_cast<float>(o.fwhm_deg * o.fwhm_deg);
    if (!o.caglioti.empty()) {
        p.caglioti_u = static_cast<float>(o.caglioti[0]);
        p.caglioti_v = static_cast<float>(o.caglioti[1]);
        p.caglioti_w = static_cast<float>(o.caglioti[2]);
    }
    if (!o.texture.empty()) {
        p.march_dollase = static_cast<float>(o.texture[0]);
        if (!(p.march_dollase > 0)) misused("--texture: the March-Dollase parameter must be positive, not ", o.texture[0]);
        for (int i = 0; i < 3; ++i) {
            p.texture_axis[i] = static_cast<int>(o.texture[i + 1]);
            if (p.texture_axis[i] != o.texture[i + 1]) misused("--texture: the axis h k l is of whole numbers, not ", o.texture[i + 1]);
        }
        if (!p.texture_axis[0] && !p.texture_axis[1] && !p.texture_axis[2]) misused("--texture: the axis h k l must not be 0 0 0");
    }
    if (o.chebyshev.size() > max_background_terms) misused("--chebyshev takes at most ", max_background_terms, " coefficients");
    p.chebyshev_terms = static_cast<int>(o.chebyshev.size());
    for (std::size_t i = 0; i < o.chebyshev.size(); ++i) p.chebyshev[i] = static_cast<float>(o.chebyshev[i]);
    require_values(o.humps, 3, "--hump", "height, centre and width in degrees, up to three times");
    if (o.humps.size() > 3 * max_humps) misused("--hump: at most ", max_humps, " humps");
    for (std::size_t i = 0; i + 2 < o.humps.size(); i += 3) {
        p.hump_height[i / 3] = static_cast<float>(o.humps[i]);
        p.hump_center_deg[i / 3] = static_cast<float>(o.humps[i + 1]);
        p.hump_width_deg[i / 3] = static_cast<float>(o.humps[i + 2]);
        if (!(o.humps[i + 2] > 0)) misused("--hump: the width must be positive, not ", o.humps[i + 2]);
    }
    if (!o.air_scatter.empty()) {
        p.air_scatter = static_cast<float>(o.air_scatter[0]);
        p.air_scatter_decay_deg = static_cast<float>(o.air_scatter[1]);
        if (!(o.air_scatter[1] > 0)) misused("--air-scatter: the decay length must be positive, not ", o.air_scatter[1]);
    }
    p.seed = o.seed;
    return p;
}

void check_outputs(const Options& options) {
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
void add_drawn(Task& task, const Options& options) {
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
void add_stated(Task& task, const Options& options) {
    task.grid = grid_of(options);
    PatternParameters p = stated_parameters(options, parse_radiation(options.radiation));
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

int run(const Options& options, const std::string& given) {
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

const char* const drawn_group = "Drawn from a training configuration";

// A pattern's parameters are stated or drawn: an option of the other kind would change nothing, and is an Error.
void refuse_ignored(const CLI::App& app, bool drawn) {
    const std::set<std::string> of_both{"output", "plot", "seed", "threads", "quiet", "help"};
    for (const CLI::Option* option : app.get_options()) {
        const std::vector<std::string>& names = option->get_lnames();
        if (option->count() == 0 || names.empty() || of_both.contains(names[0])) continue;
        const bool is_of_drawn = option->get_group() == drawn_group;
        if (drawn && !is_of_drawn)
            misused("--", names[0], " is drawn by --random; change what it is drawn from with --set or --config ('friedel train --keys')");
        if (!drawn && is_of_drawn) misused("--", names[0], " is of patterns that are drawn; say how many with --random N");
    }
}

}  // namespace

std::function<int()> simulate_command(CLI::App& app) {
    const auto o = std::make_shared<Options>();
    app.add_option("INPUT", o->inputs, "CIF files, or a structure library (.h5)")->required();
    app.add_option("-o,--output", o->output,
                   "Patterns: .h5 (all in one file), .xy or .csv (a file each, numbered if several; .csv states no wavelength)");
    app.add_option("--plot", o->plot, "Picture of the first pattern, SVG, with tick marks and indices of the strong lines");
    app.add_option("--radiation", o->radiation,
                   "cu, co, cr, fe, ni, mo, ag (K-alpha doublet), cu-ka1, cu-mean (one line), cu-kb (the doublet with 2 % of K-beta), "
                   "cu-tube (and 1 % of tungsten), or wavelengths in angstrom with weights: 1.5406,1.5444:0.5")
        ->capture_default_str()
        ->check([](const std::string& text) { return complaint_of([&] { parse_radiation(text); }); });
    app.add_option("--range", o->range, "Two-theta of the first point and where to end, that point left out, degrees")
        ->expected(2)
        ->type_name("LO HI")
        ->capture_default_str()
        ->check(within(0, 180));
    app.add_option("--step", o->step_deg, "Step, degrees")->capture_default_str()->check(within(1e-4, 1));
    app.add_option("--monochromator", o->monochromator_deg, "Two-theta of the monochromator, degrees (26.6 for graphite and Cu; 0: none)")
        ->check(within(0, 179));

    const char* const instrument = "Instrument";
    auto* const fwhm = app.add_option("--fwhm", o->fwhm_deg, "Constant Gaussian width, degrees")
                           ->capture_default_str()
                           ->group(instrument)
                           ->check(within(0, 10));
    app.add_option("--caglioti", o->caglioti, "Gaussian width^2 = U tan^2 + V tan + W, degrees^2")
        ->expected(3)
        ->excludes(fwhm)
        ->type_name("U V W")
        ->group(instrument)
        ->check(within(-100, 100));
    app.add_option("--axial-divergence", o->exact.axial_divergence, "Half-height of the slits over the radius (0.02 is usual)")
        ->group(instrument)
        ->check(within(0, 0.5));
    app.add_option("--zero-shift", o->exact.zero_shift_deg, "Added to two-theta, degrees")->group(instrument)->check(within(-10, 10));

    const char* const specimen = "Specimen";
    app.add_option("--displacement", o->exact.displacement_deg, "Added to two-theta times cos theta, degrees")
        ->group(specimen)
        ->check(within(-10, 10));
    app.add_option("--transparency", o->exact.transparency_deg, "Taken off two-theta times sin 2theta, degrees")
        ->group(specimen)
        ->check(within(0, 10));
    app.add_option("--size", o->exact.size_angstrom, "Crystallite size for Scherrer broadening, angstrom")
        ->group(specimen)
        ->check(within(0, 1e9));
    app.add_option("--microstrain", o->exact.microstrain, "e: Lorentzian width 4 e tan theta")->group(specimen)->check(within(0, 1));
    app.add_option("--texture", o->texture, "March-Dollase parameter and axis, in a second phase as well")
        ->expected(4)
        ->type_name("R H K L")
        ->group(specimen)
        ->check(within(-1000, 1000));
    app.add_option("--lattice-scale", o->exact.lattice_scale, "Factor on the cell edges, of a second phase as well")
        ->group(specimen)
        ->check(within(0.5, 2));
    app.add_option("--default-b", o->exact.default_b_iso, "B where the file states none, angstrom^2")
        ->capture_default_str()
        ->group(specimen)
        ->check(within(0, 100));
    app.add_option("--b-scale", o->exact.b_iso_scale, "Factor on every B")->group(specimen)->check(within(0, 100));
    app.add_option("--substitution", o->exact.substitution, "Standard deviation of ln of what the sites of each element scatter")
        ->group(specimen)
        ->check(within(0, 2));
    app.add_option("--intensity-jitter", o->exact.intensity_jitter, "Standard deviation of ln I per reflection")
        ->group(specimen)
        ->check(within(0, 10));
    auto* const impurity = app.add_option("--impurity", o->impurity, "CIF of a second phase")->group(specimen);
    app.add_option("--impurity-fraction", o->impurity_fraction, "Its strongest line relative to the first phase's")
        ->needs(impurity)
        ->capture_default_str()
        ->group(specimen)
        ->check(within(0, 1000));

    const char* const signal = "Background and noise (heights relative to the strongest point)";
    app.add_option("--chebyshev", o->chebyshev, "Coefficients of a Chebyshev polynomial; another option or -- ends them, not a file")
        ->expected(1, max_background_terms)
        ->group(signal)
        ->check(within(-1e6, 1e6));
    app.add_option("--hump", o->humps, "Amorphous hump; may be repeated")
        ->check(within(0, 1e6))
        ->expected(3)
        ->type_name("HEIGHT CENTRE WIDTH")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->group(signal);
    app.add_option("--air-scatter", o->air_scatter, "Height at the first point and decay length, degrees")
        ->expected(2)
        ->type_name("H DECAY")
        ->group(signal)
        ->check(within(0, 1e6));
    app.add_flag("--paper-background", o->exact.paper_background, "The recipe of Vecsei et al. 2019")->group(signal);
    app.add_option("--saturation", o->exact.saturation, "Share of the strongest point that the detector's dead time loses")
        ->group(signal)
        ->check(within(0, 0.9));
    app.add_option("--counts", o->exact.counts_at_maximum, "Poisson noise: counts at the strongest point")
        ->group(signal)
        ->check(within(0, 1e12));
    app.add_option("--noise", o->exact.gaussian_noise, "Standard deviation of Gaussian noise")->group(signal)->check(within(0, 100));
    add_seed_option(app, o->seed, "Seed of everything random")->capture_default_str()->group(signal);

    app.add_option("--random", o->random, "Draw this many patterns, over the structures in turn")
        ->group(drawn_group)
        ->check(within(1, 1e9));
    app.add_option("--config", o->config, "Training configuration, TOML, read over the preset")->group(drawn_group);
    app.add_option("--preset", o->preset, "A configuration that ships (see friedel train --help)")
        ->capture_default_str()
        ->group(drawn_group)
        ->check(CLI::IsMember(preset_names()));
    app.add_option("--set", o->settings, "Change one key of it: table.key=value; may be repeated")
        ->allow_extra_args(false)
        ->group(drawn_group);
    // They change no pattern, and files do not speak of them.
    add_threads_option(app, o->threads)->configurable(false);
    add_quiet_option(app, o->quiet)->configurable(false);
    app.footer(
        "Every effect is off unless asked for, but for the width of the lines (--fwhm) and the displacement factor of atoms without one "
        "(--default-b). Examples:\n"
        "  friedel simulate data/minerals/quartz.cif -o quartz.xy --plot quartz.svg\n"
        "  friedel simulate data/minerals/quartz.cif --radiation cu --size 400 --texture 0.7 0 0 1 --counts 5000 -o quartz.xy\n"
        "  friedel simulate library.h5 --random 1000 --preset friedel -o patterns.h5");
    return [o, &app] {
        refuse_ignored(app, o->random > 0);
        return run(*o, app.config_to_str());
    };
}

}  // namespace friedel::tools
