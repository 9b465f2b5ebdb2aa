// Writing SVG and HTML as text.
#pragma once

#include <string>

#include "host/support/text_format.h"

namespace friedel {

// For text and attributes of either: names come from files. Malformed UTF-8 becomes U+FFFD, control characters become spaces.
std::string escaped(const std::string& text);

}  // namespace friedel
