#include "host/patterns/axis_label.h"

#include <algorithm>
#include <cstddef>

#include "host/patterns/header_words.h"
#include "host/patterns/text_rows.h"
#include "host/support/error.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

// Where the axis is named in a line that says first that it will be: "# x-axis: q (nm^-1)", "unit: 2th_deg"; else `begin`. "Axis:
// theta" is what a goniometer moved.
std::size_t behind_word_for_axis(std::string_view line, std::size_t begin) {
    constexpr std::string_view words[] = {"unit", "units", "radialunit", "xunit", "xunits", "x", "xaxis", "xlabel", "axis", "column1"};
    const std::size_t sign = begin == line.npos ? line.npos : line.find_first_of(":=", begin);
    if (sign == line.npos) return begin;
    std::string word;
    for (const char c : lower_case(line.substr(begin, sign - begin))) {
        if (is_digit(c) || (c >= 'a' && c <= 'z')) word += c;
    }
    const std::size_t behind = line.find_first_not_of(" \t", sign + 1);
    const bool is_moved = word == "axis" && behind != line.npos && lower_case(line.substr(behind)).starts_with("theta");
    return is_moved || !is_one_of(word, words) ? begin : behind;
}

}  // namespace

std::optional<AxisLabel> axis_label_of(std::string_view line, const std::string& file, int line_number) {
    constexpr std::size_t longest_label = 60;
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    std::size_t begin = line.find_first_not_of("#;!/*% \t");
    begin = behind_word_for_axis(line, begin);
    const std::size_t units = line.find_first_of("(["), close = line.find_first_of(")]");
    if (begin == std::string_view::npos || line.size() > longest_label) return std::nullopt;
    const std::string label = lower_case(line.substr(begin));
    const bool is_value = label.find_first_of(":=") != label.npos;
    if (label.starts_with("{str(dim1_unit)"))  // of pyFAI 2025 and 2026, where there are standard deviations
        fail(file, ": line ", line_number,
             ": says '{str(dim1_unit)...' where the first column's unit belongs, which pyFAI has left out; write it there: 2th_deg, "
             "2th_rad, q_nm^-1 or q_A^-1");
    if (!is_value && (label.starts_with("radial distance") || label.starts_with("d*2") || label.starts_with("log10(q") ||
                      label.starts_with("_pd_meas_position") || label.starts_with("azimuth (")))
        axis_of(line.substr(begin), "", file);  // says that it is none
    const std::string_view behind = close == std::string_view::npos ? "" : line.substr(close + 1);
    const bool ends = behind.find_first_not_of(" \t\r") == std::string_view::npos;
    const bool is_axis = is_axis_name(line.substr(begin));
    // "Azimuth (1/nm)" may be what it likes, but no angle; "Scattering vector (1/nm) Intensity" is said in three words.
    const bool is_inverse = is_inverse_length(line.substr(units == line.npos ? line.size() : units + 1)) && !is_value;
    const std::string unit = units == line.npos ? "" : lower_case(line.substr(units + 1, close - units - 1));
    const bool may_be_a_code = unit == "a-1" || unit == "a1";                                     // "Quartz [A-1]"
    if (is_inverse && !is_axis && ends && !may_be_a_code) axis_of(line.substr(begin), "", file);  // says that it is none
    const std::string beside = lower_case(behind.substr(ends ? 0 : behind.find_first_not_of(" \t,")));
    const bool names_intensity = beside.starts_with("int") || beside.starts_with("counts") || beside == "i" || beside.starts_with("i ");
    if (!is_axis || !(ends || (is_inverse && names_intensity))) return std::nullopt;
    return AxisLabel{axis_of(line.substr(begin), units == std::string_view::npos ? "" : line.substr(units + 1), file), ends};
}

}  // namespace friedel
