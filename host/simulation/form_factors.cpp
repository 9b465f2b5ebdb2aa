#include "host/simulation/form_factors.h"

#include <gemmi/fprime.hpp>
#include <gemmi/it92.hpp>

#include "host/support/error.h"

namespace friedel {

namespace {

FormFactorTable<double> build() {
    FormFactorTable<double> table{};
    for (int z = 1; z <= max_element; ++z) {
        const auto el = static_cast<gemmi::El>(z);
        if (!gemmi::IT92<double>::has(el)) continue;
        const auto& source = gemmi::IT92<double>::get(el);
        auto& target = table.element[z];
        for (int i = 0; i < 4; ++i) {
            target.a[i] = source.a(i);
            target.b[i] = source.b(i);
        }
        target.c = source.c();
    }
    return table;
}

}  // namespace

FormFactorTable<float> to_float(const FormFactorTable<double>& table) {
    FormFactorTable<float> result{};
    for (int z = 0; z <= max_element; ++z) {
        const auto& source = table.element[z];
        auto& target = result.element[z];
        for (int i = 0; i < 4; ++i) {
            target.a[i] = static_cast<float>(source.a[i]);
            target.b[i] = static_cast<float>(source.b[i]);
        }
        target.c = static_cast<float>(source.c);
        target.f_prime = static_cast<float>(source.f_prime);
        target.f_double_prime = static_cast<float>(source.f_double_prime);
    }
    return result;
}

const FormFactorTable<double>& form_factors_double() {
    static const FormFactorTable<double> table = build();
    return table;
}

const FormFactorTable<float>& form_factors_float() {
    static const FormFactorTable<float> table = to_float(form_factors_double());
    return table;
}

FormFactorTable<double> form_factors_anomalous(double wavelength) {
    if (!(wavelength >= 0.1 && wavelength <= 4.0)) {
        fail("anomalous scattering is tabulated for 0.1 to 4 angstrom, not ", wavelength, "; leave it off or give another wavelength");
    }
    FormFactorTable<double> table = form_factors_double();
    const double energy_ev = gemmi::hc() / wavelength;
    for (int z = 3; z <= 92; ++z) {  // Cromer and Liberman's range
        table.element[z].f_prime = gemmi::cromer_liberman(z, energy_ev, &table.element[z].f_double_prime);
    }
    return table;
}

}  // namespace friedel
