#include "host/patterns/spikes.h"

#include <algorithm>
#include <cmath>

#include "host/patterns/point_noise.h"
#include "host/support/median.h"

namespace friedel {

namespace {

// A point is one where it stands above both neighbours by far more than noise, which in differences of neighbours is told robustly
// (Whitaker and Hayes 2018, Chemom. Intell. Lab. Syst. 179, 82: modified Z-scores of differences), while the neighbours do not stand above
// theirs, as beside the top of any line do those of a width of 1.2 steps or more.
constexpr double of_noise = 10;        // standard deviations; theirs is 3.5 to 10
constexpr double of_strongest = 0.05;  // part of the strongest line: what is lower does little
constexpr double of_neighbours = 0.1;  // part of the spike's height that they may stand above theirs, noise apart
constexpr double noise_of_neighbours = 3;
constexpr double narrowest_line = 4;  // points at half height, of each of the strongest lines
constexpr std::size_t least_lines = 3, most_lines = 8, most_spikes = 3;

bool stands_alone(const std::vector<double>& y, std::size_t i, const PointNoise& noise) {
    const double higher = std::max(y[i - 1], y[i + 1]), height = y[i] - higher, sigma = noise.at(i, higher);
    const double of_line = of_neighbours * height + noise_of_neighbours * sigma;
    return height > of_noise * sigma && y[i - 1] - y[i - 2] < of_line && y[i + 1] - y[i + 2] < of_line;
}

// Whether each of the strongest lines is made of enough points; `strongest` becomes the height of the first.
bool are_lines_resolved(double& strongest, std::vector<double> y, const std::vector<double>& x, const PointNoise& noise) {
    constexpr double apart_deg = 0.3, least_height = 0.03, above_noise = 10;
    std::vector<double> sorted = y;
    const double level = median(sorted);
    std::size_t lines = 0;
    while (lines < most_lines) {
        const auto top = static_cast<std::size_t>(std::max_element(y.begin(), y.end()) - y.begin());
        const double height = y[top] - level;
        if (lines == 0) strongest = height;
        if (!(height > above_noise * noise.at(top, level)) || height < least_height * strongest) break;
        std::size_t first = top, end = top + 1;
        while (first > 0 && y[first - 1] > level + height / 2) --first;
        while (end < y.size() && y[end] > level + height / 2) ++end;
        if (static_cast<double>(end - first) < narrowest_line) return false;
        ++lines;
        while (first > 0 && x[top] - x[first - 1] < apart_deg) --first;
        while (end < y.size() && x[end] - x[top] < apart_deg) ++end;
        std::fill(y.begin() + static_cast<std::ptrdiff_t>(first), y.begin() + static_cast<std::ptrdiff_t>(end), level);
    }
    return lines >= least_lines;
}

}  // namespace

std::vector<double> take_off_spikes(MeasuredPattern& pattern) {
    std::vector<double>& y = pattern.intensity;
    const std::vector<double>& x = pattern.two_theta_deg;
    const PointNoise noise(y);
    if (!noise.is_known()) return {};  // calculated, or of too few counts to tell
    std::vector<double> rest = y;
    std::vector<std::size_t> spikes;
    for (std::size_t i = 2; i + 2 < y.size(); ++i) {
        if (!stands_alone(y, i, noise)) continue;
        spikes.push_back(i);
        rest[i] = 0.5 * (y[i - 1] + y[i + 1]);
    }
    double strongest = 0;
    if (spikes.empty() || !are_lines_resolved(strongest, rest, x, noise)) return {};
    std::erase_if(spikes, [&](std::size_t i) { return y[i] - rest[i] < of_strongest * strongest; });
    if (spikes.size() > most_spikes) return {};  // of lines narrower than a step, or a detector that must be looked after
    std::vector<double> angles;
    for (const std::size_t i : spikes) {
        y[i] = rest[i];
        angles.push_back(x[i]);
    }
    return angles;
}

}  // namespace friedel
