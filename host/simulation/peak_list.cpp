#include "host/simulation/peak_list.h"

#include <algorithm>
#include <cmath>

#include "host/simulation/form_factors.h"
#include "host/support/bragg.h"
#include "host/support/error.h"
#include "kernels/lorentz_polarisation.h"
#include "kernels/structure_factor.h"

namespace friedel {

namespace {

// Lines nearer than this, in degrees, are one line to any diffractometer.
constexpr double coincident_deg = 1e-5;
// Lines of one length in the lattice differ by less, from rounding.
constexpr double rounding_deg = 1e-9;

// Angles are sorted by bin first; about as many bins as reflections leave little to do within one.
constexpr int angle_bins = 256;

bool permutes_axes(const OperationSet& operations) {
    return std::all_of(operations.representatives, operations.representatives + operations.laue_count(),
                       [](const SymmetryOperation& op) { return std::count(op.rotation, op.rotation + 9, 0) == 6; });
}

}  // namespace

PeakLister::PeakLister(const PeakListOptions& options) : options_(options) {
    if (!(options.wavelength > 0)) fail("the wavelength must be positive, not ", options.wavelength, " angstrom");
    if (!(options.low_deg >= 0 && options.low_deg < options.high_deg && options.high_deg <= 180)) {
        fail("the range must rise within 0 to 180 degrees two-theta, not ", options.low_deg, " to ", options.high_deg);
    }
    d_min_ = 1 / inverse_d_of(options.high_deg, options.wavelength);
    if (options.anomalous) anomalous_ = form_factors_anomalous(options.wavelength);
    starts_.resize(angle_bins + 1);
}

void PeakLister::reserve(int reflections) {
    reflections_.reserve(reflections);
    const auto n = static_cast<std::size_t>(reflections_.capacity());
    for (auto* values : {&two_theta_deg_, &d_angstrom_, &intensity_}) values->resize(n);
    order_.resize(n);
    peaks_.resize(n);
}

// The equivalent that people write: fewest negative indices, then the largest sum, then the largest h, k, l. That order as one number,
// exact in double precision: 2^24 (h + k + l) + 2^12 h + k - 2^40 (number of negative indices), to which only the last part is not linear.
void PeakLister::choose_usual_indices(const OperationSet& operations, int count) {
    constexpr double sum_place = 1 << 24, h_place = 1 << 12, negative_place = 1LL << 40;
    constexpr double weight[3] = {sum_place + h_place, sum_place + 1, sum_place};
    // Where operations only permute axes and turn them round, a representative without a negative index is it already.
    const bool plain = permutes_axes(operations);
    SerialBlock().for_each_tile(count, [&](int begin, int n) {
        std::int16_t* const index[3] = {reflections_.h.data() + begin, reflections_.k.data() + begin, reflections_.l.data() + begin};
        std::int16_t smallest = 0;
        for (int j = 0; j < n; ++j) smallest = std::min({smallest, index[0][j], index[1][j], index[2][j]});
        if (plain && smallest == 0) return;
        constexpr int tile = SerialBlock::tile;
        double h[tile], k[tile], l[tile], best[tile];
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) {
            h[j] = index[0][j];
            k[j] = index[1][j];
            l[j] = index[2][j];
            best[j] = -8 * negative_place;
        }
        for (int r = 0; r < operations.laue_count(); ++r) {
            double m[9], w[3];
            for (int e = 0; e < 9; ++e) m[e] = operations.representatives[r].rotation[e];
            for (int e = 0; e < 3; ++e) w[e] = m[3 * e] * weight[0] + m[3 * e + 1] * weight[1] + m[3 * e + 2] * weight[2];
            FRIEDEL_SIMD
            for (int j = 0; j < n; ++j) {
                const double a = h[j] * m[0] + k[j] * m[3] + l[j] * m[6], b = h[j] * m[1] + k[j] * m[4] + l[j] * m[7],
                             c = h[j] * m[2] + k[j] * m[5] + l[j] * m[8], rank = h[j] * w[0] + k[j] * w[1] + l[j] * w[2];
                const double below = (a < 0 ? negative_place : 0.0) + (b < 0 ? negative_place : 0.0) + (c < 0 ? negative_place : 0.0);
                const double above = (a > 0 ? negative_place : 0.0) + (b > 0 ? negative_place : 0.0) + (c > 0 ? negative_place : 0.0);
                const double image = rank - below, mate = -rank - above;
                const double better = image > mate ? image : mate;
                best[j] = better > best[j] ? better : best[j];
            }
        }
        FRIEDEL_SIMD
        for (int j = 0; j < n; ++j) {
            const double rank = best[j] - negative_place * nearest(best[j] * (1 / negative_place));
            const double sum = nearest(rank * (1 / sum_place)), rest = rank - sum * sum_place;
            const double first = nearest(rest * (1 / h_place)), second = rest - first * h_place;
            index[0][j] = static_cast<std::int16_t>(static_cast<int>(first));
            index[1][j] = static_cast<std::int16_t>(static_cast<int>(second));
            index[2][j] = static_cast<std::int16_t>(static_cast<int>(sum - first - second));
        }
    });
}

// order_[0 ...] names the reflections within the range by ascending angle, those of one length by their indices, whatever rounding made of
// it. Returns how many.
int PeakLister::order_by_angle(int count) {
    const double low = options_.low_deg, high = options_.high_deg, bins_per_deg = (angle_bins - 1) / (high - low);
    SerialBlock().counting_sort(order_.data(), starts_.data(), count, angle_bins, [&](int i) {
        const double angle = two_theta_deg_[i];
        return angle < low || angle > high ? angle_bins - 1 : static_cast<int>((angle - low) * bins_per_deg);
    });
    int sorted = 0;
    for (int slot = 0; slot < count; ++slot) {
        const int i = order_[slot];
        const double angle = two_theta_deg_[i];
        if (!(angle >= low && angle <= high)) continue;
        int place = sorted++;
        for (; place > 0; --place) {
            const int other = order_[place - 1];
            const double difference = two_theta_deg_[other] - angle;
            if (difference < -rounding_deg || (difference < rounding_deg && other < i)) break;
            order_[place] = other;
        }
        order_[place] = i;
    }
    return sorted;
}

// Where its reflections are too many to list an Error, with the crystal's name; else no fewer than there are.
int PeakLister::most_reflections(const Crystal& owner, const Metric<double>& reciprocal) const {
    constexpr double most_orders = 1000;
    if (!(cell_volume(owner.cell()) > 0)) fail(owner.name(), ": the cell has no volume; check its lengths and angles");
    for (int axis = 0; axis < 3; ++axis) {
        const double edge = owner.view().cell[axis];
        if (edge / d_min_ > most_orders) {
            fail(owner.name(), ": a cell edge of ", edge,
                 " angstrom gives over 1000 orders of reflection at this wavelength; "
                 "lower the upper angle or use a longer wavelength");
        }
    }
    const int most = reflections_bound(reciprocal, d_min_);
    if (most > max_reflections) {
        fail(owner.name(), ": more than ", max_reflections,
             " reflections at this wavelength; lower the upper angle or use a longer wavelength");
    }
    return most;
}

// Angles, spacings and intensities of the reflections.
void PeakLister::place_lines(const Reflections<double>& reflections) {
    const double wavelength_sq = options_.wavelength * options_.wavelength;
    const int count = reflections.count;
    FRIEDEL_SIMD
    for (int i = 0; i < count; ++i) {
        const double sine_sq = reflections.stol_sq[i] * wavelength_sq;
        // 180 degrees and beyond, which only a range to the very end meets, has no line of finite intensity.
        const double sine = sine_sq < 1 ? square_root(sine_sq) : 2.0;
        two_theta_deg_[i] = sine_sq < 1 ? 2 / degree<double> * arc_sine(sine) : 1000.0;
        d_angstrom_[i] = 0.5 * options_.wavelength / sine;
        intensity_[i] = reflections.multiplicity[i] * reflections.intensity[i] * lorentz_polarisation(sine_sq, -1.0);
    }
}

// The first `count` of order_, with intensities in percent of the strongest line.
std::span<const Peak> PeakLister::collect_peaks(const Reflections<double>& reflections, int count) {
    double strongest = 0, line = 0, line_deg = -1;
    for (int slot = 0; slot < count; ++slot) {
        const int i = order_[slot];
        peaks_[slot] = {.two_theta_deg = two_theta_deg_[i],
                        .d_angstrom = d_angstrom_[i],
                        .h = reflections.h[i],
                        .k = reflections.k[i],
                        .l = reflections.l[i],
                        .multiplicity = reflections.multiplicity[i],
                        .f_squared = reflections.intensity[i],
                        .intensity = intensity_[i]};
        if (two_theta_deg_[i] - line_deg > coincident_deg) {
            line = 0;
            line_deg = two_theta_deg_[i];
        }
        line += intensity_[i];
        strongest = std::max(strongest, line);
    }
    const double percent = strongest > 0 ? 100 / strongest : 1.0;
    for (int slot = 0; slot < count; ++slot) peaks_[slot].intensity *= percent;
    return {peaks_.data(), static_cast<std::size_t>(count)};
}

std::span<const Peak> PeakLister::list(const Crystal& owner) {
    const CrystalView<double> crystal = owner.view();
    const Metric<double> reciprocal = direct_metric(crystal.cell).inverse();
    reserve(most_reflections(owner, reciprocal));
    sites_.reserve(sites_in(crystal), crystal.atoms);
    Reflections<double> reflections = reflections_.view();
    Sites<double> sites = sites_.view();
    SerialBlock block;
    find_reflections(block, reflections, reciprocal, crystal.operations, d_min_);
    expand_sites(block, sites, crystal);
    structure_factors(block, reflections, sites, crystal, options_.anomalous ? anomalous_ : form_factors_double(), options_.default_b_iso,
                      1.0);
    choose_usual_indices(crystal.operations, reflections.count);
    place_lines(reflections);
    return collect_peaks(reflections, order_by_angle(reflections.count));
}

std::vector<Peak> peak_list(const Structure& structure, const PeakListOptions& options) {
    PeakLister lister(options);
    const std::span<const Peak> peaks = lister.list(Crystal(structure));
    return {peaks.begin(), peaks.end()};
}

}  // namespace friedel
