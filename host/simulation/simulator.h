// Simulation of powder patterns on the CPU: kernels/pattern.h on all cores.
#pragma once

#include <cstdint>
#include <span>

#include "host/crystals/structure.h"
#include "host/support/thread_pool.h"
#include "kernels/crystal.h"
#include "kernels/crystal_tables.h"
#include "kernels/draw_parameters.h"

namespace friedel {

// Simulates one pattern per entry of `parameters` into patterns [parameters.size()][grid.points], maximum scaled to 1.
void simulate_patterns(float* patterns, std::span<const PatternParameters> parameters, const LibraryView& library, const Grid& grid,
                       ThreadPool& pool);

// One pattern of generated crystals (parameters.structure is negative) into pattern [grid.points], on the calling thread.
void simulate_generated_pattern(float* pattern, const PatternParameters& parameters, const CrystalTables& tables, const Grid& grid);

// One pattern into pattern [grid.points], on the calling thread.
void simulate_one_pattern(float* pattern, const PatternParameters& parameters, const LibraryView& library, const Grid& grid);

}  // namespace friedel
