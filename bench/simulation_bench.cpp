// Simulation on one CPU core: whole patterns, each stage by itself, and peak lists, over structures of 6 to 58 atoms.
// Usage: simulation_bench STRUCTURES.h5|DIRECTORY [results.json]. Prints a table; the figures of peers are in bench/results/README.md.
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "host/crystals/cif.h"
#include "host/crystals/structure_library.h"
#include "host/simulation/form_factors.h"
#include "host/simulation/peak_list.h"
#include "host/simulation/simulator.h"
#include "host/support/error.h"
#include "host/support/radiation.h"
#include "kernels/pattern.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Kind = Distribution::Kind;

constexpr int min_atoms = 6, max_atoms = 58;
constexpr int repeats = 5;  // the best of these is reported: what else ran on the machine only ever adds time

StructureLibrary load(const fs::path& source) {
    StructureLibrary all;
    if (fs::is_directory(source)) {
        for (const auto& entry : fs::directory_iterator(source)) {
            if (entry.path().extension() == ".cif") all.add(read_cif(entry.path()).front());
        }
    } else {
        all = StructureLibrary::read(source);
    }
    std::vector<int> chosen;
    for (int i = 0; i < all.size(); ++i) {
        const int atoms = atoms_in_cell(Crystal(all.structure(i)));
        if (atoms >= min_atoms && atoms <= max_atoms) chosen.push_back(i);
    }
    if (chosen.empty()) fail(source.string(), ": no structure of ", min_atoms, " to ", max_atoms, " atoms");
    return all.subset(chosen);
}

// Every random effect on, at strengths that measured patterns show.
SimulationConfig every_effect() {
    SimulationConfig c;
    c.radiation = parse_radiation("cu");
    c.zero_shift_deg = {Kind::normal, 0, 0.03f};
    c.displacement_deg = {Kind::normal, 0, 0.03f};
    c.size_angstrom = {Kind::log_uniform, 150, 3000};
    c.microstrain = {Kind::uniform, 0, 0.003f};
    c.march_dollase = {Kind::uniform, 0.5f, 1.5f};
    c.lattice_strain = {Kind::uniform, -0.03f, 0.03f};
    c.lattice_strain_anisotropic = {Kind::constant, 0.005f};
    c.intensity_jitter = {Kind::constant, 0.2f};
    c.impurity_fraction = {Kind::uniform, 0.01f, 0.15f, 0.2f, 0};
    c.chebyshev_amplitude = {Kind::uniform, 0, 0.1f};
    c.hump_height = {Kind::uniform, 0, 0.1f};
    c.air_scatter = {Kind::uniform, 0, 0.2f};
    c.counts_at_maximum = {Kind::log_uniform, 300, 30000};
    c.gaussian_noise = {Kind::uniform, 0, 0.01f};
    return c;
}

// Seconds of the processor's time, which does not count when others had the core.
double best_of(const std::function<void()>& work) {
    double best = 1e30;
    for (int i = 0; i < repeats; ++i) {
        const std::clock_t start = std::clock();
        work();
        best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    }
    return best;
}

// Seconds of each stage, summed over `parameters`.
std::map<std::string, double> stage_times(const LibraryView& library, const std::vector<PatternParameters>& parameters, const Grid& grid) {
    constexpr int capacity = 1 << 16;
    std::vector<std::int16_t> h(capacity), k(capacity), l(capacity), m(capacity);
    std::vector<float> stol(capacity), intensity(capacity), x(capacity), y(capacity), z(capacity), position(capacity), area(capacity),
        fwhm(capacity), eta(capacity), coarse(level_points(grid, 1)), coarsest(level_points(grid, 2)), pattern(grid.points);
    std::vector<std::int32_t> first(capacity), row(4 * capacity), order(capacity), starts(profile_bins(grid) + 1);
    std::vector<PeakShape> shape(capacity);
    std::map<std::string, double> seconds;
    SerialBlock block;
    for (const PatternParameters& p : parameters) {
        const CrystalView<float> crystal = library.crystal(p.structure);
        Reflections<float> reflections{h.data(), k.data(), l.data(), m.data(), stol.data(), intensity.data(), capacity, 0};
        Sites<float> sites{x.data(), y.data(), z.data(), first.data()};
        Peaks peaks{position.data(), area.data(), fwhm.data(), eta.data(), row.data(), capacity, 0};
        ProfileScratch scratch{coarse.data(), coarsest.data(), order.data(), starts.data(), shape.data()};
        auto last = Clock::now();
        const auto lap = [&](const char* stage) {
            const auto now = Clock::now();
            seconds[stage] += std::chrono::duration<double>(now - last).count();
            last = now;
        };
        const Metric<float> reciprocal = reciprocal_metric(crystal, p);
        find_reflections(block, reflections, reciprocal, crystal.operations, smallest_d(p.radiation, grid));
        lap("1 reflections");
        expand_sites(block, sites, crystal);
        structure_factors(block, reflections, sites, crystal, form_factors_float(), p.default_b_iso, p.b_iso_scale);
        lap("2 structure factors");
        if (p.march_dollase != 1) apply_texture(block, reflections, reciprocal, crystal.operations, p.texture_axis, p.march_dollase);
        lap("3 texture");
        append_peaks(block, peaks, reflections, p, 1.0f, grid.start_deg + grid.points * grid.step_deg + 0.5f);
        lap("4 peaks");
        sum_profiles(block, pattern.data(), peaks, grid, scratch);
        scale_maximum_to_one(block, pattern.data(), grid.points);
        lap("5 profiles");
        add_background(block, pattern.data(), grid, p);
        lap("6 background");
        add_noise(block, pattern.data(), grid, p);
        lap("7 noise");
    }
    return seconds;
}

nlohmann::json measure(const char* title, const StructureLibrary& library, const SimulationConfig& config) {
    const LibraryView view = library.view();
    std::vector<PatternParameters> parameters;
    for (int i = 0; i < 10 * library.size(); ++i) parameters.push_back(draw_parameters(config, view, i % library.size(), 1, i));
    std::vector<float> patterns(parameters.size() * config.grid.points);
    ThreadPool one_core(1);
    const double n = static_cast<double>(parameters.size());
    const double rate = n / best_of([&] { simulate_patterns(patterns.data(), parameters, view, config.grid, one_core); });
    std::printf("%s: %.0f patterns a second and core (%d points)\n", title, rate, config.grid.points);
    nlohmann::json result{{"patterns_per_core_second", rate}, {"points", config.grid.points}};
    for (const auto& [stage, seconds] : stage_times(view, parameters, config.grid)) {
        std::printf("  %-20s %7.1f us\n", stage.c_str(), seconds / n * 1e6);
        result["stage_us"][stage] = seconds / n * 1e6;
    }
    return result;
}

int run(int argc, char** argv) {
    if (argc < 2) fail("usage: simulation_bench STRUCTURES.h5|DIRECTORY [results.json]");
    const StructureLibrary library = load(argv[1]);
    std::printf("%d structures of %d to %d atoms, one core, best of %d\n", library.size(), min_atoms, max_atoms, repeats);
    nlohmann::json results{{"structures", library.size()}};
    results["gaussian"] = measure("Gaussian peaks", library, SimulationConfig{});
    SimulationConfig pseudo_voigt;
    pseudo_voigt.size_angstrom = {Kind::constant, 1500};
    results["pseudo_voigt"] = measure("pseudo-Voigt peaks", library, pseudo_voigt);
    results["every_effect"] = measure("every effect on", library, every_effect());

    // Peers begin with a structure that is read and its symmetry known; so does this. All that depends on the range is done anew.
    std::vector<Crystal> crystals;
    for (int i = 0; i < library.size(); ++i) crystals.emplace_back(library.structure(i));
    PeakLister lister{PeakListOptions{}};
    std::size_t lines = 0;
    constexpr int rounds = 1000;
    const double seconds = best_of([&] {
                               for (int round = 0; round < rounds; ++round) {
                                   for (const Crystal& crystal : crystals) lines += lister.list(crystal).size();
                               }
                           }) /
                           rounds;
    const double rate = static_cast<double>(crystals.size()) / seconds;
    std::printf("peak lists in double precision: %.0f a second and core (%.0f reflections on average)\n", rate,
                static_cast<double>(lines) / (repeats * rounds) / static_cast<double>(crystals.size()));
    results["peak_lists_per_core_second"] = rate;
    if (argc > 2) std::ofstream(argv[2]) << results.dump(2) << '\n';
    return 0;
}

}  // namespace
}  // namespace friedel

int main(int argc, char** argv) {
    try {
        return friedel::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "simulation_bench: %s\n", error.what());
        return 1;
    }
}
