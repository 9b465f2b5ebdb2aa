// Bruker UXD: lines of "_KEY=value" and, below _COUNTS or the like, numbers; a comment begins with a semicolon. Lists of peaks (_D-I and
// _2THETA-I) may stand before or behind the counts.
// xylib's reader frees memory twice where a scan begins within another.
#include "host/patterns/instrument_files.h"
#include "host/patterns/text_rows.h"
#include "host/support/error.h"

namespace friedel {

namespace {

// What a line that begins with an underscore says: "_KEY=value", the value perhaps in quotes. That of a key of data is not one of the data:
// _COUNTS=8 states how many stand in a line.
struct Statement {
    std::string_view key, value;
};

Statement statement_of(std::string_view line) {
    const std::size_t end = line.find_first_of("= \t");
    Statement statement{line.substr(0, end), end == std::string_view::npos ? std::string_view() : line.substr(end + 1)};
    while (!statement.value.empty() && std::string_view("= \t'").find(statement.value.front()) != std::string_view::npos)
        statement.value.remove_prefix(1);
    while (!statement.value.empty() && std::string_view(" \t'").find(statement.value.back()) != std::string_view::npos)
        statement.value.remove_suffix(1);
    return statement;
}

// Numbers of a point that a key of data is followed by: intensities, or angles and intensities; 0 for other keys.
std::size_t columns_of(std::string_view key) {
    if (key == "_COUNTS" || key == "_COUNT" || key == "_CPS") return 1;
    return key == "_2THETACOUNTS" || key == "_2THETACPS" ? 2 : key == "_2THETACOUNTSTIME" ? 3 : 0;
}

}  // namespace

MeasuredPattern parse_uxd(std::string_view bytes, const std::string& name) {
    double wavelength_1 = 0, wavelength_2 = 0, ratio = 0, step = 0;
    std::optional<double> start, drive_start;
    std::size_t columns = 0, line_number = 0;
    bool in_peak_list = false;
    std::vector<double> values;
    while (!bytes.empty()) {
        ++line_number;
        std::string_view line = take_line(bytes);
        line = line.substr(0, line.find(';'));
        while (!line.empty() && std::string_view(" \t\r").find(line.back()) != std::string_view::npos) line.remove_suffix(1);
        line.remove_prefix(std::min(line.size(), line.find_first_not_of(" \t")));
        if (line.empty()) continue;
        if (line.front() == '_') {
            const auto [key, value] = statement_of(line);
            std::string_view number = value;
            if (key == "_WL1") wavelength_1 = take_number(number).value_or(0);
            if (key == "_WL2") wavelength_2 = take_number(number).value_or(0);
            if (key == "_WLRATIO") ratio = take_number(number).value_or(0);
            if (key == "_START" && columns == 0) start = take_number(number);
            if (key == "_2THETA" && columns == 0) drive_start = take_number(number);
            if (key == "_STEPSIZE" && columns == 0) step = take_number(number).value_or(0);
            if (key == "_DRIVE" && value.find("COUPLED") == std::string_view::npos && value.find("2THETA") == std::string_view::npos)
                fail(name, ": a scan along ", value, ", not of 2theta; powder scans alone can be read");
            const std::size_t of_key = columns_of(key);
            if (key == "_D-I" || key == "_2THETA-I") in_peak_list = true;
            if (of_key == 0) continue;
            if (columns > 0) fail(name, ": holds several scans; export one of them");
            columns = of_key;
            in_peak_list = false;
            continue;
        }
        if (in_peak_list) continue;
        if (columns == 0) fail(name, ": line ", line_number, " of this UXD file is no key; it is damaged, export it again");
        while (const std::optional<double> value = take_number(line)) values.push_back(*value);
        if (line.find_first_not_of(" \t,") != std::string_view::npos)
            fail(name, ": line ", line_number, " holds something other than numbers; it is damaged, export it again");
    }
    if (columns == 0) fail(name, ": a UXD file without a scan (no _COUNTS); export it again");
    if (values.size() % columns != 0)
        fail(name, ": has ", values.size(), " numbers for points of ", columns, " each; it is truncated, copy it again");
    if (columns == 1 && !(step > 0)) fail(name, ": states no step (_STEPSIZE); export it again");
    if (!start) start = drive_start;
    if (columns == 1 && !start) fail(name, ": does not say where the scan begins (_START); export it again");
    MeasuredPattern pattern;
    for (std::size_t i = 0; i * columns < values.size(); ++i) {
        pattern.two_theta_deg.push_back(columns == 1 ? *start + static_cast<double>(i) * step : values[i * columns]);
        pattern.intensity.push_back(values[i * columns + (columns == 1 ? 0 : 1)]);
    }
    pattern.wavelength_angstrom = mean_k_alpha(wavelength_1, wavelength_2, ratio);
    return pattern;
}

}  // namespace friedel
