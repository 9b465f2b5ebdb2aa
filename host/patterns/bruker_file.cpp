// Bruker RAW 1.01 (DIFFRAC plus, "version 3") and 4.00: binary, little-endian, a header and ranges of intensities as single-precision
// numbers. Offsets as found in files whose range, step and wavelength are known.
#include <cmath>
#include <cstdint>

#include "host/patterns/instrument_files.h"
#include "host/support/binary_file.h"
#include "host/support/radiation.h"

namespace friedel {

namespace {

struct Range {
    std::size_t points;
    double start_deg, step_deg;
    double seconds;    // per point; 0 if not stated
    std::size_t data;  // offset of the first intensity
};

// Appends a range. One that begins within what is there goes on behind its end, in counts per second.
void append(MeasuredPattern& pattern, const Bytes& file, const Range& range, bool alone) {
    if (!(range.step_deg > 0 && range.step_deg < 10) || !std::isfinite(range.start_deg)) {
        fail(file.name(), ": states a step of ", range.step_deg, " degrees; it is damaged or no scan of 2theta");
    }
    if (range.points > file.size() / sizeof(float)) fail(file.name(), ": ends early; it is truncated, copy it again");
    const double per_second = !alone && range.seconds > 0 ? 1 / range.seconds : 1;
    const double end = pattern.two_theta_deg.empty() ? -1 : pattern.two_theta_deg.back();
    if (!pattern.two_theta_deg.empty() && range.start_deg > end + 1.5 * range.step_deg) {
        fail(file.name(), ": holds ranges that do not join (", end, " and ", range.start_deg, " degrees); export one of them");
    }
    for (std::size_t i = 0; i < range.points; ++i) {
        const double angle = range.start_deg + range.step_deg * static_cast<double>(i);
        if (angle <= end + 0.5 * range.step_deg && end >= 0) continue;
        pattern.two_theta_deg.push_back(angle);
        pattern.intensity.push_back(per_second * static_cast<double>(file.at<float>(range.data + i * sizeof(float))));
    }
}

MeasuredPattern parse_version_1(const Bytes& file) {
    constexpr std::size_t header = 712, ranges_at = 12, wavelengths_at = 616;
    MeasuredPattern pattern;
    const auto ranges = file.at<std::uint32_t>(ranges_at);
    if (ranges == 0 || ranges > 1000) fail(file.name(), ": states ", ranges, " ranges; it is damaged");
    pattern.wavelength_angstrom =
        mean_k_alpha(file.at<double>(wavelengths_at + 8), file.at<double>(wavelengths_at + 16), file.at<double>(wavelengths_at + 32));
    std::size_t at = header;
    for (std::uint32_t r = 0; r < ranges; ++r) {
        const auto length = file.at<std::uint32_t>(at), points = file.at<std::uint32_t>(at + 4), more = file.at<std::uint32_t>(at + 256);
        const Range range{points, file.at<double>(at + 16), file.at<double>(at + 176), static_cast<double>(file.at<float>(at + 192)),
                          at + length + more};
        append(pattern, file, range, ranges == 1);
        at = range.data + points * sizeof(float);
    }
    return pattern;
}

MeasuredPattern parse_version_4(const Bytes& file) {
    constexpr std::size_t segments_at = 61, range_header = 160;
    constexpr std::uint32_t range_segment = 0, last_range_segment = 160;
    std::size_t at = segments_at;
    // Segments of a type and a length each; ranges come last.
    while (file.at<std::uint32_t>(at) != range_segment && file.at<std::uint32_t>(at) != last_range_segment) {
        const auto length = file.at<std::uint32_t>(at + 4);
        if (length < 8) fail(file.name(), ": a segment of ", length, " bytes; it is damaged");
        at += length;
    }
    MeasuredPattern pattern;
    const double wavelength = file.at<double>(at + 112);
    if (may_be_stated(wavelength)) pattern.wavelength_angstrom = wavelength;
    while (at + range_header <= file.size()) {
        const auto points = file.at<std::uint32_t>(at + 88), width = file.at<std::uint32_t>(at + 136),
                   more = file.at<std::uint32_t>(at + 140);
        if (width != sizeof(float)) fail(file.name(), ": ", width, " bytes a point", export_as_text);
        const Range range{points, file.at<double>(at + 72), file.at<double>(at + 80), 0, at + range_header + more};
        append(pattern, file, range, true);
        at = range.data + points * sizeof(float);
    }
    return pattern;
}

}  // namespace

MeasuredPattern parse_bruker_raw(std::string_view bytes, const std::string& name) {
    const Bytes file(bytes, name);
    return bytes.starts_with("RAW1.01") ? parse_version_1(file) : parse_version_4(file);
}

}  // namespace friedel
