// The figures of report.html as inline SVG, styled by classes (report_assets.h): they follow the page's colours and print in black and
// white. Drawn narrow, 380 units wide, so that their text stays legible on a phone; what colour tells is told by line or number as well.
#pragma once

#include <string>
#include <vector>

#include "host/answers/evaluation.h"
#include "host/answers/metrics.h"
#include "kernels/simulation_config.h"

namespace friedel {

// Accuracy against the part answered: refusal by entropy solid, by largest probability dashed. `threshold`: the calibrated one, or
// infinity.
std::string risk_coverage_figure(const Level& level, double entropy_threshold);

// Accuracy against confidence, with the count of every bin.
std::string reliability_figure(const Level& level);

// Rows: truth, columns: answer, a number in every cell.
std::string crystal_system_confusion_figure(const Level& crystal_systems);

// The cells that are not empty, each with its count and a tooltip. The page's script zooms it.
std::string space_group_confusion_figure(const Level& space_groups);

// Every space group against its structures in the training library, and the means of decades of that count.
std::string training_count_figure(const Evaluation& evaluation, const Level& space_groups);

// How many answers are how many steps, each to a maximal subgroup or back from one, away from the truth.
std::string subgroup_distance_figure(const Level& space_groups);

// Two distribution functions, solid and dashed: the part of the values below each. An axis over decades where the values span some.
std::string distribution_figure(const std::string& quantity, const std::vector<double>& first, const std::vector<double>& second);

// A pattern, and under the line, upside down, the one to compare it with; `below` may be empty. Both [grid.points].
std::string pattern_figure(const Grid& grid, const std::vector<float>& pattern, const std::vector<float>& below);

}  // namespace friedel
