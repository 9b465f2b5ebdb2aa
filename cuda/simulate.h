// Launchers of the simulation kernels: drawing a batch, from drawn parameters to network input, and preprocessing alone. Everything they
// are given lives on the device. Errors of a launch throw Error.
#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include "cuda/check.h"
#include "cuda/operand_rows.h"
#include "cuda/owned.h"
#include "cuda/structure_costs.h"
#include "kernels/crystal_generator.h"
#include "kernels/draw_parameters.h"
#include "kernels/draw_structure.h"
#include "kernels/pattern.h"
#include "kernels/preprocess.h"
#include "kernels/step_state.h"

namespace friedel::cuda {

// Patterns are simulated in groups, so that the memory of the blocks fits the many and not the few: those of a library whose crystals have
// at most `few_limit` reflections, the others of the library, and those of generated crystals.
struct SimulationGroup {
    enum class Rows { few_reflections, many_reflections, generated };
    const std::int32_t* reflections;  // [structures] bound of each
    std::int32_t few_limit;
    Rows rows;
    CrystalBounds bounds;                 // within the group
    SharedMemory shared;                  // of a block
    bool wide;                            // SimulationLayout's
    int blocks = 0;                       // resident
    void* scratch = nullptr;              // [blocks] of simulation_scratch()
    const std::int32_t* order = nullptr;  // [n] rows, those with many reflections before all others, and the costliest first
    std::int32_t* next;                   // how many of them are taken; set to 0 by draw()
};

// The costs of a library's structures, in its order.
struct StructureCosts {
    DeviceArray<std::int32_t> reflections;  // [structures] a bound of each
    DeviceArray<StructureWork> work;        // [structures]
    std::int32_t few_limit = 0;             // what `share` of the structures have at most
    CrystalBounds of_few{}, of_all{};
};
// Throws Error where a structure has more reflections than can be simulated.
StructureCosts structure_costs(const LibraryView& library, const SimulationConfig& config, double share);

// The rows of a batch by their work, so that blocks which take them in turn end together. Its memory is made for batches of one size.
class RowOrder {
public:
    void reserve(int n);
    std::int32_t* sort_key() { return sort_key_.data(); }  // [n] of row_sort_key(), to be filled by draw()
    std::int32_t* row() { return row_.data(); }            // [n], likewise
    const std::int32_t* sort(cudaStream_t stream, int n);  // [n] rows, the highest place first

private:
    DeviceArray<std::int32_t> sort_key_, row_, sorted_key_, order_;
    DeviceArray<char> scratch_;
};

// How a multiprocessor of this device is best shared by the blocks that its registers hold. Wide blocks have one to themselves.
struct SimulationLayout {
    SharedMemory shared;
    bool wide;
    int blocks;  // resident on the device at once
};
template <class Value>
SimulationLayout simulation_layout(const Grid& grid, bool wide, bool in_sections);
// What all patterns of a stream have in common.
struct PatternTask {
    Grid grid;
    int emission_lines;
    PreprocessConfig preprocess;
};

// Bytes of global scratch of one block.
std::size_t simulation_scratch(const CrystalBounds& bounds, const PatternTask& task, const SharedMemory& shared);

constexpr int simulation_groups = 3;

// Where the draws of a batch of n patterns go, all on the device.
struct DrawnBatch {
    PatternParameters* parameters;  // [n]
    std::int32_t* labels;           // [n]
    std::int32_t* next;             // [simulation_groups], set to 0: the rows of each group that are taken
    std::int32_t* sort_key;         // [n] the key that rows are sorted by
    std::int32_t* row;              // [n] the rows' numbers
    int width_sections;             // as the host has decided: the device's arithmetic might tell a width at the limit otherwise
};

// What they are drawn from.
struct DrawSource {
    SamplerView sampler;
    const SimulationConfig* config;
    int structures;  // of the library
};

// Which samples a batch holds: that of row i is number first_sample(*state, ahead, n) + i.
struct BatchNumber {
    const StepState* state;
    int ahead, n;
};

void draw(cudaStream_t stream, const DrawnBatch& batch, const StructureCosts& costs, const DrawSource& source, const BatchNumber& number);

// crystals [n][2]: the main crystal and the impurity of the rows whose parameters ask for generated ones.
void generate(cudaStream_t stream, GeneratedCrystal* crystals, const PatternParameters* parameters, const CrystalTables& tables, int n);

// What patterns are computed from, all on the device.
struct CrystalSource {
    LibraryView library;
    const GeneratedCrystal* generated;  // [n][2], as generate() leaves them
    const FormFactorTable<float>* form_factors;
};

// The rows of one group of inputs [n][grid.points], preprocessed. One block works at one pattern and takes the next when it is done.
template <class Value>
void simulate(cudaStream_t stream, const OperandRows<Value>& inputs, const PatternParameters* parameters, const CrystalSource& source,
              const PatternTask& task, const SimulationGroup& group);

// Patterns [n][grid.points], which are used up, into inputs. scratch [n][preprocess_scratch(grid)] floats.
template <class Value>
void preprocess_patterns(cudaStream_t stream, const OperandRows<Value>& inputs, float* patterns, const Grid& grid,
                         const PreprocessConfig& config, float* scratch);

}  // namespace friedel::cuda
