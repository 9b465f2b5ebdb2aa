// Writing SVG and HTML as text.
#pragma once

#include <string>

namespace friedel {

// For text and attributes of either: names come from files. Malformed UTF-8 becomes U+FFFD, control characters become spaces.
std::string escaped(const std::string& text);

// Appends formatted text of any length; strings are taken as they are.
__attribute__((format(printf, 2, 3))) void print(std::string& out, const char* format, ...);

}  // namespace friedel
