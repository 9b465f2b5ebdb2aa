#include "host/patterns/column_names.h"

#include <algorithm>
#include <charconv>

#include "host/patterns/header_words.h"
#include "host/patterns/pattern_axis.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

template <class Parts>
bool has_one_of(std::string_view name, const Parts& parts) {
    return std::any_of(std::begin(parts), std::end(parts), [&](std::string_view part) { return name.find(part) != name.npos; });
}

// A column's name without its units.
std::string plain_name(std::string_view text) {
    std::string out = lower_case(text.substr(0, text.find_first_of("([")));
    while (!out.empty() && (out.back() == ' ' || out.back() == '_')) out.pop_back();
    return out;
}

bool is_exactly_intensity(std::string_view name) {
    constexpr std::string_view whole[] = {"intensity", "counts", "int", "i",   "iobs", "yobs",
                                          "i_obs",     "y_obs",  "iq",  "cps", "cts",  "signal"};
    return is_one_of(name, whole);
}

bool is_deviation(std::string_view name) {
    constexpr std::string_view whole[] = {"e", "s", "u", "sd", "se", "di", "ds", "dy", "d_i", "delta_i", "\u03c3"};
    constexpr std::string_view words[] = {"err",
                                          "error",
                                          "errors",
                                          "sig",
                                          "sigma",
                                          "std",
                                          "stddev",
                                          "stdev",
                                          "esd",
                                          "esds",
                                          "dev",
                                          "devs",
                                          "deviation",
                                          "deviations",
                                          "unc",
                                          "uncertainty",
                                          "uncertainties",
                                          "fehler",
                                          "rms",
                                          "rmsd",
                                          "errorbar",
                                          "sigmas",
                                          "standardabweichung"};
    if (is_one_of(name, whole)) return true;
    for (std::size_t begin = 0; begin < name.size();) {
        const std::size_t end = std::min(name.find_first_of(" _-./", begin), name.size());
        if (is_one_of(name.substr(begin, end - begin), words)) return true;
        begin = end + 1;
    }
    return false;
}

bool is_time(std::string_view name) {
    constexpr std::string_view whole[] = {"time",          "t",         "time_s",   "count_time", "counting_time", "countingtime",
                                          "counttime",     "seconds",   "sec",      "exposure",   "exposure_time", "live_time",
                                          "time_per_step", "step_time", "steptime", "livetime"};
    return is_one_of(name, whole);
}

// What stands beside an angle and is never a pattern, however the numbers look.
bool is_no_intensity(std::string_view name) {
    constexpr std::string_view whole[] = {"temperature", "temp",  "background", "bkg",      "bckg",      "ybkg",    "y_bkg",
                                          "difference",  "diff",  "ydiff",      "residual", "residuals", "voltage", "monitor",
                                          "pressure",    "omega", "chi",        "phi",      "d-spacing", "hkl"};
    return is_one_of(name, whole);
}

// What other methods measure.
bool is_of_other_method(std::string_view name) {
    constexpr std::string_view whole[] = {"absorbance", "abs",       "transmittance", "reflectance", "voltage", "current",
                                          "abundance",  "amplitude", "moment",        "mass",        "weight",  "heat flow"};
    return is_one_of(name, whole);
}

// "Counts", but not "Counts/s".
bool is_number_of_counts(std::string_view name) {
    constexpr std::string_view counts[] = {"count", "cts"}, rates[] = {"/s", "cps", "per s", "per_s", "s-1", "s^-1", "rate"};
    return has_one_of(name, counts) && !has_one_of(name, rates);
}

// "Intensity_corrected", "I_norm" and the like, but no error, model or monitor.
bool is_some_intensity(std::string_view name) {
    constexpr std::string_view others[] = {"err", "sig",  "std",  "esd", "dev",  "calc",   "bkg",
                                           "bg",  "back", "time", "mon", "diff", "weight", "_0"};
    constexpr std::string_view beginnings[] = {"intensity", "counts_", "i_", "int_", "icorr", "inorm"};
    return std::any_of(std::begin(beginnings), std::end(beginnings), [&](std::string_view begin) { return name.starts_with(begin); }) &&
           !has_one_of(name, others);
}

// The names of a line of columns; those of SPEC ("#L Two Theta  Detector") are two blanks apart.
Fields names_of(std::string_view line) {
    if (line.starts_with("#L\t")) line.remove_prefix(3);
    if (!line.starts_with("#L ")) return fields_of(line);
    Fields names;
    line.remove_prefix(3);
    const std::string_view all = line;
    while (!line.empty()) {
        const std::size_t end = std::min(line.find("  "), line.size());
        std::string_view name = line.substr(0, end);
        while (!name.empty() && (name.back() == '\r' || name.back() == ' ')) name.remove_suffix(1);
        while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
        if (!name.empty()) names.push_back(name);
        line.remove_prefix(std::min(line.size(), end + 2));
    }
    return names.size() == 1 ? fields_of(all) : names;  // "#L Q S" of PDFgetX3
}

PatternAxis kind_of(std::string_view axis) { return axis_of(axis, "", ""); }

// Of an energy, a time, a distance between atoms: an axis that no pattern is read against, above a column of intensities.
bool names_other_axis(const Fields& names, int intensity) {
    if (names.size() < 2 || !is_other_axis_name(names[0])) return false;
    // A remark: "# channel 12 counts".
    double value = 0;
    if (std::any_of(names.begin() + 1, names.end(), [&](std::string_view name) { return read_field(value, name); })) return false;
    const bool is_pair_distribution = plain_name(names[0]) == "r" && plain_name(names[1]) == "g";
    if (intensity <= 0 && !is_pair_distribution) return false;
    if (plain_name(names[0]).size() > 1 || is_pair_distribution) return true;
    // One letter says little: "E, I", but not "R int = 0.05".
    double number = 0;
    return intensity == 1 && names.size() <= 3 && (names.size() < 3 || !(read_field(number, names[2]) || names[2] == "="));
}

// Whether a line is one of names, the first of which is that of another axis. A remark ("# Temperature (K): 300", "# Time (s), long") is
// none.
bool begins_with_other_axis(std::string_view line, const Fields& names) {
    if (names.size() < 2 || names[0].empty() || (names[0].front() >= '0' && names[0].front() <= '9')) return false;
    if (!is_surely_other_axis_name(names[0])) return false;
    double number = 0;
    const auto is_remark = [&](std::string_view name) {
        return name.empty() || name.find_first_of(":=") != name.npos || read_field(number, name.substr(0, name.find(' ')));
    };
    if (std::any_of(names.begin(), names.end(), is_remark)) return false;
    const std::string beside = plain_name(names[1]);
    return !line.starts_with('#') || is_exactly_intensity(beside) || is_of_other_method(beside) ||
           names[1].find_first_of("([") != line.npos;
}

enum class Role { changed_intensity, axis, intensity, some_intensity, time, deviation, no_intensity, unknown, none };

// Columns that may hold the intensities: by a name for nothing else, by one that begins like that, and by names that say nothing.
struct Candidates {
    std::vector<int> exact, some, unknown;

    bool any() const { return !exact.empty() || !some.empty() || !unknown.empty(); }
    const std::vector<int>& best() const { return !exact.empty() ? exact : !some.empty() ? some : unknown; }
};

// Whether a column is some function of the intensities by its name: "log10(I)", "Log Counts", "logI", "Intensity (dB)".
bool is_function_of_intensity(std::string_view written) {
    const std::string name = plain_name(written), all = lower_case(written);
    const bool has_brackets = written.size() > name.size() + 1;
    if (has_brackets && (all.find("(log") != all.npos || all.find("(db)") != all.npos)) return true;
    for (const std::string_view function : {"log10", "log", "ln", "sqrt"}) {
        if (!name.starts_with(function)) continue;
        const std::string_view of = std::string_view(name).substr(function.size());
        if (of.empty()) return has_brackets;
        const std::string_view what = of.substr(std::min(of.find_first_not_of(" _-"), of.size()));
        return is_exactly_intensity(what) || (what.size() < of.size() && is_some_intensity(what));
    }
    return false;
}

// What a column is by its name, beside those before it. Names are of several kinds ("I_err", "S", "counts_time"): the first that they are
// of holds.
Role role_of(std::string_view written, bool is_beside_axis, bool is_beside_candidates) {
    const std::string name = plain_name(written);
    if (is_beside_axis && is_function_of_intensity(written)) return Role::changed_intensity;
    if (is_axis_name(written)) return Role::axis;
    if (is_exactly_intensity(name)) return Role::intensity;
    if (is_some_intensity(name)) return Role::some_intensity;
    if (is_time(name)) return Role::time;
    if (is_deviation(name) && (name != "s" || is_beside_candidates)) return Role::deviation;  // S(Q) is none
    if (is_no_intensity(name)) return Role::no_intensity;
    return name.empty() ? Role::none : Role::unknown;
}

// Angles before Q and d: both may be there.
void take_axis(Columns& columns, std::string_view name, int column) {
    const PatternAxis kind = kind_of(name);
    if (kind == PatternAxis{AxisQuantity::d}) columns.d = column;
    if (columns.axis >= 0 && (kind != two_theta_in_degrees || kind_of(columns.axis_name) == kind)) return;
    columns.axis = column;
    columns.axis_name = name;
}

void take(Columns& columns, Candidates& candidates, std::string_view name, int column) {
    const bool is_letter_alone = plain_name(name).size() <= 1;  // which says little
    switch (role_of(name, column == 1 && columns.axis == 0, candidates.any())) {
        case Role::changed_intensity:
            columns.changed = name;
            break;
        case Role::axis:
            take_axis(columns, name, column);
            break;
        case Role::intensity:
            candidates.exact.push_back(column);
            break;
        case Role::some_intensity:
            candidates.some.push_back(column);
            break;
        case Role::time:
            columns.time = column;
            if (!is_letter_alone) columns.no_intensity = name;
            break;
        case Role::deviation:
            columns.deviation = column;
            if (!is_letter_alone) columns.no_intensity = name;
            break;
        case Role::no_intensity:
            columns.no_intensity = name;
            break;
        case Role::unknown:
            candidates.unknown.push_back(column);
            break;
        case Role::none:
            break;
    }
}

// The column of intensities, or those that may be it where none says that it alone is.
void choose_intensity(Columns& columns, const Candidates& candidates, const Fields& names, bool is_of_spec) {
    const auto name_of = [&](int column) { return names[static_cast<std::size_t>(column)]; };
    const std::vector<int>&exact = candidates.exact, &best = candidates.best();
    const auto is_named_like_the_first = [&](int column) { return name_of(column) == name_of(exact.front()); };
    const bool is_one = best.size() == 1 || (!exact.empty() && std::count_if(exact.begin(), exact.end(), is_named_like_the_first) == 1);
    columns.is_guess = &best == &candidates.unknown && !is_of_spec;
    if (is_one && !(columns.is_guess && columns.may_be_sentence)) {
        columns.intensity = best.front();
    } else if (is_of_spec && exact.empty() && !best.empty()) {
        columns.intensity = best.back();  // where SPEC has its detector
    } else if (best.size() > 1 && (columns.axis == 0 || !columns.may_be_sentence)) {
        for (const int column : best) columns.others.emplace_back(name_of(column));
    }
}

}  // namespace

Fields fields_of(std::string_view line, bool decimal_commas) {
    const std::string_view separators = decimal_commas ? ";\t" : ",;\t";
    const bool separated = line.find_first_of(separators) != std::string_view::npos;
    Fields fields;
    for (std::size_t at = 0; at <= line.size();) {
        std::size_t end = line.find_first_of(separated ? separators : " ", at);
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

bool read_field(double& value, std::string_view field, bool decimal_commas) {
    std::string written;
    const auto write = [&](std::size_t at, char c) {
        if (at == field.npos || at == 0 || field.size() >= 64) return;
        written = std::string(field);
        written[at] = c;
        field = written;
    };
    write(field.find_first_of("dD"), 'e');  // 1.05D+03
    if (decimal_commas) write(field.find(','), '.');
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    return error == std::errc() && end == field.data() + field.size();
}

Columns columns_of(std::string_view line) {
    const bool is_of_spec = line.starts_with("#L ") || line.starts_with("#L\t");
    Fields names = names_of(line);
    while (names.size() > 2 && names.back().find('=') != names.back().npos) names.pop_back();  // "2theta,I,err,wavelength=0.4959"
    Columns columns;
    columns.count = names.size();
    columns.may_be_sentence = !is_of_spec && line.find_first_of(",;\t") == std::string_view::npos;
    Candidates candidates;
    for (std::size_t i = 0; i < names.size(); ++i) take(columns, candidates, names[i], static_cast<int>(i));
    choose_intensity(columns, candidates, names, is_of_spec);
    if (columns.intensity >= 0) columns.are_counts = is_number_of_counts(lower_case(names[static_cast<std::size_t>(columns.intensity)]));
    if (candidates.any()) columns.no_intensity.clear();
    if (columns.axis < 0 && begins_with_other_axis(line, names)) columns.other_axis = names[0];
    if (columns.axis < 0 && names_other_axis(names, candidates.exact.empty() ? -1 : candidates.exact.front())) columns.axis_name = names[0];
    return columns;
}

}  // namespace friedel
