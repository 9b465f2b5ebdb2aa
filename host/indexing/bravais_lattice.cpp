#include "host/indexing/bravais_lattice.h"

#include <algorithm>
#include <gemmi/cellred.hpp>

#include "host/crystals/space_groups.h"

namespace friedel {

namespace {

struct LatticeFacts {
    const char* name;
    int system, parameters, points;  // parameters: free elements of the metric; points: of the conventional cell
};
// In the order of BravaisLattice.
constexpr LatticeFacts facts[bravais_lattices] = {
    {"aP", systems::triclinic, 6, 1},    {"mP", systems::monoclinic, 4, 1},   {"mC", systems::monoclinic, 4, 2},
    {"oP", systems::orthorhombic, 3, 1}, {"oC", systems::orthorhombic, 3, 2}, {"oA", systems::orthorhombic, 3, 2},
    {"oF", systems::orthorhombic, 3, 4}, {"oI", systems::orthorhombic, 3, 2}, {"tP", systems::tetragonal, 2, 1},
    {"tI", systems::tetragonal, 2, 2},   {"hP", systems::hexagonal, 2, 1},    {"hR", systems::trigonal, 2, 3},
    {"cP", systems::cubic, 1, 1},        {"cF", systems::cubic, 1, 4},        {"cI", systems::cubic, 1, 2}};

const LatticeFacts& facts_of(BravaisLattice lattice) { return facts[static_cast<int>(lattice)]; }

}  // namespace

const char* bravais_name(BravaisLattice lattice) { return facts_of(lattice).name; }
int lattice_system(BravaisLattice lattice) { return facts_of(lattice).system; }
int metric_parameters(BravaisLattice lattice) { return facts_of(lattice).parameters; }
int lattice_points(BravaisLattice lattice) { return facts_of(lattice).points; }

BravaisLattice indexed_lattice(int space_group) {
    const BravaisLattice standard = bravais_lattice(space_group);
    return standard == BravaisLattice::oA ? BravaisLattice::oC : standard;
}

Metric<double> metric_of(BravaisLattice lattice, const double* p) {
    switch (lattice_system(lattice)) {
        case systems::cubic:
            return {{p[0], p[0], p[0], 0, 0, 0}};
        case systems::hexagonal:
        case systems::trigonal:
            return {{p[0], p[0], p[1], 0, 0, p[0] / 2}};
        case systems::tetragonal:
            return {{p[0], p[0], p[1], 0, 0, 0}};
        case systems::orthorhombic:
            return {{p[0], p[1], p[2], 0, 0, 0}};
        case systems::monoclinic:
            return {{p[0], p[1], p[2], 0, p[3], 0}};
        default:
            return {{p[0], p[1], p[2], p[3], p[4], p[5]}};
    }
}

void parameters_of(double* p, BravaisLattice lattice, const Metric<double>& g) {
    switch (lattice_system(lattice)) {
        case systems::cubic:
            p[0] = g.m[0];
            return;
        case systems::hexagonal:
        case systems::trigonal:
        case systems::tetragonal:
            p[0] = g.m[0], p[1] = g.m[2];
            return;
        case systems::orthorhombic:
            std::copy_n(g.m, 3, p);
            return;
        case systems::monoclinic:
            std::copy_n(g.m, 3, p), p[3] = g.m[4];
            return;
        default:
            std::copy_n(g.m, 6, p);
    }
}

std::array<double, 6> cell_of(const Metric<double>& reciprocal) {
    const Metric<double> g = reciprocal.inverse();
    const double a = std::sqrt(g.m[0]), b = std::sqrt(g.m[1]), c = std::sqrt(g.m[2]);
    const auto angle = [](double cosine) { return std::acos(std::clamp(cosine, -1.0, 1.0)) / degree<double>; };
    return {a, b, c, angle(g.m[3] / (b * c)), angle(g.m[4] / (a * c)), angle(g.m[5] / (a * b))};
}

std::array<double, 6> tabulated_cell(BravaisLattice lattice, const Metric<double>& reciprocal) {
    std::array<double, 6> cell = cell_of(reciprocal);
    if (lattice == BravaisLattice::mP || lattice == BravaisLattice::mC) cell[4] = std::max(cell[4], 180 - cell[4]);
    if (lattice == BravaisLattice::oP || lattice == BravaisLattice::oI || lattice == BravaisLattice::oF)
        std::sort(cell.begin(), cell.begin() + 3);
    if (lattice == BravaisLattice::oC && cell[0] > cell[1]) std::swap(cell[0], cell[1]);
    if (lattice != BravaisLattice::aP) return cell;
    const Metric<double> g = reciprocal.inverse();
    gemmi::GruberVector vector(std::array<double, 6>{g.m[0], g.m[1], g.m[2], 2 * g.m[3], 2 * g.m[4], 2 * g.m[5]});
    vector.niggli_reduce();
    return vector.cell_parameters();
}

double volume_of(const Metric<double>& reciprocal) {
    const double reciprocal_volume = reciprocal.volume();
    return reciprocal_volume > 0 ? 1 / reciprocal_volume : 0;
}

}  // namespace friedel
