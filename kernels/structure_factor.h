// |F|^2 of the conventional cell for each reflection:
//   F(h) = sum over the cell of occupancy f(s) exp(-B s^2) exp(2 pi i h.x),   s = sin(theta)/lambda.
// The sum runs over the distinct images of each atom; centrings multiply, an inversion through the origin leaves cosines only.
#pragma once

#include <cstdint>

#include "kernels/form_factor.h"
#include "kernels/reflections.h"

namespace friedel {

// The distinct images of every atom, expanded once per block.
template <class Real>
struct Sites {
    Real* x;  // [sites of the crystal] fractional
    Real* y;
    Real* z;
    std::int32_t* first;   // [atoms + 1] first site of each atom
    FastMemory fast = {};  // holds x, y and z instead, where they fit
};

template <class Real, class Block>
FRIEDEL_FN void expand_sites(Block& block, Sites<Real>& sites, const CrystalView<Real>& crystal) {
    const int all = block.exclusive_scan(sites.first, crystal.atoms, [&](int atom) { return sites_of(crystal, atom); });
    if (Real* const place = sites.fast.template hold<Real>(3 * all)) {
        sites.x = place;
        sites.y = place + all;
        sites.z = place + 2 * all;
    }
    block.for_each(crystal.atoms, [&](int atom) {
        const Real* x = crystal.position + 3 * atom;
        int slot = sites.first[atom];
        for (std::uint64_t images = crystal.images[atom] & ~self_inverse; images; images &= images - 1) {
            const SymmetryOperation& op = crystal.operations.representatives[count_trailing_zeros(images)];
            Real image[3];
            apply(image, op, x);
            sites.x[slot] = image[0];
            sites.y[slot] = image[1];
            sites.z[slot] = image[2];
            ++slot;
        }
    });
}

// Every site holds the element that the structure says.
struct AsStated {
    FRIEDEL_FN float operator()(int) const { return 1; }
};

// Fills reflections.intensity with |F|^2 (electrons^2). With f'' the mean of |F(h)|^2 and |F(-h)|^2: both fall on one line.
// b_scale multiplies every displacement parameter; default_b (angstrom^2) stands in where none is known. scattering(element) multiplies
// what the sites of an element scatter.
template <class Real, class Block, class Scattering = AsStated>
FRIEDEL_FN void structure_factors(Block& block, Reflections<Real>& reflections, const Sites<Real>& sites, const CrystalView<Real>& crystal,
                                  const FormFactorTable<Real>& table, Real default_b, Real b_scale, Scattering scattering = {}) {
    const bool real_valued = crystal.operations.inversion_at_origin();
    const Real centrings = static_cast<Real>(crystal.operations.centrings_count);
    block.for_each_tile(reflections.count, [&](int begin, int count) {
        constexpr int tile = Block::tile;
        const int n = Block::filled(count);
        Real h[tile], k[tile], l[tile], stol_sq[tile], f[tile], damping[tile];
        Real a_re[tile], a_im[tile], b_re[tile], b_im[tile];  // sums with f0 + f' and with f''
        FRIEDEL_SIMD
        for (int j = 0; j < count; ++j) {
            h[j] = reflections.h[begin + j];
            k[j] = reflections.k[begin + j];
            l[j] = reflections.l[begin + j];
            stol_sq[j] = reflections.stol_sq[begin + j];
        }
        for (int j = count; j < n; ++j) h[j] = k[j] = l[j] = stol_sq[j] = 0;
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) a_re[j] = a_im[j] = b_re[j] = b_im[j] = f[j] = damping[j] = 0;
        int element = -1;
        Real b_damped = -1, of_element = 1;
        for (int atom = 0; atom < crystal.atoms; ++atom) {
            if (crystal.element[atom] != element) {
                element = crystal.element[atom];
                of_element = static_cast<Real>(scattering(element));
                FRIEDEL_SIMD
                for (int j = 0; j < n; ++j) f[j] = form_factor(table.element[element], stol_sq[j]);
            }
            const Real b = b_scale * (crystal.b_iso[atom] < 0 ? default_b : crystal.b_iso[atom]);
            if (b != b_damped) {
                b_damped = b;
                FRIEDEL_SIMD
                for (int j = 0; j < n; ++j) damping[j] = exponential(-b * stol_sq[j]);
            }
            Real cosine[tile], sine[tile];
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) cosine[j] = sine[j] = 0;
            for (int site = sites.first[atom]; site < sites.first[atom + 1]; ++site) {
                const Real x = sites.x[site], y = sites.y[site], z = sites.z[site];
                if (real_valued) {
                    FRIEDEL_SIMD
                    for (int j = 0; j < n; ++j) cosine[j] += cos_turns(h[j] * x + k[j] * y + l[j] * z);
                } else {
                    FRIEDEL_SIMD
                    for (int j = 0; j < n; ++j) {
                        const SinCos<Real> site_phase = sincos_turns(h[j] * x + k[j] * y + l[j] * z);
                        cosine[j] += site_phase.cosine;
                        sine[j] += site_phase.sine;
                    }
                }
            }
            const Real pairs = real_valued && !(crystal.images[atom] & self_inverse) ? Real(2) : Real(1);
            const Real weight = crystal.occupancy[atom] * of_element * pairs * centrings;
            const Real f_prime = table.element[element].f_prime, f_double_prime = table.element[element].f_double_prime;
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) a_re[j] += weight * damping[j] * (f[j] + f_prime) * cosine[j];
            if (!real_valued) {
                FRIEDEL_SIMD
                for (int j = 0; j < n; ++j) a_im[j] += weight * damping[j] * (f[j] + f_prime) * sine[j];
            }
            if (f_double_prime != 0) {
                FRIEDEL_SIMD
                for (int j = 0; j < n; ++j) {
                    b_re[j] += weight * damping[j] * f_double_prime * cosine[j];
                    b_im[j] += weight * damping[j] * f_double_prime * sine[j];
                }
            }
        }
        FRIEDEL_SIMD
        for (int j = 0; j < count; ++j) {
            reflections.intensity[begin + j] = a_re[j] * a_re[j] + a_im[j] * a_im[j] + b_re[j] * b_re[j] + b_im[j] * b_im[j];
        }
    });
}

}  // namespace friedel
