// Pictures of patterns as SVG: the curve, a tick under every reflection, indices over the strong lines. One file, no scripts, no fonts.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace friedel {

struct PlottedReflection {
    double two_theta_deg, intensity;  // intensity in any unit: only ranks the reflections
    int h, k, l;
};

struct PatternPlot {
    std::string title;
    double start_deg, step_deg;
    std::vector<float> intensity;
    std::vector<PlottedReflection> reflections;  // may be empty
    std::string legend;                          // of `intensity`; shown where there is a second pattern
    std::vector<float> second_intensity;         // optional, on the same grid, drawn dashed over the first
    std::string second_legend;
};

// Throws Error if there is no finite intensity to draw or the step is not positive.
std::string svg(const PatternPlot& plot);

// Under a temporary name first, then renamed.
void write_svg(const std::filesystem::path& file, const PatternPlot& plot);

}  // namespace friedel
