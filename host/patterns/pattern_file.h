// Measured patterns from files. Instruments' own formats are those of instrument_files.h; text files have two or three columns: angle,
// intensity, and optionally its standard deviation. Columns are separated by spaces, tabs, commas or semicolons. Decimal commas,
// comments (# ; ! ' " / * % @), header lines and any line ends are understood. Leaves out: bringing a pattern to a model's grid
// (resample.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace friedel {

struct MeasuredPattern {
    std::string name;                   // the file, as the caller named it
    std::vector<double> two_theta_deg;  // ascending, within 0 to 180
    std::vector<double> intensity;      // finite, may be negative where a background was subtracted
    std::vector<double> sigma;          // standard deviation of intensity, of every point; empty if the file has none
    double wavelength_angstrom = 0;     // as a header line of the file states it, 0 if none does
    std::string wavelength_doubt;       // why that may not be taken; empty if it may
    bool is_monochromatic = false;      // the file says that its radiation has no second line
    std::string neutrons;               // what says that it is of neutrons, which have other intensities than X-rays; empty if nothing does
    bool needs_no_wavelength = false;  // written against Q or d: the angles are those of wavelength_angstrom, whatever it was measured with

    std::size_t points() const { return two_theta_deg.size(); }
    bool has_sigma() const { return !sigma.empty(); }
    // Leaves out the points for which keep(point) is false.
    template <class Keep>
    void keep_if(Keep keep) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < points(); ++i) {
            if (!keep(i)) continue;
            two_theta_deg[kept] = two_theta_deg[i];
            intensity[kept] = intensity[i];
            if (has_sigma()) sigma[kept] = sigma[i];
            ++kept;
        }
        truncate(kept);
    }
    void truncate(std::size_t kept);  // to the first so many points
    void reverse();
};

// Fewer points than this are a list of peaks, not a pattern.
constexpr int min_points = 100;
constexpr double largest_intensity = 1e30;  // patterns are calculated with in single precision

// Throw Error, naming the file and the line, if the text is anything but one pattern.
MeasuredPattern read_pattern(const std::filesystem::path& file);
MeasuredPattern read_standard_input();
MeasuredPattern parse_pattern(std::string_view text, const std::string& name);

// Whether an axis [points] that begins below zero does so as detectors on an arc do, which see a little of the other side of the beam;
// azimuths go as far there.
bool may_begin_below_zero(const std::vector<double>& axis);
// Removes the points below zero where an axis may begin there, and those whose intensity is NaN, or what detectors write for masked pixels:
// 2^31 - 1 and 2^32 - 1 far above the others, -1 and -2 beside counts, any negative number that comes several times far below the others,
// zeros in the gaps of a detector beside a background far above.
void leave_out_unmeasured(MeasuredPattern& pattern);
// Throws Error unless the pattern keeps what is promised above and is not constant.
void check_pattern(const MeasuredPattern& pattern);

// Where the wavelength came from that a pattern was taken to be measured with.
enum class WavelengthSource : std::uint8_t {
    unknown,     // the pattern has not been read
    file,        // the pattern's file states it
    option,      // the caller gave it
    assumed,     // nobody did: the usual one was taken
    not_needed,  // the pattern is written against Q or d
};
const char* wavelength_source_name(WavelengthSource source);  // "", "file", "option", "assumed", "not needed"
// To be said of a pattern that looks like nothing: what to do if the wavelength that was assumed is not its own. Empty for other sources.
std::string hint_at_wavelength(WavelengthSource source, double angstrom);
// The wavelength to take, in angstrom: the given one, where that is not 0, the pattern's own, or else the usual one. Patterns that need
// none keep the one that their angles are of. Throws Error where the pattern's own is wanted and in doubt.
std::pair<double, WavelengthSource> wavelength_of(const MeasuredPattern& pattern, double given, double usual);

}  // namespace friedel
