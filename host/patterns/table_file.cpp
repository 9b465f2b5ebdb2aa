// Tables with named columns, as beamlines write them: the axis and the intensities are picked by name, whatever else stands beside them.
#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "host/patterns/column_names.h"
#include "host/patterns/instrument_files.h"
#include "host/patterns/pattern_axis.h"
#include "host/patterns/stated_wavelength.h"
#include "host/patterns/text_rows.h"
#include "host/support/bragg.h"
#include "host/support/error.h"
#include "host/support/radiation.h"
#include "host/support/text_format.h"
#include "kernels/real_math.h"

namespace friedel {

namespace {

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
    pattern.truncate(points);
}

// The numbers of a line of `count` fields; nothing where one is none.
std::optional<std::vector<double>> numbers_of(std::string_view line, std::size_t count) {
    const bool decimal_commas = is_separated_without_commas(line);
    const Fields fields = fields_of(line, decimal_commas);
    std::vector<double> numbers(fields.size());
    if (fields.size() != count) return std::nullopt;
    for (std::size_t i = 0; i < count; ++i) {
        if (!read_field(numbers[i], fields[i], decimal_commas)) return std::nullopt;
    }
    return numbers;
}

// Whether the third column may be standard deviations of the second, whatever it is called: as counts have them, its square is to the
// second alike where that is large and where it is small. Another pattern's is not.
bool may_be_deviations(std::string_view rows) {
    constexpr double most = 1.5;
    std::vector<std::pair<double, double>> points;  // intensity, and the third's square over it
    while (!rows.empty()) {
        const auto numbers = numbers_of(take_line(rows), 3);
        if (!numbers || !((*numbers)[1] > 0)) continue;
        points.emplace_back((*numbers)[1], (*numbers)[2] * (*numbers)[2] / (*numbers)[1]);
    }
    if (points.size() < static_cast<std::size_t>(min_points)) return false;
    std::sort(points.begin(), points.end());
    const auto mean = [&](std::size_t first, std::size_t end) {
        double sum = 0;
        for (std::size_t i = first; i < end; ++i) sum += points[i].second;
        return sum / static_cast<double>(end - first);
    };
    const double strong = mean(points.size() - points.size() / 20, points.size()), weak = mean(0, points.size() / 2);
    return weak > 0 && strong < most * weak && weak < most * strong;
}

// Counts of steps that took different times become those of the mean time. A clock, which goes on from step to step, counts none.
void divide_by_time(std::vector<double>& counts, const std::vector<double>& times) {
    if (times.size() != counts.size() || std::any_of(times.begin(), times.end(), [](double time) { return !(time > 0); })) return;
    std::size_t risen = 0;
    for (std::size_t i = 1; i < times.size(); ++i) risen += times[i] > times[i - 1];
    if (std::is_sorted(times.begin(), times.end()) && risen > times.size() / 10) return;
    const double mean = std::accumulate(times.begin(), times.end(), 0.0) / static_cast<double>(times.size());
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] *= mean / times[i];
}

[[noreturn]] void fail_undecided(const Columns& columns, const std::string& name, int line_number) {
    constexpr std::size_t most_named = 4;
    std::string list;
    for (std::size_t i = 0; i < std::min(columns.others.size(), most_named); ++i) list += (i ? ", '" : "'") + columns.others[i] + "'";
    fail(name, ": line ", line_number, ": does not say which of ", list, columns.others.size() > most_named ? ", ..." : "",
         " is the intensity; name that column 'intensity', or write a file for each pattern");
}

struct Table {
    Columns columns;
    std::string_view header, rows;
    int rows_line;  // where the rows begin
    bool decimal_commas = false;
};

// Whether the rows have decimal commas, as their axis and intensities tell, whatever texts stand beside them; never below names that commas
// separate.
bool rows_have_decimal_commas(const Table& table) {
    const bool may_be = table.header.find(',') == std::string_view::npos || table.header.find_first_of(";\t") != std::string_view::npos;
    if (!may_be || table.rows.find(',') == std::string_view::npos) return false;
    bool any = false;
    bool all_thousands = true, any_thousands = false, any_whole = false;  // of the intensities
    for (std::string_view rows = table.rows; !rows.empty();) {
        const std::string_view line = take_line(rows);
        if (line.starts_with('#') || line.find_first_not_of(" \r") == line.npos) continue;
        const Fields fields = fields_of(line, true);
        const auto axis = static_cast<std::size_t>(table.columns.axis);
        double x = 0;
        if (is_below_rows(line) && !(axis < fields.size() && read_field(x, fields[axis], true))) continue;
        for (const int column : {table.columns.axis, table.columns.intensity}) {
            if (static_cast<std::size_t>(column) >= fields.size()) return false;
            const std::string_view field = fields[static_cast<std::size_t>(column)];
            const std::size_t comma = field.find(',');
            if (field.find('.') != field.npos) return false;
            const bool is_intensity = column == table.columns.intensity;
            any_whole |= is_intensity && comma == field.npos && !field.empty();
            if (comma == field.npos) continue;
            all_thousands &= !is_intensity || field.size() - comma == 4;
            any_thousands |= is_intensity;
            if (comma == 0 || comma + 1 == field.size() || field.find(',', comma + 1) != field.npos) return false;
            any |= column == table.columns.axis;
        }
    }
    // "950" and "1,861", always with three digits behind: thousands that are set apart, if anything.
    return any && !(any_whole && any_thousands && all_thousands);
}

// Spreadsheets end lines with the separators of empty columns: without a name they are none, where no row has anything there.
void drop_empty_columns(Table& table) {
    const Fields names = fields_of(table.header);
    if (names.size() != table.columns.count) return;  // SPEC's
    std::size_t named = names.size();
    while (named > 0 && names[named - 1].empty()) --named;
    for (std::string_view rows = table.rows; named < names.size() && !rows.empty();) {
        const std::string_view line = take_line(rows);
        const Fields fields = line.starts_with('#') ? Fields{} : fields_of(line, table.decimal_commas);
        if (std::any_of(fields.begin() + std::min(named, fields.size()), fields.end(),
                        [](std::string_view field) { return !field.empty(); }))
            return;
    }
    table.columns.count = named;
}

// The fields of a row, as many as have names where only empty ones follow.
Fields row_of(std::string_view line, const Table& table) {
    Fields fields = fields_of(line, table.decimal_commas);
    while (fields.size() > table.columns.count && fields.back().empty()) fields.pop_back();
    return fields;
}

// A comment's sign may stand apart from the names behind it ("#\t2th_deg\tI", "! 2th I esd"): it is a column of its own where the first row
// below has as many.
std::string_view without_sign_apart(std::string_view line, std::string_view rows) {
    constexpr std::string_view signs = "#!%*/'\"";
    const std::size_t sign_end = line.find_first_not_of(signs);
    if (sign_end == 0 || sign_end == line.npos || (line[sign_end] != ' ' && line[sign_end] != '\t') || line.starts_with("#L")) return line;
    const std::size_t names = fields_of(line).size();
    const std::string_view behind = line.substr(std::min(line.find_first_not_of(" \t", sign_end), line.size()));
    return fields_of(behind).size() == names - 1 && numbers_of(take_line(rows), names - 1) ? behind : line;
}

// Whether column i holds no number in any of the first rows. One cell without a number ("-", "<1", a unit) makes no column of text.
bool holds_text(std::string_view rows, std::size_t i, const Columns& columns, bool decimal_commas) {
    constexpr int looked_at = 20;
    for (int row = 0; row < looked_at && !rows.empty(); ++row) {
        const Fields fields = fields_of(take_line(rows), decimal_commas);
        double value = 0;
        if (fields.size() == columns.count && !fields[i].empty() && read_field(value, fields[i], decimal_commas)) return false;
    }
    return true;
}

// A line of names without those of columns that hold text in the rows below; nothing where the first is no row of so many fields, or holds
// none.
std::optional<std::string> names_of_numbers(std::string_view header, std::string_view rows, const Columns& columns) {
    const Fields names = fields_of(header);
    std::string_view below = rows;
    const std::string_view row = take_line(below);
    for (const bool decimal_commas : {false, true}) {
        const Fields fields = fields_of(row, decimal_commas);
        double value = 0;
        const auto is_number = [&](std::size_t i) { return read_field(value, fields[i], decimal_commas); };
        if (names.size() != columns.count || fields.size() != columns.count || !is_number(static_cast<std::size_t>(columns.axis))) continue;
        std::string left(header);
        bool any = false;
        for (std::size_t i = names.size(); i-- > 0;) {
            if (names[i].empty() || fields[i].empty() || is_number(i) || !holds_text(rows, i, columns, decimal_commas)) continue;
            left.erase(static_cast<std::size_t>(names[i].data() - header.data()), names[i].size());
            any = true;
        }
        return any ? std::optional(left) : std::nullopt;
    }
    return std::nullopt;
}

// Names of several words that blanks alone separate ("2 theta (deg)  Intensity (counts)") are not told apart: above rows of two or three
// numbers, of which there are fewer than words, they are left to the reader of plain text.
bool has_more_words_than_columns(std::string_view header, std::string_view rows, const Columns& columns) {
    if (columns.count <= 2 || header.find_first_of("\t;,\"") != header.npos) return false;
    std::string_view row = take_line(rows);
    while (!rows.empty() && (row.starts_with('#') || row.find_first_not_of(" \t\r") == row.npos)) row = take_line(rows);
    return numbers_of(row, 2) || (columns.count > 3 && numbers_of(row, 3));
}

// Nothing where no line names the columns.
std::optional<Table> find_table(std::string_view text, const std::string& name, StatedWavelength& stated) {
    constexpr int longest_header = 200;  // lines
    Columns above;                       // those of the line before
    std::string_view header;
    for (int line_number = 1; !text.empty() && line_number <= longest_header; ++line_number) {
        const std::string_view rows = text, line = take_line(text);
        // Names that may be others' are believed where a row of as many numbers follows at once.
        std::optional<std::string> beside_text;
        if (above.axis >= 0 && !above.may_be_sentence) beside_text = names_of_numbers(header, rows, above);
        if (beside_text) above = columns_of(*beside_text);
        const bool may_follow = above.axis >= 0 || !above.other_axis.empty();
        const bool row_follows = beside_text || (may_follow && numbers_of(line, above.count));
        if (row_follows && above.axis < 0) axis_of(above.other_axis, "", name);  // says that it is none
        if (row_follows && !above.no_intensity.empty())
            fail(name, ": line ", line_number - 1, ": beside '", above.axis_name, "' stands '", above.no_intensity,
                 "', which is no intensity; export the intensities, or name their column 'intensity'");
        if (row_follows && above.axis >= 0) {
            if (above.are_named()) return Table{above, header, rows, line_number};
            if (!above.others.empty()) {
                if (above.count != 3 || above.axis != 0 || !may_be_deviations(rows)) fail_undecided(above, name, line_number - 1);
                if (above.may_be_sentence) return std::nullopt;
                above.intensity = 1, above.deviation = 2;
                return Table{above, header, rows, line_number};
            }
        }
        above = columns_of(header = without_sign_apart(line, text));
        if (above.axis < 0 && !above.axis_name.empty()) axis_of(above.axis_name, "", name);  // says that it is none
        if (!above.are_named() && !above.changed.empty())
            fail(name, ": its intensities are '", above.changed, "'; export them as they were counted");
        stated.read(line);
        if (above.are_named() && !above.is_guess && !has_more_words_than_columns(header, text, above))
            return Table{above, header, text, line_number + 1};
    }
    return std::nullopt;
}

// A field of a row as a number; NaN where it may be empty and is.
bool read_number(double& value, const Fields& fields, int column, const Table& table, bool may_be_empty = false) {
    const std::string_view field = fields[static_cast<std::size_t>(column)];
    if (field.empty() && may_be_empty) {
        value = std::numeric_limits<double>::quiet_NaN();
        return true;
    }
    return read_field(value, field, table.decimal_commas);
}

// A row without its last columns, as spreadsheets and FullProf (.prf) write it: angle and intensity are there, and signs separate them.
bool ends_early(std::string_view line, const Fields& fields, const Table& table) {
    const Columns& columns = table.columns;
    return line.find_first_of(table.decimal_commas ? "\t;" : "\t;,") != line.npos &&
           fields.size()<columns.count&& static_cast<int>(fields.size())> std::max(
               {columns.axis, columns.intensity, columns.d, columns.time});
}

bool has_no_number(const Fields& fields, const Table& table) {
    double value = 0;
    return std::none_of(fields.begin(), fields.end(),
                        [&](std::string_view field) { return read_field(value, field, table.decimal_commas); });
}

// Remarks and times of day beside angle and intensity: "5.00,26,ok".
bool has_text_behind_numbers(std::string_view line, const Table& table) {
    const Fields fields = row_of(line, table);
    double value = 0;
    const auto is_number = [&](int column) { return read_number(value, fields, column, table); };
    return fields.size() == 3 && is_number(0) && is_number(1) && !is_number(2);
}

// Two or three columns in the usual order are the business of the reader of plain text, which knows more ways to write them.
bool is_plain_text(const Table& table, const std::string& name) {
    const Columns& columns = table.columns;
    if (columns.count > 3 || columns.axis != 0 || columns.intensity != 1 || table.header.find('"') != std::string_view::npos ||
        axis_with_units(columns, name) != two_theta_in_degrees)
        return false;
    if (columns.count == 2 || columns.deviation == 2) return true;
    std::string_view rows = table.rows;
    std::string_view first = take_line(rows);
    while (!rows.empty() && first.starts_with('#')) first = take_line(rows);
    if (has_text_behind_numbers(first, table)) return false;
    return !numbers_of(first, columns.count) || may_be_deviations(table.rows);
}

}  // namespace

std::optional<MeasuredPattern> parse_table(std::string_view text, const std::string& name) {
    StatedWavelength stated;
    std::optional<Table> table = find_table(text, name, stated);
    if (!table) return std::nullopt;
    table->decimal_commas = rows_have_decimal_commas(*table);
    drop_empty_columns(*table);
    if (is_plain_text(*table, name)) return std::nullopt;
    const Columns& columns = table->columns;
    MeasuredPattern pattern;
    stated.apply_to(pattern);
    std::vector<double> times;
    constexpr int longest_units = 5;  // lines of units and remarks below the names
    double d = 0;
    bool is_ended = false;
    text = table->rows;
    for (int line_number = table->rows_line; !text.empty(); ++line_number) {
        const std::string_view line = take_line(text);
        if (line.starts_with("#S ") && !pattern.intensity.empty())
            fail(name, ": line ", line_number, ": another scan begins; write each to a file of its own");
        if (line.starts_with('#')) continue;
        const Fields fields = row_of(line, *table);
        if (std::all_of(fields.begin(), fields.end(), [](std::string_view field) { return field.empty(); })) continue;
        const bool is_whole = !text.empty() || table->rows.ends_with('\n');
        double x = 0, y = 0, time = 0;
        const bool is_row = (fields.size() == columns.count || (is_whole && ends_early(line, fields, *table))) &&
                            read_number(x, fields, columns.axis, *table);
        if (!is_row && pattern.intensity.size() >= static_cast<std::size_t>(min_points) && is_below_rows(line)) {
            is_ended = true;
            continue;
        }
        if (!is_row && pattern.intensity.empty() && line_number < table->rows_line + longest_units && has_no_number(fields, *table))
            continue;
        if (is_ended) fail(name, ": line ", line_number, ": a row behind a line that ends or sums up those before; remove that line");
        if (!is_row || !read_number(y, fields, columns.intensity, *table, is_whole)) {
            fail(name, ": line ", line_number, ": '", without_controls(std::string(line.substr(0, 40))),
                 "' has not a number under each of '", columns.axis_name, "' and the intensity, in ", columns.count, " columns; remove it");
        }
        if (columns.d >= 0 && d == 0 && read_number(d, fields, columns.d, *table) && d > 0 && x > 0 && pattern.wavelength_angstrom == 0 &&
            columns.d != columns.axis && axis_with_units(columns, name) == two_theta_in_degrees) {
            const double wavelength = d * inverse_d_of(x, 1);  // Bragg's law says what the file does not
            if (may_be_stated(wavelength)) pattern.wavelength_angstrom = wavelength;
        }
        pattern.two_theta_deg.push_back(x);
        pattern.intensity.push_back(y);
        if (columns.are_counts && columns.time >= 0 && read_number(time, fields, columns.time, *table)) times.push_back(time);
    }
    if (pattern.two_theta_deg.empty()) return std::nullopt;
    pattern.name = name;
    divide_by_time(pattern.intensity, times);
    add_repeats(pattern);
    leave_out_unmeasured(pattern);
    convert_axis(pattern, axis_with_units(columns, name));
    check_pattern(pattern);
    return pattern;
}

}  // namespace friedel
