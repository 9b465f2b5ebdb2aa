// STOE RAW 1.06 (WinXPOW), one range: binary, little-endian, in blocks of 512 bytes; intensities are counts of 32 bits.
// Offsets as found in a file whose range, step and wavelength are known.
#include <cmath>
#include <cstdint>

#include "host/patterns/instrument_files.h"
#include "host/support/binary_file.h"

namespace friedel {

namespace {

constexpr std::size_t block = 512, wavelengths_at = 0x142, data_blocks_at = 0x1da, blocks_at = 0x1dc;
// In the block before the intensities.
constexpr std::size_t points_at = 0x22, start_at = 0x2c, end_at = 0x34, step_at = 0x3c;

}  // namespace

MeasuredPattern parse_stoe_raw(std::string_view bytes, const std::string& name) {
    const Bytes file(bytes, name);
    const auto data_blocks = file.at<std::uint16_t>(data_blocks_at), blocks = file.at<std::uint16_t>(blocks_at);
    if (data_blocks == 0 || data_blocks + 2 > blocks) {
        fail(name, ": states ", data_blocks, " of ", blocks, " blocks of intensities; it is damaged, or export the scan as text (.xy)");
    }
    if (file.size() < std::size_t{blocks} * block) fail(name, ": ends early; it is truncated, copy it again");
    const std::size_t data = (std::size_t{blocks} - data_blocks) * block, range = data - block;
    const auto points = file.at<std::uint16_t>(range + points_at);
    const double start = static_cast<double>(file.at<float>(range + start_at)), end = static_cast<double>(file.at<float>(range + end_at)),
                 step = static_cast<double>(file.at<float>(range + step_at));
    // The header says it three times: what does not agree is another kind of scan.
    if (!(step > 0) || !(std::fabs(start + (points - 1) * step - end) < step)) {
        fail(name, ": states ", points, " points from ", start, " to ", end, " degrees in steps of ", step,
             "; it is damaged or holds several ranges, export the scan as text (.xy)");
    }
    MeasuredPattern pattern;
    for (std::size_t i = 0; i < points; ++i) {
        pattern.two_theta_deg.push_back(start + (end - start) * static_cast<double>(i) / (points - 1));
        pattern.intensity.push_back(file.at<std::uint32_t>(data + i * sizeof(std::uint32_t)));
    }
    pattern.wavelength_angstrom = mean_k_alpha(static_cast<double>(file.at<float>(wavelengths_at)),
                                               static_cast<double>(file.at<float>(wavelengths_at + sizeof(float))));
    return pattern;
}

}  // namespace friedel
