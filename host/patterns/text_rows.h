// Rows of numbers as text has them: angle, intensity and perhaps its standard deviation, separated by blanks, tabs, commas or semicolons.
// Leaves out: what stands in a whole file (plain_text.h), and columns with names (column_names.h).
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace friedel {

constexpr int max_columns = 3;

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_blank(char c) { return c == ' ' || c == '\t'; }
inline bool is_line_end(char c) { return c == '\n' || c == '\r'; }

struct Row {
    double value[max_columns];
    int columns = 0;  // 0: not a row of numbers; max_columns + 1: too many
};

// Takes off a text what stands before `end`, and the sign that stands there; npos: all of it.
inline std::string_view take_up_to(std::string_view& text, std::size_t end) {
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(taken.size() + (taken.size() < text.size() ? 1 : 0));
    return taken;
}
// Takes the first line off a text, and returns it without its \n; a \r before that stays.
inline std::string_view take_line(std::string_view& text) { return take_up_to(text, text.find('\n')); }
// The same where \r ends lines, too: between the two of \r\n stands an empty one.
inline std::string_view take_line_of_any_end(std::string_view& text) { return take_up_to(text, text.find_first_of("\r\n")); }

// Commas separate columns, unless something else does too and every comma stands between digits: "5,01 71,5", "5,01;71,5".
bool is_separated_without_commas(std::string_view line);

// The second numbers of all rows of a text, and the most columns that any has.
struct SecondColumn {
    std::vector<double> values;
    int columns = 0;
};
SecondColumn second_column(std::string_view text);

// Where a line ends, or a remark begins, of which nothing but blanks and separators of empty columns is left, as spreadsheets write them
// ("5,00;26;;"); nullptr where there is more.
const char* behind_empty_columns(const char* at, const char* end);

// Whether a line is one that programs and spreadsheets write below the rows: "END", "Mittelwert;55,2". What follows must be no row.
bool is_below_rows(std::string_view line);

// The text with the numbers of its rows out of their quotes (5,00;"1.861,00"; "5,00","21", with points then); nothing where none
// is in quotes.
std::optional<std::string> without_quotes(std::string_view text);

// Inlined where it is called row by row: a call takes as long as a third of the reading.

// The number at `at`, or nullptr: returns where it ends. Up to 15 digits without an exponent are one exact division, which rounds
// as from_chars does and takes a fifth of its time; everything else is left to from_chars.
[[gnu::always_inline]] inline const char* parse_number(double& value, const char* at, const char* end, char point) {
    static constexpr double power_of_ten[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) ++at;
    const char* p = at;
    std::uint64_t mantissa = 0;  // wraps around when too long, and is then not used
    while (p < end && is_digit(*p)) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*p++ - '0');
    const std::int64_t whole_digits = p - at;
    std::int64_t decimals = 0;
    if (p < end && *p == point) {
        const char* const first = ++p;
        while (p < end && is_digit(*p)) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*p++ - '0');
        decimals = p - first;
    }
    const bool of_fortran = p < end && (*p == 'd' || *p == 'D');  // 1.05D+03
    const bool exponent = of_fortran || (p < end && (*p == 'e' || *p == 'E'));
    if (whole_digits + decimals > 0 && whole_digits + decimals <= 15 && !exponent) {
        const double magnitude = static_cast<double>(mantissa) / power_of_ten[decimals];
        value = negative ? -magnitude : magnitude;
        return p;
    }
    if (at < end && *at == '-') return nullptr;  // a second sign, which from_chars would take
    std::from_chars_result result{};
    if (point == '.' && !of_fortran) {
        result = std::from_chars(at, end, value);
    } else {
        char copy[64];
        if (of_fortran && p - at >= static_cast<std::ptrdiff_t>(sizeof copy)) return nullptr;
        const std::size_t length = std::min<std::size_t>(static_cast<std::size_t>(end - at), sizeof copy);
        std::replace_copy(at, at + length, copy, point, '.');
        if (of_fortran) copy[p - at] = 'e';
        result = std::from_chars(copy, copy + length, value);
        result.ptr = at + (result.ptr - copy);
    }
    if (result.ec == std::errc::result_out_of_range)
        value = HUGE_VAL;
    else if (result.ec != std::errc())
        return nullptr;
    if (negative) value = -value;
    return result.ptr;
}

// The row that begins at `at`, without looking for the end of its line first. No row: `at` stays where it is.
[[gnu::always_inline]] inline Row parse_row(const char*& at, const char* end, bool decimal_comma) {
    const char point = decimal_comma ? ',' : '.';
    const char* p = at;
    Row row;
    while (true) {
        double value;
        const char* const number = p;
        p = parse_number(value, p, end, point);
        if (!p) {
            p = row.columns > 0 ? behind_empty_columns(number, end) : nullptr;
            if (!p) return {};
            break;
        }
        if (row.columns < max_columns) row.value[row.columns] = value;
        row.columns = std::min(row.columns + 1, max_columns + 1);
        const char* const number_end = p;
        while (p < end && is_blank(*p)) ++p;
        if (p < end && (*p == ';' || (*p == ',' && !decimal_comma))) ++p;
        while (p < end && is_blank(*p)) ++p;
        if (p == end || is_line_end(*p) || *p == '#' || *p == '!') break;
        if (p == number_end) return {};
    }
    at = p;
    return row;
}

}  // namespace friedel
