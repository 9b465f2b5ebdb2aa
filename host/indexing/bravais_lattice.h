// The fourteen Bravais lattices as a powder shows them: which reflections a lattice has, one of each set that always coincides, and
// how 1/d^2 depends on the free parameters of its reciprocal metric. Standard settings: unique axis b with C centring, hexagonal axes
// (obverse) for rhombohedral ones, C for orthorhombic ones centred on one face.
#pragma once

#include <array>
#include <cmath>

#include "host/crystals/space_groups.h"
#include "kernels/crystal_lattice.h"
#include "kernels/metric.h"

namespace friedel {

const char* bravais_name(BravaisLattice lattice);
// As it is indexed: oC for groups whose standard setting is oA.
BravaisLattice indexed_lattice(int space_group);
// What crystal_system() gives; trigonal for hR, hexagonal for hP, which trigonal groups have as well.
int lattice_system(BravaisLattice lattice);

// How many elements of the reciprocal metric are free.
int metric_parameters(BravaisLattice lattice);

// d(1/d^2) / d(parameter): row [metric_parameters].
inline void metric_row(double* row, BravaisLattice lattice, int h, int k, int l) {
    switch (lattice) {
        case BravaisLattice::cP:
        case BravaisLattice::cI:
        case BravaisLattice::cF:
            row[0] = h * h + k * k + l * l;
            return;
        case BravaisLattice::tP:
        case BravaisLattice::tI:
            row[0] = h * h + k * k, row[1] = l * l;
            return;
        case BravaisLattice::hP:
        case BravaisLattice::hR:
            row[0] = h * h + h * k + k * k, row[1] = l * l;
            return;
        case BravaisLattice::oP:
        case BravaisLattice::oC:
        case BravaisLattice::oA:
        case BravaisLattice::oI:
        case BravaisLattice::oF:
            row[0] = h * h, row[1] = k * k, row[2] = l * l;
            return;
        case BravaisLattice::mP:
        case BravaisLattice::mC:
            row[0] = h * h, row[1] = k * k, row[2] = l * l, row[3] = 2 * h * l;
            return;
        case BravaisLattice::aP:
            break;
    }
    row[0] = h * h, row[1] = k * k, row[2] = l * l, row[3] = 2 * k * l, row[4] = 2 * h * l, row[5] = 2 * h * k;
}
Metric<double> metric_of(BravaisLattice lattice, const double* parameters);
void parameters_of(double* parameters, BravaisLattice lattice, const Metric<double>& reciprocal);

inline bool is_reflection(BravaisLattice lattice, int h, int k, int l) {
    switch (lattice) {
        case BravaisLattice::cI:
        case BravaisLattice::tI:
        case BravaisLattice::oI:
            return (h + k + l) % 2 == 0;
        case BravaisLattice::cF:
        case BravaisLattice::oF:
            return (h + k) % 2 == 0 && (k + l) % 2 == 0;
        case BravaisLattice::oC:
        case BravaisLattice::mC:
            return (h + k) % 2 == 0;
        case BravaisLattice::oA:
            return (k + l) % 2 == 0;
        // One of hkl and khl, which coincide.
        case BravaisLattice::hR:
            return (-h + k + l) % 3 == 0 || (h - k + l) % 3 == 0;
        default:
            return true;
    }
}

// f(h, k, l, 1/d^2) for one of each set of reflections of the lattice's holohedry with 1/d^2 <= limit. Returns false if there are more
// than `most` to look at.
template <class F>
bool for_each_reflection(BravaisLattice lattice, const Metric<double>& reciprocal, double limit, int most, F&& f) {
    const Metric<double> direct = reciprocal.inverse();
    if (!(direct.m[0] > 0 && direct.m[1] > 0 && direct.m[2] > 0)) return false;
    const int h_most = static_cast<int>(std::sqrt(limit * direct.m[0])), k_most = static_cast<int>(std::sqrt(limit * direct.m[1])),
              l_most = static_cast<int>(std::sqrt(limit * direct.m[2]));
    const int system = lattice_system(lattice);
    const bool triclinic = system == systems::triclinic, monoclinic = system == systems::monoclinic, cubic = system == systems::cubic,
               equal_axes = system >= systems::tetragonal;
    if (static_cast<double>(h_most + 1) * (k_most + 1) * (l_most + 1) > most) return false;
    const double* const m = reciprocal.m;
    for (int h = 0; h <= h_most; ++h) {
        const int k_first = triclinic && h > 0 ? -k_most : 0, k_last = equal_axes ? std::min(h, k_most) : k_most;
        for (int k = k_first; k <= k_last; ++k) {
            const bool both = (triclinic && (h > 0 || k > 0)) || (monoclinic && h > 0);
            const int l_first = both ? -l_most : 0, l_last = cubic ? std::min(k, l_most) : l_most;
            const double base = m[0] * h * h + m[1] * k * k + 2 * m[5] * h * k, slope = 2 * (m[3] * k + m[4] * h);
            for (int l = l_first; l <= l_last; ++l) {
                const double q = base + l * (slope + m[2] * l);
                if (q > limit || (h == 0 && k == 0 && l == 0) || !is_reflection(lattice, h, k, l)) continue;
                f(h, k, l, q);
            }
        }
    }
    return true;
}

// a b c in angstrom, alpha beta gamma in degrees, of a reciprocal metric in 1/angstrom^2.
std::array<double, 6> cell_of(const Metric<double>& reciprocal);
// The same lattice as tables give it: a triclinic cell is Niggli's (angles all acute or all obtuse), beta of a monoclinic one is obtuse.
std::array<double, 6> tabulated_cell(BravaisLattice lattice, const Metric<double>& reciprocal);
double volume_of(const Metric<double>& reciprocal);
// Of the conventional cell.
int lattice_points(BravaisLattice lattice);

}  // namespace friedel
