// Text made and brought into form: printf into strings of any length, names that are safe to print.
#pragma once

#include <string>
#include <string_view>

namespace friedel {

__attribute__((format(printf, 1, 2))) std::string formatted(const char* format, ...);

// Appends.
__attribute__((format(printf, 2, 3))) void print(std::string& out, const char* format, ...);

// For a terminal, or a line of its own: names come from files. Control characters become question marks.
std::string without_controls(std::string text);

// Letters from A to Z in lower case; all other bytes as they are, whatever the locale.
std::string lower_case(std::string_view text);

// Underscores become spaces: "space group" of "space_group".
std::string spaced(std::string name);

// "29.1 %" of 0.291.
std::string percent(double part);

// The nearest number of so many decimals.
double rounded(double value, int decimals);

}  // namespace friedel
