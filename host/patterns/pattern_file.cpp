#include "host/patterns/pattern_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "host/patterns/header_words.h"
#include "host/patterns/instrument_files.h"
#include "host/patterns/other_files.h"
#include "host/patterns/pattern_address.h"
#include "host/patterns/pattern_axis.h"
#include "host/patterns/pattern_stack.h"
#include "host/patterns/stated_wavelength.h"
#include "host/patterns/text_rows.h"
#include "host/patterns/thousands.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"
#include "host/support/text_encoding.h"
#include "host/support/text_format.h"

namespace friedel {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_file = std::size_t{64} << 20;

std::string number_text(double value) {
    char text[32];
    const auto result = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 10);
    return {text, result.ptr};
}

class Reader {
public:
    Reader(std::string_view text, const std::string& name) : text_(text), any_comma_(text.find(',') != std::string_view::npos) {
        pattern_.name = name;
    }

    MeasuredPattern read() {
        const std::size_t expected = text_.size() / 9;
        pattern_.two_theta_deg.reserve(expected);
        pattern_.intensity.reserve(expected);
        const char* at = text_.data();
        const char* const end = at + text_.size();
        while (at < end) {
            at = read_line(at, end);
            if (at < end && *at++ == '\r' && at < end && *at == '\n') ++at;
        }
        check_whole();
        if (direction_ < 0) pattern_.reverse();
        leave_out_unmeasured(pattern_);
        stated_.apply_to(pattern_);
        if (axis_ != two_theta_in_degrees) convert_axis(pattern_, axis_);
        check_pattern(pattern_);
        return std::move(pattern_);
    }

private:
    template <class... Parts>
    [[noreturn]] void fail_here(const Parts&... parts) const {
        fail(pattern_.name, ": line ", line_number_, ": ", parts...);
    }

    // Returns where the line ends.
    const char* read_line(const char* at, const char* end) {
        ++line_number_;
        while (at < end && is_blank(*at)) ++at;
        const char* const begin = at;
        const auto line_end = [&] { return std::find_if(at, end, is_line_end); };
        Row row;
        if (at == end || is_line_end(*at)) return at;
        if (!starts_comment(*at)) row = parse_row(at, end, any_comma_ && row_has_decimal_commas({at, line_end()}));
        if (row.columns >= 2) {
            add(row);
        } else if (row.columns == 1 && columns_ > 0 && is_without_intensity({begin, line_end()}) && line_end() != end) {
            add_unmeasured(row);
        } else if (row.columns == 1) {
            if (std::string_view(at, line_end()).find("###") != std::string_view::npos)
                fail_here("#### instead of a number, which was too wide for its column in a spreadsheet; widen it and save again");
            if (columns_ > 0) fail_here("one number where ", columns_, " columns stood before", cure);
            ++single_numbers_;
            announced_ = axis_named_ ? row.value[0] : 0;
        } else if (columns_ == 0) {
            stated_.read({at, line_end()});
            take_label({at, line_end()});
        } else if (const std::string_view line(at, line_end()); rows_ >= min_points && is_below_rows(line)) {
            is_below_rows_ = true;
        } else if (!starts_comment(*at)) {
            fail_here("'", without_controls(std::string(line.substr(0, 40))),
                      "' is not a row of numbers; remove it or mark it as a comment with #");
        }
        return line_end();
    }

    // Those of a row that is cut off after its angle ("5,00") are what they were in the row before.
    bool row_has_decimal_commas(std::string_view line) {
        const bool is_one_number = line.find_first_not_of("0123456789,") == line.npos && std::count(line.begin(), line.end(), ',') == 1;
        if (is_separated_without_commas(line)) return were_commas_decimal_ = true;
        return is_one_number && were_commas_decimal_;
    }

    // Whether a row is an angle beside an empty cell of a spreadsheet, or one that it filled ("#N/A"). Not "########": that is how it
    // prints numbers too wide for their column, which are the strongest lines'.
    static bool is_without_intensity(std::string_view line) {
        const std::size_t cell = line.find_first_of(";\t", line.find_first_not_of(" \t"));
        const std::size_t begin = cell != line.npos ? cell : std::min(line.find(','), line.size());
        const std::size_t next = line.find_first_not_of(";, \t", begin);
        return begin < line.size() && (next == line.npos || (line[next] == '#' && line.substr(next, 2) != "##"));
    }

    void add_unmeasured(Row row) {
        row.columns = columns_;
        row.value[1] = row.value[2] = std::numeric_limits<double>::quiet_NaN();
        add(row);
    }

    // Where the axis is named in a line that says first that it will be: "# x-axis: q (nm^-1)", "unit: 2th_deg"; else `begin`. "Axis:
    // theta" is what a goniometer moved.
    static std::size_t behind_word_for_axis(std::string_view line, std::size_t begin) {
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

    // A line that names the axis and nothing else, as in files of Fit2D.
    void take_label(std::string_view line) {
        constexpr std::size_t longest_label = 60;
        line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
        std::size_t begin = line.find_first_not_of("#;!/*% \t");
        begin = behind_word_for_axis(line, begin);
        const std::size_t units = line.find_first_of("(["), close = line.find_first_of(")]");
        if (begin == std::string_view::npos || line.size() > longest_label) return;
        const std::string label = lower_case(line.substr(begin));
        const bool is_value = label.find_first_of(":=") != label.npos;
        if (label.starts_with("{str(dim1_unit)"))  // of pyFAI 2025 and 2026, where there are standard deviations
            fail_here(
                "says '{str(dim1_unit)...' where the first column's unit belongs, which pyFAI has left out; write it there: 2th_deg, "
                "2th_rad, q_nm^-1 or q_A^-1");
        if (!is_value && (label.starts_with("radial distance") || label.starts_with("d*2") || label.starts_with("log10(q") ||
                          label.starts_with("_pd_meas_position") || label.starts_with("azimuth (")))
            axis_of(line.substr(begin), "", pattern_.name);  // says that it is none
        const std::string_view behind = close == std::string_view::npos ? "" : line.substr(close + 1);
        const bool ends = behind.find_first_not_of(" \t\r") == std::string_view::npos;
        const bool is_axis = is_axis_name(line.substr(begin));
        // "Azimuth (1/nm)" may be what it likes, but no angle; "Scattering vector (1/nm) Intensity" is said in three words.
        const bool is_inverse = is_inverse_length(line.substr(units == line.npos ? line.size() : units + 1)) && !is_value;
        const std::string unit = units == line.npos ? "" : lower_case(line.substr(units + 1, close - units - 1));
        const bool may_be_a_code = unit == "a-1" || unit == "a1";                                              // "Quartz [A-1]"
        if (is_inverse && !is_axis && ends && !may_be_a_code) axis_of(line.substr(begin), "", pattern_.name);  // says that it is none
        const std::string beside = lower_case(behind.substr(ends ? 0 : behind.find_first_not_of(" \t,")));
        const bool names_intensity = beside.starts_with("int") || beside.starts_with("counts") || beside == "i" || beside.starts_with("i ");
        if (!is_axis || !(ends || (is_inverse && names_intensity))) return;
        axis_named_ = ends;
        axis_ = axis_of(line.substr(begin), units == std::string_view::npos ? "" : line.substr(units + 1), pattern_.name);
    }

    void add(const Row& row) {
        if (row.columns > max_columns)
            fail_here("more than three columns; name them in a line above (2theta, intensity, ...), or write angle and intensity alone");
        if (columns_ == 0) columns_ = row.columns;
        if (is_below_rows_)
            fail_here("a row behind a line that ends or sums up those before; remove that line, or write a file for each scan");
        ++rows_;
        if (row.columns != columns_) fail_here(row.columns, " columns where ", columns_, " stood before", cure);
        const double angle = row.value[0];
        if (!std::isfinite(angle)) fail_here("the angle is not a finite number; remove the line");
        if (std::isinf(row.value[1])) fail_here("the intensity is not a finite number; remove the line or interpolate it");
        if (std::abs(row.value[1]) > largest_intensity)
            fail_here("an intensity of ", number_text(row.value[1]), " is more than can be calculated with; scale the pattern");
        if (angle < 0 && below_line_ == 0) below_line_ = line_number_, first_below_ = angle;
        if (angle >= 180 && axis_ == two_theta_in_degrees) {
            refuse_swapped_columns();
            fail_here("angle ", number_text(angle), " is not below 180 degrees; the first column must be 2theta in degrees");
        }
        std::vector<double>& angles = pattern_.two_theta_deg;
        if (angles.size() == 1 && angle < angles[0]) direction_ = -1;
        if (!angles.empty() && direction_ * angle <= direction_ * angles.back()) {
            if (direction_ * angle <= direction_ * last_angle_) begin_range(angle);  // else within the overlap of two ranges
            last_angle_ = angle;
            return;
        }
        range_line_ = 0;
        last_angle_ = angle;
        // Masked pixels leave no number, or a negative one in both columns or beside 0.
        const bool no_sigma = columns_ == 3 && !std::isfinite(row.value[2]);
        const bool both_masked = columns_ == 3 && row.value[2] < 0 && (row.value[1] == row.value[2] || row.value[1] == 0);
        if (std::isnan(row.value[1]) || both_masked || (no_sigma && row.value[1] <= 0)) {
            ++masked_;
            return;
        }
        angles.push_back(angle);
        pattern_.intensity.push_back(row.value[1]);
        constant_ = constant_ && row.value[1] == pattern_.intensity.front();
        if (columns_ == 3) {
            if (row.value[2] < 0 || no_sigma) fail_here("the third column is not a standard deviation; keep only angle and intensity");
            pattern_.sigma.push_back(row.value[2]);
        }
    }

    // Scans are measured in a few ranges that overlap a little: a row that goes back by a part of what was measured begins another one,
    // of which only what lies beyond the range before is kept.
    void begin_range(double angle) {
        constexpr double overlap = 0.1;
        constexpr int max_ranges = 10;
        const std::vector<double>& angles = pattern_.two_theta_deg;
        const bool may = direction_ > 0 && range_line_ == 0 && ++ranges_ <= max_ranges &&
                         angles.size() >= static_cast<std::size_t>(min_points) &&
                         angles.back() - angle <= overlap * (angles.back() - angles.front());
        if (!may) fail_out_of_order(line_number_, angle);
        range_line_ = line_number_;
        range_start_ = angle;
    }

    // Says so where the second column rises evenly, as angles do and intensities do not.
    void refuse_swapped_columns() const {
        constexpr double even = 0.5;  // part of a step that rounding may add to it
        const auto [second, columns] = second_column(text_);
        if (second.size() < static_cast<std::size_t>(min_points) || !(second.front() >= 0 && second.back() < 180)) return;
        const double step = (second.back() - second.front()) / static_cast<double>(second.size() - 1);
        for (std::size_t i = 1; i < second.size(); ++i) {
            if (!(std::abs(second[i] - second[i - 1] - step) < even * step)) return;
        }
        if (columns > 2)
            fail(pattern_.name, ": its second column rises evenly from ", number_text(second.front()), " to ", number_text(second.back()),
                 ", as angles do; if it holds them, name the columns in a line above (index, 2theta, intensity)");
        fail(pattern_.name, ": its columns are swapped: the second rises evenly from ", number_text(second.front()), " to ",
             number_text(second.back()), ", as angles do; write the angle first, or name the columns in a line above (intensity, 2theta)");
    }

    [[noreturn]] void fail_out_of_order(int line, double angle) const {
        refuse_swapped_columns();
        const double before = range_line_ == line ? pattern_.two_theta_deg.back() : last_angle_;
        if (angle == before) fail(pattern_.name, ": line ", line, ": angle ", number_text(angle), " occurs twice; merge the two rows");
        fail(pattern_.name, ": line ", line, ": angle ", number_text(angle), " after ", number_text(before),
             "; sort the rows, one scan to a file");
    }

    void check_whole() const {
        const std::size_t points = pattern_.two_theta_deg.size();
        if (below_line_ > 0 && !may_begin_below_zero(pattern_.two_theta_deg))
            fail(pattern_.name, ": line ", below_line_, ": negative angle ", number_text(first_below_), "; cut the pattern at 0 degrees");
        if (points == 0 && single_numbers_ >= min_points)
            fail(pattern_.name, ": only one column; write a line with start, step and end above it, or angle and intensity in each row");
        if (points < min_points && masked_ > 0)
            fail(pattern_.name, ": only ", points, " points, ", masked_,
                 " more have nan for an intensity, or what stands for a masked pixel; export what was measured");
        if (points == 0) fail(pattern_.name, ": no rows of two or three numbers", cure);
        if (announced_ > rows_ && announced_ == std::floor(announced_))
            fail(pattern_.name, ": says that it holds ", number_text(announced_), " points, and ends after ", rows_,
                 "; copy or export it again");
        if (points < min_points) {
            fail(pattern_.name, ": only ", points, " points; a pattern needs ", min_points, " or more, a list of peaks is not enough");
        }
        if (constant_)
            fail(pattern_.name, ": every intensity is ", number_text(pattern_.intensity.front()), "; measure or export it again");
        if (range_line_ > 0) fail_out_of_order(range_line_, range_start_);  // and never came to anything new
    }

    static constexpr const char* cure = "; write angle, intensity and optionally its standard deviation in each row";

    std::string_view text_;
    StatedWavelength stated_;
    PatternAxis axis_;
    bool any_comma_;
    bool were_commas_decimal_ = false;
    MeasuredPattern pattern_;
    int columns_ = 0;  // 0 until the first row
    int line_number_ = 0;
    int single_numbers_ = 0, rows_ = 0;
    bool is_below_rows_ = false;  // a line has summed them up
    bool axis_named_ = false;     // in a line of its own, as Fit2D does, where a number behind it says how many points there are
    double announced_ = 0;
    int below_line_ = 0;  // the first row of a negative angle; 0: none
    double first_below_ = 0;
    int masked_ = 0;  // rows whose intensity is NaN: they were not measured
    int ranges_ = 1;
    int direction_ = 1;  // -1: a scan from high angles to low ones
    bool constant_ = true;
    double last_angle_ = -1;  // of the last row, kept or not
    int range_line_ = 0;      // where a range began of which nothing was new yet; 0: none
    double range_start_ = 0;
};

// A pipe or a terminal may give nothing for ever; an interrupt ends that wait.
void wait_for_bytes(int descriptor, const std::string& name) {
    constexpr int patience_ms = 100;
    pollfd waited{descriptor, POLLIN, 0};
    while (::poll(&waited, 1, patience_ms) == 0 || waited.revents == 0) {
        if (interrupted()) fail(name, ": interrupted while it was waited for");
    }
}

// All there is; one read where the size is known, which a stream library does not do.
std::string read_all(int descriptor, const std::string& name) {
    struct stat status {};
    if (fstat(descriptor, &status) != 0) fail(name, ": cannot be read (", std::strerror(errno), ")");
    if (S_ISDIR(status.st_mode)) fail(name, ": is a folder, not a pattern");
    std::string text;
    text.resize(std::min<std::size_t>(static_cast<std::size_t>(status.st_size), largest_file) + 1);
    std::size_t used = 0;
    while (true) {
        if (!S_ISREG(status.st_mode)) wait_for_bytes(descriptor, name);
        const ssize_t got = ::read(descriptor, text.data() + used, text.size() - used);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got < 0) fail(name, ": cannot be read (", std::strerror(errno), ")");
        if (got == 0) break;
        used += static_cast<std::size_t>(got);
        if (used > largest_file) fail(name, ": is larger than ", largest_file >> 20, " MB, which no pattern is");
        if (used == text.size()) text.resize(2 * text.size());
    }
    text.resize(used);
    return text;
}

std::string read_text(const fs::path& file) {
    const std::string name = file.string();
    struct Descriptor {
        int number;
        ~Descriptor() {
            if (number >= 0) close(number);
        }
    } const descriptor{open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};  // a pipe without a writer would not even open
    if (descriptor.number < 0) {
        if (errno == ENOENT) fail(name, ": no such file");
        fail(name, ": cannot be opened (", std::strerror(errno), ")");
    }
    return read_all(descriptor.number, name);
}

}  // namespace

// Programs of DOS end text with Ctrl-Z.
std::string_view without_dos_end(std::string_view text) {
    const std::size_t end = text.find_last_not_of("\x1a \t\r\n") + 1, mark = text.find('\x1a', end);
    return mark == std::string_view::npos || text.find('\0') != std::string_view::npos ? text : text.substr(0, mark);
}

MeasuredPattern parse_pattern(std::string_view text, const std::string& name) {
    if (is_utf_16(text)) return parse_pattern(utf_8_of_utf_16(text), name);
    text = without_dos_end(without_byte_order_mark(text));
    if (text.empty()) fail(name, ": is empty");
    if (std::optional<MeasuredPattern> pattern = parse_instrument_file(text, name)) return std::move(*pattern);
    refuse_other_kinds(text, name);
    std::string plain;
    const auto has = [&](std::string_view bytes) { return text.find(bytes) != std::string_view::npos; };
    if (has("\xef\xbc") || has("\xef\xbd") || has("\xe3\x80\x80")) text = plain = half_width(text);
    std::string unquoted, without;
    if (std::optional<std::string> rows = without_quotes(text)) text = unquoted = std::move(*rows);
    if (std::optional<std::string> counts = without_thousands(text, name)) text = without = std::move(*counts);
    if (std::optional<MeasuredPattern> pattern = parse_table(text, name)) return std::move(*pattern);
    if (std::optional<MeasuredPattern> pattern = parse_stepped(text, name)) return std::move(*pattern);
    return Reader(text, name).read();
}

MeasuredPattern read_standard_input() {
    const std::string name = "standard input", text = read_all(STDIN_FILENO, name);
    if (text.starts_with("PK\x03\x04")) fail(name, ": is a zip archive (.rasx and .brml are); give it as a file");
    return parse_pattern(text, name);
}

MeasuredPattern read_pattern(const fs::path& file) {
    const PatternAddress address = pattern_address(file.string());
    if (address.row) return PatternStack::read_row(address.without_row(), *address.row);
    if (!address.is_file()) return read_nexus(address.file, address.group);
    if (address.file != file.string()) return read_pattern(address.file);
    const std::string text = read_text(file);
    if (text.starts_with("PK\x03\x04")) {
        if (std::optional<MeasuredPattern> pattern = read_rasx(file)) return std::move(*pattern);
        if (std::optional<MeasuredPattern> pattern = read_brml(file)) return std::move(*pattern);
    }
    if (text.starts_with("\x89HDF")) return read_nexus(file);
    return parse_pattern(text, file.string());
}

}  // namespace friedel
