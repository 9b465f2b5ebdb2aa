#include "host/search/unexplained_lines.h"

#include <algorithm>
#include <cmath>

namespace friedel {

namespace {
constexpr double min_height = 0.05;       // of the strongest line
constexpr double min_significance = 10;   // standard deviations
constexpr double least_explained = 0.25;  // of a line's height
// How far the fit's line may be off: textured and strained specimens, asymmetric lines.
constexpr double off_widths = 0.75, off_deg = 0.06;
}  // namespace

std::vector<ObservedLine> unexplained_lines(const ResolvedPattern& pattern, const float* fitted) {
    const Grid& grid = pattern.grid;
    double both = 0, square = 0;
    for (int i = pattern.measured.first; i < pattern.measured.end; ++i) {
        both += static_cast<double>(pattern.intensity[static_cast<std::size_t>(i)] * fitted[i]);
        square += static_cast<double>(fitted[i] * fitted[i]);
    }
    const double scale = square > 0 ? both / square : 0;
    double strongest = 0;
    for (const ObservedLine& line : pattern.lines) strongest = std::max(strongest, line.height);
    std::vector<ObservedLine> unexplained;
    for (const ObservedLine& line : pattern.lines) {
        if (line.height < min_height * strongest || line.significance < min_significance) continue;
        const double reach = off_widths * pattern.shape.fwhm_deg(line.two_theta_deg) + off_deg;
        const double start = static_cast<double>(grid.start_deg), step = static_cast<double>(grid.step_deg);
        const int first = std::clamp(static_cast<int>((line.two_theta_deg - reach - start) / step), 0, grid.points - 1);
        const int last = std::clamp(static_cast<int>(std::ceil((line.two_theta_deg + reach - start) / step)), first, grid.points - 1);
        const double here = scale * static_cast<double>(*std::max_element(fitted + first, fitted + last + 1));
        if (here < least_explained * line.height) unexplained.push_back(line);
    }
    return unexplained;
}

}  // namespace friedel
