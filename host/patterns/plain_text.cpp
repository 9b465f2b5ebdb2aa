#include "host/patterns/plain_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "host/patterns/axis_label.h"
#include "host/patterns/instrument_files.h"
#include "host/patterns/stated_wavelength.h"
#include "host/patterns/text_rows.h"
#include "host/support/bragg.h"
#include "host/support/error.h"
#include "host/support/radiation.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

std::string number_text(double value) {
    char text[32];
    const auto result = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 10);
    return {text, result.ptr};
}

// How the angles of rows go on. Scans are measured up or down, or in a few ranges that overlap a little: a row that goes back by a part of
// what was measured begins another one, of which only what lies beyond the range before is kept.
class RowOrder {
public:
    enum class Place { beyond, in_overlap, out_of_order };

    // Of a row behind those that were kept, at these angles.
    Place place_of(double angle, int line, const std::vector<double>& kept) {
        if (kept.size() == 1 && angle < kept[0]) direction_ = -1;
        const bool is_beyond = kept.empty() || direction_ * angle > direction_ * kept.back();
        if (is_beyond) {
            range_line_ = 0;
        } else if (direction_ * angle <= direction_ * last_angle_) {
            if (!may_begin_range(angle, kept)) return Place::out_of_order;
            range_line_ = line;
            range_start_ = angle;
        }
        last_angle_ = angle;
        return is_beyond ? Place::beyond : Place::in_overlap;
    }

    bool is_descending() const { return direction_ < 0; }
    double last_angle() const { return last_angle_; }
    int range_line() const { return range_line_; }
    double range_start() const { return range_start_; }

private:
    bool may_begin_range(double angle, const std::vector<double>& kept) {
        constexpr double overlap = 0.1;
        constexpr int max_ranges = 10;
        return direction_ > 0 && range_line_ == 0 && ++ranges_ <= max_ranges && kept.size() >= static_cast<std::size_t>(min_points) &&
               kept.back() - angle <= overlap * (kept.back() - kept.front());
    }

    int ranges_ = 1;
    int direction_ = 1;       // -1: a scan from high angles to low ones
    double last_angle_ = -1;  // of the last row, kept or not
    int range_line_ = 0;      // where a range began of which nothing was new yet; 0: none
    double range_start_ = 0;
};

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
        refuse_spacings();
        if (order_.is_descending()) pattern_.reverse();
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
        if (const char* const behind = line_end(); std::string_view(at, behind).find_first_not_of(",;\" \t") == std::string_view::npos)
            return behind;  // the empty cells of a spreadsheet
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

    void take_label(std::string_view line) {
        const std::optional<AxisLabel> label = axis_label_of(line, pattern_.name, line_number_);
        if (!label) return;
        axis_ = label->axis;
        axis_named_ = label->is_alone;
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
        const RowOrder::Place place = order_.place_of(angle, line_number_, angles);
        if (place == RowOrder::Place::out_of_order) fail_out_of_order(line_number_, angle, order_.last_angle());
        if (place == RowOrder::Place::in_overlap) return;
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

    // Says so where three columns are 2theta, d and the intensity.
    void refuse_spacings() const {
        constexpr double rounded = 0.005;  // relative: digits of d
        if (columns_ != 3 || axis_ != two_theta_in_degrees || pattern_.points() < static_cast<std::size_t>(min_points)) return;
        const auto wavelength = [&](std::size_t i) { return pattern_.intensity[i] * inverse_d_of(pattern_.two_theta_deg[i], 1); };
        for (std::size_t i = 0; i < pattern_.points(); ++i) {
            if (!may_be_stated(wavelength(i)) || !(std::abs(wavelength(i) / wavelength(0) - 1) < rounded)) return;
        }
        fail(pattern_.name,
             ": its second column is the lattice spacing d of the first; name the columns in a line above (2theta, d, intensity)");
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

    [[noreturn]] void fail_out_of_order(int line, double angle, double before) const {
        refuse_swapped_columns();
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
        if (order_.range_line() > 0)  // and never came to anything new
            fail_out_of_order(order_.range_line(), order_.range_start(), pattern_.two_theta_deg.back());
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
    RowOrder order_;
    bool constant_ = true;
};

}  // namespace

MeasuredPattern parse_plain_text(std::string_view text, const std::string& name) { return Reader(text, name).read(); }

}  // namespace friedel
