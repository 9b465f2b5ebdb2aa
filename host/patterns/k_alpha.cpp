#include "host/patterns/k_alpha.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "host/patterns/resample.h"
#include "host/support/bragg.h"
#include "host/support/radiation.h"

namespace friedel {

namespace {

// Wavelengths this close (relatively) are lines of one anode, of which files state now the first, now the mean.
// 1.54 and 1.79 are copper and cobalt, 0.71 is not molybdenum.
constexpr double same_anode = 0.0005;

// The doublet of the anode that has this wavelength.
std::optional<Radiation> doublet_of(double wavelength) {
    for (const auto& [name, lines] : named_anodes()) {
        const double mean = static_cast<double>(mean_wavelength(lines)), first = static_cast<double>(lines.wavelength[0]);
        if (std::fabs(wavelength / mean - 1) < same_anode || std::fabs(wavelength / first - 1) < same_anode) return lines;
    }
    return std::nullopt;
}

}  // namespace

EmissionLines emission_lines(double wavelength, bool is_monochromatic) {
    const std::optional<Radiation> lines = is_monochromatic ? std::nullopt : doublet_of(wavelength);
    if (!lines) return {wavelength};
    const auto first = static_cast<double>(lines->wavelength[0]);
    return {first, static_cast<double>(lines->wavelength[1]) / first - 1};
}

double assumed_wavelength() { return static_cast<double>(mean_wavelength(named_anodes().front().doublet)); }

bool strip_k_alpha_2(MeasuredPattern& pattern, double wavelength) {
    const std::optional<Radiation> lines = doublet_of(wavelength);
    if (!lines) return false;
    const double ratio = static_cast<double>(lines->weight[1]) / static_cast<double>(lines->weight[0]);
    const double first_to_second = static_cast<double>(lines->wavelength[0]) / static_cast<double>(lines->wavelength[1]);
    const std::vector<double>& angle = pattern.two_theta_deg;
    std::vector<double>& intensity = pattern.intensity;  // stripped up to `i`
    std::size_t segment = 0;
    // Below the first point the pattern is taken to go on level, of which the second line has its share too.
    const double below = intensity.empty() ? 0 : intensity.front() / (1 + ratio);
    for (std::size_t i = 0; i < angle.size(); ++i) {
        const double source = two_theta_of_sine(std::sin(theta_rad_of(angle[i])) * first_to_second);
        double first_line = below;
        if (i > 0 && source >= angle.front()) {
            while (segment + 1 < i && angle[segment + 1] <= source) ++segment;
            // Where points are wider apart than the lines, what is stripped is not known yet: the point before stands for it.
            const double weight = segment + 1 < i ? (source - angle[segment]) / (angle[segment + 1] - angle[segment]) : 0;
            first_line = intensity[segment] + (segment + 1 < i ? weight * (intensity[segment + 1] - intensity[segment]) : 0);
        }
        intensity[i] -= ratio * first_line;
    }
    return true;
}

}  // namespace friedel
