#include "host/indexing/bravais_lattice.h"

#include <algorithm>
#include <gemmi/cellred.hpp>

#include "host/crystals/space_groups.h"

namespace friedel {

namespace {
constexpr const char* names[bravais_lattices] = {"cP", "cI", "cF", "tP", "tI", "hP", "hR", "oP", "oC", "oI", "oF", "mP", "mC", "aP"};
constexpr int system_of[bravais_lattices] = {systems::cubic,        systems::cubic,        systems::cubic,        systems::tetragonal,
                                             systems::tetragonal,   systems::hexagonal,    systems::trigonal,     systems::orthorhombic,
                                             systems::orthorhombic, systems::orthorhombic, systems::orthorhombic, systems::monoclinic,
                                             systems::monoclinic,   systems::triclinic};
constexpr int parameters[bravais_lattices] = {1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 6};
constexpr int points[bravais_lattices] = {1, 2, 4, 1, 2, 1, 3, 1, 2, 2, 4, 1, 2, 1};
}  // namespace

const char* bravais_name(Bravais lattice) { return names[static_cast<int>(lattice)]; }
int lattice_system(Bravais lattice) { return system_of[static_cast<int>(lattice)]; }
int metric_parameters(Bravais lattice) { return parameters[static_cast<int>(lattice)]; }
int lattice_points(Bravais lattice) { return points[static_cast<int>(lattice)]; }

Bravais bravais_of(int space_group) {
    const char centring = space_group_symbol(space_group)[0];
    switch (crystal_system(space_group)) {
        case systems::cubic:
            return centring == 'F' ? Bravais::cF : (centring == 'I' ? Bravais::cI : Bravais::cP);
        case systems::hexagonal:
            return Bravais::hP;
        case systems::trigonal:
            return centring == 'R' ? Bravais::hR : Bravais::hP;
        case systems::tetragonal:
            return centring == 'I' ? Bravais::tI : Bravais::tP;
        case systems::orthorhombic:
            return centring == 'F' ? Bravais::oF : (centring == 'I' ? Bravais::oI : (centring == 'P' ? Bravais::oP : Bravais::oC));
        case systems::monoclinic:
            return centring == 'P' ? Bravais::mP : Bravais::mC;
        default:
            return Bravais::aP;
    }
}

Metric<double> metric_of(Bravais lattice, const double* p) {
    switch (system_of[static_cast<int>(lattice)]) {
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

void parameters_of(double* p, Bravais lattice, const Metric<double>& g) {
    switch (system_of[static_cast<int>(lattice)]) {
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
    const auto angle = [](double cosine) { return std::acos(std::clamp(cosine, -1.0, 1.0)) * 180 / pi_d; };
    return {a, b, c, angle(g.m[3] / (b * c)), angle(g.m[4] / (a * c)), angle(g.m[5] / (a * b))};
}

std::array<double, 6> tabulated_cell(Bravais lattice, const Metric<double>& reciprocal) {
    std::array<double, 6> cell = cell_of(reciprocal);
    if (lattice == Bravais::mP || lattice == Bravais::mC) cell[4] = std::max(cell[4], 180 - cell[4]);
    if (lattice == Bravais::oP || lattice == Bravais::oI || lattice == Bravais::oF) std::sort(cell.begin(), cell.begin() + 3);
    if (lattice == Bravais::oC && cell[0] > cell[1]) std::swap(cell[0], cell[1]);
    if (lattice != Bravais::aP) return cell;
    const Metric<double> g = reciprocal.inverse();
    gemmi::GruberVector vector(std::array<double, 6>{g.m[0], g.m[1], g.m[2], 2 * g.m[3], 2 * g.m[4], 2 * g.m[5]});
    vector.niggli_reduce();
    return vector.cell_parameters();
}

double volume_of(const Metric<double>& reciprocal) {
    const double* const m = reciprocal.m;
    const double det = m[0] * (m[1] * m[2] - m[3] * m[3]) - m[5] * (m[5] * m[2] - m[3] * m[4]) + m[4] * (m[5] * m[3] - m[1] * m[4]);
    return det > 0 ? 1 / std::sqrt(det) : 0;
}

}  // namespace friedel
