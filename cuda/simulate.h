// Launchers of the simulation kernels: drawing a batch, from drawn parameters to network input, and preprocessing alone. Everything they
// are given lives on the device. Value is float or __nv_bfloat16; rows of inputs lie `stride` apart. Errors of a launch throw Error.
#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include "kernels/crystal_generator.h"
#include "kernels/draw.h"
#include "kernels/pattern.h"
#include "kernels/preprocess.h"
#include "kernels/step_state.h"

namespace friedel::cuda {

// What the largest pattern of a group of crystals needs.
struct CrystalBounds {
    int reflections, sites, atoms;
    int peaks;  // of both phases
};

// Patterns are simulated in groups, so that the memory of the blocks fits the many and not the few: those of a library whose crystals have
// at most `few` reflections, the others of the library, and those of generated crystals.
struct SimulationGroup {
    enum class Rows { few_reflections, many_reflections, generated };
    const std::int32_t* reflections;  // [structures] bound of each
    std::int32_t few;
    Rows rows;
    CrystalBounds bounds;  // within the group
    int blocks;            // resident
    void* scratch;         // [blocks] of simulation_scratch()
    std::int32_t* next;    // the next row to take; set to 0 by draw()
};

// Bytes of global scratch of one block.
std::size_t simulation_scratch(const CrystalBounds& bounds, const Grid& grid, int lines);
// Blocks that are resident on the device at once.
template <class Value>
int simulation_blocks(const Grid& grid);

// parameters [n], labels [n]: sample numbers are (state->step + ahead) * n + row. next [simulation_groups] is set to 0.
constexpr int simulation_groups = 3;
void draw(cudaStream_t stream, PatternParameters* parameters, std::int32_t* labels, std::int32_t* next, const SamplerView& sampler,
          const SimulationConfig* config, int structures, const StepState* state, int ahead, int n);

// crystals [n][2]: the main crystal and the impurity of the rows whose parameters ask for generated ones.
void generate(cudaStream_t stream, GeneratedCrystal* crystals, const PatternParameters* parameters, const CrystalTables& tables, int n);

// The rows of one group of inputs [n][grid.points], preprocessed. One block works at one pattern and takes the next when it is done.
template <class Value>
void simulate(cudaStream_t stream, Value* inputs, int stride, const PatternParameters* parameters, int n, const LibraryView& library,
              const GeneratedCrystal* crystals, const FormFactorTable<float>* table, const Grid& grid, int lines,
              const PreprocessConfig& config, const SimulationGroup& group);

// Patterns [n][grid.points], which are used up, into inputs. scratch [n][preprocess_scratch(grid)] floats.
template <class Value>
void preprocess_patterns(cudaStream_t stream, Value* inputs, int stride, float* patterns, int n, const Grid& grid,
                         const PreprocessConfig& config, float* scratch);

}  // namespace friedel::cuda
