// Text that states its angles once: a line "start step end", perhaps with a title behind it, and then the intensities alone, one or several
// to a line (FullProf's free format, DBWS, and many programs of diffractometers). Lines before it are a header; #, ! and the like begin
// comments.
#include <algorithm>
#include <cmath>

#include "host/patterns/instrument_files.h"
#include "host/patterns/stated_wavelength.h"
#include "host/support/error.h"

namespace friedel {

namespace {

std::string_view next_line(std::string_view& text) {
    const std::size_t end = text.find_first_of("\r\n");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

// The next number of a line, behind blanks, commas or semicolons; nothing at its end or where something else stands.
std::optional<double> next_number(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t,;"), line.size()));
    return take_number(line);
}

bool is_blank_or_comment(std::string_view line) {
    const std::size_t first = line.find_first_not_of(" \t");
    return first == std::string_view::npos || starts_comment(line[first]);
}

struct Steps {
    double start, step, end;
    std::size_t points() const { return static_cast<std::size_t>(std::lround((end - start) / step)) + 1; }
};

// What a line that begins with three numbers states; nothing where no scan is like that.
std::optional<Steps> steps_of(std::string_view line) {
    const auto start = next_number(line), step = next_number(line), end = next_number(line);
    if (!start || !step || !end) return std::nullopt;
    const bool is_scan = *start >= 0 && *end < 180 && *step > 0 && *end - *start >= (min_points - 1) * *step && *end - *start < 1e6 * *step;
    return is_scan ? std::optional<Steps>({*start, *step, *end}) : std::nullopt;
}

}  // namespace

std::optional<MeasuredPattern> parse_stepped(std::string_view text, const std::string& name) {
    MeasuredPattern pattern;
    pattern.name = name;
    std::optional<Steps> steps;
    StatedWavelength stated;
    while (!text.empty() && !steps) {
        std::string_view line = next_line(text);
        stated.read(line);
        if (is_blank_or_comment(line)) continue;
        steps = steps_of(line);
        if (!steps && next_number(line) && next_number(line)) return std::nullopt;  // a row of something else
    }
    if (!steps) return std::nullopt;
    stated.apply_to(pattern);

    bool like_columns = true;  // two or three numbers in every line: rather angles, intensities and deviations
    while (!text.empty()) {
        std::string_view line = next_line(text);
        if (is_blank_or_comment(line)) continue;
        std::size_t columns = 0;
        while (const auto value = next_number(line)) {
            pattern.intensity.push_back(*value);
            ++columns;
        }
        if (!is_blank_or_comment(line)) return std::nullopt;
        like_columns = like_columns && (columns == 2 || columns == 3);
    }
    const std::size_t wanted = steps->points(), found = pattern.intensity.size();
    if (found != wanted) {
        if (like_columns) return std::nullopt;
        fail(name, ": start ", steps->start, ", step ", steps->step, " and end ", steps->end, " are those of ", wanted,
             " intensities, but ", found, " follow; export the scan again");
    }
    for (std::size_t i = 0; i < found; ++i) pattern.two_theta_deg.push_back(steps->start + static_cast<double>(i) * steps->step);
    check_pattern(pattern);
    return pattern;
}

}  // namespace friedel
