#include "host/simulation/simulator.h"

#include "host/crystals/generated_structures.h"
#include "host/simulation/form_factors.h"
#include "host/simulation/pattern_workspace.h"

namespace friedel {

namespace {

void simulate_crystals(float* pattern, const PatternParameters& parameters, const CrystalView<float>& main,
                       const CrystalView<float>& impurity, const Grid& grid) {
    thread_local CpuWorkspace workspace;
    SerialBlock block;
    PatternWorkspace& scratch = workspace.reserve(parameters, main, impurity, grid);
    simulate_phases(
        block, pattern, scratch, [&](int phase) { return phase == 0 ? main : impurity; }, form_factors_float(), parameters, grid);
}

}  // namespace

void simulate_generated_pattern(float* pattern, const PatternParameters& parameters, const CrystalTables& tables, const Grid& grid) {
    thread_local GeneratedCrystal main, impurity;
    generate(main, tables, parameters.generated_group(0), parameters.seed, parameters.sample, 0);
    if (parameters.impurity >= 0) generate(impurity, tables, parameters.generated_group(1), parameters.seed, parameters.sample, 1);
    simulate_crystals(pattern, parameters, main.view(), (parameters.impurity >= 0 ? impurity : main).view(), grid);
}

void simulate_one_pattern(float* pattern, const PatternParameters& parameters, const LibraryView& library, const Grid& grid) {
    const int other = parameters.impurity >= 0 ? parameters.impurity : parameters.structure;
    simulate_crystals(pattern, parameters, library.crystal(parameters.structure), library.crystal(other), grid);
}

void simulate_patterns(float* patterns, std::span<const PatternParameters> parameters, const LibraryView& library, const Grid& grid,
                       ThreadPool& pool) {
    pool.run(static_cast<int>(parameters.size()),
             [&](int i, int) { simulate_one_pattern(patterns + static_cast<std::size_t>(i) * grid.points, parameters[i], library, grid); });
}

}  // namespace friedel
