#include "host/support/text_format.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace friedel {

namespace {

void append(std::string& out, const char* format, std::va_list arguments) {
    std::va_list again;
    va_copy(again, arguments);
    const int length = std::vsnprintf(nullptr, 0, format, arguments);
    if (length > 0) {
        const std::size_t end = out.size();
        out.resize(end + static_cast<std::size_t>(length) + 1);
        std::vsnprintf(out.data() + end, static_cast<std::size_t>(length) + 1, format, again);
        out.pop_back();  // the terminating zero
    }
    va_end(again);
}

}  // namespace

std::string formatted(const char* format, ...) {
    std::string text;
    std::va_list arguments;
    va_start(arguments, format);
    append(text, format, arguments);
    va_end(arguments);
    return text;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return lower;
}

void print(std::string& out, const char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    append(out, format, arguments);
    va_end(arguments);
}

std::string without_controls(std::string text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        // The second block of controls is C2 80 to C2 9F in UTF-8.
        const bool second_block = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (c < 0x20 || c == 0x7f) text[i] = c == '\t' ? ' ' : '?';
        if (second_block) text.replace(i, 2, "?");
    }
    return text;
}

std::string spaced(std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
}

std::string percent(double part) { return formatted("%.1f %%", 100 * part); }

double rounded(double value, int decimals) {
    const double unit = std::pow(10, decimals);
    return std::round(value * unit) / unit;
}

}  // namespace friedel
