// Comma-separated values, as RFC 4180 states them, except that a field never spans lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace friedel {

// The fields of one line; throws Error where a quoted field does not end.
std::vector<std::string> split_csv(std::string_view line, char separator = ',');

// Which separator a header line has: a comma, or where it has none a semicolon, as spreadsheets write it where the comma is a decimal one,
// or a tab.
char separator_of(std::string_view header);

// A field as it stands in a file: in quotes where it holds a comma, a quote or a line end.
std::string csv_field(const std::string& text);

}  // namespace friedel
