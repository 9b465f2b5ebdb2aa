// From reflections to peaks: position, area, width and shape of every line of every reflection, as instrument and specimen make them.
// Width: Thompson, Cox and Hastings (1987): Gaussian FWHM^2 = U tan^2 + V tan + W of the instrument; Lorentzian FWHM from crystallite
// size (Scherrer, K = 0.9) and microstrain (4 e tan theta). Axial divergence turns a peak into a row of peaks towards 2theta = 0.
#pragma once

#include "kernels/lorentz_polarisation.h"
#include "kernels/reflections.h"
#include "kernels/simulation_config.h"

namespace friedel {

constexpr int max_axial_parts = 16;
constexpr float scherrer_constant = 0.9f;

// A pseudo-Voigt of a given area: area (eta L + (1 - eta) G), both of full width `fwhm`.
struct PseudoVoigt {
    float fwhm;
    float eta;
};

// Thompson-Cox-Hastings mixture of a Gaussian and a Lorentzian full width at half maximum, any one unit.
FRIEDEL_FN PseudoVoigt thompson_cox_hastings(float gaussian, float lorentzian) {
    const float g = gaussian, l = lorentzian, g2 = g * g, l2 = l * l;
    const float fifth =
        g2 * g2 * g + 2.69269f * g2 * g2 * l + 2.42843f * g2 * g * l2 + 4.47163f * g2 * l2 * l + 0.07842f * g * l2 * l2 + l2 * l2 * l;
    const float fwhm = fifth > 1e-30f ? exponential(0.2f * logarithm(fifth)) : 0.0f;
    const float q = fwhm > 0 ? l / fwhm : 0.0f;
    const float eta = q * (1.36603f + q * (-0.47719f + q * 0.11116f));
    return {fwhm, eta < 0 ? 0.0f : (eta > 1 ? 1.0f : eta)};
}

// Width of a peak at Bragg angle theta (tangent and cosine given), degrees two-theta, for one wavelength in angstrom.
FRIEDEL_FN PseudoVoigt peak_width(float tan_theta, float cos_theta, float wavelength, const PatternParameters& p) {
    const float square = p.caglioti_u * tan_theta * tan_theta + p.caglioti_v * tan_theta + p.caglioti_w;
    const float gaussian = square > 0 ? sqrtf(square) : 0.0f;
    float lorentzian = 4.0f * p.microstrain * tan_theta / degree<float>;
    if (p.size_angstrom > 0) lorentzian += scherrer_constant * wavelength / (p.size_angstrom * cos_theta) / degree<float>;
    return thompson_cox_hastings(gaussian, lorentzian);
}

struct Peaks {
    float* position_deg;  // [capacity] two-theta as recorded
    float* area;          // [capacity] integrated intensity, arbitrary units times degrees
    float* fwhm_deg;      // [capacity]
    float* eta;           // [capacity]
    std::int32_t* first;  // [reflections * lines + 1] scratch
    int capacity;
    int count;
};

// Where axial divergence moves a line, degrees: a ray that leaves the equatorial plane by h (height difference of specimen and detector
// points over the radius) is recorded at cos(2phi) = cos(2theta) sqrt(1 + h^2). With both slits of half-height a * radius h is
// distributed as the difference of two uniform numbers; `quantile` in (0, 1) of it. (The geometry of Finger, Cox and Jephcoat 1994.)
FRIEDEL_FN float axial_position_deg(float two_theta_deg, float a, float quantile) {
    const float h = 2 * a * (1 - sqrtf(1 - quantile));
    const float cosine = cosf(two_theta_deg * degree<float>) * sqrtf(1 + h * h);
    return cosine >= 1 ? 0.0f : (cosine <= -1 ? 180.0f : acosf(cosine) / degree<float>);
}

// Parts that stand in for the continuous axial distribution: spaced by half a width at most.
FRIEDEL_FN int axial_parts(float two_theta_deg, float fwhm_deg, float a) {
    if (!(a > 0)) return 1;
    const float spread = fabsf(two_theta_deg - axial_position_deg(two_theta_deg, a, 0.999f));
    const float wanted = 1 + 2 * spread / (fwhm_deg > 1e-4f ? fwhm_deg : 1e-4f);
    return wanted < max_axial_parts ? static_cast<int>(wanted) : max_axial_parts;
}

// A reflection as one line of the radiation records it.
struct RecordedLine {
    float position_deg, area;  // area 0: out of reach
    PseudoVoigt shape;
};

// Of a reflection with this intensity (multiplicity |F|^2 texture); `polarisation` as of lorentz_polarisation().
FRIEDEL_FN RecordedLine recorded_line(float stol_sq, float intensity, int line, const PatternParameters& p, float polarisation) {
    const float wavelength = p.radiation.wavelength[line];
    const float asked = stol_sq * wavelength * wavelength;
    const bool reached = asked < 0.9999f;
    const float sin_sq = reached ? asked : 0.9999f;
    const float sine = sqrtf(sin_sq), cosine = sqrtf(1 - sin_sq);
    const float ideal_deg = 2 * arc_tangent(sine / cosine) / degree<float>;
    const float area = intensity * lorentz_polarisation(sin_sq, polarisation) * p.radiation.weight[line];
    return {ideal_deg + p.zero_shift_deg + p.displacement_deg * cosine - p.transparency_deg * 2 * sine * cosine,
            reached && area > 0 ? area : 0.0f, peak_width(sine / cosine, cosine, wavelength, p)};
}

// cos^2 2theta of the monochromator, as lorentz_polarisation() takes it.
FRIEDEL_FN float polarisation_of(const PatternParameters& p) {
    if (!(p.monochromator_two_theta_deg > 0)) return -1;
    const float c = cosf(p.monochromator_two_theta_deg * degree<float>);
    return c * c;
}

// Appends the peaks of `reflections` (intensity = multiplicity |F|^2 texture) to `peaks`. The strongest reflection with its
// Lorentz-polarisation factor gets area `scale`. Peaks beyond last_deg are left out.
template <class Block>
FRIEDEL_FN void append_peaks(Block& block, Peaks& peaks, const Reflections<float>& reflections, const PatternParameters& p, float scale,
                             float last_deg) {
    const float polarisation = polarisation_of(p);
    const int lines = p.radiation.lines;
    const float main_sq = p.radiation.wavelength[0] * p.radiation.wavelength[0];
    const float strongest = block.maximum(reflections.count, 0.0f, [&](int i) {
        const float sin_sq = reflections.stol_sq[i] * main_sq;
        return sin_sq < 0.9999f ? reflections.intensity[i] * lorentz_polarisation(sin_sq, polarisation) : 0.0f;
    });
    if (!(strongest > 0)) return;
    const float unit = scale / strongest;

    const auto peak_of = [&](int i, int line) {
        RecordedLine peak = recorded_line(reflections.stol_sq[i], unit * reflections.intensity[i], line, p, polarisation);
        if (peak.position_deg > last_deg) peak.area = 0;
        return peak;
    };
    const int base = peaks.count;
    int added = 0;
    // Where there is no room for all parts, all peaks have fewer, rather than some peaks none.
#if defined(__CUDA_ARCH__)
#pragma unroll 1
#endif
    for (int most = max_axial_parts; most > 0; most /= 2) {
        added = block.running_total(peaks.first, reflections.count * lines, [&](int n) {
            const RecordedLine peak = peak_of(n / lines, n % lines);
            const int parts = peak.area > 0 ? axial_parts(peak.position_deg, peak.shape.fwhm, p.axial_divergence) : 0;
            return parts < most ? parts : most;
        });
        if (base + added <= peaks.capacity) break;
    }
    block.for_each(reflections.count * lines, [&](int n) {
        const int parts = peaks.first[n + 1] - peaks.first[n];
        if (parts == 0) return;
        const RecordedLine peak = peak_of(n / lines, n % lines);
        for (int part = 0; part < parts; ++part) {
            const int slot = base + peaks.first[n] + part;
            if (slot >= peaks.capacity) return;
            peaks.position_deg[slot] = p.axial_divergence > 0
                                           ? axial_position_deg(peak.position_deg, p.axial_divergence, (part + 0.5f) / parts)
                                           : peak.position_deg;
            peaks.area[slot] = peak.area / parts;
            peaks.fwhm_deg[slot] = peak.shape.fwhm;
            peaks.eta[slot] = peak.shape.eta;
        }
    });
    peaks.count = base + added < peaks.capacity ? base + added : peaks.capacity;
}

}  // namespace friedel
