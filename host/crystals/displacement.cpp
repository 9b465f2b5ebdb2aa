#include "host/crystals/displacement.h"

#include <cmath>

#include "host/crystals/structure.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

constexpr double largest_usual_u = 1;                                  // angstrom^2
constexpr int off_diagonal[3][3] = {{0, 1, 5}, {0, 2, 4}, {1, 2, 3}};  // i, j, the angle between their axes

// Reciprocal lengths a* b* c* in 1/angstrom.
std::array<double, 3> reciprocal_lengths(const std::array<double, 6>& cell) {
    const double volume = cell_volume(cell);
    std::array<double, 3> lengths;
    for (int i = 0; i < 3; ++i) {
        lengths[i] = cell[(i + 1) % 3] * cell[(i + 2) % 3] * std::sin(cell[3 + i] * degree<double>) / volume;
    }
    return lengths;
}

}  // namespace

// IUCr commission on nomenclature, Trueblood et al. 1996: U_eq = 1/3 sum_ij U_ij a*_i a*_j (a_i . a_j).
double equivalent_isotropic(const std::array<double, 6>& cell, const std::array<double, 6>& u) {
    const std::array<double, 3> star = reciprocal_lengths(cell);
    double sum = 0;
    for (int i = 0; i < 3; ++i) sum += u[i] * star[i] * star[i] * cell[i] * cell[i];
    for (int k = 0; k < 3; ++k) {
        const auto [i, j, angle] = off_diagonal[k];
        sum += 2 * u[3 + k] * star[i] * star[j] * cell[i] * cell[j] * std::cos(cell[angle] * degree<double>);
    }
    return sum / 3;
}

// The same: beta_ij = 2 pi^2 a*_i a*_j U_ij.
std::array<double, 6> u_of_beta(const std::array<double, 6>& cell, const std::array<double, 6>& beta) {
    const std::array<double, 3> star = reciprocal_lengths(cell);
    std::array<double, 6> u;
    for (int i = 0; i < 3; ++i) u[i] = beta[i] / (2 * pi_d * pi_d * star[i] * star[i]);
    for (int k = 0; k < 3; ++k) {
        const auto [i, j, angle] = off_diagonal[k];
        u[3 + k] = beta[3 + k] / (2 * pi_d * pi_d * star[i] * star[j]);
    }
    return u;
}

std::string displacement_doubt(const std::string& label, double b) {
    const double u = b / b_of_u;
    if (u >= 0 && u <= largest_usual_u) return {};
    const std::string stated = "the displacement parameter of atom " + label + " is U = " + formatted("%.3g", u) +
                               " angstrom^2 (B = " + formatted("%.3g", b) + "), ";
    return stated +
           (u < 0 ? "below 0; it was taken for not stated" : "above 1, and the atom hardly scatters; it was taken. Check its unit");
}

}  // namespace friedel
