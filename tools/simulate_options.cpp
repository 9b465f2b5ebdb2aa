#include "tools/simulate_options.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "host/support/radiation.h"
#include "host/support/text_format.h"
#include "host/training/config.h"
#include "kernels/real_math.h"
#include "tools/options.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

const char* const drawn_group = "Drawn from a training configuration";

// Of files, and of the whole pattern.
void add_general_options(CLI::App& app, SimulateOptions& o) {
    app.add_option("INPUT", o.inputs, "CIF files, or a structure library (.h5)")->required();
    app.add_option("-o,--output", o.output,
                   "Patterns: .h5 (all in one file), .xy or .csv (a file each, numbered if several; .csv states no wavelength)");
    app.add_option("--plot", o.plot, "Picture of the first pattern, SVG, with tick marks and indices of the strong lines");
    app.add_option("--radiation,--wavelength", o.radiation,
                   "cu, co, cr, fe, ni, mo, ag (K-alpha doublet), cu-ka1, cu-mean (one line), cu-kb (the doublet with 2 % of K-beta), "
                   "cu-tube (and 1 % of tungsten), or wavelengths in angstrom with weights: 1.5406,1.5444:0.5")
        ->capture_default_str()
        ->check([](const std::string& text) { return complaint_of([&] { parse_radiation(text); }); });
    app.add_option("--range", o.range, "Two-theta of the first point and where to end, that point left out, degrees")
        ->expected(2)
        ->type_name("LO HI")
        ->capture_default_str()
        ->check(within(0, 180));
    app.add_option("--step", o.step_deg, "Step, degrees")->capture_default_str()->check(within(1e-4, 1));
    app.add_option("--monochromator", o.monochromator_deg, "Two-theta of the monochromator, degrees (26.6 for graphite and Cu; 0: none)")
        ->check(within(0, 179));
}

void add_instrument_options(CLI::App& app, SimulateOptions& o) {
    const char* const instrument = "Instrument";
    auto* const fwhm = app.add_option("--fwhm", o.fwhm_deg, "Constant Gaussian width, degrees")
                           ->capture_default_str()
                           ->group(instrument)
                           ->check(within(0, 10));
    app.add_option("--caglioti", o.caglioti, "Gaussian width^2 = U tan^2 + V tan + W, degrees^2, nowhere negative")
        ->expected(3)
        ->excludes(fwhm)
        ->type_name("U V W")
        ->group(instrument)
        ->check(within(-100, 100));
    app.add_option("--axial-divergence", o.exact.axial_divergence, "Half-height of the slits over the radius (0.02 is usual)")
        ->group(instrument)
        ->check(within(0, 0.5));
    app.add_option("--zero-shift", o.exact.zero_shift_deg, "Added to two-theta, degrees")->group(instrument)->check(within(-10, 10));
}

void add_specimen_options(CLI::App& app, SimulateOptions& o) {
    const char* const specimen = "Specimen";
    app.add_option("--displacement", o.exact.displacement_deg, "Added to two-theta times cos theta, degrees")
        ->group(specimen)
        ->check(within(-10, 10));
    app.add_option("--transparency", o.exact.transparency_deg, "Taken off two-theta times sin 2theta, degrees")
        ->group(specimen)
        ->check(within(0, 10));
    app.add_option("--size", o.exact.size_angstrom, "Crystallite size for Scherrer broadening, angstrom")
        ->group(specimen)
        ->check(within(0, 1e9));
    app.add_option("--microstrain", o.exact.microstrain, "e: Lorentzian width 4 e tan theta")->group(specimen)->check(within(0, 1));
    app.add_option("--texture", o.texture, "March-Dollase parameter and axis, in a second phase as well")
        ->expected(4)
        ->type_name("R H K L")
        ->group(specimen)
        ->check(within(-1000, 1000));
    app.add_option("--lattice-scale", o.exact.lattice_scale, "Factor on the cell edges, of a second phase as well")
        ->group(specimen)
        ->check(within(0.5, 2));
    app.add_option("--default-b", o.exact.default_b_iso, "B where the file states none, angstrom^2")
        ->capture_default_str()
        ->group(specimen)
        ->check(within(0, 100));
    app.add_option("--b-scale", o.exact.b_iso_scale, "Factor on every B")->group(specimen)->check(within(0, 100));
    app.add_option("--substitution", o.exact.substitution, "Standard deviation of ln of what the sites of each element scatter")
        ->group(specimen)
        ->check(within(0, 2));
    app.add_option("--intensity-jitter", o.exact.intensity_jitter, "Standard deviation of ln I per reflection")
        ->group(specimen)
        ->check(within(0, 10));
    auto* const impurity = app.add_option("--impurity", o.impurity, "CIF of a second phase")->group(specimen);
    app.add_option("--impurity-fraction", o.impurity_fraction, "Its strongest line relative to the first phase's")
        ->needs(impurity)
        ->capture_default_str()
        ->group(specimen)
        ->check(within(0, 1000));
}

void add_signal_options(CLI::App& app, SimulateOptions& o) {
    const char* const signal = "Background and noise (heights relative to the strongest point)";
    app.add_option("--chebyshev", o.chebyshev, "Coefficients of a Chebyshev polynomial; another option or -- ends them, not a file")
        ->expected(1, max_background_terms)
        ->group(signal)
        ->check(within(-1e6, 1e6));
    app.add_option("--hump", o.humps, "Amorphous hump; may be repeated")
        ->check(within(0, 1e6))
        ->expected(3)
        ->type_name("HEIGHT CENTRE WIDTH")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->group(signal);
    app.add_option("--air-scatter", o.air_scatter, "Height at the first point and decay length, degrees")
        ->expected(2)
        ->type_name("H DECAY")
        ->group(signal)
        ->check(within(0, 1e6));
    app.add_flag("--paper-background", o.exact.paper_background, "The recipe of Vecsei et al. 2019")->group(signal);
    app.add_option("--saturation", o.exact.saturation, "Share of the strongest point that the detector's dead time loses")
        ->group(signal)
        ->check(within(0, 0.9));
    app.add_option("--counts", o.exact.counts_at_maximum, "Poisson noise: counts at the strongest point")
        ->group(signal)
        ->check(within(0, 1e12));
    app.add_option("--noise", o.exact.gaussian_noise, "Standard deviation of Gaussian noise")->group(signal)->check(within(0, 100));
    add_seed_option(app, o.seed, "Seed of everything random")->capture_default_str()->group(signal);
}

void add_drawn_options(CLI::App& app, SimulateOptions& o) {
    app.add_option("--random", o.random, "Draw this many patterns, over the structures in turn")->group(drawn_group)->check(within(1, 1e9));
    app.add_option("--config", o.config, "Training configuration, TOML, read over the preset")->group(drawn_group);
    app.add_option("--preset", o.preset, "A configuration that ships (see friedel train --help)")
        ->capture_default_str()
        ->group(drawn_group)
        ->check(CLI::IsMember(preset_names()));
    app.add_option("--set", o.settings, "Change one key of it: table.key=value; may be repeated")
        ->allow_extra_args(false)
        ->group(drawn_group);
}

void state_texture(PatternParameters& p, const std::vector<double>& r_and_axis) {
    if (r_and_axis.empty()) return;
    p.march_dollase = static_cast<float>(r_and_axis[0]);
    if (!(p.march_dollase > 0)) misused("--texture: the March-Dollase parameter must be positive, not ", r_and_axis[0]);
    for (int i = 0; i < 3; ++i) {
        const double index = r_and_axis[static_cast<std::size_t>(i) + 1];
        p.texture_axis[i] = static_cast<int>(index);
        if (p.texture_axis[i] != index) misused("--texture: the axis h k l is of whole numbers, not ", index);
    }
    if (!p.texture_axis[0] && !p.texture_axis[1] && !p.texture_axis[2]) misused("--texture: the axis h k l must not be 0 0 0");
}

void state_chebyshev(PatternParameters& p, const std::vector<double>& coefficients) {
    if (coefficients.size() > max_background_terms) misused("--chebyshev takes at most ", max_background_terms, " coefficients");
    p.chebyshev_terms = static_cast<int>(coefficients.size());
    for (std::size_t i = 0; i < coefficients.size(); ++i) p.chebyshev[i] = static_cast<float>(coefficients[i]);
}

// Of each hump, one after the other: height, centre, width.
void state_humps(PatternParameters& p, const std::vector<double>& humps) {
    if (humps.size() % 3) misused("--hump takes height, centre and width in degrees, up to three times");
    if (humps.size() > 3 * max_humps) misused("--hump: at most ", max_humps, " humps");
    for (std::size_t i = 0; i + 2 < humps.size(); i += 3) {
        p.hump_height[i / 3] = static_cast<float>(humps[i]);
        p.hump_center_deg[i / 3] = static_cast<float>(humps[i + 1]);
        p.hump_width_deg[i / 3] = static_cast<float>(humps[i + 2]);
        if (!(humps[i + 2] > 0)) misused("--hump: the width must be positive, not ", humps[i + 2]);
    }
}

void state_air_scatter(PatternParameters& p, const std::vector<double>& height_and_decay) {
    if (height_and_decay.empty()) return;
    p.air_scatter = static_cast<float>(height_and_decay[0]);
    p.air_scatter_decay_deg = static_cast<float>(height_and_decay[1]);
    if (!(height_and_decay[1] > 0)) misused("--air-scatter: the decay length must be positive, not ", height_and_decay[1]);
}

// Refuses a width^2 that is negative at an angle of the range, and names the angle where it is least: an end, or the parabola's vertex.
void state_caglioti(PatternParameters& p, const std::vector<double>& u_v_w, const std::vector<double>& range) {
    if (u_v_w.empty()) return;
    const double u = u_v_w[0], v = u_v_w[1], w = u_v_w[2];
    const auto tangent = [](double two_theta_deg) { return std::tan(0.5 * two_theta_deg * degree<double>); };
    const double low = tangent(range[0]), high = tangent(range[1]);
    const auto square = [&](double tan_theta) { return (u * tan_theta + v) * tan_theta + w; };
    double least = square(low) <= square(high) ? low : high;
    if (u > 0) least = std::clamp(-v / (2 * u), low, high);
    constexpr double rounding = 1e-9;  // degrees^2
    if (square(least) < -rounding)
        misused("--caglioti ", u, " ", v, " ", w, ": the width^2, U tan^2 + V tan + W, is ", formatted("%.3g", square(least)),
                " degrees^2 at a two-theta of ", formatted("%.4g", 2 * std::atan(least) / degree<double>),
                " degrees; it must not be negative within --range");
    p.caglioti_u = static_cast<float>(u);
    p.caglioti_v = static_cast<float>(v);
    p.caglioti_w = static_cast<float>(w);
}

}  // namespace

void add_simulate_options(CLI::App& app, SimulateOptions& o) {
    add_general_options(app, o);
    add_instrument_options(app, o);
    add_specimen_options(app, o);
    add_signal_options(app, o);
    add_drawn_options(app, o);
    // They change no pattern, and files do not speak of them.
    add_threads_option(app, o.threads)->configurable(false);
    add_quiet_option(app, o.quiet)->configurable(false);
    app.footer(
        "Every effect is off unless asked for, but for the width of the lines (--fwhm) and the displacement factor of atoms without one "
        "(--default-b). Examples:\n"
        "  friedel simulate data/minerals/quartz.cif -o quartz.xy --plot quartz.svg\n"
        "  friedel simulate data/minerals/quartz.cif --radiation cu --size 400 --texture 0.7 0 0 1 --counts 5000 -o quartz.xy\n"
        "  friedel simulate library.h5 --random 1000 --preset friedel -o patterns.h5");
}

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

Grid stated_grid(const SimulateOptions& options) {
    const double low = options.range[0], high = options.range[1];
    if (!(low >= 0 && low < high && high < 180))
        misused("--range must rise, from 0 at least to less than 180 degrees, not from ", low, " to ", high);
    if (!(options.step_deg >= 1e-4 && options.step_deg <= 1)) misused("--step must lie within 0.0001 to 1 degree, not ", options.step_deg);
    const auto points = static_cast<int>(std::lround((high - low) / options.step_deg));
    if (points < 2)
        misused("--range ", low, " ", high, " with --step ", options.step_deg, " makes a pattern of ", points,
                points == 1 ? " point" : " points", "; widen it or take a smaller step");
    return {static_cast<float>(low), static_cast<float>(options.step_deg), points};
}

PatternParameters stated_parameters(const SimulateOptions& o) {
    PatternParameters p = o.exact;
    p.radiation = parse_radiation(o.radiation);
    p.monochromator_two_theta_deg = static_cast<float>(o.monochromator_deg);
    p.caglioti_w = static_cast<float>(o.fwhm_deg * o.fwhm_deg);
    state_caglioti(p, o.caglioti, o.range);
    state_texture(p, o.texture);
    state_chebyshev(p, o.chebyshev);
    state_humps(p, o.humps);
    state_air_scatter(p, o.air_scatter);
    p.seed = o.seed;
    return p;
}

}  // namespace friedel::tools
