// Atomic scattering factors: f(s) = sum a_i exp(-b_i s^2) + c, s = sin(theta)/lambda in 1/angstrom
// (International Tables for Crystallography C, 6.1.1.4), plus f' + i f'' where anomalous scattering is asked for.
// The numbers come from host/simulation/form_factors.h; ionic charge is ignored, as the neutral parametrisation has none.
#pragma once

#include "kernels/real_math.h"

namespace friedel {

constexpr int max_element = 98;  // californium, the last in the tables

template <class Real>
struct FormFactorTable {
    struct Element {
        Real a[4], b[4], c;
        Real f_prime, f_double_prime;  // electrons; 0 without anomalous scattering
    };
    Element element[max_element + 1];  // by atomic number; 0 scatters nothing
};

// f0(s) of one element, electrons.
template <class Real>
FRIEDEL_FN Real form_factor(const typename FormFactorTable<Real>::Element& element, Real stol_sq) {
    Real f = element.c;
    for (int i = 0; i < 4; ++i) f += element.a[i] * exponential(-element.b[i] * stol_sq);
    return f;
}

}  // namespace friedel
