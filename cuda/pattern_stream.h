// The endless stream of patterns on a CUDA device: the library and the sampling tables are uploaded once and stay.
#pragma once

#include <array>
#include <vector>

#include "cuda/current_stream.h"
#include "cuda/owned.h"
#include "cuda/precision.h"
#include "cuda/simulate.h"
#include "host/crystals/crystal_tables.h"
#include "host/network/backend.h"

namespace friedel::cuda {

// A structure library in device memory.
class DeviceLibrary {
public:
    explicit DeviceLibrary(const LibraryView& host);
    const LibraryView& view() const { return view_; }

private:
    std::vector<DeviceArray<char>> memory_;
    LibraryView view_;
};

// The tables of the generator in device memory; empty without tables.
class DeviceTables {
public:
    explicit DeviceTables(const CrystalTableStore* host);
    const CrystalTables& view() const { return view_; }

private:
    std::vector<DeviceArray<char>> memory_;
    CrystalTables view_{};
};

class CudaPatternStream : public PatternStream {
public:
    // Work goes to whatever stream `current` names when draw() is called.
    CudaPatternStream(const CurrentStream& current, Precision precision, const LibraryView& library, const SamplerView& sampler,
                      const SimulationConfig& simulation, const PreprocessConfig& preprocess, const CrystalTableStore* tables);

    void draw(Operand* inputs, std::int32_t* labels, const StepState* state, int ahead, int n) override;

private:
    template <class Value>
    void choose_groups();
    void add_group(SimulationGroup::Rows rows, const CrystalBounds& bounds, const SimulationLayout& layout);

    const CurrentStream& current_;
    Precision precision_;
    SimulationConfig simulation_;
    PatternTask task_;
    DeviceLibrary library_;
    DeviceTables tables_;
    DeviceArray<float> cumulative_;
    DeviceArray<std::int32_t> label_, first_, structures_;
    SamplerView sampler_;
    DeviceArray<SimulationConfig> config_;
    DeviceArray<FormFactorTable<float>> table_;
    DeviceArray<PatternParameters> parameters_;  // of the batch; its size is that of the first
    StructureCosts costs_;
    RowOrder order_;
    DeviceArray<GeneratedCrystal> crystals_;                    // [batch][2]
    DeviceArray<std::int32_t> next_;                            // [groups]
    std::array<DeviceArray<char>, simulation_groups> scratch_;  // of each group
    std::vector<SimulationGroup> groups_;
    struct Branch {
        Stream stream;
        Event done;
    };
    std::array<Branch, simulation_groups> branches_;  // of the groups but the last
    Event drawn_;
    bool generates_ = false;
};

}  // namespace friedel::cuda
