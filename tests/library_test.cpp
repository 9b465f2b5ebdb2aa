#include "host/crystals/structure_library.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <type_traits>

#include "host/crystals/cif.h"
#include "host/crystals/duplicates.h"
#include "host/crystals/symmetry.h"
#include "host/simulation/peak_list.h"
#include "host/support/error.h"
#include "tests/minerals.h"

namespace friedel {
namespace {

using test::error_of;
using test::mineral;

StructureLibrary library_of(const std::vector<std::string>& names) {
    StructureLibrary library;
    for (const std::string& name : names) {
        const StandardStructure standard = standardise(mineral(name));
        library.add(standard.structure, standard.structure_type);
    }
    return library;
}

const std::vector<std::string> names = {"quartz", "NaCl", "albite", "spinel", "calcite"};

TEST(StructureLibrary, RoundTrip) {
    const test::TemporaryDirectory folder;
    StructureLibrary library = library_of(names);
    library.rejections.push_back({"bad.cif", "block", "no atoms"});
    library.write(folder / "a.h5");
    const StructureLibrary read = StructureLibrary::read(folder / "a.h5");
    EXPECT_EQ(read.size(), 5);
    EXPECT_EQ(read.cell, library.cell);
    EXPECT_EQ(read.space_group, library.space_group);
    EXPECT_EQ(read.claimed_space_group, library.claimed_space_group);
    EXPECT_EQ(read.operation_set, library.operation_set);
    EXPECT_EQ(read.atom_offset, library.atom_offset);
    EXPECT_EQ(read.position, library.position);
    EXPECT_EQ(read.occupancy, library.occupancy);
    EXPECT_EQ(read.b_iso, library.b_iso);
    EXPECT_EQ(read.element, library.element);
    EXPECT_EQ(read.images, library.images);
    EXPECT_EQ(read.representative_offset, library.representative_offset);
    EXPECT_EQ(read.centrings, library.centrings);
    EXPECT_EQ(read.name, library.name);
    EXPECT_EQ(read.formula, library.formula);
    EXPECT_EQ(read.type_of(1), "225: a b");
    ASSERT_EQ(read.rejections.size(), 1u);
    EXPECT_EQ(read.rejections[0].reason, "no atoms");
    ASSERT_EQ(read.representatives.size(), library.representatives.size());
    EXPECT_EQ(std::memcmp(read.representatives.data(), library.representatives.data(), 12 * read.representatives.size()), 0);
}

// The pattern of what comes out is the pattern of what went in, although coordinates were rounded on the way.
TEST(StructureLibrary, KeepsThePattern) {
    const StructureLibrary library = library_of(names);
    for (int i = 0; i < library.size(); ++i) {
        const std::vector<Peak> before = peak_list(standardise(mineral(names[static_cast<std::size_t>(i)])).structure, {});
        const std::vector<Peak> after = peak_list(library.structure(i), {});
        ASSERT_EQ(before.size(), after.size()) << names[static_cast<std::size_t>(i)];
        for (std::size_t k = 0; k < before.size(); ++k) {
            EXPECT_NEAR(before[k].two_theta_deg, after[k].two_theta_deg, 1e-4);
            EXPECT_NEAR(before[k].intensity, after[k].intensity, 1e-3);
        }
    }
}

TEST(StructureLibrary, ViewHoldsWhatKernelsExpect) {
    const StructureLibrary library = library_of(names);
    const LibraryView view = library.view();
    ASSERT_EQ(view.structures, 5);
    const CrystalView<float> quartz = view.crystal(0);
    EXPECT_EQ(quartz.atoms, 2);
    EXPECT_EQ(quartz.space_group, 154);
    EXPECT_EQ(quartz.element[0], 8);
    EXPECT_EQ(quartz.element[1], 14);
    EXPECT_EQ(quartz.operations.representatives_count, 6);
    const CrystalView<float> halite = view.crystal(1);
    EXPECT_EQ(halite.operations.representatives_count * halite.operations.centrings_count, 192);
    EXPECT_TRUE(halite.operations.inversion_at_origin());
    EXPECT_FLOAT_EQ(halite.cell[0], 5.6402f);
}

// What is copied to a device: whole arrays, each with as many rows as the view says.
TEST(StructureLibrary, ViewKnowsTheSizesOfItsArrays) {
    const StructureLibrary library = library_of(names);
    const LibraryView view = library.view();
    int pointers = 0;
    StructureLibrary::for_each_array([&](const char* name, auto array, LibraryRow row, std::size_t columns, auto pointer) {
        if constexpr (!std::is_null_pointer_v<decltype(pointer)>) {
            ++pointers;
            EXPECT_EQ(view.*pointer, (library.*array).data()) << name;
            EXPECT_EQ(rows_of(view, row) * columns, (library.*array).size()) << name;
        }
    });
    EXPECT_EQ(pointers, 14);
    EXPECT_EQ(rows_of(StructureLibrary().view(), LibraryRow::atom), 0u);
}

// The same arrays as adding the structures one by one gives, but for the operations, which stay.
TEST(StructureLibrary, SubsetKeepsEveryArray) {
    const StructureLibrary library = library_of(names), part = library.subset({3, 0, 3});
    const StructureLibrary wanted = library_of({"spinel", "quartz", "spinel"});
    EXPECT_EQ(part.operation_set,
              (std::vector<std::uint16_t>{library.operation_set[3], library.operation_set[0], library.operation_set[3]}));
    EXPECT_EQ(part.representative_offset, library.representative_offset);
    StructureLibrary::for_each_array([&](const char* name, auto array, LibraryRow row, std::size_t, auto) {
        using Row = LibraryRow;
        const bool is_of_structures =
            row == Row::structure || row == Row::structure_offset || row == Row::atom || row == Row::structure_type;
        if constexpr (!std::is_same_v<decltype(array), decltype(&StructureLibrary::representatives)> &&
                      !std::is_same_v<decltype(array), decltype(&StructureLibrary::cones)>) {
            if (is_of_structures && std::string(name) != "operation_set") {
                EXPECT_EQ(part.*array, wanted.*array) << name;
            }
        }
    });
}

TEST(StructureLibrary, ThirdsStayExact) {
    Structure structure = mineral("calcite");
    structure.atoms.front().position = {1.0 / 3, 2.0 / 3, 0.5 + 1e-9};
    StructureLibrary library;
    library.add(structure);
    const auto found = std::find(library.position.begin(), library.position.end(), static_cast<float>(1.0 / 3));
    ASSERT_NE(found, library.position.end());
    EXPECT_EQ(found[1], static_cast<float>(2.0 / 3));
    EXPECT_EQ(found[2], 0.5f);
}

TEST(StructureLibrary, HoldsStructuresAsTheyStand) {
    StructureLibrary library;
    library.add(mineral("albite"));  // C-1, no standard setting
    library.add(mineral("quartz"));
    EXPECT_EQ(library.representative_offset.size(), 3u);
    EXPECT_EQ(library.structure(0).operations.size(), 4u);
    EXPECT_EQ(library.space_group[0], 0);
}

TEST(StructureLibrary, Subset) {
    const StructureLibrary library = library_of(names);
    const StructureLibrary part = library.subset({3, 1});
    ASSERT_EQ(part.size(), 2);
    EXPECT_EQ(part.formula[0], library.formula[3]);
    EXPECT_EQ(part.type_of(1), library.type_of(1));
    EXPECT_EQ(part.structure_type_name.size(), 2u);
    const Structure a = part.structure(0), b = library.structure(3);
    ASSERT_EQ(a.atoms.size(), b.atoms.size());
    for (std::size_t i = 0; i < a.atoms.size(); ++i) EXPECT_EQ(a.atoms[i].position, b.atoms[i].position);
    EXPECT_EQ(a.operations.size(), b.operations.size());
}

TEST(StructureLibrary, DamageIsNoticed) {
    const test::TemporaryDirectory folder;
    const auto damaged = [&](const std::function<void(StructureLibrary&)>& damage) {
        StructureLibrary library = library_of({"quartz", "NaCl"});
        damage(library);
        library.write(folder / "a.h5");
        return error_of([&] { StructureLibrary::read(folder / "a.h5"); });
    };
    EXPECT_EQ(damaged([](StructureLibrary&) {}), "no error");
    EXPECT_NE(damaged([](StructureLibrary& l) { l.atom_offset[1] = 77; }).find("atom offsets"), std::string::npos);
    EXPECT_NE(damaged([](StructureLibrary& l) { l.space_group[0] = 231; }).find("above 230"), std::string::npos);
    EXPECT_NE(damaged([](StructureLibrary& l) { l.operation_set[1] = 9; }).find("out of range"), std::string::npos);
    EXPECT_NE(damaged([](StructureLibrary& l) { l.position[1] = std::nanf(""); }).find("coordinate"), std::string::npos);
    EXPECT_NE(damaged([](StructureLibrary& l) { l.element[0] = 120; }).find("element"), std::string::npos);
    EXPECT_NE(damaged([](StructureLibrary& l) { l.cell[0] = 0; }).find("cell length a"), std::string::npos);
    EXPECT_NE(damaged([](StructureLibrary& l) { l.cell[3] = l.cell[4] = 170; }).find("no volume"), std::string::npos);
    EXPECT_NE(damaged([](StructureLibrary& l) { l.images[0] = std::uint64_t{1} << 60; }).find("impossible images"), std::string::npos);
    EXPECT_NE(damaged([](StructureLibrary& l) { l.representatives[1].rotation[0] = 5; }).find("operation is invalid"), std::string::npos);
    EXPECT_NE(damaged([](StructureLibrary& l) { l.representatives[0].translation[1] = 6; }).find("begin with the identity"),
              std::string::npos);
    EXPECT_NE(damaged([](StructureLibrary& l) { l.occupancy.pop_back(); }).find("differ in length"), std::string::npos);
}

TEST(Duplicates, AreFoundWhateverOriginAndSetting) {
    Structure shifted = standardise(mineral("spinel")).structure;
    // The other origin that shares the operations of Fd-3m: half a cell along the diagonal.
    for (Atom& atom : shifted.atoms) {
        for (double& x : atom.position) x += 0.5;
    }
    Structure stretched = standardise(mineral("spinel")).structure;
    for (int i = 0; i < 3; ++i) stretched.cell[static_cast<std::size_t>(i)] *= 1.01;
    Structure moved = standardise(mineral("spinel")).structure;
    for (Atom& atom : moved.atoms) {
        if (atom.element == 8) {
            for (double& x : atom.position) x += 0.01;
        }
    }
    StructureLibrary library = library_of({"spinel", "NaCl", "spinel"});
    for (const Structure& structure : {shifted, stretched, moved}) library.add(structure);
    EXPECT_EQ(find_duplicates(library), (std::vector<int>{-1, -1, 0, 0, -1, -1}));
}

TEST(Merge, MakesOneLibraryOfSeveralWithoutRepeats) {
    const test::TemporaryDirectory folder;
    const std::string minerals = "'" + (test::source_dir() / "data/minerals").string();
    ASSERT_EQ(test::run_friedel("ingest -q " + minerals + "/quartz.cif' " + minerals + "/topaz.cif' -o a.h5", folder.path).status, 0);
    ASSERT_EQ(test::run_friedel("ingest -q " + minerals + "/topaz.cif' " + minerals + "/rutile.cif' -o b.h5", folder.path).status, 0);
    ASSERT_EQ(test::run_friedel("merge a.h5 b.h5 -o all.h5", folder.path).status, 0);
    const StructureLibrary all = StructureLibrary::read(folder / "all.h5");
    ASSERT_EQ(all.size(), 3);
    EXPECT_EQ(all.formula, (std::vector<std::string>{"O2Si", "Al2F2O4Si", "O2Ti"}));
    ASSERT_EQ(all.rejections.size(), 1u);
    EXPECT_NE(all.rejections[0].reason.find("repeats"), std::string::npos);
    EXPECT_EQ(all.type_of(2), StructureLibrary::read(folder / "b.h5").type_of(1));
    ASSERT_EQ(test::run_friedel("merge a.h5 b.h5 --keep-duplicates -o all.h5", folder.path).status, 0);
    EXPECT_EQ(StructureLibrary::read(folder / "all.h5").size(), 4);
    ASSERT_EQ(test::run_friedel("merge --containing Al,Ti --lacking F a.h5 b.h5 -o titanium.h5", folder.path).status, 0);
    EXPECT_EQ(StructureLibrary::read(folder / "titanium.h5").formula, (std::vector<std::string>{"O2Ti"}));
    // As far as centring and Laue class tell, rutile and quartz have fewer than fifty reflections there, topaz more than a hundred.
    ASSERT_EQ(test::run_friedel("merge a.h5 b.h5 --most-reflections 100 -o small.h5", folder.path).status, 0);
    EXPECT_EQ(StructureLibrary::read(folder / "small.h5").formula, (std::vector<std::string>{"O2Si", "O2Ti"}));
    const auto none = test::run_friedel("merge a.h5 b.h5 --containing Pu -o none.h5", folder.path);
    EXPECT_NE(none.err.find("none.h5: nothing is left"), std::string::npos) << none.err;
    const auto unknown = test::run_friedel("merge a.h5 --lacking O,Xx -o none.h5", folder.path);
    EXPECT_NE(unknown.err.find("--lacking: 'Xx' is no element"), std::string::npos) << unknown.err;
    EXPECT_FALSE(std::filesystem::exists(folder / "none.h5"));
    const auto absent = test::run_friedel("merge a.h5 absent.h5 -o c.h5", folder.path);
    EXPECT_EQ(absent.status, 1);
    EXPECT_NE(absent.err.find("absent.h5"), std::string::npos);
}

}  // namespace
}  // namespace friedel
