// The metric tensor of a lattice: lengths and angles from indices or fractional coordinates, and how a strain that keeps the crystal system
// changes it.
#pragma once

#include <cstdint>

#include "kernels/crystal.h"
#include "kernels/real_math.h"

namespace friedel {

// Symmetric 3x3 tensor: 11, 22, 33, 23, 13, 12.
template <class Real>
struct Metric {
    Real m[6];

    // x . M . y
    template <class X, class Y>
    FRIEDEL_FN Real product(const X* x, const Y* y) const {
        return m[0] * x[0] * y[0] + m[1] * x[1] * y[1] + m[2] * x[2] * y[2] + m[3] * (x[1] * y[2] + x[2] * y[1]) +
               m[4] * (x[0] * y[2] + x[2] * y[0]) + m[5] * (x[0] * y[1] + x[1] * y[0]);
    }

    // out = M x; of a direction of the direct lattice in that of the reciprocal one, and the reverse.
    template <class X>
    FRIEDEL_FN void times(Real* out, const X* x) const {
        out[0] = m[0] * x[0] + m[5] * x[1] + m[4] * x[2];
        out[1] = m[5] * x[0] + m[1] * x[1] + m[3] * x[2];
        out[2] = m[4] * x[0] + m[3] * x[1] + m[2] * x[2];
    }

    FRIEDEL_FN Metric inverse() const {
        const Real c0 = m[1] * m[2] - m[3] * m[3], c5 = m[3] * m[4] - m[5] * m[2], c4 = m[5] * m[3] - m[1] * m[4];
        const Real scale = 1 / (m[0] * c0 + m[5] * c5 + m[4] * c4);
        return {{c0 * scale, (m[0] * m[2] - m[4] * m[4]) * scale, (m[0] * m[1] - m[5] * m[5]) * scale, (m[4] * m[5] - m[0] * m[3]) * scale,
                 c4 * scale, c5 * scale}};
    }

    FRIEDEL_FN Real determinant() const {
        return m[0] * (m[1] * m[2] - m[3] * m[3]) - m[5] * (m[5] * m[2] - m[3] * m[4]) + m[4] * (m[5] * m[3] - m[1] * m[4]);
    }

    // Of the cell; 0 where the edges span none.
    FRIEDEL_FN Real volume() const {
        const Real det = determinant();
        return square_root(det > 0 ? det : Real(0));
    }
};

// Square of the volume of a cell with edges of length 1, from the cosines of its angles; not positive where no cell has such angles.
template <class Real>
FRIEDEL_FN Real unit_volume_sq(Real cos_alpha, Real cos_beta, Real cos_gamma) {
    return 1 - cos_alpha * cos_alpha - cos_beta * cos_beta - cos_gamma * cos_gamma + 2 * cos_alpha * cos_beta * cos_gamma;
}

// Direct metric of a cell, angstrom^2. Right angles are exact: their rounded cosine would split reflections that coincide.
template <class Real>
FRIEDEL_FN Metric<Real> direct_metric(const Real* cell) {
    Real cosine[3];
    for (int i = 0; i < 3; ++i) cosine[i] = cell[3 + i] == Real(90) ? Real(0) : cos_turns(cell[3 + i] / 360);
    return {{cell[0] * cell[0], cell[1] * cell[1], cell[2] * cell[2], cell[1] * cell[2] * cosine[0], cell[0] * cell[2] * cosine[1],
             cell[0] * cell[1] * cosine[2]}};
}

// Element e of R^T G R, the metric of the lattice with a basis that R, by rows, makes of its own.
template <class Real, class Entry>
FRIEDEL_FN Real transformed_element(const Metric<Real>& g, const Entry* rotation, int e) {
    constexpr int row[6] = {0, 1, 2, 1, 0, 0}, column[6] = {0, 1, 2, 2, 2, 1};
    const Real x[3] = {Real(rotation[row[e]]), Real(rotation[3 + row[e]]), Real(rotation[6 + row[e]])};
    const Real y[3] = {Real(rotation[column[e]]), Real(rotation[3 + column[e]]), Real(rotation[6 + column[e]])};
    return g.product(x, y);
}

// Change of the metric by a strain: `strain` holds relative changes e_ij (order of Metric), applied as e_ij |a_i| |a_j|.
template <class Real>
FRIEDEL_FN Metric<Real> metric_change(const Metric<Real>& g, const float* strain) {
    Real edge[3];
    for (int i = 0; i < 3; ++i) edge[i] = square_root(g.m[i]);
    return {{strain[0] * edge[0] * edge[0], strain[1] * edge[1] * edge[1], strain[2] * edge[2] * edge[2], strain[3] * edge[1] * edge[2],
             strain[4] * edge[0] * edge[2], strain[5] * edge[0] * edge[1]}};
}

// Element e of the metric after a change that is averaged over the point group, so that whatever was drawn, the strained lattice keeps the
// symmetry: G' = G + <R^T dG R>.
template <class Real>
FRIEDEL_FN Real strained_element(const Metric<Real>& g, const Metric<Real>& change, const OperationSet& operations, int e) {
    const int count = operations.laue_count();
    Real element = g.m[e];
    for (int r = 0; r < count; ++r) element += transformed_element(change, operations.representatives[r].rotation, e) / count;
    return element;
}

template <class Real>
FRIEDEL_FN Metric<Real> strained_metric(const Metric<Real>& g, const float* strain, const OperationSet& operations) {
    const Metric<Real> change = metric_change(g, strain);
    Metric<Real> strained;
    for (int e = 0; e < 6; ++e) strained.m[e] = strained_element(g, change, operations, e);
    return strained;
}

}  // namespace friedel
