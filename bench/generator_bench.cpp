// Random crystals on one CPU core, group by group, and beside simulating a pattern of each.
// Usage: generator_bench [shipped|uniform|STATISTICS.h5] [results.json] [CHECKED]. With a number of crystals of each group to check, spglib
// is asked for the group of each, from its atoms, with the tolerance of refined structures.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "host/crystals/generated_structures.h"
#include "host/crystals/space_groups.h"
#include "host/crystals/symmetry.h"
#include "host/simulation/simulator.h"
#include "host/support/error.h"
#include "host/support/seconds_since.h"
#include "host/training/config.h"
#include "kernels/draw_parameters.h"
#include "kernels/pattern.h"

namespace friedel {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int crystals = 200;  // of each group
constexpr int repeats = 5;     // the best of these is reported: what else ran on the machine only ever adds time

int main(int argc, char** argv) {
    const std::string statistics = argc > 1 ? argv[1] : "shipped";
    const CrystalTableStore tables(read_statistics(statistics));
    std::vector<double> rates;
    double attempts = 0, all_seconds = 0;
    int unsound = 0;
    nlohmann::json json = {{"statistics", statistics}};
    GeneratedCrystal crystal;
    for (int group = 1; group <= space_groups; ++group) {
        double best = 1e9;
        for (int repeat = 0; repeat < repeats; ++repeat) {
            const auto start = Clock::now();
            for (int i = 0; i < crystals; ++i) {
                generate(crystal, tables.view(), group, 1, static_cast<std::uint64_t>(i));
                if (repeat > 0) continue;
                attempts += crystal.attempts;
                unsound += !crystal.sound;
            }
            best = std::min(best, seconds_since(start));
        }
        rates.push_back(crystals / best);
        all_seconds += best;
        json["crystals_per_second"][std::to_string(group)] = rates.back();
    }
    std::vector<double> sorted = rates;
    std::sort(sorted.begin(), sorted.end());
    const int slowest = static_cast<int>(std::min_element(rates.begin(), rates.end()) - rates.begin()) + 1;
    std::printf("%s: %.0f crystals a second and core in the median over groups, %.0f in the slowest (%s), %.0f over all alike\n",
                statistics.c_str(), sorted[space_groups / 2], sorted[0], space_group_symbol(slowest),
                space_groups * crystals / all_seconds);
    std::printf("%.2f attempts a crystal, %d of %d given up\n", attempts / (space_groups * crystals), unsound, space_groups * crystals);
    json["median_over_groups"] = sorted[space_groups / 2];
    json["attempts"] = attempts / (space_groups * crystals);

    const TrainingConfig config = preset("friedel");
    std::vector<float> pattern(static_cast<std::size_t>(config.simulation.grid.points));
    double best = 1e9;
    for (int repeat = 0; repeat < repeats; ++repeat) {
        const auto start = Clock::now();
        for (int i = 0; i < 4 * space_groups; ++i) {
            const auto sample = static_cast<std::uint64_t>(i);
            const PatternParameters p = draw_parameters(config.simulation, -(1 + i % space_groups), space_groups, 1, sample);
            simulate_generated_pattern(pattern.data(), p, tables.view(), config.simulation.grid);
        }
        best = std::min(best, seconds_since(start));
    }
    const double together = 4 * space_groups / best, alone = space_groups * crystals / all_seconds;
    std::printf("with simulation (preset friedel, groups alike): %.0f patterns a second and core, of which generation takes %.1f %%\n",
                together, 100 * together / alone);
    json["with_simulation"] = together;
    json["share_of_generation"] = together / alone;
    const int wanted = argc > 3 ? std::atoi(argv[3]) : 0;
    if (wanted > 0) {
        int checked = 0, right = 0;
        for (int group = 1; group <= space_groups; ++group) {
            for (int i = 0; i < wanted; ++i) {
                generate(crystal, tables.view(), group, 2, static_cast<std::uint64_t>(i));
                int found = 0;
                try {
                    found = standardise(to_structure(crystal, "generated"), {0.01, 3000}).structure.space_group;
                } catch (const Error& error) {
                    std::printf("group %d, crystal %d: %s\n", group, i, error.what());
                }
                ++checked;
                right += found == group;
                if (found != group)
                    std::printf("group %d, crystal %d: spglib finds %d%s\n", group, i, found, crystal.sound ? "" : " (given up)");
            }
        }
        std::printf("spglib finds the group meant in %d of %d (%.4f %%)\n", right, checked, 100.0 * right / checked);
        json["checked"] = checked;
        json["right"] = right;
    }
    if (argc > 2) std::ofstream(argv[2]) << json.dump(1) << '\n';
    return 0;
}

}  // namespace
}  // namespace friedel

int main(int argc, char** argv) {
    try {
        return friedel::main(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "generator_bench: %s\n", error.what());
        return 1;
    }
}
