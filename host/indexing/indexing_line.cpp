#include "host/indexing/indexing_line.h"

#include <algorithm>
#include <cmath>

#include "host/support/bragg.h"

namespace friedel {

namespace {

// Lines beside a much higher one are more often part of its shape.
bool is_shoulder(const ResolvedPattern& pattern, const ObservedLine& line) {
    constexpr double much_higher = 2.5, reach_widths = 1.6, min_reach_deg = 0.09;
    const double reach = std::max(min_reach_deg, reach_widths * pattern.shape.fwhm_deg(line.two_theta_deg));
    return std::any_of(pattern.lines.begin(), pattern.lines.end(), [&](const ObservedLine& other) {
        return other.height > much_higher * line.height && std::fabs(other.two_theta_deg - line.two_theta_deg) < reach;
    });
}

// Impurities are weak as a rule, and so is what is no line at all. Choices: bench/results/README.md, Indexing, tells what others are worth.
double doubt_of(const ResolvedPattern& pattern, const ObservedLine& line) {
    constexpr double least = 0.03, most = 0.7;
    constexpr double of_low = 0.3, low = 0.03;     // for a line of no height; falls by e for so much of the strongest point
    constexpr double of_faint = 0.4, faint = 4.0;  // for one of no significance; falls by e for so many standard deviations
    constexpr double of_shoulder = 0.6;            // at least
    const double doubt = least + of_low * std::exp(-line.height / low) + of_faint * std::exp(-line.significance / faint);
    return std::clamp(is_shoulder(pattern, line) ? std::max(doubt, of_shoulder) : doubt, least, most);
}

}  // namespace

std::vector<IndexingLine> indexing_lines(const ResolvedPattern& pattern, double wavelength_angstrom, double extra_sigma_deg) {
    std::vector<IndexingLine> lines;
    for (const ObservedLine& line : pattern.lines) {
        const double inverse_d = inverse_d_of(line.two_theta_deg, wavelength_angstrom);
        // 1/d^2 = (4 / lambda^2) sin^2(theta) = (2 / lambda^2) (1 - cos(2 theta)).
        const double q_per_deg =
            2 * std::sin(line.two_theta_deg * degree<double>) / (wavelength_angstrom * wavelength_angstrom) * degree<double>;
        lines.push_back({inverse_d * inverse_d, q_per_deg, q_per_deg * std::hypot(line.sigma_deg, extra_sigma_deg), doubt_of(pattern, line),
                         line.height});
    }
    return lines;
}

}  // namespace friedel
