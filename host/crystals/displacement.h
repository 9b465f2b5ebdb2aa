// Displacement parameters of atoms: the isotropic equivalents of anisotropic ones, and values that no atom has.
// Six values of an anisotropic one in the order 11 22 33 12 13 23. Leaves out: where a file states them (cif.cpp).
#pragma once

#include <array>
#include <string>

#include "kernels/real_math.h"

namespace friedel {

constexpr double b_of_u = 8 * pi_d * pi_d;

// U_eq in angstrom^2 of U_ij in angstrom^2.
double equivalent_isotropic(const std::array<double, 6>& cell, const std::array<double, 6>& u);

// U_ij in angstrom^2 of the dimensionless beta_ij.
std::array<double, 6> u_of_beta(const std::array<double, 6>& cell, const std::array<double, 6>& beta);

// In words, of a B in angstrom^2 that the atom cannot have; empty where it can.
std::string displacement_doubt(const std::string& label, double b);

}  // namespace friedel
