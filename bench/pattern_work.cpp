// What the patterns of structure libraries take to simulate, counted (host/simulation/simulator.h, SimulationWork): the figures of
// bench/floor.md. Usage: pattern_work PRESET LIBRARY.h5... [KEY=VALUE...]
#include <algorithm>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "host/crystals/structure_library.h"
#include "host/simulation/simulation_work.h"
#include "host/simulation/simulator.h"
#include "host/support/error.h"
#include "host/training/config.h"
#include "host/training/sampler.h"

namespace friedel {
namespace {

constexpr int patterns = 3000;

void count(const TrainingConfig& config, const char* file) {
    const StructureLibrary library = StructureLibrary::read(file);
    const Sampler sampler(library.view(), config.network.target, config.run.tempering);
    SimulationWork all;
    std::vector<double> operations, peaks;
    for (std::uint64_t i = 0; i < patterns; ++i) {
        const int structure = draw_structure(sampler.view(), config.run.seed, i).structure;
        const SimulationWork work = work_of_pattern(draw_parameters(config.simulation, library.view(), structure, config.run.seed, i),
                                                    library.view(), config.simulation.grid);
        all += work;
        operations.push_back(work.operations());
        peaks.push_back(work.peaks);
    }
    std::sort(operations.begin(), operations.end());
    std::sort(peaks.begin(), peaks.end());
    const auto tenth = operations.end() - patterns / 10;
    std::printf("%s, means of %d patterns\n", file, patterns);
    std::printf("  reflections %.0f, atoms times those %.0f, cosines and sines %.0f\n", all.reflections / patterns,
                all.atom_terms / patterns, all.phase_terms / patterns);
    std::printf("  peaks: median %.0f, mean %.0f, 99 %% have at most %.0f\n", peaks[patterns / 2], all.peaks / patterns,
                peaks[patterns * 99 / 100]);
    std::printf("  points times peaks: near %.0f, integrated over the step %.0f, in the tails %.0f\n", all.wide_terms / patterns,
                all.sharp_terms / patterns, all.tail_terms / patterns);
    std::printf("  in sections of one width: points of their profiles %.0f, cells (counted above as peaks) times points %.0f\n",
                all.row_terms / patterns, all.cell_terms / patterns);
    std::printf("  operations: %.2f M, of which background, noise, preparation %.2f M; a tenth of the patterns takes %.0f %%\n",
                all.operations() / patterns / 1e6, all.point_operations / patterns / 1e6,
                100 * std::accumulate(tenth, operations.end(), 0.0) / all.operations());
}

}  // namespace
}  // namespace friedel

int main(int arguments, char** argument) {
    if (arguments < 3) {
        std::fputs("Usage: pattern_work PRESET LIBRARY.h5... [KEY=VALUE...]\n", stderr);
        return 2;
    }
    try {
        friedel::TrainingConfig config = friedel::preset(argument[1]);
        for (int i = 2; i < arguments; ++i) {
            if (std::string(argument[i]).find('=') != std::string::npos) friedel::set_key(config, argument[i]);
        }
        for (int i = 2; i < arguments; ++i) {
            if (std::string(argument[i]).find('=') == std::string::npos) friedel::count(config, argument[i]);
        }
    } catch (const friedel::Error& error) {
        std::fprintf(stderr, "pattern_work: %s\n", error.what());
        return 1;
    }
}
