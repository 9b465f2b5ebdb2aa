// A CUDA device against the processor: patterns of a library's crystals, of unusual ones and of generated ones, and what is done to
// measured ones.
#include <algorithm>
#include <array>
#include <random>

#include "host/crystals/crystal_tables.h"
#include "host/training/config.h"
#include "host/training/sampler.h"
#include "tests/cuda_device.h"
#include "tests/differences.h"

namespace friedel {
namespace {

using test::all_minerals;
using test::Values;

class CudaSimulation : public test::CudaDevice {
protected:
    // n patterns of a library with every effect, drawn by the device and by the processor.
    void expect_same_patterns(const StructureLibrary& library, int n, double tempering, const std::vector<const char*>& settings) {
        TrainingConfig config = preset("friedel");
        for (const char* setting : settings) set_key(config, setting);
        // Where rounding decides between one count and the next, the patterns differ by a count.
        set_key(config, "simulation.counts_at_maximum=0");
        set_key(config, "preprocess.unit_rms=false");  // differences are relative to the maximum, which is 1
        const Sampler sampler(library.view(), Target::space_group, tempering);
        const auto run = [&](Backend& backend) {
            const auto stream = backend.open_stream(library.view(), sampler.view(), config.simulation, config.preprocess);
            return drawn(backend, *stream, n, config.simulation.grid.points);
        };
        auto [expected, expected_labels] = run(*cpu);
        auto [found, found_labels] = run(*cuda);
        EXPECT_EQ(found_labels, expected_labels);
        // Of the intensity, which is the square of what the network sees.
        for (Values* values : {&expected, &found}) {
            for (float& value : *values) value *= value;
        }
        expect_near(found, expected, pattern_tolerance());
    }
};

TEST_P(CudaSimulation, DrawsTheSamePatterns) { expect_same_patterns(all_minerals(), 300, 0.5, {}); }
// Every line with a width of its own.
TEST_P(CudaSimulation, DrawsTheSamePatternsWithoutSections) {
    expect_same_patterns(all_minerals(), 100, 0.5, {"simulation.width_sections=0"});
}

// Crystals that stretch what a block has room for: one atom, a hundred of them without symmetry, some of partial occupancy, a cell that
// has more peaks than shared memory holds, and one of each Laue class.
StructureLibrary unusual_crystals() {
    StructureLibrary library;
    std::mt19937 random(11);
    std::uniform_real_distribution<double> uniform(0, 1);
    const auto add = [&](int group, const std::array<double, 6>& cell, int atoms, bool mixed = false) {
        Structure s;
        s.name = "group " + std::to_string(group) + ", " + std::to_string(atoms) + " atoms";
        s.cell = cell;
        s.space_group = group;
        s.operations = standard_operations(group);
        for (int i = 0; i < atoms; ++i) {
            Atom atom;
            atom.element = 3 + 7 * i % 80;
            atom.position = {uniform(random), uniform(random), uniform(random)};
            atom.occupancy = mixed ? 0.25 + 0.75 * uniform(random) : 1;
            s.atoms.push_back(atom);
        }
        library.add(s);
    };
    add(229, {3.16, 3.16, 3.16, 90, 90, 90}, 1);
    add(221, {3.35, 3.35, 3.35, 90, 90, 90}, 1);
    add(1, {12, 13, 14, 85, 95, 100}, 100);
    add(19, {9, 10, 11, 90, 90, 90}, 30, true);
    add(2, {30, 32, 35, 80, 95, 100}, 4);
    const std::array<double, 6> hexagonal{7, 7, 15, 90, 90, 120}, tetragonal{7, 7, 9, 90, 90, 90}, cubic{9, 9, 9, 90, 90, 90};
    add(14, {7, 8, 9, 90, 105, 90}, 3);
    add(62, {7, 8, 9, 90, 90, 90}, 3);
    for (const int group : {88, 139}) add(group, tetragonal, 2);
    for (const int group : {148, 164, 176, 194}) add(group, hexagonal, 2);
    for (const int group : {206, 227}) add(group, cubic, 2, true);
    return library;
}

TEST_P(CudaSimulation, DrawsTheSamePatternsOfUnusualCrystals) {
    const StructureLibrary library = unusual_crystals();
    expect_same_patterns(library, 4 * library.size(), 0, {"grid.step_deg=0.01", "grid.points=8500"});
}

// Rounding decides now and then whether an atom finds its place, and then the crystal is another: nearly all must agree. Alone, and
// among those of a library.
TEST_P(CudaSimulation, GeneratesTheSameCrystals) {
    const CrystalTableStore tables(CrystalStatistics::shipped());
    TrainingConfig config = preset("friedel");
    for (const char* setting : {"simulation.counts_at_maximum=0", "preprocess.unit_rms=false"}) set_key(config, setting);
    const int n = 460, points = config.simulation.grid.points;
    for (const std::pair<StructureLibrary, double>& source : {std::pair{StructureLibrary(), 1.0}, {all_minerals(), 0.5}}) {
        const StructureLibrary& library = source.first;
        const double share = source.second;
        const Sampler sampler(library.view(), Target::space_group, 0, {share, 0, tables.group_share(0)});
        const auto run = [&](Backend& backend) {
            const auto stream = backend.open_stream(library.view(), sampler.view(), config.simulation, config.preprocess, &tables);
            return drawn(backend, *stream, n, points);
        };
        const auto [expected, expected_labels] = run(*cpu);
        const auto [found, found_labels] = run(*cuda);
        EXPECT_EQ(found_labels, expected_labels);
        int same = 0;
        for (int row = 0; row < n; ++row) {
            double largest = 0;
            for (int i = 0; i < points; ++i) {
                const std::size_t at = static_cast<std::size_t>(row) * points + i;
                largest = std::max(largest, test::difference(double{found[at]} * found[at], double{expected[at]} * expected[at]));
            }
            same += largest < (is("bf16") ? 2.5 / 256 : 1e-3);
        }
        EXPECT_GE(same, n * 95 / 100) << share << " generated";
    }
}

TEST_P(CudaSimulation, PreparesMeasuredPatternsAlike) {
    // The second one's bins of the background are 12.5 points wide before rounding.
    for (const Grid& grid : {Grid{5, 0.02f, 4250}, Grid{5, 0.008f, 10625}}) {
        const int n = 20;
        const Values raw = random_values(static_cast<std::size_t>(n) * grid.points, 10, 0);
        const auto run = [&](Backend& backend) {
            Buffer<float> patterns(backend, raw.data(), raw.size());
            Matrix inputs(backend, n, grid.points);
            backend.preprocess(inputs.data(), patterns.data(), n, grid, {});
            return values_of(backend, inputs, n, grid.points);
        };
        expect_near(run(*cuda), run(*cpu), is("bf16") ? 1.0 / 256 : 1e-4);
    }
}

INSTANTIATE_TEST_SUITE_P(Precisions, CudaSimulation, ::testing::Values("float", "tf32", "bf16"), test::name_of_precision);

}  // namespace
}  // namespace friedel
