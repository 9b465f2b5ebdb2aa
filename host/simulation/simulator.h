// Simulation of powder patterns on the CPU: kernels/pattern.h on all cores.
#pragma once

#include <cstdint>
#include <span>

#include "host/crystals/structure.h"
#include "host/support/thread_pool.h"
#include "kernels/crystal.h"
#include "kernels/crystal_tables.h"
#include "kernels/simulation_config.h"

namespace friedel {

// Draws the parameters of one pattern of `structure`: a pure function of (config, library, structure, seed, sample).
PatternParameters draw_parameters(const SimulationConfig& config, const LibraryView& library, int structure, std::uint64_t seed,
                                  std::uint64_t sample);

// Simulates one pattern per entry of `parameters` into patterns [parameters.size()][grid.points], maximum scaled to 1.
void simulate_patterns(float* patterns, std::span<const PatternParameters> parameters, const LibraryView& library, const Grid& grid,
                       ThreadPool& pool);

// One pattern of generated crystals (parameters.structure is negative) into pattern [grid.points], on the calling thread.
void simulate_generated_pattern(float* pattern, const PatternParameters& parameters, const CrystalTables& tables, const Grid& grid);

// One pattern into pattern [grid.points], on the calling thread.
void simulate_one_pattern(float* pattern, const PatternParameters& parameters, const LibraryView& library, const Grid& grid);

// What one pattern takes, counted as the kernels go about it.
struct SimulationWork {
    double reflections = 0, peaks = 0;  // of both phases; in sections of one width: cells that hold lines
    double atom_terms = 0;              // reflections times atoms of the asymmetric unit: form factor, displacement, sum
    double phase_terms = 0;             // cosines and sines of reflections times sites
    double texture_terms = 0;           // reflections times operations
    double sharp_terms = 0;             // points times peaks of less than four steps near them, integrated over the bin
    double wide_terms = 0;              // points times other peaks near them
    double tail_terms = 0;              // points of the two coarser grids times peaks, and of the finest times tails of narrow ones
    double row_terms = 0;               // points of the profiles of sections (kernels/line_sum.h)
    double cell_terms = 0;              // cells that lines share times points of a profile, and those of the coarse grid
    double point_operations = 0;        // background, noise and preparation of all points, in operations as below

    // Operations, a special function (exponential, root, quotient) counted as sixteen: a GPU does one of those in the time of eight
    // multiply-adds. The least that the formulas need: no indices, no copies, nothing twice.
    static constexpr double special = 16;
    double operations() const;
    SimulationWork& operator+=(const SimulationWork& other);
};
SimulationWork work_of_pattern(const PatternParameters& parameters, const LibraryView& library, const Grid& grid);

}  // namespace friedel
