// The numbers behind kernels/form_factor.h, as gemmi tabulates them: IT92 for f0, Cromer and Liberman for f', f''.
#pragma once

#include "kernels/form_factor.h"

namespace friedel {

// Without anomalous scattering.
const FormFactorTable<double>& form_factors_double();
const FormFactorTable<float>& form_factors_float();

// With f' and f'' at `wavelength` (angstrom). Throws Error outside 0.1 to 4 angstrom, where the tables end.
FormFactorTable<double> form_factors_anomalous(double wavelength);

FormFactorTable<float> to_float(const FormFactorTable<double>& table);

}  // namespace friedel
