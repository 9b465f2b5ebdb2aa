// Rows of numbers as text has them: angle, intensity and perhaps its standard deviation, separated by blanks, tabs, commas or semicolons.
// Leaves out: what stands in a whole file (pattern_file.h), and columns with names (column_names.h).
#pragma once

#include <string_view>

namespace friedel {

constexpr int max_columns = 3;

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_blank(char c) { return c == ' ' || c == '\t'; }
inline bool is_line_end(char c) { return c == '\n' || c == '\r'; }

struct Row {
    double value[max_columns];
    int columns = 0;  // 0: not a row of numbers; max_columns + 1: too many
};

// Commas separate columns, unless something else does too and every comma stands between digits: "5,01 71,5", "5,01;71,5".
bool has_decimal_commas(std::string_view line);

// The row that begins at `at`, without looking for the end of its line first. No row: `at` stays where it is.
Row parse_row(const char*& at, const char* end, bool decimal_comma);

}  // namespace friedel
