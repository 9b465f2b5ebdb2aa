// The block of many threads does what the serial one does: its primitives, and whole kernels on it. This is the code that GPUs run.
#include "kernels/parallel_block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "host/simulation/form_factors.h"
#include "host/simulation/simulator.h"
#include "host/training/config.h"
#include "kernels/dense.h"
#include "kernels/operand_copy.h"
#include "kernels/pattern.h"
#include "kernels/preprocess.h"
#include "kernels/softmax.h"
#include "tests/minerals.h"
#include "tests/thread_team.h"

namespace friedel {
namespace {

using test::run_block;
using test::ThreadBlock;

template <class Block>
void simulate_pattern(Block& block, std::vector<float>& pattern, PatternWorkspace& w, const StructureLibrary& library,
                      const PatternParameters& p, const Grid& grid) {
    const auto crystal = [&](int phase) { return library.view().crystal(phase == 0 ? p.structure : p.impurity); };
    simulate_phases(block, pattern.data(), w, crystal, form_factors_float(), p, grid);
}

const int team_sizes[] = {1, 3, 8, 32};

TEST(ParallelBlock, OrdersByKeyAsTheSerialBlock) {
    std::mt19937 random(5);
    for (const int team : team_sizes) {
        for (const int n : {0, 1, 7, 32, 33, 500}) {
            for (const int keys : {1, 2, 40, 100}) {
                std::vector<int> key(static_cast<std::size_t>(n));
                for (int& k : key) k = static_cast<int>(random() % static_cast<unsigned>(keys));
                std::vector<std::int32_t> order(key.size(), -1), starts(static_cast<std::size_t>(keys) + 1, -1);
                auto expected_order = order, expected_starts = starts;
                const auto key_of = [&](int i) { return key[static_cast<std::size_t>(i)]; };
                SerialBlock().counting_sort(expected_order.data(), expected_starts.data(), n, keys, key_of);
                run_block(team, [&](const ThreadBlock& block) { block.counting_sort(order.data(), starts.data(), n, keys, key_of); });
                EXPECT_EQ(order, expected_order) << team << " threads, " << n << " items, " << keys << " keys";
                EXPECT_EQ(starts, expected_starts) << team << " threads, " << n << " items, " << keys << " keys";
            }
        }
    }
}

TEST(ParallelBlock, CompactsAndCountsAsTheSerialBlock) {
    const auto bounds = [](int row, int& first, int& last) {
        first = row % 3;
        last = first + row * 7 % 5 - 1;  // some rows are empty
    };
    const auto weight = [](int row, int item) { return (row * 31 + item * 17) % 4; };
    for (const int team : team_sizes) {
        std::vector<std::array<int, 3>> expected(2000), kept(2000);
        const auto into = [&](auto& out) {
            return [&](int row, int item, int w, int slot) { out[static_cast<std::size_t>(slot)] = {row, item, w}; };
        };
        const int count = SerialBlock().compact_rows(333, bounds, weight, into(expected));
        std::vector<int> totals(334), expected_totals(334);
        run_block(team, [&](const ThreadBlock& block) {
            const int mine = block.compact_rows(333, bounds, weight, into(kept));
            if (mine != count) ADD_FAILURE() << "a thread counted " << mine << ", not " << count;
            block.exclusive_scan(totals.data(), 333, [](int i) { return i % 7; });
            const int sum = block.sum<int>(333, [](int i) { return i; });
            const int largest = block.maximum(333, 0, [](int i) { return (i * 38) % 333; });
            if (sum != 333 * 332 / 2 || largest != 332) ADD_FAILURE() << sum << ' ' << largest;
        });
        SerialBlock().exclusive_scan(expected_totals.data(), 333, [](int i) { return i % 7; });
        EXPECT_EQ(kept, expected) << team;
        EXPECT_EQ(totals, expected_totals) << team;
    }
}

StructureLibrary minerals() { return test::minerals_named({"quartz", "albite", "NaCl", "calcite", "diopside", "W"}); }

// Workspace of one block, as large as any of these patterns needs.
struct Workspace {
    static constexpr int room = 60000;
    std::vector<std::int16_t> indices = std::vector<std::int16_t>(4 * room);
    std::vector<float> values = std::vector<float>(13 * room);
    std::vector<std::int32_t> numbers = std::vector<std::int32_t>(4 * room);
    std::vector<PeakShape> shapes = std::vector<PeakShape>(room);

    PatternWorkspace view() {
        std::int16_t* const i = indices.data();
        float* const v = values.data();
        std::int32_t* const n = numbers.data();
        return {{i, i + room, i + 2 * room, i + 3 * room, v, v + room, room, 0},
                {v + 2 * room, v + 3 * room, v + 4 * room, n},
                {v + 5 * room,
                 v + 6 * room,
                 v + 7 * room,
                 v + 8 * room,
                 n + room,
                 room,
                 0,
                 {v + 9 * room, v + 10 * room, v + 11 * room, v + 12 * room}},
                {coarse.data(), coarsest.data(), n + 2 * room, n + 3 * room, shapes.data()},
                {cells.data(), starts.data(), entries.data(), rows.data(), widths.data(), tails.data(), coarse.data()}};
    }
    std::vector<float> coarse = std::vector<float>(room), coarsest = std::vector<float>(room);
    std::vector<std::int32_t> cells = std::vector<std::int32_t>(2 * room), starts = std::vector<std::int32_t>(room);
    std::vector<LineEntry> entries = std::vector<LineEntry>(2 * room);
    std::vector<float> rows = std::vector<float>(static_cast<std::size_t>(line_rows(max_width_sections))),
                       widths = std::vector<float>(3 * max_width_sections), tails = std::vector<float>(room);
};

// Bits, and no tolerance: where peaks and sites lie is no part of the result.
TEST(ParallelBlock, FastMemoryHoldsWhatFits) {
    const StructureLibrary library = minerals();
    TrainingConfig config = preset("friedel");
    set_key(config, "grid.step_deg=0.05");
    set_key(config, "grid.points=1700");
    const Grid grid = config.simulation.grid;
    for (int structure = 0; structure < library.size(); ++structure) {
        PatternParameters p = draw_parameters(config.simulation, library.view(), structure, 3, static_cast<std::uint64_t>(structure));
        p.impurity = structure == 1 ? 0 : -1;  // sites of a second phase in the place of the first one's
        p.impurity_fraction = 0.1f;
        p.width_sections = structure % 2 == 0 ? 0 : 24;
        std::vector<float> expected;
        for (const std::size_t bytes : {0, 3 * 16, 4096, 1 << 20}) {
            Workspace workspace;
            std::vector<PeakShape> fast(bytes / sizeof(PeakShape) + 1);
            std::vector<float> pattern(static_cast<std::size_t>(grid.points));
            run_block(8, [&](ThreadBlock& block) {
                PatternWorkspace mine = workspace.view();
                mine.sites.fast = mine.profile.fast = mine.line_sum.fast = {fast.data(), bytes};
                simulate_pattern(block, pattern, mine, library, p, grid);
            });
            if (bytes == 0) expected = pattern;
            EXPECT_EQ(pattern, expected) << structure << ", " << bytes << " bytes";
        }
    }
}

TEST(ParallelBlock, PeaksWithoutRoomForTheirRowsKeepTheirArea) {
    const StructureLibrary library = minerals();
    TrainingConfig config = preset("friedel");
    const Grid grid = config.simulation.grid;
    const int structure = 1;  // albite, triclinic
    PatternParameters p = draw_parameters(config.simulation, library.view(), structure, 3, 1);
    p.axial_divergence = 0.05f;
    p.impurity = -1;
    const auto peaks = [&](int capacity) {
        Workspace workspace;
        std::pair<int, double> found{};
        run_block(8, [&](ThreadBlock& block) {
            PatternWorkspace mine = workspace.view();
            mine.peaks.capacity = capacity;
            find_intensities(block, mine, library.view().crystal(structure), form_factors_float(), p, grid);
            append_peaks(block, mine.peaks, mine.reflections, p, 1.0f, last_peak_deg(grid));
            const double area = block.sum<double>(mine.peaks.count, [&](int i) { return double{mine.peaks.area[i]}; });
            block.once([&] { found = {mine.peaks.count, area}; });
        });
        return found;
    };
    const auto [all, area] = peaks(Workspace::room);
    const auto [fewer, same_area] = peaks(all - 1);
    EXPECT_LT(fewer, all);
    EXPECT_GT(fewer, all / 3);
    EXPECT_NEAR(same_area, area, 1e-4 * area);
}

// The metric that a block finds together is the one that a thread finds alone.
TEST(ParallelBlock, StrainsTheLatticeAsTheSerialBlock) {
    const StructureLibrary library = minerals();
    for (int structure = 0; structure < library.size(); ++structure) {
        PatternParameters p;
        p.lattice_scale = 1.01f;
        for (const float size : {0.0f, 0.01f}) {
            for (int e = 0; e < 6; ++e) p.strain[e] = size * static_cast<float>(e - 2.5);
            const CrystalView<float> crystal = library.view().crystal(structure);
            const Metric<float> expected = reciprocal_metric(crystal, p);
            float scratch[6];
            run_block(8, [&](ThreadBlock& block) {
                const Metric<float> found = reciprocal_metric_by_block(block, scratch, crystal, p);
                for (int e = 0; e < 6; ++e) {
                    if (found.m[e] != expected.m[e]) ADD_FAILURE() << structure << ' ' << e;
                }
            });
        }
    }
}

// Noise is the point's own, however many points a thread takes at once.
TEST(ParallelBlock, AddsTheNoiseOfTheSerialBlock) {
    PatternParameters p;
    p.counts_at_maximum = 200;
    p.gaussian_noise = 0.01f;
    p.uniform_noise_high = 0.02f;
    for (const int points : {1, 3, 8, 63, 64, 65, 501}) {
        const Grid grid{5, 0.01f, points};
        std::vector<float> expected(static_cast<std::size_t>(points));
        for (int i = 0; i < points; ++i) expected[static_cast<std::size_t>(i)] = static_cast<float>(i % 10) / 10;
        std::vector<float> found = expected;
        SerialBlock serial;
        add_noise(serial, expected.data(), grid, p);
        run_block(8, [&](ThreadBlock& block) { add_noise(block, found.data(), grid, p); });
        for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1e-6) << points << " points, at " << i;
    }
}

TEST(OperandCopyTable, PutsEveryParameterWhereMatricesHaveIt) {
    // Three tensors with gaps between them, rows of matrices further apart than their columns.
    std::vector<float> first(3 * 8, -1), second(2 * 4, -1), third(1 * 8, -1);
    OperandCopyTable<float> table{};
    table.tensor[table.count++] = {0, 3 * 5, 5, 8, first.data()};
    table.tensor[table.count++] = {32, 32 + 2 * 4, 4, 4, second.data()};
    table.tensor[table.count++] = {64, 64 + 7, 7, 8, third.data()};
    for (int i = 0; i < 100; ++i) table.put(static_cast<std::size_t>(i), static_cast<float>(i));
    for (int row = 0; row < 3; ++row) {
        for (int j = 0; j < 8; ++j) EXPECT_EQ(first[static_cast<std::size_t>(8 * row + j)], j < 5 ? 5.0f * row + j : -1);
    }
    for (int i = 0; i < 8; ++i) EXPECT_EQ(second[static_cast<std::size_t>(i)], 32.0f + i);
    for (int i = 0; i < 8; ++i) EXPECT_EQ(third[static_cast<std::size_t>(i)], i < 7 ? 64.0f + i : -1);
}

TEST(ParallelBlock, SimulatesAndPreprocessesAsTheSerialBlock) {
    const StructureLibrary library = minerals();
    TrainingConfig config = preset("friedel");
    set_key(config, "grid.step_deg=0.05");
    set_key(config, "grid.points=1700");
    set_key(config, "preprocess.unit_rms=false");  // differences are relative to the maximum, which is 1
    const Grid grid = config.simulation.grid;
    Workspace workspace;
    // 3e-5 of the maximum: phases of tens of turns in single precision, summed in another order.
    std::vector<float> scratch(static_cast<std::size_t>(preprocess_scratch(grid)));
    for (int structure = 0; structure < library.size(); ++structure) {
        PatternParameters p = draw_parameters(config.simulation, library.view(), structure, 3, static_cast<std::uint64_t>(structure));
        p.counts_at_maximum = 0;  // rounding in the intensity decides between one count and the next
        p.width_sections = structure % 2 == 0 ? 24 : 0;
        std::vector<float> expected(static_cast<std::size_t>(grid.points)), pattern(expected.size());
        simulate_one_pattern(expected.data(), p, library.view(), grid);
        run_block(8, [&](ThreadBlock& block) {
            PatternWorkspace mine = workspace.view();
            simulate_pattern(block, pattern, mine, library, p, grid);
        });
        for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(pattern[i], expected[i], 3e-5) << structure << " at point " << i;
        SerialBlock serial;
        const float height = preprocess(serial, expected.data(), grid, config.preprocess, scratch.data());
        run_block(8, [&](ThreadBlock& block) {
            const float found = preprocess(block, pattern.data(), grid, config.preprocess, scratch.data());
            if (std::abs(found - height) > 1e-5f) ADD_FAILURE() << found << " is not " << height;
        });
        // The square root turns 3e-5 of a weak point into 5e-3.
        for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(pattern[i], expected[i], 6e-3) << structure << " at point " << i;
    }
}

TEST(ParallelBlock, ActivatesAndLosesAsTheSerialBlock) {
    const int width = 300;
    std::vector<float> row(width), bias(width);
    for (int j = 0; j < width; ++j) {
        row[static_cast<std::size_t>(j)] = std::sin(static_cast<float>(j));
        bias[static_cast<std::size_t>(j)] = 0.1f * std::cos(static_cast<float>(j));
    }
    for (const float rate : {0.0f, 0.3f}) {
        const Dropout dropout{rate, 11, 5, 2};
        std::vector<float> expected = row, by_place = row;
        SerialBlock serial;
        activate_row(serial, expected.data(), bias.data(), 4, width, dropout);
        const auto [threshold, scale] = DropoutScale::of(rate);
        for (int unit = 0; unit < width; ++unit) {
            const auto [draw, part] = dropout_place(unit);
            const Random4 bits = random4(dropout.seed, dropout.first_sample + 4, Purpose::dropout, (dropout.layer << 16) + draw);
            float& z = by_place[static_cast<std::size_t>(unit)];
            z += bias[static_cast<std::size_t>(unit)];
            z = z > 0 && is_kept(bits.bits[part / 2], part, threshold) ? z * scale : 0.0f;
        }
        EXPECT_EQ(by_place, expected);
    }
    for (const LossKind kind : {LossKind::cross_entropy, LossKind::mean_squared_error}) {
        const Loss to{{kind, 0.1f, 0, 0}, 230, nullptr};
        std::vector<float> expected(230), gradient(230);
        SerialBlock serial;
        const SampleLoss loss = softmax_loss_row(serial, expected.data(), row.data(), 17, to, 0, 0.25f);
        run_block(16, [&](ThreadBlock& block) {
            const SampleLoss found = softmax_loss_row(block, gradient.data(), row.data(), 17, to, 0, 0.25f);
            if (std::abs(found.loss - loss.loss) > 1e-5f || found.correct != loss.correct) ADD_FAILURE() << found.loss << ' ' << loss.loss;
        });
        for (std::size_t j = 0; j < expected.size(); ++j) EXPECT_NEAR(gradient[j], expected[j], 1e-7);
    }
}

}  // namespace
}  // namespace friedel
