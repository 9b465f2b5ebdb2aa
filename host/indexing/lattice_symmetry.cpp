#include "host/indexing/lattice_symmetry.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace friedel {

namespace {

using Vector = std::array<double, 3>;
using Index = std::array<int, 3>;
using Basis = std::array<Vector, 3>;

// Primitive vectors in terms of the conventional ones.
Basis primitive_basis(BravaisLattice lattice) {
    switch (lattice) {
        case BravaisLattice::cI:
        case BravaisLattice::tI:
        case BravaisLattice::oI:
            return {{{-0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0.5, 0.5, -0.5}}};
        case BravaisLattice::cF:
        case BravaisLattice::oF:
            return {{{0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}}};
        case BravaisLattice::oC:
        case BravaisLattice::mC:
            return {{{0.5, 0.5, 0}, {-0.5, 0.5, 0}, {0, 0, 1}}};
        case BravaisLattice::oA:
            return {{{1, 0, 0}, {0, 0.5, 0.5}, {0, -0.5, 0.5}}};
        case BravaisLattice::hR:
            return {{{2.0 / 3, 1.0 / 3, 1.0 / 3}, {-1.0 / 3, 1.0 / 3, 1.0 / 3}, {-1.0 / 3, -2.0 / 3, 1.0 / 3}}};
        default:
            return {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    }
}

Metric<double> transformed(const Metric<double>& g, const Basis& b) {
    return {{g.product(b[0].data(), b[0].data()), g.product(b[1].data(), b[1].data()), g.product(b[2].data(), b[2].data()),
             g.product(b[1].data(), b[2].data()), g.product(b[0].data(), b[2].data()), g.product(b[0].data(), b[1].data())}};
}

// Three short vectors of the same lattice.
Metric<double> reduced(const Metric<double>& g) {
    Basis b = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    const auto square = [&](const Vector& v) { return g.product(v.data(), v.data()); };
    for (int round = 0; round < 200; ++round) {
        bool changed = false;
        for (std::size_t i = 0; i < 3; ++i) {
            const Vector &p = b[(i + 1) % 3], &q = b[(i + 2) % 3];
            for (int m = -1; m <= 1; ++m) {
                for (int n = -1; n <= 1; ++n) {
                    Vector v = b[i];
                    for (std::size_t j = 0; j < 3; ++j) v[j] += m * p[j] + n * q[j];
                    if (square(v) < square(b[i]) * (1 - 1e-9)) b[i] = v, changed = true;
                }
            }
        }
        if (!changed) break;
    }
    return transformed(g, b);
}

struct Axis {
    Index direct, reciprocal;
    double off_deg;
};

int dot(const Index& a, const Index& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vector real(const Index& v) { return {static_cast<double>(v[0]), static_cast<double>(v[1]), static_cast<double>(v[2])}; }

std::vector<Axis> twofold_axes(const Metric<double>& direct, double tolerance_deg) {
    const Metric<double> reciprocal = direct.inverse();
    std::vector<Index> all;
    for (int x = -2; x <= 2; ++x) {
        for (int y = -2; y <= 2; ++y) {
            for (int z = -2; z <= 2; ++z) {
                const bool positive = x > 0 || (x == 0 && (y > 0 || (y == 0 && z > 0)));
                const bool primitive = std::abs(x) == 1 || std::abs(y) == 1 || std::abs(z) == 1;
                if (positive && primitive) all.push_back({x, y, z});
            }
        }
    }
    std::vector<Axis> axes;
    for (const Index& u : all) {
        for (const Index& h : all) {
            const int product = std::abs(dot(u, h));
            if (product != 1 && product != 2) continue;
            const double cosine = product / std::sqrt(direct.product(u.data(), u.data()) * reciprocal.product(h.data(), h.data()));
            const double off = std::acos(std::min(1.0, cosine)) / degree<double>;
            if (off < tolerance_deg) axes.push_back({u, h, off});
        }
    }
    return axes;
}

// Whether the vector, in terms of a basis of the lattice, belongs to it.
bool is_lattice_vector(const Basis& cell, const Vector& part) {
    for (std::size_t j = 0; j < 3; ++j) {
        const double x = part[0] * cell[0][j] + part[1] * cell[1][j] + part[2] * cell[2][j];
        if (std::fabs(x - std::round(x)) > 0.01) return false;
    }
    return true;
}

int volume_of_cell(const Basis& b) {
    const double v = b[0][0] * (b[1][1] * b[2][2] - b[1][2] * b[2][1]) - b[0][1] * (b[1][0] * b[2][2] - b[1][2] * b[2][0]) +
                     b[0][2] * (b[1][0] * b[2][1] - b[1][1] * b[2][0]);
    return static_cast<int>(std::lround(std::fabs(v)));
}

void add_monoclinic(std::vector<BravaisCell>& out, const Metric<double>& g, const Axis& axis) {
    // The two shortest vectors across the axis.
    std::vector<std::pair<double, Index>> across;
    for (int x = -3; x <= 3; ++x) {
        for (int y = -3; y <= 3; ++y) {
            for (int z = -3; z <= 3; ++z) {
                const Index v = {x, y, z};
                if ((x || y || z) && dot(v, axis.reciprocal) == 0) across.emplace_back(g.product(v.data(), v.data()), v);
            }
        }
    }
    std::sort(across.begin(), across.end());
    for (std::size_t j = 1; j < across.size(); ++j) {
        const Basis b = {{real(across[0].second), real(axis.direct), real(across[j].second)}};
        const int points = volume_of_cell(b);
        if (points == 0) continue;
        Metric<double> direct = transformed(g, b);
        direct.m[3] = direct.m[5] = 0;
        if (points == 1) {
            out.push_back({BravaisLattice::mP, direct.inverse()});
        } else if (points == 2) {
            const double a = direct.m[0], c = direct.m[2], d = direct.m[4];
            if (is_lattice_vector(b, {0.5, 0.5, 0})) {
                out.push_back({BravaisLattice::mC, direct.inverse()});
            } else if (is_lattice_vector(b, {0, 0.5, 0.5})) {
                const Metric<double> turned{{c, direct.m[1], a, 0, d, 0}};
                out.push_back({BravaisLattice::mC, turned.inverse()});
            } else if (is_lattice_vector(b, {0.5, 0.5, 0.5})) {
                // a' = a + c: centred on C; the shorter of the two diagonals.
                const double sign = d > 0 ? -1 : 1;
                const Metric<double> turned{{a + c + 2 * sign * d, direct.m[1], c, 0, sign * c + d, 0}};
                out.push_back({BravaisLattice::mC, turned.inverse()});
            }
        }
        return;
    }
}

void add_tetragonal_and_higher(std::vector<BravaisCell>& out, BravaisLattice lattice, const double* edge_sq, double tolerance_deg) {
    const double relative = 2 * std::tan(tolerance_deg * degree<double>);
    const auto alike = [&](double a, double b) { return std::fabs(a - b) < relative * 0.5 * (a + b); };
    const auto add = [&](BravaisLattice as, double a, double c) {
        const Metric<double> direct =
            lattice_system(as) == systems::hexagonal ? Metric<double>{{a, a, c, 0, 0, -a / 2}} : Metric<double>{{a, a, c, 0, 0, 0}};
        out.push_back({as, direct.inverse()});
    };
    for (int i = 0; i < 3; ++i) {
        const double a = edge_sq[i], b = edge_sq[(i + 1) % 3], c = edge_sq[(i + 2) % 3], mean = 0.5 * (a + b);
        if (alike(a, b)) {
            if (lattice == BravaisLattice::oP) add(BravaisLattice::tP, mean, c);
            if (lattice == BravaisLattice::oI) add(BravaisLattice::tI, mean, c);
            if (lattice == BravaisLattice::oC && i == 0) add(BravaisLattice::tP, mean / 2, c);
            if (lattice == BravaisLattice::oF) add(BravaisLattice::tI, mean / 2, c);
            if (i == 0 && alike(b, c) && alike(a, c)) {
                const double all = (a + b + c) / 3;
                if (lattice == BravaisLattice::oP) add(BravaisLattice::cP, all, all);
                if (lattice == BravaisLattice::oI) add(BravaisLattice::cI, all, all);
                if (lattice == BravaisLattice::oF) add(BravaisLattice::cF, all, all);
            }
        }
        if (lattice == BravaisLattice::oC && i == 0) {
            if (alike(b, 3 * a)) add(BravaisLattice::hP, (a + b / 3) / 2, c);
            if (alike(a, 3 * b)) add(BravaisLattice::hP, (b + a / 3) / 2, c);
        }
    }
}

void add_orthorhombic(std::vector<BravaisCell>& out, const Metric<double>& g, const Axis& x, const Axis& y, const Axis& z,
                      double tolerance_deg) {
    const Basis b = {{real(x.direct), real(y.direct), real(z.direct)}};
    const int points = volume_of_cell(b);
    const Metric<double> cell = transformed(g, b);
    const double* const m = cell.m;
    const double limit = std::sin(tolerance_deg * degree<double>);
    if (std::fabs(m[5]) > limit * std::sqrt(m[0] * m[1]) || std::fabs(m[4]) > limit * std::sqrt(m[0] * m[2]) ||
        std::fabs(m[3]) > limit * std::sqrt(m[1] * m[2]))
        return;
    double edge[3] = {m[0], m[1], m[2]};
    BravaisLattice lattice = BravaisLattice::oP;
    if (points == 2) {
        if (is_lattice_vector(b, {0.5, 0.5, 0.5}))
            lattice = BravaisLattice::oI;
        else {
            lattice = BravaisLattice::oC;
            if (is_lattice_vector(b, {0, 0.5, 0.5}))
                std::rotate(edge, edge + 1, edge + 3);  // b c a
            else if (is_lattice_vector(b, {0.5, 0, 0.5}))
                std::rotate(edge, edge + 2, edge + 3);  // c a b
        }
    } else if (points == 4) {
        lattice = BravaisLattice::oF;
    } else if (points != 1) {
        return;
    }
    out.push_back({lattice, Metric<double>{{edge[0], edge[1], edge[2], 0, 0, 0}}.inverse()});
    add_tetragonal_and_higher(out, lattice, edge, tolerance_deg);
}

}  // namespace

std::vector<BravaisCell> higher_symmetries(const BravaisCell& cell, double tolerance_deg) {
    std::vector<BravaisCell> out;
    const Metric<double> direct = cell.reciprocal.inverse();
    const int system = lattice_system(cell.lattice);
    if (system >= systems::tetragonal) return out;
    if (system == systems::orthorhombic) {
        add_tetragonal_and_higher(out, cell.lattice, direct.m, tolerance_deg);
        return out;
    }
    const Metric<double> g = reduced(transformed(direct, primitive_basis(cell.lattice)));
    const std::vector<Axis> axes = twofold_axes(g, tolerance_deg);
    if (system == systems::triclinic) {
        for (const Axis& axis : axes) add_monoclinic(out, g, axis);
    }
    for (std::size_t i = 0; i < axes.size(); ++i) {
        for (std::size_t j = i + 1; j < axes.size(); ++j) {
            for (std::size_t k = j + 1; k < axes.size(); ++k) add_orthorhombic(out, g, axes[i], axes[j], axes[k], tolerance_deg);
        }
    }
    return out;
}

}  // namespace friedel
