// Simulation of powder patterns on the CPU: kernels/pattern.h on all cores.
#pragma once

#include <cstdint>
#include <span>

#include "host/structure.h"
#include "host/thread_pool.h"
#include "kernels/crystal.h"
#include "kernels/crystal_tables.h"
#include "kernels/simulation_config.h"

namespace friedel {

// Draws the parameters of one pattern of `structure`: a pure function of (config, library, structure, seed, sample).
PatternParameters draw_parameters(const SimulationConfig& config, const LibraryView& library, int structure, std::uint64_t seed,
                                  std::uint64_t sample);

// Simulates one pattern per entry of `parameters` into patterns [parameters.size()][config.grid.points], maximum scaled to 1.
void simulate_patterns(float* patterns, std::span<const PatternParameters> parameters, const LibraryView& library, const Grid& grid,
                       ThreadPool& pool);

// One pattern of generated crystals (parameters.structure is negative) into pattern [grid.points], on the calling thread.
void simulate_generated_pattern(float* pattern, const PatternParameters& parameters, const CrystalTables& tables, const Grid& grid);

// One pattern into pattern [grid.points], on the calling thread.
void simulate_one_pattern(float* pattern, const PatternParameters& parameters, const LibraryView& library, const Grid& grid);

}  // namespace friedel
