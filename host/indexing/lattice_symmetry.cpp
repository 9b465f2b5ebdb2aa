#include "host/indexing/lattice_symmetry.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>

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
    constexpr int most_rounds = 200;      // an end, whatever the metric
    constexpr double shorter = 1 - 1e-9;  // or rounding would exchange vectors of one length for ever
    Basis b = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
    const auto square = [&](const Vector& v) { return g.product(v.data(), v.data()); };
    for (int round = 0; round < most_rounds; ++round) {
        bool changed = false;
        for (std::size_t i = 0; i < 3; ++i) {
            const Vector &p = b[(i + 1) % 3], &q = b[(i + 2) % 3];
            for (int m = -1; m <= 1; ++m) {
                for (int n = -1; n <= 1; ++n) {
                    Vector v = b[i];
                    for (std::size_t j = 0; j < 3; ++j) v[j] += m * p[j] + n * q[j];
                    if (square(v) < square(b[i]) * shorter) b[i] = v, changed = true;
                }
            }
        }
        if (!changed) break;
    }
    return transformed(g, b);
}

// Twofold: a row of the lattice, and the row of the reciprocal lattice that it nearly coincides with.
struct Axis {
    Index direct, reciprocal;
};

int dot(const Index& a, const Index& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
Vector real(const Index& v) { return {static_cast<double>(v[0]), static_cast<double>(v[1]), static_cast<double>(v[2])}; }

// Indices of rows that may be axes, in a reduced basis (Le Page); and, a little further, of lattice vectors across an axis.
constexpr int most_along = 2, most_across = 3;

std::vector<Axis> twofold_axes(const Metric<double>& direct, double tolerance_deg) {
    const Metric<double> reciprocal = direct.inverse();
    std::vector<Index> all;
    for (int x = -most_along; x <= most_along; ++x) {
        for (int y = -most_along; y <= most_along; ++y) {
            for (int z = -most_along; z <= most_along; ++z) {
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
            if (std::acos(std::min(1.0, cosine)) / degree<double> < tolerance_deg) axes.push_back({u, h});
        }
    }
    return axes;
}

// Whether the vector, in terms of a basis of the lattice, belongs to it.
bool is_lattice_vector(const Basis& cell, const Vector& part) {
    constexpr double rounding = 0.01;  // parts are halves at least
    for (std::size_t j = 0; j < 3; ++j) {
        const double x = part[0] * cell[0][j] + part[1] * cell[1][j] + part[2] * cell[2][j];
        if (std::fabs(x - std::round(x)) > rounding) return false;
    }
    return true;
}

int volume_of_cell(const Basis& b) {
    const double v = b[0][0] * (b[1][1] * b[2][2] - b[1][2] * b[2][1]) - b[0][1] * (b[1][0] * b[2][2] - b[1][2] * b[2][0]) +
                     b[0][2] * (b[1][0] * b[2][1] - b[1][1] * b[2][0]);
    return static_cast<int>(std::lround(std::fabs(v)));
}

// Lattice vectors across the axis, the shortest first.
std::vector<Index> vectors_across(const Metric<double>& g, const Axis& axis) {
    std::vector<std::pair<double, Index>> across;
    for (int x = -most_across; x <= most_across; ++x) {
        for (int y = -most_across; y <= most_across; ++y) {
            for (int z = -most_across; z <= most_across; ++z) {
                const Index v = {x, y, z};
                if ((x || y || z) && dot(v, axis.reciprocal) == 0) across.emplace_back(g.product(v.data(), v.data()), v);
            }
        }
    }
    std::sort(across.begin(), across.end());
    std::vector<Index> vectors;
    for (const auto& [square, vector] : across) vectors.push_back(vector);
    return vectors;
}

// With the axis as b, and C centring if there is any; none where the cell of the two shortest vectors across has more lattice points.
std::optional<BravaisCell> monoclinic_cell(const Metric<double>& g, const Axis& axis) {
    const std::vector<Index> across = vectors_across(g, axis);
    for (std::size_t j = 1; j < across.size(); ++j) {
        const Basis basis = {{real(across[0]), real(axis.direct), real(across[j])}};
        const int points = volume_of_cell(basis);
        if (points == 0) continue;  // they are parallel
        if (points > 2) return {};
        Metric<double> direct = transformed(g, basis);
        direct.m[3] = direct.m[5] = 0;
        if (points == 1) return BravaisCell{BravaisLattice::mP, direct.inverse()};
        const double a = direct.m[0], b = direct.m[1], c = direct.m[2], ac = direct.m[4];
        if (is_lattice_vector(basis, {0.5, 0.5, 0})) return BravaisCell{BravaisLattice::mC, direct.inverse()};
        if (is_lattice_vector(basis, {0, 0.5, 0.5})) return BravaisCell{BravaisLattice::mC, Metric<double>{{c, b, a, 0, ac, 0}}.inverse()};
        if (!is_lattice_vector(basis, {0.5, 0.5, 0.5})) return {};
        // a' = a + c: centred on C; the shorter of the two diagonals.
        const double sign = ac > 0 ? -1 : 1;
        return BravaisCell{BravaisLattice::mC, Metric<double>{{a + c + 2 * sign * ac, b, c, 0, sign * c + ac, 0}}.inverse()};
    }
    return {};
}

// Three edges at right angles.
struct OrthorhombicCell {
    BravaisLattice lattice;
    std::array<double, 3> edge_sq;
};

std::vector<BravaisCell> tetragonal_and_higher(const OrthorhombicCell& cell, double tolerance_deg) {
    const BravaisLattice lattice = cell.lattice;
    std::vector<BravaisCell> out;
    const double relative = 2 * std::tan(tolerance_deg * degree<double>);
    const auto alike = [&](double a, double b) { return std::fabs(a - b) < relative * 0.5 * (a + b); };
    const auto add = [&](BravaisLattice as, double a, double c) {
        const Metric<double> direct =
            lattice_system(as) == systems::hexagonal ? Metric<double>{{a, a, c, 0, 0, -a / 2}} : Metric<double>{{a, a, c, 0, 0, 0}};
        out.push_back({as, direct.inverse()});
    };
    for (std::size_t i = 0; i < 3; ++i) {
        const double a = cell.edge_sq[i], b = cell.edge_sq[(i + 1) % 3], c = cell.edge_sq[(i + 2) % 3], mean = 0.5 * (a + b);
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
    return out;
}

std::optional<OrthorhombicCell> orthorhombic_cell(const Metric<double>& g, const Axis& x, const Axis& y, const Axis& z,
                                                  double tolerance_deg) {
    const Basis basis = {{real(x.direct), real(y.direct), real(z.direct)}};
    const Metric<double> cell = transformed(g, basis);
    const double* const m = cell.m;
    const double limit = std::sin(tolerance_deg * degree<double>);
    if (std::fabs(m[5]) > limit * std::sqrt(m[0] * m[1]) || std::fabs(m[4]) > limit * std::sqrt(m[0] * m[2]) ||
        std::fabs(m[3]) > limit * std::sqrt(m[1] * m[2]))
        return {};
    switch (volume_of_cell(basis)) {
        case 1:
            return OrthorhombicCell{BravaisLattice::oP, {m[0], m[1], m[2]}};
        case 2:
            if (is_lattice_vector(basis, {0.5, 0.5, 0.5})) return OrthorhombicCell{BravaisLattice::oI, {m[0], m[1], m[2]}};
            if (is_lattice_vector(basis, {0, 0.5, 0.5})) return OrthorhombicCell{BravaisLattice::oC, {m[1], m[2], m[0]}};
            if (is_lattice_vector(basis, {0.5, 0, 0.5})) return OrthorhombicCell{BravaisLattice::oC, {m[2], m[0], m[1]}};
            return OrthorhombicCell{BravaisLattice::oC, {m[0], m[1], m[2]}};
        case 4:
            return OrthorhombicCell{BravaisLattice::oF, {m[0], m[1], m[2]}};
        default:
            return {};
    }
}

}  // namespace

std::vector<BravaisCell> higher_symmetries(const BravaisCell& cell, double tolerance_deg) {
    const Metric<double> direct = cell.reciprocal.inverse();
    const int system = lattice_system(cell.lattice);
    if (system >= systems::tetragonal) return {};
    if (system == systems::orthorhombic)
        return tetragonal_and_higher({cell.lattice, {direct.m[0], direct.m[1], direct.m[2]}}, tolerance_deg);
    const Metric<double> g = reduced(transformed(direct, primitive_basis(cell.lattice)));
    const std::vector<Axis> axes = twofold_axes(g, tolerance_deg);
    std::vector<BravaisCell> out;
    if (system == systems::triclinic) {
        for (const Axis& axis : axes) {
            if (const auto monoclinic = monoclinic_cell(g, axis)) out.push_back(*monoclinic);
        }
    }
    for (std::size_t i = 0; i < axes.size(); ++i) {
        for (std::size_t j = i + 1; j < axes.size(); ++j) {
            for (std::size_t k = j + 1; k < axes.size(); ++k) {
                const auto found = orthorhombic_cell(g, axes[i], axes[j], axes[k], tolerance_deg);
                if (!found) continue;
                const auto& [a, b, c] = found->edge_sq;
                out.push_back({found->lattice, Metric<double>{{a, b, c, 0, 0, 0}}.inverse()});
                const std::vector<BravaisCell> higher = tetragonal_and_higher(*found, tolerance_deg);
                out.insert(out.end(), higher.begin(), higher.end());
            }
        }
    }
    return out;
}

}  // namespace friedel
