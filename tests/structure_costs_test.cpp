// The costs of a library's structures, by the algorithms that a GPU runs, here on the processor.
#include <gtest/gtest.h>

#if __has_include(<thrust/version.h>)

#include <thrust/execution_policy.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "cuda/cost_algorithms.h"
#include "host/crystals/structure_library.h"
#include "host/simulation/simulation_work.h"
#include "host/simulation/simulator.h"
#include "host/training/config.h"
#include "tests/test_paths.h"
#include "tests/train_command.h"

namespace friedel {
namespace {

TEST(StructureCosts, BoundsOfAllAndOfTheSimpleOnes) {
    const StructureLibrary library = StructureLibrary::read(test::small_library());
    const LibraryView view = library.view();
    const SimulationConfig config = preset("friedel").simulation;
    std::vector<std::int32_t> reflections(static_cast<std::size_t>(view.structures)), ascending(reflections);
    cuda::find_reflections_of_structures(thrust::seq, reflections.data(), ascending.data(), view, config);
    EXPECT_TRUE(std::is_sorted(ascending.begin(), ascending.end()));
    EXPECT_TRUE(std::is_permutation(ascending.begin(), ascending.end(), reflections.begin()));

    const std::int32_t few = ascending[ascending.size() / 2];
    for (const std::int32_t most : {few, ascending.back()}) {
        int largest = 0, sites = 0, atoms = 0;
        for (int i = 0; i < view.structures; ++i) {
            // Half of all lattice points within the sphere, before absences, in a cell 7 % and more larger.
            const CrystalView<float> crystal = view.crystal(i);
            const Metric<float> direct = direct_metric(crystal.cell);
            const double d = smallest_d(config.radiation, config.grid), edge = 1 + config.lattice_strain.largest();
            const double det = double{direct.m[0]} * direct.m[1] * direct.m[2];
            EXPECT_GT(reflections[static_cast<std::size_t>(i)], 64);
            if (direct.m[3] == 0 && direct.m[4] == 0 && direct.m[5] == 0) {
                EXPECT_GT(reflections[static_cast<std::size_t>(i)], 0.5 * 4.18 * std::sqrt(det) * edge * edge * edge / (d * d * d));
            }
            if (reflections[static_cast<std::size_t>(i)] > most) continue;
            largest = std::max(largest, reflections[static_cast<std::size_t>(i)]);
            atoms = std::max(atoms, crystal.atoms);
            sites = std::max(sites, sites_in(crystal));
        }
        const cuda::CrystalBounds bounds = cuda::largest_bounds(thrust::seq, view, reflections.data(), most);
        EXPECT_EQ(bounds.reflections, largest);
        EXPECT_EQ(bounds.reflections, most);
        EXPECT_EQ(bounds.sites, sites);
        EXPECT_EQ(bounds.atoms, atoms);
    }
}

// A crystal that is stretched as far as it may be, at the shortest wavelength that may be drawn: no draw needs more.
TEST(StructureCosts, BoundsCoverShorterWavelengths) {
    const StructureLibrary library = StructureLibrary::read(test::small_library());
    const LibraryView view = library.view();
    SimulationConfig config = preset("friedel").simulation;
    config.wavelength_scale = {Distribution::Kind::uniform, 0.9f, 1.0f};
    const cuda::ReflectionsOfStructure bound(view, config);
    PatternParameters drawn{};
    drawn.radiation = config.radiation;
    for (float& wavelength : drawn.radiation.wavelength) wavelength *= 0.9f;
    drawn.lattice_scale = 1 + config.lattice_strain.largest();
    const float d_min = smallest_d(drawn.radiation, config.grid);
    for (int i = 0; i < view.structures; ++i) EXPECT_GE(bound(i), reflections_bound(reciprocal_metric(view.crystal(i), drawn), d_min)) << i;
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
    const auto n = static_cast<double>(x.size());
    const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n, mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
    double xy = 0, xx = 0, yy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    return xy / std::sqrt(xx * yy);
}

// Rows are ordered by it, so it need not be right but tell more from less: of drawn patterns, against the operations that they take.
TEST(StructureCosts, ExpectedWorkGoesWithTheOperations) {
    const StructureLibrary library = StructureLibrary::read(test::source_dir() / "data/structures/minerals.h5");
    const LibraryView view = library.view();
    SimulationConfig config = preset("friedel").simulation;
    std::vector<std::int32_t> reflections(static_cast<std::size_t>(view.structures)), ascending(reflections);
    std::vector<cuda::StructureWork> work(reflections.size());
    cuda::find_reflections_of_structures(thrust::seq, reflections.data(), ascending.data(), view, config);
    cuda::find_work_of_structures(thrust::seq, work.data(), view, reflections.data());
    for (const int sections : {0, 24}) {
        config.width_sections = sections;
        std::vector<double> expected, bound, counted;  // logarithms
        for (int i = 0; i < 400; ++i) {
            const PatternParameters p = draw_parameters(config, view, i * 20 % view.structures, 5, static_cast<std::uint64_t>(i));
            expected.push_back(std::log(static_cast<double>(cuda::expected_work(work.data(), p))));
            bound.push_back(std::log(static_cast<double>(reflections[static_cast<std::size_t>(p.structure)])));
            SimulationWork taken = work_of_pattern(p, view, config.grid);
            // What the structure has no part in is drawn, and in sections of one width it is most of a mineral's pattern.
            if (sections > 0) taken.point_operations = taken.row_terms = 0;
            counted.push_back(std::log(taken.operations()));
        }
        EXPECT_GT(correlation(expected, counted), 0.85) << sections << " sections";
        EXPECT_LT(correlation(bound, counted), 0.75) << "a bound of the reflections does as well, " << sections << " sections";
    }
    EXPECT_EQ(cuda::row_sort_key(7.9f, false), 7);
    EXPECT_GT(cuda::row_sort_key(0, true), cuda::row_sort_key(1e30f, false)) << "those with many reflections come first";
}

// Bytes of shared memory that a block may have: a third of Hopper's multiprocessor, half of Ada's, half of Turing's, none.
TEST(SharedMemory, HoldsThePatternFirstThenPeaks) {
    using cuda::shared_memory_of;
    const auto expect = [](int points, int bytes, int points_bytes, int fast_bytes) {
        const cuda::SharedMemory shared = shared_memory_of(points, bytes);
        EXPECT_EQ(shared.points_bytes, points_bytes) << points << " points, " << bytes << " bytes";
        EXPECT_EQ(shared.fast_bytes, fast_bytes) << points << " points, " << bytes << " bytes";
        EXPECT_LE(shared.points_bytes + shared.fast_bytes, std::max(bytes, 0));
    };
    expect(8500, 74'752, 34'000, 40'752);
    expect(8500, 200'000, 34'000, 48 * 1024);
    expect(8500, 47'000, 34'000, 12'992);
    expect(8500, 35'000, 34'000, 0);
    expect(8500, 30'000, 0, 30'000 / 16 * 16);
    expect(8501, 34'015, 0, 34'000);
    expect(8501, 34'016, 34'016, 0);
    expect(8500, -100, 0, 0);

    // Multiprocessors of Hopper, Ada and Turing, three blocks by their registers.
    const auto shared = [](int points, int bytes, int most) {
        return cuda::shared_by_blocks(points, {bytes * 1024, most * 1024, 3, 3 * 1024});
    };
    EXPECT_EQ(shared(8500, 228, 227).blocks, 3);
    EXPECT_GT(shared(8500, 228, 227).of_block.fast_bytes, 800 * static_cast<int>(sizeof(PeakShape)));
    EXPECT_EQ(shared(8500, 100, 99).blocks, 2);
    EXPECT_GT(shared(8500, 100, 99).of_block.points_bytes, 0);
    EXPECT_EQ(shared(8500, 64, 64).blocks, 1);
    EXPECT_EQ(shared(100'000, 100, 99).blocks, 3) << "the pattern lies in scratch";
    EXPECT_EQ(shared(100'000, 100, 99).of_block.points_bytes, 0);
}

}  // namespace
}  // namespace friedel

#else

TEST(StructureCosts, AreTested) { GTEST_SKIP() << "SKIPPED FOR WANT OF THRUST: no CUDA toolkit was found when this was built"; }

#endif
