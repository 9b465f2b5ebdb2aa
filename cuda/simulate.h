// Launcher of the simulation kernel. Everything it is given lives on the device.
#pragma once

#include <cuda_runtime.h>

#include "kernels/pattern.h"

namespace friedel::cuda {

// Bytes of global scratch for `blocks` resident blocks whose crystals have at most `reflections` reflections and `sites` images of atoms.
std::size_t simulate_scratch_bytes(int blocks, int reflections, int sites, int atoms, const Grid& grid);

// patterns [samples][grid.points], one block at a time per pattern, `blocks` of them resident and taking samples in turn.
// parameters [samples]. Errors of the launch throw Error.
void simulate(cudaStream_t stream, float* patterns, const PatternParameters* parameters, int samples, const LibraryView& library,
              const FormFactorTable<float>* table, const Grid& grid, void* scratch, int blocks, int reflections, int sites, int atoms);

}  // namespace friedel::cuda
