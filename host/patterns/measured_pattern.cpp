// What holds of a measured pattern from whatever file: its points, its wavelength.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "host/patterns/pattern_file.h"
#include "host/support/error.h"
#include "host/support/median.h"
#include "host/support/text_format.h"

namespace friedel {

void MeasuredPattern::truncate(std::size_t kept) {
    two_theta_deg.resize(kept);
    intensity.resize(kept);
    if (has_sigma()) sigma.resize(kept);
}

void MeasuredPattern::reverse() {
    for (std::vector<double>* const column : {&two_theta_deg, &intensity, &sigma}) std::reverse(column->begin(), column->end());
}

std::string hint_at_wavelength(WavelengthSource source, double angstrom) {
    if (source != WavelengthSource::assumed) return {};
    return "; no wavelength is stated: give --wavelength if it was not " + formatted("%.5g", angstrom) + " angstrom";
}

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

// Whatever else programs write for what was not measured (-10, -999, -1e30): one negative number, some times, far below all others.
void mark_sentinels(std::vector<double>& intensity) {
    constexpr std::ptrdiff_t least_times = 3;
    constexpr double far = 10, of_counts = -9;  // nearer to nought it may be what is left without a background
    double least = 0, next = 0;
    for (double value : intensity) {
        if (value < least)
            next = std::exchange(least, value);
        else if (value > least && value < next)
            next = value;
    }
    if (!(least <= of_counts && least < far * next) || std::count(intensity.begin(), intensity.end(), least) < least_times) return;
    std::replace(intensity.begin(), intensity.end(), least, std::numeric_limits<double>::quiet_NaN());
}

// The mean of the measured points nearest to a run of zeros on one side, from `at` on in steps of `step`; 0 where they are uneven, as the
// flanks of lines and few counts are, and where there are none.
double even_level(const std::vector<double>& intensity, std::ptrdiff_t at, std::ptrdiff_t step) {
    constexpr int points = 8;
    constexpr double even = 0.5;  // of the mean, what the least reaches
    double sum = 0, least = HUGE_VAL;
    for (int i = 0; i < points; ++i, at += step) {
        if (at < 0 || at >= static_cast<std::ptrdiff_t>(intensity.size())) return 0;
        const double value = intensity[static_cast<std::size_t>(at)];
        if (!(value > 0)) return 0;
        sum += value;
        least = std::min(least, value);
    }
    return least > even * sum / points ? sum / points : 0;
}

// Gaps between the modules of a detector, and what lies beyond it, which pyFAI fills with zeros: runs of them beside a background that is
// far above. Where it is weak beside the lines, or zeros are many, they may be what was measured, and do no harm.
void mark_zero_gaps(std::vector<double>& intensity) {
    constexpr std::size_t shortest = 3;
    constexpr double least_level = 0.02, most_zeros = 0.35;  // of the strongest line, and of all points
    constexpr double least_at_end = 0.05;                    // of all points: fewer at an end, as behind a beam stop, are no module
    const std::size_t points = intensity.size();
    const auto zeros = static_cast<double>(std::count(intensity.begin(), intensity.end(), 0.0));
    if (zeros < shortest || zeros > most_zeros * static_cast<double>(points)) return;
    double most = 0;
    for (double value : intensity) most = value > most ? value : most;
    for (std::size_t first = 0; first < points;) {
        std::size_t end = first;
        while (end < points && intensity[end] == 0) ++end;
        const bool at_end = first == 0 || end == points;
        if (end - first >= (at_end ? std::max(shortest, static_cast<std::size_t>(least_at_end * static_cast<double>(points))) : shortest)) {
            const double before = first == 0 ? HUGE_VAL : even_level(intensity, static_cast<std::ptrdiff_t>(first) - 1, -1);
            const double behind = end == points ? HUGE_VAL : even_level(intensity, static_cast<std::ptrdiff_t>(end), 1);
            if (std::min(before, behind) > least_level * most)
                std::fill(intensity.begin() + static_cast<std::ptrdiff_t>(first), intensity.begin() + static_cast<std::ptrdiff_t>(end),
                          std::numeric_limits<double>::quiet_NaN());
        }
        first = end + 1;
    }
}

}  // namespace

bool may_begin_below_zero(const std::vector<double>& axis) {
    constexpr double most = 0.25;  // of what is measured above
    if (axis.empty()) return false;
    return -std::min(axis.front(), axis.back()) <= most * std::max(axis.front(), axis.back());
}

void leave_out_unmeasured(MeasuredPattern& pattern) {
    mark_masked(pattern.intensity);
    mark_sentinels(pattern.intensity);
    mark_zero_gaps(pattern.intensity);
    if (may_begin_below_zero(pattern.two_theta_deg)) {
        for (std::size_t i = 0; i < pattern.points(); ++i) {
            if (pattern.two_theta_deg[i] < 0) pattern.intensity[i] = std::numeric_limits<double>::quiet_NaN();
        }
    }
    pattern.keep_if([&](std::size_t i) { return !std::isnan(pattern.intensity[i]); });
}

void check_pattern(const MeasuredPattern& pattern) {
    if (!pattern.neutrons.empty())
        fail(pattern.name, ": ", pattern.neutrons,
             ", of which patterns have other intensities than of X-rays; if it is of X-rays, remove that");
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
