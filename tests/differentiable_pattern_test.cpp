// The quick pattern of a fit is the pattern that is simulated everywhere, and its derivatives are those of differences.
#include "host/simulation/differentiable_pattern.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "host/search/pattern_fit.h"
#include "host/simulation/simulator.h"
#include "host/support/correlation.h"
#include "host/support/radiation.h"
#include "kernels/preprocess.h"
#include "tests/minerals.h"

namespace friedel {
namespace {

constexpr Grid grid = fit_grid;

PatternParameters plain(int structure) {
    PatternParameters p;
    p.structure = structure;
    p.radiation = parse_radiation("cu");
    return p;
}

// As a fit compares patterns.
void make_comparable(std::vector<float>& pattern) {
    std::vector<float> scratch(static_cast<std::size_t>(preprocess_scratch(grid)));
    SerialBlock block;
    preprocess(block, pattern.data(), grid, PreprocessConfig(), scratch.data());
    normalise(pattern.data(), grid.points);
}

std::vector<PatternParameters> specimens(int structure) {
    std::vector<PatternParameters> all(6, plain(structure));
    all[1].caglioti_w = 0.0025f;  // narrower than two steps
    all[2].caglioti_w = 0.2f;
    all[3].size_angstrom = 300;
    all[3].microstrain = 0.002f;
    all[4].b_iso_scale = 8;
    all[4].march_dollase = 0.7f;
    all[4].texture_axis[0] = 1;
    all[5].lattice_scale = 1.01f;
    all[5].strain[0] = 0.02f;
    all[5].strain[2] = -0.03f;
    all[5].displacement_deg = 0.1f;
    all[5].caglioti_w = 0.0064f;
    all[5].microstrain = 0.0005f;
    return all;
}

TEST(DifferentiablePattern, IsThePatternThatIsSimulated) {
    const StructureLibrary& library = test::minerals();
    std::vector<float> slow(static_cast<std::size_t>(grid.points));
    for (int structure = 0; structure < library.size(); ++structure) {
        DifferentiablePattern quick(library.view(), plain(structure), grid);
        std::vector<float> fast(static_cast<std::size_t>(quick.width()));
        int kind = 0;
        for (const PatternParameters& p : specimens(structure)) {
            simulate_one_pattern(slow.data(), p, library.view(), grid);
            quick.simulate(fast.data(), p);
            make_comparable(slow);
            make_comparable(fast);
            EXPECT_GT(dot(fast.data(), slow.data(), grid.points), 0.999f)
                << library.name[static_cast<std::size_t>(structure)] << ", specimen " << kind;
            ++kind;
        }
    }
}

TEST(DifferentiablePattern, OccupanciesAreThoseOfTheAtoms) {
    StructureLibrary library = test::minerals();
    for (int structure = 0; structure < library.size(); structure += 9) {
        DifferentiablePattern quick(library.view(), plain(structure), grid);
        std::vector<float> fast(static_cast<std::size_t>(quick.width())), slow(static_cast<std::size_t>(grid.points));
        const std::size_t first = library.atom_offset[static_cast<std::size_t>(structure)],
                          atoms = library.atom_offset[static_cast<std::size_t>(structure) + 1] - first;
        std::vector<float> factor(atoms, 1.0f);
        factor.front() = 0.6f;
        quick.simulate(fast.data(), plain(structure), factor);
        library.occupancy[first] *= 0.6f;
        simulate_one_pattern(slow.data(), plain(structure), library.view(), grid);
        make_comparable(slow);
        make_comparable(fast);
        EXPECT_GT(dot(fast.data(), slow.data(), grid.points), 0.999f) << library.name[static_cast<std::size_t>(structure)];
    }
}

TEST(DifferentiablePattern, DerivativesAreThoseOfDifferences) {
    const StructureLibrary& library = test::minerals();
    for (int structure = 2; structure < library.size(); structure += 10) {
        PatternParameters p = plain(structure);
        p.caglioti_w = 0.03f;
        p.size_angstrom = 1500;
        p.march_dollase = 0.9f;
        DifferentiablePattern quick(library.view(), p, grid);
        const auto width = static_cast<std::size_t>(quick.width());
        std::vector<DifferentiablePattern::Move> moves(7, {p});
        moves[0].p.displacement_deg += 0.002f;
        moves[1].p.strain[0] += 5e-5f;
        moves[2].p.caglioti_w += 0.0012f;
        moves[3].p.size_angstrom += 60;
        moves[4].p.microstrain += 3e-5f;
        moves[5].p.b_iso_scale += 0.02f;
        moves[5].p.default_b_iso += 0.01f;
        moves[6].p.march_dollase += 0.01f;
        constexpr float step = 0.01f;
        std::vector<float> now(width), there(width), rows(moves.size() * width);
        for (std::size_t m = 0; m < moves.size(); ++m) {
            quick.simulate(now.data(), p);
            if (m == 0) quick.differentiate(rows.data(), moves, step);
            quick.simulate(there.data(), moves[m].p);
            const float highest = *std::max_element(now.begin(), now.end());
            float* const row = rows.data() + m * width;
            for (std::size_t i = 0; i < width; ++i) {
                there[i] = (there[i] - now[i]) / step / highest;
                row[i] /= highest;
            }
            const float along = dot(row, there.data(), grid.points), a = dot(row, row, grid.points),
                        b = dot(there.data(), there.data(), grid.points);
            if (a == 0 && b == 0) continue;  // atoms that are stated not to move
            EXPECT_GT(along / std::sqrt(a * b), 0.98f) << library.name[static_cast<std::size_t>(structure)] << ", move " << m;
            EXPECT_NEAR(std::sqrt(a / b), 1, 0.05) << library.name[static_cast<std::size_t>(structure)] << ", move " << m;
        }
    }
}

}  // namespace
}  // namespace friedel
