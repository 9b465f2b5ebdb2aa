#include "host/search/fit_parameters.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/metric.h"

namespace friedel {

namespace {

constexpr double start_fwhm_deg = 0.15;
// What one unit of each unknown is.
constexpr double displacement_deg = 0.1, log_width = 0.7, inverse_size = 1.0 / 800, microstrain = 0.002, log_b = 0.7, log_texture = 0.3,
                 lattice_strain = 0.01;

}  // namespace

StrainDirections strain_directions(const CrystalView<float>& crystal) {
    StrainDirections directions;
    double cell[6];
    std::copy_n(crystal.cell, 6, cell);
    const Metric<double> metric = direct_metric(cell);
    double edge[3];
    for (int i = 0; i < 3; ++i) edge[i] = std::sqrt(metric.m[i]);
    const double unit[6] = {edge[0] * edge[0], edge[1] * edge[1], edge[2] * edge[2],
                            edge[1] * edge[2], edge[0] * edge[2], edge[0] * edge[1]};
    for (int e = 0; e < 6; ++e) {
        float strain[6] = {};
        strain[e] = 1;
        const Metric<double> changed = strained_metric(metric, strain, crystal.operations);
        double* const direction = directions.change[directions.count];
        for (int i = 0; i < 6; ++i) direction[i] = (changed.m[i] - metric.m[i]) / unit[i];
        for (int other = 0; other < directions.count; ++other) {
            const double* const known = directions.change[other];
            const double along = std::inner_product(direction, direction + 6, known, 0.0);
            for (int i = 0; i < 6; ++i) direction[i] -= along * known[i];
        }
        const double square = std::inner_product(direction, direction + 6, direction, 0.0);
        if (square < 1e-6) continue;
        for (int i = 0; i < 6; ++i) direction[i] /= std::sqrt(square);
        ++directions.count;
    }
    return directions;
}

double fitted_log_texture(const PatternFit& fit) { return log_texture * fit.unknown[fit_texture]; }

PatternParameters parameters_of(const PatternFit& fit, const StrainDirections& directions, double blur_deg) {
    PatternParameters p;
    p.structure = fit.structure;
    p.radiation = fit.radiation;
    p.lattice_scale = static_cast<float>(1 + fit.strain);
    for (int d = 0; d < directions.count; ++d) {
        // A relative change of the metric is twice that of the lengths.
        const double change = 2 * lattice_strain * fit.unknown[static_cast<std::size_t>(fit_strain + d)];
        for (int e = 0; e < 6; ++e) p.strain[e] += static_cast<float>(change * directions.change[d][e]);
    }
    p.displacement_deg = static_cast<float>(displacement_deg * fit.unknown[fit_displacement]);
    const double fwhm_deg = start_fwhm_deg * std::exp(log_width * fit.unknown[fit_width]);
    p.caglioti_w = static_cast<float>(fwhm_deg * fwhm_deg + blur_deg * blur_deg);
    const double per_angstrom = inverse_size * std::max(0.0, fit.unknown[fit_size]);
    p.size_angstrom = per_angstrom > 1e-6 ? static_cast<float>(1 / per_angstrom) : 0.0f;
    p.microstrain = static_cast<float>(microstrain * std::max(0.0, fit.unknown[fit_microstrain]));
    p.b_iso_scale = static_cast<float>(std::exp(log_b * fit.unknown[fit_b]));
    p.march_dollase = static_cast<float>(std::exp(fitted_log_texture(fit)));
    std::copy_n(fit.texture_axis.data(), 3, p.texture_axis);
    return p;
}

}  // namespace friedel
