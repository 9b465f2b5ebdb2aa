#include "host/crystals/space_groups.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "host/support/error.h"
#include "kernels/crystal.h"

namespace friedel {

namespace {

constexpr std::array<const char*, space_groups> symbols = {
    "P1",      "P-1",     "P2",      "P21",     "C2",      "Pm",      "Pc",      "Cm",     "Cc",      "P2/m",    "P21/m",   "C2/m",
    "P2/c",    "P21/c",   "C2/c",    "P222",    "P2221",   "P21212",  "P212121", "C2221",  "C222",    "F222",    "I222",    "I212121",
    "Pmm2",    "Pmc21",   "Pcc2",    "Pma2",    "Pca21",   "Pnc2",    "Pmn21",   "Pba2",   "Pna21",   "Pnn2",    "Cmm2",    "Cmc21",
    "Ccc2",    "Amm2",    "Abm2",    "Ama2",    "Aba2",    "Fmm2",    "Fdd2",    "Imm2",   "Iba2",    "Ima2",    "Pmmm",    "Pnnn",
    "Pccm",    "Pban",    "Pmma",    "Pnna",    "Pmna",    "Pcca",    "Pbam",    "Pccn",   "Pbcm",    "Pnnm",    "Pmmn",    "Pbcn",
    "Pbca",    "Pnma",    "Cmcm",    "Cmca",    "Cmmm",    "Cccm",    "Cmma",    "Ccca",   "Fmmm",    "Fddd",    "Immm",    "Ibam",
    "Ibca",    "Imma",    "P4",      "P41",     "P42",     "P43",     "I4",      "I41",    "P-4",     "I-4",     "P4/m",    "P42/m",
    "P4/n",    "P42/n",   "I4/m",    "I41/a",   "P422",    "P4212",   "P4122",   "P41212", "P4222",   "P42212",  "P4322",   "P43212",
    "I422",    "I4122",   "P4mm",    "P4bm",    "P42cm",   "P42nm",   "P4cc",    "P4nc",   "P42mc",   "P42bc",   "I4mm",    "I4cm",
    "I41md",   "I41cd",   "P-42m",   "P-42c",   "P-421m",  "P-421c",  "P-4m2",   "P-4c2",  "P-4b2",   "P-4n2",   "I-4m2",   "I-4c2",
    "I-42m",   "I-42d",   "P4/mmm",  "P4/mcc",  "P4/nbm",  "P4/nnc",  "P4/mbm",  "P4/mnc", "P4/nmm",  "P4/ncc",  "P42/mmc", "P42/mcm",
    "P42/nbc", "P42/nnm", "P42/mbc", "P42/mnm", "P42/nmc", "P42/ncm", "I4/mmm",  "I4/mcm", "I41/amd", "I41/acd", "P3",      "P31",
    "P32",     "R3",      "P-3",     "R-3",     "P312",    "P321",    "P3112",   "P3121",  "P3212",   "P3221",   "R32",     "P3m1",
    "P31m",    "P3c1",    "P31c",    "R3m",     "R3c",     "P-31m",   "P-31c",   "P-3m1",  "P-3c1",   "R-3m",    "R-3c",    "P6",
    "P61",     "P65",     "P62",     "P64",     "P63",     "P-6",     "P6/m",    "P63/m",  "P622",    "P6122",   "P6522",   "P6222",
    "P6422",   "P6322",   "P6mm",    "P6cc",    "P63cm",   "P63mc",   "P-6m2",   "P-6c2",  "P-62m",   "P-62c",   "P6/mmm",  "P6/mcc",
    "P63/mcm", "P63/mmc", "P23",     "F23",     "I23",     "P213",    "I213",    "Pm-3",   "Pn-3",    "Fm-3",    "Fd-3",    "Im-3",
    "Pa-3",    "Ia-3",    "P432",    "P4232",   "F432",    "F4132",   "I432",    "P4332",  "P4132",   "I4132",   "P-43m",   "F-43m",
    "I-43m",   "P-43n",   "F-43c",   "I-43d",   "Pm-3m",   "Pn-3n",   "Pm-3n",   "Pn-3m",  "Fm-3m",   "Fm-3c",   "Fd-3m",   "Fd-3c",
    "Im-3m",   "Ia-3d",
};

// First space group of each crystal system.
constexpr std::array<int, crystal_systems> first_of_system = {1, 3, 16, 75, 143, 168, 195};

constexpr std::array<const char*, crystal_systems> system_names = {"triclinic", "monoclinic", "orthorhombic", "tetragonal",
                                                                   "trigonal",  "hexagonal",  "cubic"};

constexpr std::array<std::array<int, 2>, 11> mirror_images = {
    {{76, 78}, {91, 95}, {92, 96}, {144, 145}, {151, 153}, {152, 154}, {169, 170}, {171, 172}, {178, 179}, {180, 181}, {212, 213}}};

}  // namespace

int checked_space_group(int space_group) {
    if (space_group < 1 || space_group > space_groups) fail("space group ", space_group, " is not between 1 and 230");
    return space_group;
}

const char* space_group_symbol(int space_group) { return symbols[checked_space_group(space_group) - 1]; }

int crystal_system(int space_group) {
    const auto next = std::upper_bound(first_of_system.begin(), first_of_system.end(), checked_space_group(space_group));
    return static_cast<int>(next - first_of_system.begin()) - 1;
}

BravaisLattice bravais_lattice(int space_group) {
    const char centring = space_group_symbol(space_group)[0];
    const auto of = [&](BravaisLattice primitive, const char* centrings) {
        return static_cast<BravaisLattice>(static_cast<int>(primitive) + static_cast<int>(std::string_view(centrings).find(centring)));
    };
    switch (crystal_system(space_group)) {
        case systems::triclinic:
            return BravaisLattice::aP;
        case systems::monoclinic:
            return of(BravaisLattice::mP, "PC");
        case systems::orthorhombic:
            return of(BravaisLattice::oP, "PCAFI");
        case systems::tetragonal:
            return of(BravaisLattice::tP, "PI");
        case systems::cubic:
            return of(BravaisLattice::cP, "PFI");
        default:
            return of(BravaisLattice::hP, "PR");
    }
}

int enantiomorph(int space_group) {
    checked_space_group(space_group);
    for (const auto& [left, right] : mirror_images) {
        if (space_group == left) return right;
        if (space_group == right) return left;
    }
    return 0;
}

std::vector<int> likeliest_groups(const float* probabilities, int most) {
    std::vector<int> groups(space_groups);
    std::iota(groups.begin(), groups.end(), 1);
    std::partial_sort(groups.begin(), groups.begin() + most, groups.end(), [&](int a, int b) {
        return probabilities[a - 1] != probabilities[b - 1] ? probabilities[a - 1] > probabilities[b - 1] : a < b;
    });
    groups.resize(static_cast<std::size_t>(most));
    return groups;
}

const char* crystal_system_name(int system) {
    if (system < 0 || system >= crystal_systems) fail("crystal system ", system, " is not between 0 and 6");
    return system_names[system];
}

}  // namespace friedel
