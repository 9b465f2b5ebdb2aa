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

// Theta of an angle of a pattern, at most 89.5 degrees, where its tangent is finite still.
FRIEDEL_FN float theta_rad(float two_theta_deg) { return 0.5f * degree<float> * (two_theta_deg < 179.0f ? two_theta_deg : 179.0f); }

// A reflection as one line of the radiation records it.
struct RecordedLine {
    float position_deg, area;  // area 0: out of reach
    PseudoVoigt shape;
};

// Recorded lines kept from one pass over them to the next; `line` as in append_peaks().
struct RecordedLines {
    float *position_deg, *area, *fwhm_deg, *eta;  // [reflections * lines]

    FRIEDEL_FN void set(int line, const RecordedLine& recorded) const {
        position_deg[line] = recorded.position_deg;
        area[line] = recorded.area;
        fwhm_deg[line] = recorded.shape.fwhm;
        eta[line] = recorded.shape.eta;
    }
    FRIEDEL_FN RecordedLine operator[](int line) const { return {position_deg[line], area[line], {fwhm_deg[line], eta[line]}}; }
};

struct Peaks {
    float* position_deg;  // [capacity] two-theta as recorded
    float* area;          // [capacity] integrated intensity, arbitrary units times degrees
    float* fwhm_deg;      // [capacity]
    float* eta;           // [capacity]
    std::int32_t* first;  // [reflections * lines + 1] scratch
    int capacity;
    int count;
    RecordedLines recorded{};  // scratch of blocks that work in vectors; threads of a GPU work their lines out anew instead
};

// Where axial divergence moves a line, degrees: a ray that leaves the equatorial plane by h (height difference of specimen and detector
// points over the radius) is recorded at cos(2phi) = cos(2theta) sqrt(1 + h^2). With both slits of half-height a * radius h is
// distributed as the difference of two uniform numbers; `quantile` in (0, 1) of it. (The geometry of Finger, Cox and Jephcoat 1994.)
FRIEDEL_LANE_FN float axial_position_deg(float two_theta_deg, float a, float quantile) {
    const float h = 2 * a * (1 - sqrtf(1 - quantile));
    const SinCos<float> theta = sincos_turns(two_theta_deg / 720);
    const float sin_sq = theta.sine * theta.sine, cos_sq = theta.cosine * theta.cosine;
    // What moves from one square to the other: (sqrt(1 + h^2) - 1) / 2 of cos 2theta, with the digits that small angles need.
    const float moved = 0.5f * (cos_sq - sin_sq) * h * h / (1 + sqrtf(1 + h * h));
    const float sin_sq_phi = sin_sq > moved ? sin_sq - moved : 0.0f;
    const float cos_sq_phi = cos_sq + moved > 1e-12f ? cos_sq + moved : 1e-12f;
    return a > 0 ? 2 * arc_tangent(sqrtf(sin_sq_phi / cos_sq_phi)) / degree<float> : two_theta_deg;
}

// How far the axial distribution reaches.
FRIEDEL_LANE_FN float axial_spread_deg(float two_theta_deg, float a) {
    return fabsf(two_theta_deg - axial_position_deg(two_theta_deg, a, 0.999f));
}

// Parts that stand in for the continuous axial distribution: spaced by half a width at most.
FRIEDEL_FN int axial_parts(float spread_deg, float fwhm_deg) {
    const float wanted = 1 + 2 * spread_deg / (fwhm_deg > 1e-4f ? fwhm_deg : 1e-4f);
    return wanted < max_axial_parts ? static_cast<int>(wanted) : max_axial_parts;
}

// sin^2(theta) of the last line that is recorded, at 178.9 degrees: at 180 its Lorentz factor has no bound.
constexpr float largest_sin_sq = 0.9999f;

// Where a reflection with this intensity (multiplicity |F|^2 texture) is recorded; `polarisation` as of lorentz_polarisation(). Shifts as
// in Wilson, Mathematical Theory of X-ray Powder Diffractometry (1963): a sample off the axis of a circle of radius R by s moves lines by
// -2 (s/R) cos theta, displacement_deg being -2 s/R, one of absorption mu by -sin 2theta / (2 mu R), transparency_deg being 1 / (2 mu R).
struct LinePlace {
    float position_deg, area;  // area 0: out of reach
    float sin_theta, cos_theta;
};
FRIEDEL_FN LinePlace place_line(float stol_sq, float intensity, int line, const PatternParameters& p, float polarisation) {
    const float wavelength = p.radiation.wavelength[line];
    const float asked = stol_sq * wavelength * wavelength;
    const bool reached = asked < largest_sin_sq;
    const float sin_sq = reached ? asked : largest_sin_sq;
    const float sine = sqrtf(sin_sq), cosine = sqrtf(1 - sin_sq);
    const float ideal_deg = 2 * arc_tangent(sine / cosine) / degree<float>;
    const float area = intensity * lorentz_polarisation(sin_sq, polarisation) * p.radiation.weight[line];
    return {ideal_deg + p.zero_shift_deg + p.displacement_deg * cosine - p.transparency_deg * 2 * sine * cosine,
            reached && area > 0 ? area : 0.0f, sine, cosine};
}

// The same with its shape.
FRIEDEL_FN RecordedLine recorded_line(float stol_sq, float intensity, int line, const PatternParameters& p, float polarisation) {
    const LinePlace place = place_line(stol_sq, intensity, line, p, polarisation);
    return {place.position_deg, place.area,
            peak_width(place.sin_theta / place.cos_theta, place.cos_theta, p.radiation.wavelength[line], p)};
}

// cos^2 2theta of the monochromator, as lorentz_polarisation() takes it.
FRIEDEL_FN float polarisation_of(const PatternParameters& p) {
    if (!(p.monochromator_two_theta_deg > 0)) return -1;
    const float c = cosf(p.monochromator_two_theta_deg * degree<float>);
    return c * c;
}

// The lines of a radiation that have any weight.
struct WeightedEmissionLines {
    int count = 0;

    FRIEDEL_FN explicit WeightedEmissionLines(const Radiation& radiation) {
        for (int line = 0; line < radiation.lines; ++line) {
            if (radiation.weight[line] > 0) packed_ |= static_cast<std::uint32_t>(line) << 8 * count++;
        }
    }
    FRIEDEL_FN int operator[](int i) const { return packed_ >> 8 * i & 0xff; }

private:
    static_assert(max_emission_lines <= 4);
    std::uint32_t packed_ = 0;  // an array that is indexed would not stay in a GPU's registers
};

// The largest intensity of a reflection with its Lorentz-polarisation factor, at the first wavelength.
template <class Block>
FRIEDEL_FN float strongest_line(Block& block, const Reflections<float>& reflections, const PatternParameters& p, float polarisation) {
    const float main_sq = p.radiation.wavelength[0] * p.radiation.wavelength[0];
    return block.maximum(reflections.count, 0.0f, [&](int i) {
        const float sin_sq = reflections.stol_sq[i] * main_sq;
        return sin_sq < largest_sin_sq ? reflections.intensity[i] * lorentz_polarisation(sin_sq, polarisation) : 0.0f;
    });
}

// Appends the peaks of `reflections` (intensity = multiplicity |F|^2 texture) to `peaks`. The strongest reflection with its
// Lorentz-polarisation factor gets area `scale`. Peaks beyond last_deg are left out.
template <class Block>
FRIEDEL_FN void append_peaks(Block& block, Peaks& peaks, const Reflections<float>& reflections, const PatternParameters& p, float scale,
                             float last_deg) {
    const float polarisation = polarisation_of(p);
    const WeightedEmissionLines emitted(p.radiation);
    const int lines = reflections.count * emitted.count;  // line i of reflection r is number i * reflections + r
    const float strongest = strongest_line(block, reflections, p, polarisation);
    if (!(strongest > 0)) return;
    const float unit = scale / strongest;

    const auto work_out = [&](int reflection, int line) {
        RecordedLine recorded =
            recorded_line(reflections.stol_sq[reflection], unit * reflections.intensity[reflection], line, p, polarisation);
        if (recorded.position_deg > last_deg) recorded.area = 0;
        return recorded;
    };
    if constexpr (Block::is_core) {
        for (int i = 0; i < emitted.count; ++i) {
            const int line = emitted[i], begin = i * reflections.count;
            FRIEDEL_SIMD
            for (int reflection = 0; reflection < reflections.count; ++reflection)
                peaks.recorded.set(begin + reflection, work_out(reflection, line));
        }
    }
    const auto recorded = [&](int n) {
        if constexpr (Block::is_core) {
            return peaks.recorded[n];
        } else {
            return work_out(n % reflections.count, emitted[n / reflections.count]);
        }
    };
    const int base = peaks.count;
    int added = 0;
    // Where there is no room for all parts, all peaks have fewer, rather than some peaks none.
#if defined(__CUDA_ARCH__)
#pragma unroll 1
#endif
    for (int most = max_axial_parts; most > 0; most /= 2) {
        added = block.exclusive_scan(peaks.first, lines, [&](int n) {
            const RecordedLine peak = recorded(n);
            const int parts = peak.area > 0 ? axial_parts(axial_spread_deg(peak.position_deg, p.axial_divergence), peak.shape.fwhm) : 0;
            return parts < most ? parts : most;
        });
        if (base + added <= peaks.capacity) break;
    }
    block.for_each(lines, [&](int n) {
        const int parts = peaks.first[n + 1] - peaks.first[n];
        if (parts == 0) return;
        const RecordedLine peak = recorded(n);
        for (int part = 0; part < parts; ++part) {
            const int slot = base + peaks.first[n] + part;
            if (slot >= peaks.capacity) return;
            const float quantile = (static_cast<float>(part) + 0.5f) / static_cast<float>(parts);
            peaks.position_deg[slot] = axial_position_deg(peak.position_deg, p.axial_divergence, quantile);
            peaks.area[slot] = peak.area / parts;
            peaks.fwhm_deg[slot] = peak.shape.fwhm;
            peaks.eta[slot] = peak.shape.eta;
        }
    });
    peaks.count = base + added < peaks.capacity ? base + added : peaks.capacity;
}

}  // namespace friedel
