// With v = (2048^2, 2048, 1) the order of h, then k, then l is that of h.v, and h is the largest of its equivalents if h.w >= 0 for
// w = v - R v of every operation R and of every -R (Friedel's law). All w lie in one open half space: seen from the origin they are points
// of a plane, the walls of the cone are the corners of their convex hull, and h.w = 0 for another w exactly if h lies on the walls at the
// ends of the hull's edge that holds w, or, for a w inside, on all of them. Whole numbers throughout.
#include "host/crystals/laue_cone.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "host/support/error.h"

namespace friedel {

namespace {

using Wide = __int128;  // products of three components of up to 2^24
using Vector = std::array<std::int64_t, 3>;

struct Difference {
    Vector w;
    int representative;  // that gives it without a change of sign, or -1
};

Vector reduced(Vector v) {
    const std::int64_t divisor = std::gcd(std::gcd(v[0], v[1]), v[2]);
    if (divisor > 1) {
        for (std::int64_t& e : v) e /= divisor;
    }
    return v;
}

std::array<Wide, 3> cross(const Vector& a, const Vector& b) {
    return {Wide(a[1]) * b[2] - Wide(a[2]) * b[1], Wide(a[2]) * b[0] - Wide(a[0]) * b[2], Wide(a[0]) * b[1] - Wide(a[1]) * b[0]};
}

template <class T>
Wide dot(const std::array<T, 3>& a, const Vector& b) {
    return Wide(a[0]) * b[0] + Wide(a[1]) * b[1] + Wide(a[2]) * b[2];
}

Wide determinant(const Vector& a, const Vector& b, const Vector& c) { return dot(cross(a, b), c); }

constexpr const char* no_group = "the symmetry operations do not form a group; check the operations listed";

// A reflection on no wall: the one that h.v singles out in the metric that the operations leave as it is.
Vector inner_direction(std::span<const SymmetryOperation> representatives, const Vector& v) {
    std::int64_t m[3][3] = {};
    for (const SymmetryOperation& op : representatives) {
        for (int i = 0; i < 3; ++i) {
            for (int j = 0; j < 3; ++j) {
                for (int e = 0; e < 3; ++e) m[i][j] += op.rotation[3 * i + e] * op.rotation[3 * j + e];
            }
        }
    }
    Vector p{};
    for (int i = 0; i < 3; ++i) {
        const int a = (i + 1) % 3, b = (i + 2) % 3;
        for (int j = 0; j < 3; ++j) {
            const int c = (j + 1) % 3, d = (j + 2) % 3;
            p[i] += (m[a][c] * m[b][d] - m[a][d] * m[b][c]) * v[j];
        }
    }
    return reduced(p);
}

// The corners of the convex hull, in order around it.
std::vector<Vector> hull(const std::vector<Difference>& differences, const Vector& inner) {
    const int dropped = static_cast<int>(
        std::max_element(inner.begin(), inner.end(), [](auto a, auto b) { return std::abs(a) < std::abs(b); }) - inner.begin());
    const int first = (dropped + 1) % 3, second = (dropped + 2) % 3;
    const auto lower = [&](const Difference& a, const Difference& b) {
        const Wide height_a = dot(a.w, inner), height_b = dot(b.w, inner);
        const Wide x = a.w[first] * height_b - b.w[first] * height_a;
        return x != 0 ? x < 0 : a.w[second] * height_b < b.w[second] * height_a;
    };
    std::vector<Vector> corners{std::min_element(differences.begin(), differences.end(), lower)->w};
    while (corners.size() <= LaueCone::max_walls) {
        const Vector from = corners.back();
        Vector to = from;
        for (const Difference& d : differences) {
            if (d.w == from) continue;
            const Wide side = to == from ? -1 : determinant(from, to, d.w);
            // On one line with `to`: beyond it, if turning on from `to` goes the way that led to it.
            const bool beyond = side == 0 && d.w != to && [&] {
                const auto there = cross(from, to), on = cross(to, d.w);
                for (int e = 0; e < 3; ++e) {
                    if (there[e] != 0) return (there[e] > 0) == (on[e] > 0) && on[e] != 0;
                }
                return false;
            }();
            if (side < 0 || beyond) to = d.w;
        }
        if (to == corners.front()) return corners;
        corners.push_back(to);
    }
    throw Error(no_group);
}

// The walls, as bits, on which h.w = 0 implies that h lies.
unsigned walls_of(const Vector& w, const std::vector<Vector>& corners) {
    const std::size_t n = corners.size();
    for (std::size_t i = 0; i < n; ++i) {
        if (corners[i] == w) return 1u << i;
    }
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t next = (i + 1) % n;
        if (determinant(corners[i], corners[next], w) == 0) return 1u << i | 1u << next;
    }
    return (1u << n) - 1;
}

// Combinations of the walls that do not hold l; the two outermost bound the cone's shadow.
void set_shadow(LaueCone& cone, const std::vector<Vector>& corners) {
    std::vector<Vector> flat;
    for (const Vector& a : corners) {
        if (a[2] == 0) flat.push_back(a);
        for (const Vector& b : corners) {
            if (a[2] > 0 && b[2] < 0) flat.push_back(reduced({a[2] * b[0] - b[2] * a[0], a[2] * b[1] - b[2] * a[1], 0}));
        }
    }
    const auto turn = [](const Vector& a, const Vector& b) { return Wide(a[0]) * b[1] - Wide(a[1]) * b[0]; };
    cone.shadows = 0;
    cone.k_not_negative = 0;
    if (flat.empty()) return;
    const auto [right, left] = std::minmax_element(flat.begin(), flat.end(), [&](const auto& a, const auto& b) { return turn(a, b) > 0; });
    for (const Vector* edge : {&*right, &*left}) {
        if (cone.shadows == 1 && turn(*right, *left) == 0) break;
        cone.shadow[cone.shadows][0] = (*edge)[0];
        cone.shadow[cone.shadows][1] = (*edge)[1];
        ++cone.shadows;
    }
    const Vector up{0, 1, 0};
    cone.k_not_negative = cone.shadows == 2 ? turn(*right, up) >= 0 && turn(up, *left) >= 0 : right->at(0) == 0 && right->at(1) > 0;
}

}  // namespace

LaueCone laue_cone(std::span<const SymmetryOperation> representatives) {
    const OperationSet set{representatives.data(), nullptr, static_cast<int>(representatives.size()), 1, nullptr};
    const Vector v{2048 * 2048, 2048, 1};
    const Vector inner = inner_direction(representatives, v);
    std::vector<Difference> differences;
    for (int r = 0; r < set.laue_count(); ++r) {
        for (const int sign : {1, -1}) {
            if (r == 0 && sign == 1) continue;
            const std::int8_t* m = representatives[r].rotation;
            Vector w;
            for (int row = 0; row < 3; ++row) w[row] = v[row] - sign * (m[3 * row] * v[0] + m[3 * row + 1] * v[1] + m[3 * row + 2] * v[2]);
            if (dot(w, inner) <= 0) throw Error(no_group);
            const int mate = set.has_inversion() ? r + set.laue_count() : -1;
            differences.push_back({reduced(w), sign == 1 ? r : mate});
        }
    }
    const std::vector<Vector> corners = hull(differences, inner);

    LaueCone cone{};
    cone.walls = static_cast<std::int32_t>(corners.size());
    for (std::size_t i = 0; i < corners.size(); ++i) {
        for (std::size_t e = 0; e < 3; ++e) cone.wall[i][e] = static_cast<double>(corners[i][e]);
        cone.inverse[i] = corners[i][2] ? 1 / std::abs(cone.wall[i][2]) : 0.0;
    }
    set_shadow(cone, corners);
    const unsigned sets = 1u << corners.size();
    std::vector<int> stabiliser(sets, 1);
    for (const Difference& d : differences) {
        const unsigned needed = walls_of(d.w, corners);
        for (unsigned on = 0; on < sets; ++on) {
            if ((on & needed) != needed) continue;
            ++stabiliser[on];
            if (d.representative < 0) continue;
            const std::int8_t* t = representatives[d.representative].translation;
            if (t[0] || t[1] || t[2]) cone.fixing[on] |= std::uint64_t{1} << d.representative;
        }
    }
    for (unsigned on = 0; on < sets; ++on) cone.multiplicity[on] = static_cast<std::int16_t>(2 * set.laue_count() / stabiliser[on]);
    return cone;
}

}  // namespace friedel
