// Random crystals of all 230 groups against spglib, against brute force over distances, and against themselves on many threads.
#include "kernels/crystal_generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "host/crystals/atomic_radii.h"
#include "host/crystals/generated_structures.h"
#include "host/crystals/space_groups.h"
#include "host/crystals/symmetry.h"
#include "host/support/error.h"
#include "tests/test_paths.h"
#include "tests/thread_team.h"

namespace friedel {
namespace {

using test::error_of;

const CrystalTableStore& sketched() {
    static const CrystalTableStore tables(CrystalStatistics::uniform());
    return tables;
}

GeneratedCrystal crystal_of(int group, std::uint64_t sample, const CrystalTableStore& tables = sketched()) {
    GeneratedCrystal crystal;
    generate(crystal, tables.view(), group, 11, sample);
    return crystal;
}

// Shortest distance between atoms of the cell and of its neighbours, over `closest` times the sum of the radii.
double tightest_contact(const Structure& structure) {
    const Crystal crystal(structure);
    const Metric<double> metric = direct_metric(structure.cell.data());
    std::vector<std::array<double, 3>> points;
    std::vector<int> element;
    for (const Atom& atom : structure.atoms) {
        std::vector<std::array<double, 3>> orbit;
        for (const SymmetryOperation& op : structure.operations) {
            std::array<double, 3> x;
            for (int row = 0; row < 3; ++row) {
                x[row] = op.translation[row] / 24.0;
                for (int k = 0; k < 3; ++k) x[row] += op.rotation[3 * row + k] * atom.position[k];
                x[row] -= std::floor(x[row]);
            }
            const bool known = std::any_of(orbit.begin(), orbit.end(), [&](const auto& y) {
                double d[3];
                for (int i = 0; i < 3; ++i) d[i] = x[i] - y[i] - std::round(x[i] - y[i]);
                return metric.product(d, d) < 1e-4;
            });
            if (!known) orbit.push_back(x);
        }
        points.insert(points.end(), orbit.begin(), orbit.end());
        element.insert(element.end(), orbit.size(), atom.element);
    }
    double tightest = 1e9;
    for (std::size_t a = 0; a < points.size(); ++a) {
        for (std::size_t b = 0; b <= a; ++b) {
            for (int shift = 0; shift < 125; ++shift) {
                const int n[3] = {shift / 25 - 2, shift / 5 % 5 - 2, shift % 5 - 2};
                if (a == b && !n[0] && !n[1] && !n[2]) continue;
                double d[3];
                for (int i = 0; i < 3; ++i) d[i] = points[a][i] - points[b][i] + n[i];
                const double radii = covalent_radius(element[a]) + covalent_radius(element[b]);
                const double contact = std::sqrt(metric.product(d, d)) / (sketched().view().closest * radii);
                if (std::isnan(contact)) return contact;
                tightest = std::min(tightest, contact);
            }
        }
    }
    return tightest;
}

TEST(CrystalGenerator, EveryGroupIsTheOneThatSpglibFinds) {
    int crystals = 0, unsound = 0;
    for (int group = 1; group <= space_groups; ++group) {
        std::set<std::string> types;
        for (std::uint64_t sample = 0; sample < 6; ++sample) {
            const GeneratedCrystal crystal = crystal_of(group, sample);
            ++crystals;
            unsound += !crystal.sound;
            if (!crystal.sound) continue;
            const Structure structure = to_structure(crystal, "generated");
            const StandardStructure found = standardise(structure, {0.01, 3000});
            EXPECT_EQ(found.structure.space_group, group) << sample;
            EXPECT_EQ(atoms_in_cell(Crystal(found.structure)), atoms_in_cell(Crystal(structure))) << group;
            types.insert(structure_type_of(crystal));
        }
        EXPECT_GE(types.size(), 3u) << group << " has little variety";
    }
    EXPECT_LE(unsound, 1) << "of " << crystals;
}

TEST(CrystalGenerator, KeepsAtomsApart) {
    constexpr int most_atoms = 150;  // every pair is looked at
    int cells = 0;
    for (int group = 1; group <= space_groups; group += 3) {
        const GeneratedCrystal crystal = crystal_of(group, 77);
        EXPECT_TRUE(crystal.sound);
        const Structure structure = to_structure(crystal, "generated");
        if (atoms_in_cell(Crystal(structure)) > most_atoms) continue;
        ++cells;
        EXPECT_GT(tightest_contact(structure), 0.999) << group;
    }
    EXPECT_GE(cells, 70) << "of " << (space_groups + 2) / 3;
}

// What the simulation is given: the images of the stored coordinates, elements in order, everything within its bounds.
TEST(CrystalGenerator, GivesWhatTheSimulationExpects) {
    for (int group = 1; group <= space_groups; ++group) {
        const GeneratedCrystal crystal = crystal_of(group, 5);
        ASSERT_GE(crystal.atoms, 1);
        ASSERT_LE(crystal.atoms, max_generated_atoms);
        const CrystalView<float> view = crystal.view();
        EXPECT_EQ(view.space_group, group);
        EXPECT_TRUE(std::is_sorted(view.element, view.element + view.atoms));
        Structure structure = to_structure(crystal, "generated");
        const Crystal reference(structure);
        EXPECT_LE(atoms_in_cell(reference), max_generated_cell_atoms);
        EXPECT_LE(cell_volume(structure.cell), 1.001 * max_generated_volume);
        EXPECT_NO_THROW(check_cell(structure.cell)) << group;
        ASSERT_EQ(view.operations.representatives_count, static_cast<int>(reference.representatives().size()));
        for (int i = 0; i < view.atoms; ++i) {
            EXPECT_EQ(view.images[i], reference.images()[static_cast<std::size_t>(i)]) << group;
            EXPECT_GT(view.occupancy[i], 0);
            EXPECT_LE(view.occupancy[i], 1);
            EXPECT_GT(view.b_iso[i], 0);
            for (int axis = 0; axis < 3; ++axis) EXPECT_TRUE(view.position[3 * i + axis] >= 0 && view.position[3 * i + axis] <= 1);
        }
    }
}

TEST(CrystalGenerator, IsAFunctionOfSeedAndNumber) {
    GeneratedCrystal again, other_phase, other_seed;
    for (int group : {1, 14, 62, 148, 194, 225}) {
        const GeneratedCrystal crystal = crystal_of(group, 3);
        crystal_of(group, 4);
        generate(again, sketched().view(), group, 11, 3);
        generate(other_phase, sketched().view(), group, 11, 3, 1);
        generate(other_seed, sketched().view(), group, 12, 3);
        EXPECT_TRUE(std::equal(crystal.cell, crystal.cell + 6, again.cell));
        EXPECT_TRUE(std::equal(crystal.position, crystal.position + 3 * crystal.atoms, again.position));
        EXPECT_NE(crystal.cell[0], other_phase.cell[0]);
        EXPECT_NE(crystal.cell[0], other_seed.cell[0]);
    }
}

// The code of a GPU's thread block on threads of the processor.
TEST(CrystalGenerator, ManyThreadsMakeTheSameCrystal) {
    for (int group : {1, 2, 15, 47, 148, 177, 194, 216, 227}) {
        const GeneratedCrystal expected = crystal_of(group, 9);
        GeneratedCrystal crystal;
        GeneratorScratch scratch;
        test::run_block(6, [&](test::ThreadBlock& block) {
            generate_crystal(block, crystal, scratch, sketched().view(), {group, 11, 9, 0});
        });
        ASSERT_EQ(crystal.atoms, expected.atoms) << group;
        EXPECT_EQ(crystal.attempts, expected.attempts) << group;
        for (int i = 0; i < 6; ++i) EXPECT_NEAR(crystal.cell[i], expected.cell[i], 1e-4f);
        for (int i = 0; i < 3 * crystal.atoms; ++i) EXPECT_NEAR(crystal.position[i], expected.position[i], 1e-5f);
        for (int i = 0; i < crystal.atoms; ++i) EXPECT_EQ(crystal.images[i], expected.images[i]);
    }
}

// A cell of its type, and cells that by their numbers are of a higher one.
TEST(CrystalGenerator, TellsSpecialMetrics) {
    SerialBlock block;
    const auto general = [&](int group, const std::array<float, 6>& cell) {
        return has_only_its_symmetry(block, cell.data(), bravais_lattice(group), sketched().view().operations(group));
    };
    EXPECT_TRUE(general(1, {5.1f, 6.3f, 7.7f, 83, 97, 76}));
    EXPECT_FALSE(general(1, {5.1f, 6.3f, 7.7f, 90, 97, 90})) << "monoclinic";
    EXPECT_TRUE(general(14, {5.1f, 6.3f, 7.7f, 90, 97, 90}));
    EXPECT_FALSE(general(14, {5.1f, 6.3f, 7.7f, 90, 90.05f, 90})) << "orthorhombic";
    EXPECT_FALSE(general(14, {5.0f, 6.3f, 7.0f, 90, 110.925f, 90})) << "c cos beta = -a/2: orthorhombic and centred";
    EXPECT_TRUE(general(62, {5.1f, 6.3f, 7.7f, 90, 90, 90}));
    EXPECT_FALSE(general(62, {5.1f, 6.3f, 6.31f, 90, 90, 90})) << "tetragonal";
    EXPECT_FALSE(general(63, {5.0f, 8.66f, 7.7f, 90, 90, 90})) << "hexagonal";
    EXPECT_TRUE(general(62, {5.0f, 8.66f, 7.7f, 90, 90, 90})) << "not where the cell is primitive";
    EXPECT_TRUE(general(136, {5.1f, 5.1f, 7.7f, 90, 90, 90}));
    EXPECT_FALSE(general(136, {5.1f, 5.1f, 5.11f, 90, 90, 90})) << "cubic";
    EXPECT_FALSE(general(139, {5.0f, 5.0f, 7.071f, 90, 90, 90})) << "face-centred cubic";
    EXPECT_TRUE(general(166, {5.0f, 5.0f, 13.0f, 90, 90, 120}));
    EXPECT_FALSE(general(166, {5.0f, 5.0f, 12.247f, 90, 90, 120})) << "primitive or face-centred cubic";
    EXPECT_FALSE(general(166, {5.0f, 5.0f, 6.124f, 90, 90, 120})) << "cubic";
    EXPECT_TRUE(general(194, {5.0f, 5.0f, 12.247f, 90, 90, 120}));
}

TEST(CrystalStatistics, SketchedShapesVaryOneByOne) {
    const CrystalStatistics s = CrystalStatistics::uniform();
    const std::size_t n = s.shape_offset[1];  // of the first type of lattice, triclinic
    const auto deviation = [&](std::size_t i, std::size_t p) {
        double mean = 0;
        for (std::size_t j = 0; j < n; ++j) mean += s.shape[lattice_parameters * j + p] / static_cast<double>(n);
        return s.shape[lattice_parameters * i + p] - mean;
    };
    for (std::size_t p = 0; p < lattice_parameters; ++p) {
        for (std::size_t q = 0; q < p; ++q) {
            double pp = 0, qq = 0, pq = 0;
            for (std::size_t i = 0; i < n; ++i) {
                pp += deviation(i, p) * deviation(i, p);
                qq += deviation(i, q) * deviation(i, q);
                pq += deviation(i, p) * deviation(i, q);
            }
            EXPECT_LT(std::abs(pq / std::sqrt(pp * qq)), 0.3) << "parameters " << p << " and " << q;
        }
    }
}

TEST(CrystalStatistics, RoundTripAndDamage) {
    const test::TemporaryDirectory folder;
    const auto refused = [&](const std::function<void(CrystalStatistics&)>& damage) {
        CrystalStatistics statistics = CrystalStatistics::uniform();
        damage(statistics);
        statistics.write(folder / "a.h5");
        return error_of([&] { CrystalStatistics::read(folder / "a.h5"); });
    };
    EXPECT_EQ(refused([](CrystalStatistics& s) { s.source = "of nothing"; }), "no error");
    const CrystalStatistics read = CrystalStatistics::read(folder / "a.h5"), made = CrystalStatistics::uniform();
    EXPECT_EQ(read.source, "of nothing");
    EXPECT_EQ(read.letter, made.letter);
    EXPECT_EQ(read.shape, made.shape);
    EXPECT_EQ(read.packing, made.packing);
    EXPECT_EQ(read.b_iso, made.b_iso);
    EXPECT_EQ(read.partial, made.partial);
    EXPECT_NE(refused([](CrystalStatistics& s) { s.group_count.pop_back(); }).find("group_count has 229 numbers"), std::string::npos);
    EXPECT_NE(refused([](CrystalStatistics& s) { std::fill(s.element.begin(), s.element.end(), 0u); }).find("nothing was counted"),
              std::string::npos);
    EXPECT_NE(refused([](CrystalStatistics& s) { s.atomic_volume[7] = std::nanf(""); }).find("atomic_volume holds"), std::string::npos);
    EXPECT_NE(refused([](CrystalStatistics& s) { s.packing[3] = 1.9f; }).find("quantiles do not ascend"), std::string::npos);
    EXPECT_NE(refused([](CrystalStatistics& s) { s.shape_offset[3] = s.shape_offset[2]; }).find("does not ascend"), std::string::npos);
    EXPECT_NE(refused([](CrystalStatistics& s) { s.shape[2] = 5; }).find("an impossible cell"), std::string::npos);
    EXPECT_NE(refused([](CrystalStatistics& s) { s.partial = 2; }).find("partial holds"), std::string::npos);
    EXPECT_NE(refused([](CrystalStatistics& s) { s.b_iso[0] = -3; }).find("b_iso holds"), std::string::npos);
}

// What comes out has the frequencies that went in.
TEST(CrystalStatistics, GatheredIsWhatIsDrawn) {
    ThreadPool pool(2);
    LibraryWish wish;
    wish.structures = 3000;
    wish.groups = {14, 62, 225};
    wish.tempering = 0;
    const GeneratedLibrary made = generate_library(sketched(), wish, pool);
    const StructureLibrary& first = made.structures;
    EXPECT_EQ(first.size() + made.unsound, 3000);
    for (int group : wish.groups) EXPECT_NEAR(std::count(first.space_group.begin(), first.space_group.end(), group), 1000, 120);
    const CrystalStatistics statistics = CrystalStatistics::gathered({&first});
    EXPECT_EQ(statistics.group_count[61], std::count(first.space_group.begin(), first.space_group.end(), 62));
    // Again from what was gathered: the same mean number of sites, the same mean volume of an atom.
    const CrystalTableStore tables(statistics);
    wish.seed = 2;
    const StructureLibrary second = generate_library(tables, wish, pool).structures;
    const auto sites = [](const StructureLibrary& l) { return static_cast<double>(l.element.size()) / l.size(); };
    EXPECT_NEAR(sites(second) / sites(first), 1, 0.15);
    const CrystalStatistics again = CrystalStatistics::gathered({&second});
    for (int z : {8, 14, 26, 56}) {
        const auto index = static_cast<std::size_t>(z - 1);
        EXPECT_NEAR(std::log(again.atomic_volume[index] / statistics.atomic_volume[index]), 0, 0.35) << z;
    }
    EXPECT_NE(error_of([] { CrystalStatistics::gathered({}); }).find("no structure with a known space group"), std::string::npos);
}

}  // namespace
}  // namespace friedel
