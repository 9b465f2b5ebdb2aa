// Preferred orientation: the March-Dollase function W(alpha) = (r^2 cos^2 alpha + sin^2 alpha / r)^(-3/2) (Dollase 1986), averaged
// exactly over the Laue equivalents of each reflection; alpha is the angle between a reflection and the texture axis. r = 1: none.
// W has mean 1 over the sphere for every r, so texture moves intensity between lines and does not create it.
#pragma once

#include "kernels/reflections.h"

namespace friedel {

template <class Real>
FRIEDEL_FN Real march_dollase(Real cos_alpha_sq, Real r) {
    const Real base = r * r * cos_alpha_sq + (1 - cos_alpha_sq) / r;
    return 1 / (base * square_root(base));
}

// Multiplies reflections.intensity. `axis` is a reciprocal-lattice direction h k l, not zero; r > 0.
template <class Real, class Block>
FRIEDEL_FN void apply_texture(Block& block, Reflections<Real>& reflections, const Metric<Real>& reciprocal, const OperationSet& operations,
                              const int* axis, Real r) {
    const Real axis_sq = reciprocal.product(axis, axis);
    Real dual[3];
    reciprocal.times(dual, axis);
    const int count = operations.laue_count();
    block.for_each_tile(reflections.count, [&](int begin, int n) {
        Real total[Block::tile];
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) total[j] = 0;
        for (int i = 0; i < count; ++i) {
            // (h R) . G* . axis = h . v with v = R (G* axis)
            Real v[3];
            rotate(v, operations.representatives[i].rotation, dual);
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) {
                const Real dot = reflections.h[begin + j] * v[0] + reflections.k[begin + j] * v[1] + reflections.l[begin + j] * v[2];
                const Real cos_sq = dot * dot / (axis_sq * 4 * reflections.stol_sq[begin + j]);
                total[j] += march_dollase(cos_sq < 1 ? cos_sq : Real(1), r);
            }
        }
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) reflections.intensity[begin + j] *= total[j] / count;
    });
}

}  // namespace friedel
