// What holds of a measured pattern from whatever file: its points, its wavelength.
#include <algorithm>
#include <cmath>
#include <limits>

#include "host/patterns/pattern_file.h"
#include "host/support/error.h"
#include "host/support/median.h"
#include "host/support/text_format.h"

namespace friedel {

const char* wavelength_source_name(WavelengthSource source) {
    constexpr const char* names[] = {"", "file", "option", "assumed", "not needed"};
    return names[static_cast<int>(source)];
}

std::pair<double, WavelengthSource> wavelength_of(const MeasuredPattern& pattern, double given, double usual) {
    if (pattern.needs_no_wavelength) return {pattern.wavelength_angstrom, WavelengthSource::not_needed};
    if (given > 0) return {given, WavelengthSource::option};
    if (!pattern.wavelength_doubt.empty())
        fail(pattern.name, ": ", pattern.wavelength_doubt, "; give the right one with --wavelength, or remove the wrong line");
    if (pattern.wavelength_angstrom > 0) return {pattern.wavelength_angstrom, WavelengthSource::file};
    return {usual, WavelengthSource::assumed};
}

namespace {

// What detectors write for pixels that they have not: 2^31 - 1 and 2^32 - 1, also in six digits, far above all counts.
bool is_masked_high(double value) {
    constexpr double rounding = 2e-6;
    return std::abs(value / 2147483647.0 - 1) < rounding || std::abs(value / 4294967295.0 - 1) < rounding;
}
bool is_masked_low(double value) { return value == -1 || value == -2; }  // of Pilatus and Eiger

void mark_masked(std::vector<double>& intensity) {
    constexpr double far_below = 1e9, of_counts = 10;
    std::vector<double> others;
    for (double value : intensity) {
        if (!std::isnan(value) && !is_masked_high(value) && !is_masked_low(value)) others.push_back(value);
    }
    if (others.empty() || others.size() == intensity.size()) return;
    const double middle = median(others);
    const auto [least, most] = std::minmax_element(others.begin(), others.end());
    // Below other negative numbers, and among small ones, -1 may be what a subtracted background left.
    const bool high = *most < far_below, low = *least >= 0 && (middle >= of_counts || *most < 1);
    for (double& value : intensity) {
        if ((high && is_masked_high(value)) || (low && is_masked_low(value))) value = std::numeric_limits<double>::quiet_NaN();
    }
}

}  // namespace

void leave_out_unmeasured(MeasuredPattern& pattern) {
    mark_masked(pattern.intensity);
    const std::size_t points = std::min(pattern.intensity.size(), pattern.two_theta_deg.size());
    const bool has_sigma = pattern.sigma.size() == points;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < points; ++i) {
        if (std::isnan(pattern.intensity[i])) continue;
        pattern.two_theta_deg[kept] = pattern.two_theta_deg[i];
        if (has_sigma) pattern.sigma[kept] = pattern.sigma[i];
        pattern.intensity[kept++] = pattern.intensity[i];
    }
    pattern.two_theta_deg.resize(kept);
    pattern.intensity.resize(kept);
    if (has_sigma) pattern.sigma.resize(kept);
}

void check_pattern(const MeasuredPattern& pattern) {
    const std::vector<double>& angles = pattern.two_theta_deg;
    const auto too_large = [](double value) { return std::abs(value) > largest_intensity; };
    if (std::any_of(pattern.intensity.begin(), pattern.intensity.end(), too_large))
        fail(pattern.name, ": has intensities above ", formatted("%.10g", largest_intensity), "; scale the pattern");
    if (angles.size() < static_cast<std::size_t>(min_points)) {
        fail(pattern.name, ": only ", angles.size(), " points; a pattern needs ", min_points, " or more");
    }
    for (std::size_t i = 0; i < angles.size(); ++i) {
        const bool in_order = i == 0 || angles[i] > angles[i - 1];
        if (!(angles[i] >= 0 && angles[i] < 180) || !in_order || !std::isfinite(pattern.intensity[i])) {
            fail(pattern.name, ": point ", i + 1, " at ", formatted("%.10g", angles[i]),
                 " degrees is out of range or order, or has no intensity; it is damaged or no scan of 2theta");
        }
    }
    const auto [least, most] = std::minmax_element(pattern.intensity.begin(), pattern.intensity.end());
    if (*least == *most) fail(pattern.name, ": every intensity is ", formatted("%.10g", *most), "; measure or export it again");
    if (!(*most > 0))
        fail(pattern.name, ": no intensity is above 0, the highest is ", formatted("%.10g", *most),
             "; export the counts themselves, not with their sign reversed, their logarithm or what was left of a fit");
}

}  // namespace friedel
