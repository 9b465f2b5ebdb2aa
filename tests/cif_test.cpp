#include "host/crystals/cif.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "host/crystals/stated_symmetry.h"
#include "host/support/error.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

constexpr double b_of_u = 8 * std::numbers::pi * std::numbers::pi;

const std::string cubic_cell = R"(
_cell_length_a 5.0(1)
_cell_length_b 5.0
_cell_length_c 5
_cell_angle_alpha 90
_cell_angle_beta 90.00(2)
_cell_angle_gamma 90
)";

const std::string one_atom = R"(
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Si1 0 0 0
)";

Structure parse_one(const std::string& text) {
    const CifContent content = parse_cif(text, "test.cif");
    for (const Rejection& rejection : content.rejections) ADD_FAILURE() << rejection.block << ": " << rejection.reason;
    if (content.structures.size() != 1) {
        ADD_FAILURE() << content.structures.size() << " structures";
        return {};
    }
    return content.structures.front();
}

// The reason for which a text gives no structure at all.
std::string reason(const std::string& text, const CifOptions& options = {}) {
    const CifContent content = parse_cif(text, "test.cif", options);
    EXPECT_TRUE(content.structures.empty()) << text;
    return content.rejections.empty() ? "accepted" : content.rejections.front().reason;
}

void expect_in(const std::string& part, const std::string& whole) {
    EXPECT_NE(whole.find(part), std::string::npos) << "'" << part << "' is not in '" << whole << "'";
}

TEST(Cif, AtomsWithAllTheirTrimmings) {
    const Structure structure = parse_one("data_x" + cubic_cell + R"(
_symmetry_space_group_name_H-M 'P 1'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
_atom_site_U_iso_or_equiv
Fe1 Fe3+ 0.10(2) .2 -0.3 0.75(1) 0.0100(3)
O1 O2- 0.5 0.5 0.5 . 0.0
D1 D 0.7 0.7 0.7 ? ?
)");
    ASSERT_EQ(structure.atoms.size(), 3u);
    EXPECT_EQ(structure.atoms[0].element, 26);
    EXPECT_DOUBLE_EQ(structure.atoms[0].position[0], 0.1);
    EXPECT_DOUBLE_EQ(structure.atoms[0].position[1], 0.2);
    EXPECT_DOUBLE_EQ(structure.atoms[0].position[2], -0.3);
    EXPECT_DOUBLE_EQ(structure.atoms[0].occupancy, 0.75);
    EXPECT_NEAR(structure.atoms[0].b_iso, 0.01 * b_of_u, 1e-12);
    EXPECT_EQ(structure.atoms[1].element, 8);
    EXPECT_DOUBLE_EQ(structure.atoms[1].occupancy, 1.0);
    EXPECT_EQ(structure.atoms[1].b_iso, 0.0) << "a stated U of zero is zero, not missing";
    EXPECT_EQ(structure.atoms[2].element, 1) << "deuterium";
    EXPECT_EQ(structure.atoms[2].b_iso, b_iso_missing);
    EXPECT_EQ(structure.cell[0], 5.0);
    EXPECT_EQ(structure.claimed_space_group, 1);
}

TEST(Cif, BIsoIsTakenAsItIs) {
    const Structure structure = parse_one("data_x" + cubic_cell + R"(
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_B_iso_or_equiv
Si1 0 0 0 0.47
)");
    EXPECT_DOUBLE_EQ(structure.atoms[0].b_iso, 0.47);
}

// The trace formula, checked in a monoclinic cell against the Cartesian definition: U_eq = trace(A N U N A^T) / 3 with N = diag(a*, b*,
// c*).
TEST(Cif, EquivalentIsotropicOfAnisotropic) {
    const double a = 7, b = 8, c = 9, beta = 110 * std::numbers::pi / 180;
    const double u11 = 0.01, u22 = 0.02, u33 = 0.03, u13 = 0.005;
    const double a_star = 1 / (a * std::sin(beta)), b_star = 1 / b, c_star = 1 / (c * std::sin(beta));
    // Cartesian: a along x, b along y, c in the xz plane.
    const double ax = a, cx = c * std::cos(beta), cz = c * std::sin(beta);
    const double n11 = u11 * a_star * a_star, n33 = u33 * c_star * c_star, n13 = u13 * a_star * c_star;
    const double xx = ax * ax * n11 + cx * cx * n33 + 2 * ax * cx * n13, yy = b * b * u22 * b_star * b_star, zz = cz * cz * n33;
    const Structure structure = parse_one(R"(data_x
_cell_length_a 7
_cell_length_b 8
_cell_length_c 9
_cell_angle_alpha 90
_cell_angle_beta 110
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Si1 0 0 0
O1 0.5 0.5 0.5
loop_
_atom_site_aniso_label
_atom_site_aniso_U_11
_atom_site_aniso_U_22
_atom_site_aniso_U_33
_atom_site_aniso_U_12
_atom_site_aniso_U_13
_atom_site_aniso_U_23
Si1 0.01 0.02 0.03 0 0.005 0
)");
    EXPECT_NEAR(structure.atoms[0].b_iso, b_of_u * (xx + yy + zz) / 3, 1e-9);
    EXPECT_EQ(structure.atoms[1].b_iso, b_iso_missing);
}

// B_eq = 4/3 sum_ij beta_ij (a_i . a_j); and what no atom has is ignored, or taken, but not in silence.
TEST(Cif, BetasAreReadAndOddDisplacementsMarked) {
    const auto with = [](const std::string& column, const std::string& value, const std::string& more = "") {
        return parse_one(
            "data_x\n_cell_length_a 5\n_cell_length_b 6\n_cell_length_c 7\n_cell_angle_gamma 100\nloop_\n_atom_site_label\n"
            "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n" +
            column + "\nSi1 0 0 0 " + value + "\nO2 .5 .5 .5 " + value + "\n" + more);
    };
    std::string betas = "loop_\n_atom_site_aniso_label\n";
    for (const char* index : {"11", "22", "33", "12", "13", "23"}) betas += std::string("_atom_site_aniso_beta_") + index + "\n";
    const double sum = 0.004 * 25 + 0.003 * 36 + 0.002 * 49 + 2 * 0.001 * 30 * std::cos(100 * std::numbers::pi / 180);
    const Structure beta = with("_atom_site_occupancy", "1", betas + "Si1 .004 .003 .002 .001 0 0\n");
    EXPECT_NEAR(beta.atoms[0].b_iso, 4.0 / 3 * sum, 1e-9);
    EXPECT_EQ(beta.displacement_doubt, "");

    const Structure negative = with("_atom_site_U_iso_or_equiv", "-0.01"), large = with("_atom_site_B_iso_or_equiv", "90");
    EXPECT_EQ(negative.atoms[0].b_iso, b_iso_missing);
    EXPECT_EQ(negative.displacement_doubt,
              "the displacement parameter of atom Si1 is U = -0.01 angstrom^2 (B = -0.79), below 0; it was taken for not stated; 1 more "
              "atom likewise");
    EXPECT_EQ(large.atoms[0].b_iso, 90);
    expect_in("of atom Si1 is U = 1.14 angstrom^2 (B = 90), above 1", large.displacement_doubt);
}

TEST(Cif, SymmetryInEveryForm) {
    const auto operations = [](const std::string& symmetry) {
        return parse_one("data_x" + cubic_cell + symmetry + one_atom).operations.size();
    };
    EXPECT_EQ(operations(""), 1u) << "no symmetry stated: P1";
    EXPECT_EQ(operations("_space_group_name_H-M_alt 'F m -3 m'\n"), 192u);
    EXPECT_EQ(operations("_symmetry_space_group_name_H-M 'F m 3 m'\n"), 192u) << "symbol of the old tables";
    EXPECT_EQ(operations("_symmetry_space_group_name_H-M 'Fd-3m:2'\n"), 192u);
    EXPECT_EQ(operations("_symmetry_space_group_name_H-M 'P2(1)/c'\n"), 4u) << "as SHELX has it";
    EXPECT_EQ(operations("_symmetry_space_group_name_H-M 'P2(1)2(1)2(1)'\n"), 4u);
    EXPECT_EQ(operations("_symmetry_space_group_name_H-M 'P 2_1/c'\n"), 4u);
    EXPECT_EQ(operations("_symmetry_space_group_name_H-M 'F d -3 m Z'\n"), 192u) << "ICSD's suffix for the second origin";
    EXPECT_EQ(operations("_symmetry_space_group_name_H-M 'P 1 1 2/b'\n"), 4u) << "unique axis c";
    EXPECT_EQ(operations("_symmetry_space_group_name_Hall '-P 2ac 2ab'\n"), 8u);
    EXPECT_EQ(operations("_space_group_IT_number 221\n"), 48u);
    EXPECT_EQ(operations("loop_\n_space_group_symop_operation_xyz\nx,y,z\n-x,-y,-z\n"), 2u);
    EXPECT_EQ(operations("loop_\n_symmetry_equiv_pos_site_id\n_symmetry_equiv_pos_as_xyz\n1 'x, y, z'\n2 '-x, 0.5+y, 1/2-z'\n"), 2u);
    EXPECT_EQ(operations("_symmetry_equiv_pos_as_xyz 'x,y,z'\n"), 1u);
    EXPECT_EQ(operations("loop_\n_symmetry_equiv_pos_as_xyz\n-x,-y,-z\n"), 2u) << "the identity may be left out";
    EXPECT_EQ(operations("_symmetry_space_group_name_H-M ?\n_symmetry_Int_Tables_number .\n"), 1u);
}

// A cubic or tetragonal crystal in group `symmetry`; each row of `atoms` is label, coordinates and whatever `columns` adds.
std::string crystal(const std::string& symmetry, double a, double c, const std::string& atoms, const std::string& columns = "") {
    return "data_x\n_cell_length_a " + std::to_string(a) + "\n_cell_length_b " + std::to_string(a) + "\n_cell_length_c " +
           std::to_string(c) + "\n" + symmetry + "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n" +
           columns + atoms;
}

// Each is known in both origins, which must give one formula and one number of atoms: those of the structure as it is.
TEST(Cif, AnOriginThatTheFileDoesNotNameIsFoundFromItsAtoms) {
    const struct {
        const char *symbol, *number;
        double a, c;
        const char *origin_1, *origin_2, *formula;
        int atoms;
    } cases[] = {
        {"F d -3 m", "227", 5.431, 5.431, "Si1 0 0 0\n", "Si1 .125 .125 .125\n", "Si", 8},
        {"F d -3 m", "227", 8.0806, 8.0806, "Mg1 0 0 0\nAl1 .625 .625 .625\nO1 .3876 .3876 .3876\n",
         "Mg1 .125 .125 .125\nAl1 .5 .5 .5\nO1 .2624 .2624 .2624\n", "Al2MgO4", 56},
        {"I 41/a m d", "141", 3.7842, 9.5146, "Ti1 0 0 0\nO1 0 0 .2081\n", "Ti1 0 .75 .125\nO1 0 .75 .3331\n", "O2Ti", 12},
    };
    for (const auto& known : cases) {
        for (const std::string& symmetry : {"_symmetry_space_group_name_H-M '" + std::string(known.symbol) + "'\n",
                                            "_symmetry_Int_Tables_number " + std::string(known.number) + "\n"}) {
            for (const char* atoms : {known.origin_1, known.origin_2}) {
                const Structure structure = parse_one(crystal(symmetry, known.a, known.c, atoms));
                EXPECT_EQ(structure.formula, known.formula) << symmetry << atoms;
                EXPECT_EQ(atoms_in_cell(Crystal(structure)), known.atoms) << symmetry << atoms;
                EXPECT_FALSE(structure.origin_assumed) << symmetry << atoms;
            }
        }
    }
}

// Cu2O with copper and oxygen exchanged is as good a structure, and what the other origin makes of it.
TEST(Cif, WhatAFileStatesOfItsContentTellsTheOrigin) {
    const std::string symbol = "_symmetry_space_group_name_H-M 'P n -3 m'\n", cuprite = "Cu1 .25 .25 .25\nO1 0 0 0\n";
    const auto read = [&](const std::string& stated, const std::string& atoms, const std::string& columns = "") {
        return parse_one(crystal(symbol + stated, 4.27, 4.27, atoms, columns));
    };
    const Structure open = read("", cuprite);
    EXPECT_TRUE(open.origin_assumed);
    EXPECT_EQ(open.formula, "CuO2") << "choice 2";
    for (const Structure& told :
         {read("_chemical_formula_sum 'Cu2 O'\n_cell_formula_units_Z 2\n", cuprite), read("_chemical_formula_sum 'Cu2 O'\n", cuprite),
          read("", "Cu1 .25 .25 .25 4\nO1 0 0 0 2\n", "_atom_site_symmetry_multiplicity\n"),
          read("", "Cu1 .25 .25 .25 b\nO1 0 0 0 a\n", "_atom_site_Wyckoff_symbol\n"),
          read("_space_group_IT_coordinate_system_code 1\n", cuprite)}) {
        EXPECT_EQ(told.formula, "Cu2O");
        EXPECT_FALSE(told.origin_assumed);
    }
    EXPECT_EQ(parse_one(crystal("_symmetry_space_group_name_H-M 'P n -3 m (origin choice 1)'\n", 4.27, 4.27, cuprite)).formula, "Cu2O");
    EXPECT_EQ(parse_one(crystal("_symmetry_space_group_name_H-M 'P n -3 m:2'\n", 4.27, 4.27, cuprite)).formula, "CuO2");
}

TEST(Cif, AtomsThatFitNeitherOriginAreRefusedWithTheCure) {
    const std::string why =
        reason(crystal("_symmetry_space_group_name_H-M 'F d -3 m'\n", 5.431, 5.431, "Si1 .05 .11 .17\nO1 .05 .11 .19\n"));
    expect_in("neither origin of space group Fd-3m fits the atoms (choice 1: atoms ", why);
    expect_in("; add the list of symmetry operations", why);
}

TEST(Cif, MagneticAndModulatedStructuresAreRefusedNotP1) {
    const std::string magnetic = "loop_\n_space_group_symop_magn_operation.id\n_space_group_symop_magn_operation.xyz\n1 x,y,z,+1\n",
                      modulated = "_space_group_ssg_name 'F m -3 m(00g)'\n",
                      ordinary = "loop_\n_space_group_symop_operation_xyz\nx,y,z\n-x,-y,-z\n";
    expect_in("a magnetic structure: its operations (_space_group_symop_magn_operation.id)",
              reason("data_x" + cubic_cell + magnetic + one_atom));
    expect_in("give the parent structure", reason("data_x" + cubic_cell + "_space_group.magn_number_BNS 12.63\n" + one_atom));
    expect_in("a modulated structure", reason("data_x" + cubic_cell + modulated + one_atom));
    expect_in("a modulated structure",
              reason("data_x" + cubic_cell + "loop_\n_space_group_symop_ssg_operation_algebraic\nx1,x2,x3,x4\n" + one_atom));
    for (const std::string& extended : {magnetic, modulated})
        EXPECT_EQ(parse_one("data_x" + cubic_cell + extended + ordinary + one_atom).operations.size(), 2u);
}

TEST(Cif, P1IsAssumedOnlyWhereNothingContradictsIt) {
    const auto with = [](const std::string& stated) { return "data_x" + cubic_cell + stated + one_atom; };
    expect_in("but the cell setting is 'cubic'; add the list of symmetry operations", reason(with("_symmetry_cell_setting cubic\n")));
    expect_in("the cell setting is 'cubic'", reason(with("_space_group_crystal_system cubic\n")));
    expect_in("formula and Z make 8 atoms in the cell, hydrogen left out, and 1 are listed",
              reason(with("_chemical_formula_sum Si\n_cell_formula_units_Z 8\n")));
    expect_in("atom Si1 has the multiplicity 8", reason("data_x" + cubic_cell +
                                                        "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n"
                                                        "_atom_site_fract_z\n_atom_site_symmetry_multiplicity\nSi1 0 0 0 8\n"));
    EXPECT_EQ(parse_one(with("_symmetry_cell_setting triclinic\n_chemical_formula_sum 'H4 Si'\n_cell_formula_units_Z 1\n")).atoms.size(),
              1u);
    EXPECT_EQ(parse_one(with("_symmetry_cell_setting cubic\n_symmetry_space_group_name_H-M 'P 1'\n")).operations.size(), 1u);
}

TEST(Cif, SymmetryThatIsNotStatedOrContradictsItselfIsMarked) {
    const auto with = [](const std::string& stated) { return parse_one("data_x" + cubic_cell + stated + one_atom); };
    const std::string symbol = "_symmetry_space_group_name_H-M 'F m -3 m'\n", number = "_symmetry_Int_Tables_number ";
    EXPECT_TRUE(with("").symmetry_unstated);
    EXPECT_TRUE(with("_symmetry_space_group_name_H-M ?\n").symmetry_unstated);
    for (const std::string& stated : {std::string("_symmetry_space_group_name_H-M 'P 1'\n"), number + "1\n", symbol})
        EXPECT_FALSE(with(stated).symmetry_unstated) << stated;
    const Structure two = with(symbol + number + "221\n");
    EXPECT_EQ(two.symmetry_contradiction, "its symbol F m -3 m is of space group 225, its number is 221");
    EXPECT_EQ(two.operations.size(), 192u);
    for (const std::string& stated : {symbol + number + "225\n", symbol, number + "221\n",
                                      number + "14\n_symmetry_space_group_name_H-M 'P 1 21/n 1'\n_cell_angle_beta 95\n"})
        EXPECT_EQ(with(stated).symmetry_contradiction, "") << stated;
    // Operations need neither, but those of another group are not meant.
    const std::string two_operations = "loop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n-x,-y,-z\n";
    EXPECT_EQ(with(symbol + two_operations).operations_contradiction,
              "its symbol F m -3 m has 192 symmetry operators, its list 2, those of P -1");
    EXPECT_EQ(with(number + "225\n" + two_operations).operations_contradiction,
              "its space-group number 225 has 192 symmetry operators, its list 2, those of P -1");
    EXPECT_EQ(with(symbol + "_symmetry_space_group_name_Hall '-P 1'\n").operations_contradiction,
              "its symbol F m -3 m has 192 symmetry operators, its Hall symbol 2, those of P -1");
    // Another setting, or an origin that is in no table, is no contradiction.
    for (const char* stated : {"_symmetry_space_group_name_H-M 'P 1 21/c 1'\nloop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n-x,-y,-z\n"
                               "-x+1/2,y+1/2,-z+1/2\nx+1/2,-y+1/2,z+1/2\n",
                               "_symmetry_space_group_name_H-M 'P -1'\nloop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n-x+1/4,-y,-z\n"})
        EXPECT_EQ(with(stated).operations_contradiction, "") << stated;
    EXPECT_EQ(with(symbol + "_symmetry_equiv_pos_as_xyz x,y,z\n" + number + "221\n").symmetry_contradiction, "");
}

TEST(Cif, EdgesInNanometresAreNamedSo) {
    expect_in("the cell edges 0.5431, 0.5431 and 0.5431 look like nanometres",
              reason(crystal("_symmetry_space_group_name_H-M 'F d -3 m'\n", 0.5431, 0.5431, "Si1 0 0 0\n")));
    expect_in("look like nanometres", reason(crystal("", 0.9, 3.1, "Si1 0 0 0\n")));
}

TEST(Cif, EverySpellingOfASymbolIsKnownWithoutACellToo) {
    for (const auto& [symbol, group] : {std::pair{"F m 3 m", 225},
                                        {"Fm3m", 225},
                                        {"F d -3 m Z", 227},
                                        {"P_1_21/c_1", 14},
                                        {"R -3 m H", 166},
                                        {"F d -3 m (origin choice 2)", 227},
                                        {"X y z", 0},
                                        {"", 0}}) {
        EXPECT_EQ(space_group_of_symbol(symbol), group) << symbol;
    }
}

TEST(Cif, ClaimedGroupFromOperationsAlone) {
    const Structure structure =
        parse_one("data_x" + cubic_cell + "loop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n-x,1/2+y,1/2-z\n-x,-y,-z\nx,1/2-y,1/2+z\n" + one_atom);
    EXPECT_EQ(structure.claimed_space_group, 14);
}

TEST(Cif, UnresolvableSymmetryIsRefusedNotP1) {
    expect_in("'X y z' is not known", reason("data_x" + cubic_cell + "_symmetry_space_group_name_H-M 'X y z'\n" + one_atom));
    expect_in("not between 1 and 230", reason("data_x" + cubic_cell + "_space_group_IT_number 231\n" + one_atom));
    expect_in("do not form a group",
              reason("data_x" + cubic_cell + "loop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n-x,-y,z\n-x,y,-z\n" + one_atom));
    expect_in("multiple of 1/24", reason("data_x" + cubic_cell + "loop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n-x,-y,z+1/5\n" + one_atom));
    expect_in("three parts", reason("data_x" + cubic_cell + "loop_\n_symmetry_equiv_pos_as_xyz\nx,y\n" + one_atom));
    expect_in("does not have the symmetry", reason(R"(data_x
_cell_length_a 5
_cell_length_b 5
_cell_length_c 6
_symmetry_space_group_name_H-M 'P m -3 m'
)" + one_atom));
}

TEST(Cif, Triplets) {
    const SymmetryOperation operation = parse_triplet(" -X + 1/2 ,y-x, 0.6667+z ");
    const std::int8_t rotation[9] = {-1, 0, 0, -1, 1, 0, 0, 0, 1};
    for (int i = 0; i < 9; ++i) EXPECT_EQ(operation.rotation[i], rotation[i]) << i;
    EXPECT_EQ(operation.translation[0], 12);
    EXPECT_EQ(operation.translation[1], 0);
    EXPECT_EQ(operation.translation[2], 16);
    EXPECT_EQ(parse_triplet("x,y,z-1/4").translation[2], 18);
    for (const char* bad :
         {"", "x,y", "x,y,z,x", "x,y,q", "x,y,2z", "x,y,", "x,x,z", "x,y,z+1/0", "x,y,z+", "+,y,z", "x,y,z+99999999999999999999"}) {
        EXPECT_THROW(parse_triplet(bad), Error) << bad;
    }
}

TEST(Cif, ElementsFromLabels) {
    const auto element = [](const std::string& label, const std::string& formula = "") {
        const std::string sum = formula.empty() ? "" : "_chemical_formula_sum '" + formula + "'\n";
        return parse_one("data_x" + cubic_cell + sum +
                         "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n" + label + " 0 0 0\n")
            .atoms.front()
            .element;
    };
    EXPECT_EQ(element("Fe1"), 26);
    EXPECT_EQ(element("O12"), 8);
    EXPECT_EQ(element("OW1"), 8) << "water oxygen";
    EXPECT_EQ(element("Wat"), 8) << "the American Mineralogist's water";
    EXPECT_EQ(element("SiT1"), 14);
    EXPECT_EQ(element("CA1"), 20);
    EXPECT_EQ(element("CA1", "C6 H6"), 6) << "the formula decides";
    EXPECT_EQ(element("CO1", "C22 CL2 H20 O4"), 6);
    EXPECT_EQ(element("KM2"), 19);
}

TEST(Cif, MixedOccupancySharesASite) {
    const Structure structure = parse_one("data_x" + cubic_cell + R"(
_symmetry_space_group_name_H-M 'P m -3 m'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Na1 0 0 0 0.4
K1 0 0 0 0.6
Cl1 0.5 0.5 0.5 1
)");
    ASSERT_EQ(structure.atoms.size(), 3u);
    EXPECT_EQ(structure.formula, "ClK0.6Na0.4");
}

TEST(Cif, EquivalentsListedOneByOneCountOnce) {
    const std::string head = "data_x" + cubic_cell +
                             "_symmetry_space_group_name_H-M 'P -1'\nloop_\n_atom_site_label\n_atom_site_fract_x\n"
                             "_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\n";
    EXPECT_EQ(parse_one(head + "Si1 0.1 0.2 0.3 1\nSi2 -0.1 -0.2 -0.3 1\nSi3 0.1 0.2 0.3 1\n").atoms.size(), 1u);
    EXPECT_EQ(parse_one(head + "Fe1 0.1 0.2 0.3 0.5\nFe2 0.1 0.2 0.3 0.5\n").atoms.size(), 2u) << "two valences on one site add up";
    EXPECT_EQ(parse_one(head + "K1 0.1 0.2 0.3 0.5\nNa1 0.9 0.8 0.7 0.5\n").atoms.size(), 2u);
    expect_in("atoms K1 and Na1 lie on the same site", reason(head + "K1 0.1 0.2 0.3 1\nNa1 0.9 0.8 0.7 1\n"));
}

TEST(Cif, AtomsBesideTheirSpecialPosition) {
    const std::string head = "data_x" + cubic_cell +
                             "_symmetry_space_group_name_H-M 'P m -3 m'\nloop_\n_atom_site_label\n_atom_site_fract_x\n"
                             "_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\n";
    const Structure full = parse_one(head + "Si1 0.49 0.5 0.5 1\n");
    EXPECT_NEAR(full.atoms[0].position[0], 0.5, 1e-9) << "six whole atoms within 0.1 angstrom cannot be meant";
    EXPECT_EQ(atoms_in_cell(Crystal(full)), 1);
    const Structure split = parse_one(head + "Si1 0.47 0.5 0.5 0.1666\n");
    EXPECT_NEAR(split.atoms[0].position[0], 0.47, 1e-9) << "a sixth of an atom at six places is disorder";
    EXPECT_EQ(atoms_in_cell(Crystal(split)), 6);
}

TEST(Cif, SeveralBlocks) {
    const CifContent content = parse_cif("data_words\n_publ_author 'A. Nonymous'\ndata_one" + cubic_cell + one_atom +
                                             "data_two\n_cell_length_a 5\n" + one_atom + "data_three" + cubic_cell + one_atom,
                                         "many.cif");
    ASSERT_EQ(content.structures.size(), 2u);
    EXPECT_EQ(content.structures[0].name, "many.cif#one");
    EXPECT_EQ(content.structures[1].name, "many.cif#three");
    ASSERT_EQ(content.rejections.size(), 1u) << "a block of words alone is no loss";
    EXPECT_EQ(content.rejections[0].block, "two");
}

TEST(Cif, ABrokenBlockDoesNotTakeTheOthersWithIt) {
    const CifContent content =
        parse_cif("data_one" + cubic_cell + one_atom + "data_two\nloop_\n_a\n_b\n1 2 3\ndata_three" + cubic_cell + one_atom, "many.cif");
    EXPECT_EQ(content.structures.size(), 2u);
    ASSERT_EQ(content.rejections.size(), 1u);
    EXPECT_EQ(content.rejections[0].block, "two");
    expect_in("the loop of _a has 3 values for 2 columns, line 16", content.rejections[0].reason);
}

TEST(Cif, BadInputIsRefusedWithItsReason) {
    const std::string atoms_head = "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n";
    expect_in("is empty", reason(""));
    expect_in("is empty", reason(" \n\t\r\n"));
    expect_in("no data block", reason("# only a comment"));
    expect_in("binary", reason(std::string("data_x\n\0\1\2", 10)));
    expect_in("zip archive", reason("PK\x03\x04 something"));
    expect_in("gzip-compressed", reason("\x1f\x8b\x08"));
    expect_in("is no CIF: expected block header (data_), line 1", reason("hello world"));
    expect_in("no unit cell", reason("data_x\n" + one_atom));
    expect_in("no atoms", reason("data_x" + cubic_cell));
    expect_in("no atoms", reason("data_x\n_publ_author me\n" + cubic_cell));
    expect_in("no unit cell", reason("data_x\n_publ_author me\n"));
    expect_in("no fractional coordinates", reason("data_x" + cubic_cell + "loop_\n_atom_site_label\nSi1\n"));
    expect_in("_cell_length_a is 0 angstrom, line 2", reason("data_x\n_cell_length_a 0\n_cell_length_b 1\n_cell_length_c 1\n" + one_atom));
    expect_in("'nan', not a number", reason("data_x\n_cell_length_a nan\n_cell_length_b 1\n_cell_length_c 1\n" + one_atom));
    expect_in("no volume",
              reason("data_x\n_cell_length_a 5\n_cell_length_b 5\n_cell_length_c 5\n_cell_angle_alpha 30\n_cell_angle_beta 30\n"
                     "_cell_angle_gamma 100\n" +
                     one_atom));
    expect_in("degrees", reason("data_x\n_cell_length_a 5\n_cell_length_b 5\n_cell_length_c 5\n_cell_angle_alpha 180\n" + one_atom));
    expect_in("unknown element 'Xx1'", reason("data_x" + cubic_cell + atoms_head + "Xx1 0 0 0\n"));
    expect_in("_atom_site_fract_y of Si1 is 'zero', not a number, line 8", reason("data_x" + cubic_cell + atoms_head + "Si1 0 zero 0\n"));
    expect_in("not a number", reason("data_x" + cubic_cell + atoms_head + "Si1 0 NaN 0\n"));
    expect_in("not a number", reason("data_x" + cubic_cell + atoms_head + "Si1 0 inf 0\n"));
    expect_in("has no coordinates", reason("data_x" + cubic_cell + atoms_head + "Si1 0 ? 0\n"));
    expect_in("values for 4 columns, line 8", reason("data_x" + cubic_cell + atoms_head + "Si1 0 0 0 1\n"));
    expect_in("unterminated", reason("data_x\n_title 'never ends\n" + one_atom));
    expect_in(
        "occupancy of atom Si1 is 7",
        reason("data_x" + cubic_cell +
               "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\nSi1 0 0 0 7\n"));
    std::string many = "data_x" + cubic_cell + atoms_head;
    for (int i = 0; i < 101; ++i) many += "Si" + std::to_string(i) + " " + std::to_string(i / 101.0) + " 0 0\n";
    expect_in("101 atom sites are listed, more than the limit of 100", reason(many, {100}));
}

TEST(Cif, LineEndsAndByteOrderMark) {
    std::string text = "data_x" + cubic_cell + one_atom;
    for (const char* line_end : {"\r\n", "\r"}) {
        std::string converted = "\xef\xbb\xbf";
        for (char c : text) converted += c == '\n' ? line_end : std::string(1, c);
        EXPECT_EQ(parse_one(converted).atoms.size(), 1u);
    }
}

TEST(Cif, FileOnDisk) {
    const test::TemporaryDirectory folder;
    test::write_text(folder / "a.cif", "data_x" + cubic_cell + one_atom);
    EXPECT_EQ(read_cif(folder / "a.cif").size(), 1u);
    EXPECT_THROW(read_cif(folder / "b.cif"), Error);
    EXPECT_THROW(read_cif(folder.path), Error);
}

}  // namespace
}  // namespace friedel
