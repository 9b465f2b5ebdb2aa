// report.html: an evaluation as one page that opens offline, on a phone and on paper.
// Leaves out: the figures (report_figures.h), style and script (report_assets.h).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "host/answers/evaluation.h"
#include "kernels/simulation_config.h"

namespace friedel {

struct DrawnPattern {
    std::vector<float> pattern;   // [grid.points] as the network sees it; empty if it cannot be had again
    std::vector<float> compared;  // a simulated one, treated alike; empty where no structure is at hand
    std::string structure;        // whose it is, for the caption; may be empty
};

// The patterns of an evaluation, of which the report draws a few.
struct PatternSource {
    Grid grid;
    bool square_root = true;                              // see PreprocessConfig
    std::string compared_with;                            // what DrawnPattern::compared is: "the ideal pattern of the true structure"
    std::function<DrawnPattern(std::size_t index)> draw;  // index into Evaluation::patterns
};

// `metrics` is metrics_json() of the same evaluation: the page shows those figures and computes none of them again.
std::string report_html(const Evaluation& evaluation, const nlohmann::ordered_json& metrics, const PatternSource& patterns);

}  // namespace friedel
