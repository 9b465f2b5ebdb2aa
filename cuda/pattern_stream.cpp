#include "cuda/pattern_stream.h"

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "host/crystals/structure_library.h"
#include "host/simulation/form_factors.h"

namespace friedel::cuda {

namespace {

constexpr double many = 0.99;               // of the structures belong to the group of the small ones
constexpr std::size_t share_of_memory = 8;  // of what is free goes, at most, to the scratch of one group
// For the rows of peaks of axial divergence: so many for each line of each reflection, most of which lie at high angles where the rows are
// short, and more for few reflections. Where that is not enough, append_peaks() makes the rows shorter.
constexpr int axial_peaks = 2, padding_peaks = 1024;

// More reflections than any crystal that is generated can have: a cell as large as they come, once as a cube, which has the most, and once
// more for long edges.
int max_generated_reflections(const SimulationConfig& config) {
    const float edge = std::cbrt(max_generated_volume);
    const float cell[6] = {edge, edge, edge, 90, 90, 90};
    const SymmetryOperation identity{{1, 0, 0, 0, 1, 0, 0, 0, 1}, {}};
    const std::int8_t origin[3] = {};
    CrystalView<float> cube{};
    cube.cell = cell;
    cube.operations = {&identity, origin, 1, 1, nullptr};
    const float d_min = smallest_d(config.radiation, config.grid);
    return ReflectionsOfStructure({}, config)(cube) + static_cast<int>(8 * max_generated_edge / d_min);
}

}  // namespace

DeviceTables::DeviceTables(const CrystalTableStore* host) {
    if (!host) return;
    view_ = host->view();
    host->for_each_array([&](const auto& array, auto member) {
        using Pointer = std::remove_reference_t<decltype(view_.*member)>;
        memory_.emplace_back(reinterpret_cast<const char*>(array.data()), array.size() * sizeof array[0]);
        view_.*member = reinterpret_cast<Pointer>(memory_.back().data());
    });
}

DeviceLibrary::DeviceLibrary(const LibraryView& host) : view_{} {
    if (host.structures == 0) return;
    view_.structures = host.structures;
    StructureLibrary::for_each_array([&](const char*, auto, LibraryRow row, std::size_t columns, auto member) {
        if constexpr (!std::is_null_pointer_v<decltype(member)>) {
            using Pointer = std::remove_reference_t<decltype(view_.*member)>;
            memory_.emplace_back(reinterpret_cast<const char*>(host.*member), rows_of(host, row) * columns * sizeof *(host.*member));
            view_.*member = reinterpret_cast<Pointer>(memory_.back().data());
        }
    });
}

CudaPatternStream::CudaPatternStream(const CurrentStream& current, Precision precision, const LibraryView& library,
                                     const SamplerView& sampler, const SimulationConfig& simulation, const PreprocessConfig& preprocess,
                                     const CrystalTableStore* tables)
    : current_(current),
      precision_(precision),
      simulation_(simulation),
      task_{simulation.grid, simulation.radiation.lines, preprocess},
      library_(library),
      tables_(tables),
      cumulative_(sampler.cumulative, static_cast<std::size_t>(sampler.classes)),
      label_(sampler.label, static_cast<std::size_t>(sampler.classes)),
      first_(sampler.first, static_cast<std::size_t>(sampler.classes) + 1),
      structures_(sampler.structures, static_cast<std::size_t>(sampler.first[sampler.classes])),
      sampler_{cumulative_.data(), label_.data(), first_.data(), structures_.data(), sampler.classes},
      config_(&simulation, 1),
      table_(&form_factors_float(), 1),
      next_(simulation_groups) {
    generates_ = std::any_of(sampler.structures, sampler.structures + sampler.first[sampler.classes], [](int i) { return i < 0; });
    if (library.structures > 0) costs_ = structure_costs(library_.view(), simulation_, many);
    int lowest = 0, highest = 0;
    check(cudaDeviceGetStreamPriorityRange(&lowest, &highest), "asking for priorities");
    check(cudaEventCreateWithFlags(drawn_.fill(), cudaEventDisableTiming), "making an event");
    for (Branch& branch : branches_) {
        check(cudaStreamCreateWithPriority(branch.stream.fill(), cudaStreamNonBlocking, highest), "making a stream");
        check(cudaEventCreateWithFlags(branch.done.fill(), cudaEventDisableTiming), "making an event");
    }
    if (precision == Precision::bf16) {
        choose_groups<__nv_bfloat16>();
    } else {
        choose_groups<float>();
    }
}

void CudaPatternStream::add_group(SimulationGroup::Rows rows, const CrystalBounds& bounds, const SimulationLayout& layout) {
    const auto index = static_cast<std::size_t>(rows);
    const int phases = simulation_.impurity_fraction.largest() > 0 ? 2 : 1;
    SimulationGroup group{.reflections = costs_.reflections.data(),
                          .few_limit = costs_.few_limit,
                          .rows = rows,
                          .bounds = bounds,
                          .shared = layout.shared,
                          .wide = layout.wide,
                          .next = next_.data() + index};
    const int peaks = bounds.reflections * simulation_.radiation.lines;
    group.bounds.width_sections = width_sections_of(simulation_);
    group.bounds.peaks = group.bounds.width_sections > 0
                             ? 0
                             : phases * (simulation_.axial_divergence.largest() > 0 ? axial_peaks * peaks + padding_peaks : peaks);
    const std::size_t bytes = simulation_scratch(group.bounds, task_, layout.shared);
    std::size_t free = 0, all = 0;
    check(cudaMemGetInfo(&free, &all), "asking for free memory");
    group.blocks = static_cast<int>(std::clamp<std::size_t>(free / share_of_memory / bytes, 1, static_cast<std::size_t>(layout.blocks)));
    const std::string needs = "crystals of up to " + std::to_string(bounds.reflections) + " reflections, in patterns of " +
                              std::to_string(simulation_.grid.points) + " points, take " + std::to_string(bytes / 1'000'000) +
                              " MB of the device for each block of threads";
    const char* const cure = "leave the largest out with 'friedel merge --most-reflections', or end the grid at a lower angle";
    if (bytes > free) fail(needs, ", of which ", free / 1'000'000, " are free; ", cure);
    if (4 * group.blocks < layout.blocks) {
        std::fprintf(stderr, "friedel: %s, so that only %d of %d are at work; to be faster, %s\n", needs.c_str(), group.blocks,
                     layout.blocks, cure);
    }
    scratch_[index] = DeviceArray<char>(static_cast<std::size_t>(group.blocks) * bytes);
    group.scratch = scratch_[index].data();
    groups_.push_back(group);
}

template <class Value>
void CudaPatternStream::choose_groups() {
    using Rows = SimulationGroup::Rows;
    const bool in_sections = width_sections_of(simulation_) > 0;
    const SimulationLayout layout = simulation_layout<Value>(simulation_.grid, false, in_sections);
    if (costs_.reflections.size() > 0) {
        // A large crystal's pattern may have a small impurity and the reverse: the bounds of the others are those of all. They are rare,
        // need much memory and take long. They begin first: at the end, all multiprocessors have small ones to do.
        if (costs_.of_all.reflections > costs_.few_limit)
            add_group(Rows::many_reflections, costs_.of_all, simulation_layout<Value>(simulation_.grid, true, in_sections));
        add_group(Rows::few_reflections, costs_.of_few, layout);
    }
    if (generates_) {
        const int reflections = max_generated_reflections(simulation_);
        if (reflections > max_reflections) {
            fail("generated crystals have more than ", max_reflections,
                 " reflections in this range; end the grid at a lower angle or use a longer wavelength");
        }
        add_group(Rows::generated, {reflections, max_generated_cell_atoms, max_generated_atoms, 0}, layout);
    }
}

void CudaPatternStream::draw(Operand* inputs, std::int32_t* labels, const StepState* state, int ahead, int n) {
    const cudaStream_t stream = current_;
    if (parameters_.size() < static_cast<std::size_t>(n)) parameters_ = DeviceArray<PatternParameters>(static_cast<std::size_t>(n));
    order_.reserve(n);
    const DrawnBatch batch{parameters_.data(), labels,       next_.data(),
                           order_.sort_key(),  order_.row(), groups_.front().bounds.width_sections};
    cuda::draw(stream, batch, costs_, {sampler_, config_.data(), library_.view().structures}, {state, ahead, n});
    const std::int32_t* const order = order_.sort(stream, n);
    if (generates_) {
        if (crystals_.size() < 2 * static_cast<std::size_t>(n)) crystals_ = DeviceArray<GeneratedCrystal>(2 * static_cast<std::size_t>(n));
        generate(stream, crystals_.data(), parameters_.data(), tables_.view(), n);
    }
    const CrystalSource source{library_.view(), crystals_.data(), table_.data()};
    // Groups do not wait for each other: the last one here, the others aside.
    const int points = simulation_.grid.points;
    with_operands(precision_, inputs, [&](auto* values) {
        const OperandRows out{values, n, points, row_stride(precision_, points)};
        check(cudaEventRecord(drawn_, stream), "dividing a batch");
        for (std::size_t i = 0; i < groups_.size(); ++i) {
            const bool aside = i + 1 < groups_.size();
            const cudaStream_t own = aside ? cudaStream_t{branches_[i].stream} : stream;
            if (aside) check(cudaStreamWaitEvent(own, drawn_, 0), "dividing a batch");
            groups_[i].order = order;
            simulate(own, out, parameters_.data(), source, task_, groups_[i]);
            if (aside) check(cudaEventRecord(branches_[i].done, own), "dividing a batch");
        }
        for (std::size_t i = 0; i + 1 < groups_.size(); ++i)
            check(cudaStreamWaitEvent(stream, branches_[i].done, 0), "putting a batch together");
    });
}

}  // namespace friedel::cuda
