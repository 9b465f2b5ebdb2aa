#include "host/search/scattering_power.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace friedel {

namespace {

constexpr double log_power = 0.3;   // one unit of the unknown
constexpr double min_share = 0.03;  // of the electrons: elements with less are left alone

}  // namespace

std::vector<int> elements_that_matter(const CrystalView<float>& crystal) {
    std::map<int, double> electrons;
    double total = 0;
    for (int atom = 0; atom < crystal.atoms; ++atom) {
        const double here = copies_in_primitive_cell(crystal, atom) * static_cast<double>(crystal.occupancy[atom]) * crystal.element[atom];
        electrons[crystal.element[atom]] += here;
        total += here;
    }
    std::vector<std::pair<double, int>> most;
    for (const auto& [element, count] : electrons) {
        if (count >= min_share * total) most.emplace_back(-count, element);
    }
    std::sort(most.begin(), most.end());
    std::vector<int> elements;
    for (const auto& [count, element] : most) {
        if (elements.size() < max_fit_elements) elements.push_back(element);
    }
    return elements.size() < 2 ? std::vector<int>() : elements;
}

std::vector<double> scattering_power(const PatternFit& fit) {
    std::vector<double> power;
    for (std::size_t e = 0; e < fit.elements.size(); ++e) power.push_back(std::exp(log_power * fit.unknown[fit_element + e]));
    return power;
}

std::vector<float> occupancy_factors(const PatternFit& fit, const CrystalView<float>& crystal) {
    if (fit.elements.empty()) return {};
    const std::vector<double> power = scattering_power(fit);
    std::vector<float> factors(static_cast<std::size_t>(crystal.atoms), 1.0f);
    for (std::size_t atom = 0; atom < factors.size(); ++atom) {
        const auto at = std::find(fit.elements.begin(), fit.elements.end(), crystal.element[atom]);
        if (at != fit.elements.end()) factors[atom] = static_cast<float>(power[static_cast<std::size_t>(at - fit.elements.begin())]);
    }
    return factors;
}

std::vector<float> fitted_occupancies(const PatternFit& fit, const LibraryView& library) {
    std::vector<float> all(library.occupancy, library.occupancy + library.atom_offset[library.structures]);
    const std::vector<float> factors = occupancy_factors(fit, library.crystal(fit.structure));
    for (std::size_t atom = 0; atom < factors.size(); ++atom) all[library.atom_offset[fit.structure] + atom] *= factors[atom];
    return all;
}

}  // namespace friedel
