// Text of programs that state a scan's range in a few lines, and below them its counts alone: Jade (.mdi) and Sietronics (.cpi).
#include <cmath>

#include "host/patterns/header_words.h"
#include "host/patterns/instrument_files.h"
#include "host/patterns/stated_wavelength.h"
#include "host/patterns/text_rows.h"
#include "host/support/error.h"

namespace friedel {

namespace {

// A word up to the next blank.
std::string_view take_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r"), text.size()));
    return take_up_to(text, text.find_first_of(" \t\r"));
}

struct Scan {
    double start, step, end;
    std::string anode;
    double wavelength = 0;  // of the anode's first line, in angstrom

    long points() const { return std::lround((end - start) / step) + 1; }
    bool is_possible() const { return start >= 0 && end < 180 && step > 0 && end > start && end - start < 1e6 * step; }
};

// The second line of a Jade file: start, step, seconds a step, anode, wavelength, end and the number of points.
std::optional<Scan> scan_of_jade(std::string_view bytes) {
    take_line(bytes);
    std::string_view line = take_line(bytes);
    const auto start = take_number(line), step = take_number(line), seconds = take_number(line);
    if (!start || !step || !seconds) return std::nullopt;
    const std::string_view anode = take_word(line);
    const auto wavelength = take_number(line), end = take_number(line), points = take_number(line);
    if (anode.empty() || !is_letter(anode.front()) || !wavelength || !end || !points || !take_word(line).empty()) return std::nullopt;
    const Scan scan{*start, *step, *end, std::string(anode), *wavelength};
    return scan.is_possible() && std::abs(static_cast<double>(scan.points()) - *points) <= 1 ? std::optional(scan) : std::nullopt;
}

MeasuredPattern pattern_of(const Scan& scan, std::string_view counts, const std::string& name) {
    if (!scan.is_possible())
        fail(name, ": its scan from ", scan.start, " to ", scan.end, " degrees in steps of ", scan.step, " is none; export it again");
    MeasuredPattern pattern;
    pattern.name = name;
    while (const std::optional<double> count = take_number(counts)) {
        pattern.two_theta_deg.push_back(scan.start + static_cast<double>(pattern.intensity.size()) * scan.step);
        pattern.intensity.push_back(*count);
    }
    if (counts.find_first_not_of(" \t\r\n,") != counts.npos)
        fail(name, ": has something else than numbers among its counts; export it again");
    if (std::abs(static_cast<long>(pattern.points()) - scan.points()) > 1)
        fail(name, ": states ", scan.points(), " points and holds ", pattern.points(), "; it is truncated or damaged, export it again");
    StatedWavelength anode;  // the mean of its doublet, where the wavelength is that of its first line
    anode.read("anode: " + scan.anode);
    constexpr double same_anode = 0.005;  // relative
    const bool is_doublet = std::abs(anode.angstrom() / scan.wavelength - 1) < same_anode;
    pattern.wavelength_angstrom = is_doublet || !(scan.wavelength > 0) ? anode.angstrom() : mean_k_alpha(scan.wavelength, 0, 0);
    return pattern;
}

}  // namespace

std::optional<MeasuredPattern> parse_jade(std::string_view bytes, const std::string& name) {
    const std::optional<Scan> scan = scan_of_jade(bytes);
    if (!scan) return std::nullopt;
    take_line(bytes), take_line(bytes);
    return pattern_of(*scan, bytes, name);
}

// Start, end, step, anode, wavelength, one to a line, then remarks up to SCANDATA.
MeasuredPattern parse_sietronics(std::string_view bytes, const std::string& name) {
    take_line(bytes);
    std::string_view start_line = take_line(bytes), end_line = take_line(bytes), step_line = take_line(bytes),
                     anode_line = take_line(bytes), wavelength_line = take_line(bytes);
    const auto start = take_number(start_line), end = take_number(end_line), step = take_number(step_line),
               wavelength = take_number(wavelength_line);
    constexpr std::string_view mark = "SCANDATA";
    const std::size_t data = bytes.find(mark);
    if (!start || !end || !step || data == bytes.npos)
        fail(name, ": a Sietronics file without start, end, step and SCANDATA; it is truncated or damaged, export it again");
    return pattern_of({*start, *step, *end, std::string(take_word(anode_line)), wavelength.value_or(0)}, bytes.substr(data + mark.size()),
                      name);
}

}  // namespace friedel
