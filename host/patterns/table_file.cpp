// Tables with named columns, as beamlines write them: the axis and the intensities are picked by name, whatever else stands beside them.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "host/patterns/instrument_files.h"
#include "host/patterns/pattern_axis.h"
#include "host/patterns/stated_wavelength.h"
#include "host/simulation/radiation.h"
#include "host/support/bragg.h"
#include "host/support/error.h"
#include "host/support/text_format.h"
#include "kernels/real_math.h"

namespace friedel {

namespace {

using Fields = std::vector<std::string_view>;

// Of one line, cut at commas, semicolons or tabs where it has any of these, else at blanks; quotes are left off.
Fields fields_of(std::string_view line) {
    const bool separated = line.find_first_of(",;\t") != std::string_view::npos;
    Fields fields;
    for (std::size_t at = 0; at <= line.size();) {
        std::size_t end = line.find_first_of(separated ? ",;\t" : " ", at);
        end = std::min(end, line.size());
        std::string_view field = line.substr(at, end - at);
        while (!field.empty() && (field.front() == ' ' || field.front() == '"' || field.front() == '#')) field.remove_prefix(1);
        while (!field.empty() && (field.back() == ' ' || field.back() == '"' || field.back() == '\r')) field.remove_suffix(1);
        // "2theta (deg) intensity" names two columns, "q (1 / nm)" one.
        const bool in_brackets = !fields.empty() && fields.back().find_first_of("([") != fields.back().npos &&
                                 fields.back().find_first_of(")]") == fields.back().npos;
        if (!separated && !field.empty() && !fields.empty() && (in_brackets || field.front() == '(' || field.front() == '[')) {
            fields.back() = line.substr(static_cast<std::size_t>(fields.back().data() - line.data()),
                                        static_cast<std::size_t>(field.data() + field.size() - fields.back().data()));
        } else if (separated || !field.empty()) {
            fields.push_back(field);
        }
        at = end + 1;
    }
    return fields;
}

// A column's name without its units.
std::string plain_name(std::string_view text) {
    std::string out = lower_case(text.substr(0, text.find_first_of("([")));
    while (!out.empty() && (out.back() == ' ' || out.back() == '_')) out.pop_back();
    return out;
}

struct Columns {
    std::size_t count = 0;  // 0: the line names none
    int axis = -1, intensity = -1, d = -1;
    std::string axis_name;  // without `axis`: of one that no pattern is read against
    std::string changed;    // of a column of intensities that are no longer as they were counted
};

bool is_exactly_intensity(const std::string& name) {
    constexpr std::string_view whole[] = {"intensity", "counts", "int", "i", "iobs", "yobs", "i_obs", "iq"};
    return std::find(std::begin(whole), std::end(whole), name) != std::end(whole);
}

// "Intensity_corrected", "I_norm" and the like, but no error, model or monitor.
bool is_some_intensity(const std::string& name) {
    constexpr std::string_view others[] = {"err", "sig", "std", "esd", "dev", "calc", "bkg", "back", "time", "mon", "diff", "weight", "_0"};
    constexpr std::string_view beginnings[] = {"intensity", "counts_", "i_", "int_", "icorr", "inorm"};
    return std::any_of(std::begin(beginnings), std::end(beginnings), [&](std::string_view begin) { return name.starts_with(begin); }) &&
           std::none_of(std::begin(others), std::end(others), [&](std::string_view part) { return name.find(part) != name.npos; });
}

// The names of a line of columns; those of SPEC ("#L Two Theta  Detector") are two blanks apart.
Fields names_of(std::string_view line) {
    if (line.starts_with("#L\t")) line.remove_prefix(3);
    if (!line.starts_with("#L ")) return fields_of(line);
    Fields names;
    line.remove_prefix(3);
    while (!line.empty()) {
        const std::size_t end = std::min(line.find("  "), line.size());
        std::string_view name = line.substr(0, end);
        while (!name.empty() && (name.back() == '\r' || name.back() == ' ')) name.remove_suffix(1);
        while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
        if (!name.empty()) names.push_back(name);
        line.remove_prefix(std::min(line.size(), end + 2));
    }
    return names;
}

Columns columns_of(std::string_view line) {
    const Fields names = names_of(line);
    Columns columns;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string name = plain_name(names[i]);
        const bool is_function = (name == "log" || name == "log10" || name == "ln" || name == "sqrt") && names[i].size() > name.size() + 1;
        if (is_function && i == 1 && columns.axis == 0) columns.changed = names[i];
        const bool axis = is_axis_name(names[i]);
        const bool angle = axis && axis_of(names[i], "", "") == PatternAxis::two_theta_deg;
        const bool d = axis && axis_of(names[i], "", "") == PatternAxis::d_angstrom;
        if (d) columns.d = static_cast<int>(i);
        // Angles before Q and d: both may be there.
        if (axis && (columns.axis < 0 || (angle && axis_of(columns.axis_name, "", "") != PatternAxis::two_theta_deg))) {
            columns.axis = static_cast<int>(i);
            columns.axis_name = names[i];
        }
        if (columns.intensity < 0 && is_exactly_intensity(name)) columns.intensity = static_cast<int>(i);
    }
    const bool is_exact = columns.intensity >= 0;
    for (std::size_t i = 0; i < names.size() && columns.intensity < 0; ++i) {
        if (is_some_intensity(plain_name(names[i]))) columns.intensity = static_cast<int>(i);
    }
    if (columns.axis >= 0 && columns.intensity >= 0) columns.count = names.size();
    if (columns.axis < 0 && is_exact && columns.intensity > 0 && is_other_axis(names[0])) columns.axis_name = names[0];
    return columns;
}

PatternAxis axis_with_units(const Columns& columns, const std::string& file) {
    const std::string_view name = columns.axis_name;
    const std::size_t units = name.find_first_of("([");
    return axis_of(name, units == std::string_view::npos ? "" : name.substr(units + 1), file);
}

// Frames of one scan, each over the very same axis, are added up.
void add_repeats(MeasuredPattern& pattern) {
    std::vector<double>& x = pattern.two_theta_deg;
    const auto again = std::find(x.begin() + 1, x.end(), x.front());
    const std::size_t points = static_cast<std::size_t>(again - x.begin());
    if (again == x.end() || x.size() % points != 0) return;
    for (std::size_t i = points; i < x.size(); ++i) {
        if (x[i] != x[i - points]) return;  // no repeat: what is out of order is refused
    }
    for (std::size_t i = points; i < x.size(); ++i) pattern.intensity[i % points] += pattern.intensity[i];
    x.resize(points);
    pattern.intensity.resize(points);
}

bool take(double& value, std::string_view field) {
    std::string fortran;  // 1.05D+03
    if (const std::size_t at = field.find_first_of("dD"); at != std::string_view::npos && at > 0 && field.size() < 64) {
        fortran = field;
        fortran[at] = 'e';
        field = fortran;
    }
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    return error == std::errc() && end == field.data() + field.size();
}

}  // namespace

std::optional<MeasuredPattern> parse_table(std::string_view text, const std::string& name) {
    constexpr int longest_header = 200;  // lines
    Columns columns;
    MeasuredPattern pattern;
    StatedWavelength stated;
    int line_number = 0;
    double d = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        ++line_number;
        if (columns.count == 0) {
            if (line_number > longest_header) return std::nullopt;
            columns = columns_of(line);
            if (columns.count == 0 && !columns.axis_name.empty() && columns.axis < 0) axis_of(columns.axis_name, "", name);
            if (columns.count == 0 && !columns.changed.empty())
                fail(name, ": its intensities are '", columns.changed, "'; export them as they were counted");
            // Two or three columns in the usual order are the business of the reader of plain text, which knows more ways to write them.
            if (columns.count > 0 && columns.count <= 3 && columns.axis == 0 && columns.intensity == 1 &&
                axis_with_units(columns, name) == PatternAxis::two_theta_deg && line.find('"') == std::string_view::npos)
                return std::nullopt;
            stated.read(line);
            if (columns.count > 0) stated.apply_to(pattern);
            continue;
        }
        if (line.starts_with('#')) continue;
        const Fields fields = fields_of(line);
        if (fields.empty() || (fields.size() == 1 && fields[0].empty())) continue;
        double x = 0, y = 0;
        if (fields.size() != columns.count || !take(x, fields[static_cast<std::size_t>(columns.axis)]) ||
            !take(y, fields[static_cast<std::size_t>(columns.intensity)])) {
            fail(name, ": line ", line_number, ": '", line.substr(0, 40), "' has not a number under each of '", columns.axis_name,
                 "' and the intensity, in ", columns.count, " columns; remove it");
        }
        if (columns.d >= 0 && d == 0 && take(d, fields[static_cast<std::size_t>(columns.d)]) && d > 0 && x > 0 &&
            pattern.wavelength_angstrom == 0 && columns.d != columns.axis && axis_with_units(columns, name) == PatternAxis::two_theta_deg) {
            const double wavelength = d * inverse_d_of(x, 1);  // Bragg's law says what the file does not
            if (may_be_stated(wavelength)) pattern.wavelength_angstrom = wavelength;
        }
        pattern.two_theta_deg.push_back(x);
        pattern.intensity.push_back(y);
    }
    if (pattern.two_theta_deg.empty()) return std::nullopt;
    pattern.name = name;
    add_repeats(pattern);
    leave_out_unmeasured(pattern);
    convert_axis(pattern, axis_with_units(columns, name));
    check_pattern(pattern);
    return pattern;
}

}  // namespace friedel
