// Launchers of the simulation kernels: drawing a batch, and from drawn parameters to network input. Everything they are given lives on
// the device. Errors of a launch throw Error.
#pragma once

#include <cuda_runtime.h>

#include "kernels/draw.h"
#include "kernels/pattern.h"
#include "kernels/preprocess.h"
#include "kernels/step_state.h"

namespace friedel::cuda {

// parameters [n], labels [n]: sample numbers are state->step * n + row.
void draw(cudaStream_t stream, PatternParameters* parameters, std::int32_t* labels, const SamplerView& sampler,
          const SimulationConfig& config, int structures, const StepState* state, int n);

// What the largest crystal of a library needs.
struct CrystalBounds {
    int reflections, sites, atoms;
};

// Bytes of global scratch for `blocks` resident blocks.
std::size_t simulate_scratch_bytes(int blocks, const CrystalBounds& bounds, const Grid& grid);

// inputs [n][grid.points], preprocessed. One block works at one pattern; `blocks` of them are resident and take samples in turn.
void simulate(cudaStream_t stream, float* inputs, const PatternParameters* parameters, int n, const LibraryView& library,
              const FormFactorTable<float>* table, const Grid& grid, const PreprocessConfig& preprocess, void* scratch, int blocks,
              const CrystalBounds& bounds);

}  // namespace friedel::cuda
