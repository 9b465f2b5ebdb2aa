#include "host/peak_list.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "host/error.h"
#include "host/form_factors.h"
#include "kernels/lorentz_polarisation.h"
#include "kernels/structure_factor.h"

namespace friedel {

namespace {

// Lines nearer than this, in degrees, are one line to any diffractometer; equivalent reflections differ by rounding only.
constexpr double coincident_deg = 1e-5;

struct Scratch {
    explicit Scratch(int reflections, int sites, int atoms)
        : indices(4 * static_cast<std::size_t>(reflections)),
          values(2 * static_cast<std::size_t>(reflections)),
          coordinates(3 * static_cast<std::size_t>(sites)),
          first(atoms + 1) {}
    std::vector<std::int16_t> indices;
    std::vector<double> values, coordinates;
    std::vector<std::int32_t> first;
};

// The equivalent that people write: fewest negative indices, then the largest sum, then the largest h, k, l.
void choose_usual_indices(Peak& peak, const OperationSet& operations) {
    const int hkl[3] = {peak.h, peak.k, peak.l};
    const auto rank = [](const std::array<int, 3>& i) {
        return std::array<int, 5>{-(i[0] < 0) - (i[1] < 0) - (i[2] < 0), i[0] + i[1] + i[2], i[0], i[1], i[2]};
    };
    std::array<int, 3> best{peak.h, peak.k, peak.l};
    for (int r = 0; r < operations.laue_count(); ++r) {
        std::array<int, 3> image;
        transform(image.data(), hkl, operations.representatives[r].rotation);
        for (int sign : {1, -1}) {
            const std::array<int, 3> candidate{sign * image[0], sign * image[1], sign * image[2]};
            if (rank(candidate) > rank(best)) best = candidate;
        }
    }
    std::tie(peak.h, peak.k, peak.l) = std::tie(best[0], best[1], best[2]);
}

}  // namespace

std::vector<Peak> peak_list(const Structure& structure, const PeakListOptions& options) {
    if (!(options.wavelength > 0)) fail("the wavelength must be positive, not ", options.wavelength, " angstrom");
    if (!(options.low_deg >= 0 && options.low_deg < options.high_deg && options.high_deg <= 180)) {
        fail("the range must rise within 0 to 180 degrees two-theta, not ", options.low_deg, " to ", options.high_deg);
    }
    if (!(cell_volume(structure.cell) > 0)) fail(structure.name, ": the cell has no volume; check its lengths and angles");
    const Crystal owner(structure);
    const CrystalView<double> crystal = owner.view();
    const Metric<double> reciprocal = direct_metric(crystal.cell).inverse();
    const double d_min = options.wavelength / (2 * std::sin(options.high_deg * degree<double> / 2));
    for (int axis = 0; axis < 3; ++axis) {
        if (structure.cell[axis] / d_min > 1000) {
            fail(structure.name, ": a cell edge of ", structure.cell[axis],
                 " angstrom gives over 1000 orders of reflection at this wavelength; "
                 "lower the upper angle or use a longer wavelength");
        }
    }

    const int capacity = reflections_bound(reciprocal, d_min);
    if (capacity > max_reflections) {
        fail(structure.name, ": more than ", max_reflections,
             " reflections at this wavelength; lower the upper angle or use a longer wavelength");
    }
    int site_count = 0;
    for (int atom = 0; atom < crystal.atoms; ++atom) site_count += sites_of(crystal, atom);
    Scratch scratch(capacity, site_count, crystal.atoms);
    std::int16_t* const index = scratch.indices.data();
    Reflections<double> reflections{index,
                                    index + capacity,
                                    index + 2 * capacity,
                                    index + 3 * capacity,
                                    scratch.values.data(),
                                    scratch.values.data() + capacity,
                                    capacity,
                                    0};
    double* const xyz = scratch.coordinates.data();
    Sites<double> sites{xyz, xyz + site_count, xyz + 2 * site_count, scratch.first.data(), site_count};
    const FormFactorTable<double> table = options.anomalous ? form_factors_anomalous(options.wavelength) : form_factors_double();
    SerialBlock block;
    find_reflections(block, reflections, reciprocal, crystal.operations, d_min);
    expand_sites(block, sites, crystal);
    structure_factors(block, reflections, sites, crystal, table, options.default_b_iso, 1.0);

    std::vector<Peak> peaks;
    for (int i = 0; i < reflections.count; ++i) {
        const double sine_sq = reflections.stol_sq[i] * options.wavelength * options.wavelength;
        if (sine_sq >= 1) continue;
        const double two_theta_deg = 2 * std::asin(std::sqrt(sine_sq)) / degree<double>;
        if (two_theta_deg < options.low_deg || two_theta_deg > options.high_deg) continue;
        const double intensity = reflections.multiplicity[i] * reflections.intensity[i] * lorentz_polarisation(sine_sq, -1.0);
        peaks.push_back({two_theta_deg, 0.5 / std::sqrt(reflections.stol_sq[i]), reflections.h[i], reflections.k[i], reflections.l[i],
                         reflections.multiplicity[i], reflections.intensity[i], intensity});
        choose_usual_indices(peaks.back(), crystal.operations);
    }
    std::stable_sort(peaks.begin(), peaks.end(), [](const Peak& a, const Peak& b) { return a.two_theta_deg < b.two_theta_deg; });
    double strongest = 0, line = 0, line_deg = -1;
    for (const Peak& peak : peaks) {
        if (peak.two_theta_deg - line_deg > coincident_deg) {
            line = 0;
            line_deg = peak.two_theta_deg;
        }
        line += peak.intensity;
        strongest = std::max(strongest, line);
    }
    if (strongest > 0) {
        for (Peak& peak : peaks) peak.intensity *= 100 / strongest;
    }
    return peaks;
}

}  // namespace friedel
