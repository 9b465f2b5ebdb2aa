// Two or three columns of plain text: angle, intensity, and perhaps its standard deviation.
#pragma once

#include <string>
#include <string_view>

#include "host/patterns/pattern_file.h"

namespace friedel {

// Throws Error, naming the file and the line, where the text is anything else.
MeasuredPattern parse_plain_text(std::string_view text, const std::string& name);

}  // namespace friedel
