// Text that states its angles once, and then the intensities alone, one or several to a line: by a line "start step end", perhaps with a
// title behind it (FullProf's free format, DBWS, and many programs of diffractometers), or in words, "start 5 step 0.02 stop 90", "*START =
// 5" and so on in lines of a header (Rigaku's text). Lines before are a header; #, ! and the like begin comments.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "host/patterns/header_words.h"
#include "host/patterns/instrument_files.h"
#include "host/patterns/stated_wavelength.h"
#include "host/patterns/text_rows.h"
#include "host/support/error.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

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
    bool operator==(const Steps&) const = default;
    std::size_t points() const { return static_cast<std::size_t>(std::lround((end - start) / step)) + 1; }
};

std::optional<Steps> scan_of(Steps steps) {
    const bool is_scan = steps.start >= 0 && steps.end < 180 && steps.step > 0 &&
                         steps.end - steps.start >= (min_points - 1) * steps.step && steps.end - steps.start < 1e6 * steps.step;
    return is_scan ? std::optional(steps) : std::nullopt;
}

// What a line that begins with three numbers states; nothing where no scan is like that.
std::optional<Steps> steps_of(std::string_view line) {
    const auto start = next_number(line), step = next_number(line), end = next_number(line);
    return start && step && end ? scan_of({*start, *step, *end}) : std::nullopt;
}

// Start, step and end where a header says them in words, each in a line of its own or all in one.
class StepsInWords {
public:
    void read(std::string_view line) {
        constexpr std::string_view signs = " \t\r:=,;()[]#*!'\"%@";
        std::optional<double>* said = nullptr;
        bool is_of_scan = false, is_of_other_axis = false;
        const std::string lower = lower_case(line);
        for (std::string_view rest = lower; !rest.empty();) {
            const std::size_t begin = std::min(rest.find_first_not_of(signs), rest.size());
            const std::size_t end = std::min(rest.find_first_of(signs, begin), rest.size());
            const std::string_view word = rest.substr(begin, end - begin);
            rest.remove_prefix(end);
            double value = 0;
            if (const auto number = std::from_chars(word.data(), word.data() + word.size(), value);
                number.ec == std::errc() && number.ptr == word.data() + word.size()) {
                if (said) say(*said, value);
                said = nullptr;
            } else if (!goes_on(word)) {
                said = meant_by(word);
                is_of_scan |= said != nullptr;
                is_of_other_axis |= is_other_axis_beside_steps(word);
                is_contradicted_ |= !line.starts_with('*') && is_other_axis_in_any_line(word);  // Rigaku's text says what was moved
            }
        }
        is_contradicted_ |= is_of_scan && is_of_other_axis;
    }
    bool is_contradicted() const { return is_contradicted_; }
    std::optional<Steps> steps() const {
        return start_ && step_ && end_ && !is_contradicted_ ? scan_of({*start_, *step_, *end_}) : std::nullopt;
    }

private:
    // "Start angle", "step size (deg)".
    static bool goes_on(std::string_view word) {
        constexpr std::string_view words[] = {"angle",  "position", "pos", "pos.",    "size",  "width",
                                              "2theta", "2th",      "deg", "degrees", "\u00b0"};
        return word.empty() || is_one_of(word, words);
    }
    // "Q start 0.5".
    static bool is_other_axis_beside_steps(std::string_view word) {
        constexpr std::string_view words[] = {"q",           "d",   "s",    "theta", "th",    "omega", "chi", "phi",  "energy", "time",
                                              "temperature", "kev", "a^-1", "1/a",   "nm^-1", "1/nm",  "rad", "mrad", "nm",     "1/d"};
        return is_one_of(word, words);
    }
    static bool is_other_axis_in_any_line(std::string_view word) {
        constexpr std::string_view words[] = {"q",      "theta", "th",  "omega", "chi",  "phi", "psi",
                                              "energy", "raman", "tof", "1/a",   "1/nm", "1/d"};
        constexpr std::string_view parts[] = {"a^-1", "nm^-1", "d-spacing", "wavenumber", "cm-1"};
        return is_one_of(word, words) ||
               std::any_of(std::begin(parts), std::end(parts), [&](std::string_view part) { return word.find(part) != word.npos; });
    }
    std::optional<double>* meant_by(std::string_view word) {
        if (word == "start" || word == "begin") return &start_;
        if (word == "stop" || word == "end") return &end_;
        return word == "step" || word == "stepsize" || word == "stepwidth" ? &step_ : nullptr;
    }
    void say(std::optional<double>& what, double value) {
        is_contradicted_ |= what && *what != value;
        what = value;
    }

    std::optional<double> start_, step_, end_;
    bool is_contradicted_ = false;
};

bool begins_with_number(std::string_view line) { return next_number(line).has_value(); }

std::size_t count_numbers(std::string_view text) {
    std::size_t count = 0;
    while (!text.empty()) {
        for (std::string_view line = take_line_of_any_end(text); next_number(line);) ++count;
    }
    return count;
}

bool is_all_numbers(std::string_view line) {
    while (next_number(line)) {
    }
    return is_blank_or_comment(line);
}

// Of Rigaku's text, which says what was moved.
void refuse_other_axis(std::string_view line, const std::string& name) {
    constexpr std::string_view key = "*SCAN_AXIS";
    if (!line.starts_with(key)) return;
    const std::size_t begin = line.find_first_not_of(" \t=", key.size());
    const std::string_view axis = begin == line.npos ? "" : line.substr(begin);
    if (!lower_case(axis).starts_with("2theta"))
        fail(name, ": a scan along ", without_controls(std::string(axis)), ", not of 2theta; powder scans alone can be read");
}

}  // namespace

std::optional<MeasuredPattern> parse_stepped(std::string_view text, const std::string& name) {
    MeasuredPattern pattern;
    pattern.name = name;
    std::optional<Steps> steps;
    StatedWavelength stated;
    StepsInWords in_words;
    bool from_words = false;
    while (!text.empty() && !steps) {
        const std::string_view here = text;
        std::string_view line = take_line_of_any_end(text);
        stated.read(line);
        if (is_blank_or_comment(line) || !begins_with_number(line)) {
            in_words.read(line);
            refuse_other_axis(line, name);
            continue;
        }
        steps = steps_of(line);
        const std::optional<Steps> said = in_words.steps();
        // A line of three numbers that states a scan is believed before words are, unless these tell how many intensities follow.
        if (said && is_all_numbers(line) && !(steps == said) && (!steps || count_numbers(here) == said->points())) {
            steps = said;
            from_words = true;
            text = here;  // the first row
        } else if (!steps && next_number(line) && next_number(line)) {
            return std::nullopt;  // a row of something else
        }
    }
    if (!steps) return std::nullopt;
    stated.apply_to(pattern);

    bool like_columns = true;  // two or three numbers in every line: rather angles, intensities and deviations
    bool first_is_like_them = false;
    while (!text.empty()) {
        std::string_view line = take_line_of_any_end(text);
        if (is_blank_or_comment(line)) {
            in_words.read(line);
            continue;
        }
        std::size_t columns = 0;
        const bool is_first = pattern.intensity.empty();
        while (const auto value = next_number(line)) {
            pattern.intensity.push_back(*value);
            ++columns;
        }
        if (!is_blank_or_comment(line)) return std::nullopt;
        const bool is_like_them = columns == 2 || columns == 3;
        like_columns = like_columns && is_like_them;
        first_is_like_them |= is_first && is_like_them;
    }
    if (from_words && in_words.is_contradicted() && !like_columns && !first_is_like_them)
        fail(name, ": holds several scans; write each to a file of its own");
    const std::size_t wanted = steps->points(), found = pattern.intensity.size();
    if (found != wanted) {
        if (like_columns || (from_words && first_is_like_them)) return std::nullopt;
        fail(name, ": start ", steps->start, ", step ", steps->step, " and end ", steps->end, " are those of ", wanted,
             " intensities, but ", found, " follow; export the scan again");
    }
    for (std::size_t i = 0; i < found; ++i) pattern.two_theta_deg.push_back(steps->start + static_cast<double>(i) * steps->step);
    check_pattern(pattern);
    return pattern;
}

}  // namespace friedel
