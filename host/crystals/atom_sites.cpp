#include "host/crystals/atom_sites.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "host/support/error.h"

namespace friedel {

namespace {

using Vector = std::array<double, 3>;

// An operation that moves an atom by less leaves it where it is: the last digit of a coordinate.
constexpr double unmoved_angstrom = 0.005;

Vector minus(const Vector& a, const Vector& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }

// An atom fully occupied whose images lie on top of each other belongs on the special position between them.
void move_to_special_position(Atom& atom, const std::vector<SymmetryOperation>& operations, const Metric<double>& metric) {
    Vector sum{};
    int near = 0, unmoved = 0;
    for (const SymmetryOperation& operation : operations) {
        const Vector there = image_of(operation, atom.position);
        const Vector step = minus(there, atom.position);
        const double distance = nearest_distance(metric, step);
        if (distance > overlap_angstrom) continue;
        if (distance < unmoved_angstrom) ++unmoved;
        for (int axis = 0; axis < 3; ++axis) sum[axis] += step[axis] - std::round(step[axis]);
        ++near;
    }
    if (near == unmoved || near * atom.occupancy < full_occupancy * unmoved) return;
    for (int axis = 0; axis < 3; ++axis) atom.position[axis] += sum[axis] / near;
}

void check_metric(const Structure& structure, const Metric<double>& metric) {
    for (const SymmetryOperation& operation : structure.operations) {
        for (int e = 0; e < 6; ++e) {
            const double lengths = metric.m[e < 3 ? e : (e == 3 ? 1 : 0)] * metric.m[e < 3 ? e : (e == 5 ? 1 : 2)];
            if (std::abs(transformed_element(metric, operation.rotation, e) - metric.m[e]) > 0.03 * std::sqrt(lengths)) {
                fail("the cell does not have the symmetry that the file states; check the cell, or the setting of the space group");
            }
        }
    }
}

}  // namespace

double nearest_distance(const Metric<double>& direct, std::array<double, 3> difference) {
    for (double& x : difference) x -= std::round(x);
    return std::sqrt(std::max(direct.product(difference.data(), difference.data()), 0.0));
}

void tidy_sites(Structure& structure) {
    const Metric<double> metric = direct_metric(structure.cell.data());
    check_metric(structure, metric);
    for (Atom& atom : structure.atoms) {
        if (structure.operations.size() > 1) move_to_special_position(atom, structure.operations, metric);
    }

    std::vector<Atom> kept;
    std::vector<double> site_occupancy;  // of everything on the site of kept[i], known to kept[i]
    for (const Atom& atom : structure.atoms) {
        bool repeated = false;
        double occupancy = atom.occupancy;
        for (std::size_t i = 0; i < kept.size() && !repeated; ++i) {
            const Vector step = minus(atom.position, kept[i].position);
            const bool same_point = nearest_distance(metric, step) < same_site_angstrom;
            const bool equivalent =
                same_point || std::any_of(structure.operations.begin() + 1, structure.operations.end(), [&](const auto& operation) {
                    return nearest_distance(metric, minus(image_of(operation, atom.position), kept[i].position)) < same_site_angstrom;
                });
            if (!equivalent) continue;
            const bool fits = site_occupancy[i] + atom.occupancy < full_occupancy;
            if (atom.element == kept[i].element && (!same_point || !fits)) {
                // The file lists symmetry equivalents one by one, or one atom twice.
                repeated = true;
            } else if (!fits) {
                fail("atoms ", kept[i].label, " and ", atom.label, " lie on the same site with a total occupancy above 1");
            } else {
                site_occupancy[i] += atom.occupancy;
                occupancy = site_occupancy[i];
            }
        }
        if (repeated) continue;
        kept.push_back(atom);
        site_occupancy.push_back(occupancy);
    }
    structure.atoms = std::move(kept);
}

}  // namespace friedel
