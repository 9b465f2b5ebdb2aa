// Lines above the columns of a text that name its axis: "2Theta [deg]", "# x-axis: q (nm^-1)", "unit: 2th_deg". Leaves out: lines that name
// every column (column_names.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "host/patterns/pattern_axis.h"

namespace friedel {

struct AxisLabel {
    PatternAxis axis;
    bool is_alone;  // in its line, as in files of Fit2D
};

// Of a line of this number; nothing where it names no axis. Throws Error, naming the file, where it names one that no pattern is read
// against.
std::optional<AxisLabel> axis_label_of(std::string_view line, const std::string& file, int line_number);

}  // namespace friedel
