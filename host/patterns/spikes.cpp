#include "host/patterns/spikes.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/patterns/point_noise.h"
#include "host/patterns/strong_lines.h"

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
constexpr std::size_t least_lines = 3, most_lines = 8;
// Lines narrower than a step may look like spikes where they happen to lie on a point, and as often lie between two: then there are pairs.
// Few spikes are taken off anyhow, more only in steps that no tube's lines are narrower than by much, and beside few pairs, and none where
// there are very many: the detector must be looked after.
constexpr std::size_t few_spikes = 3;
constexpr double coarsest_step_deg = 0.05;
constexpr double most_pairs = 0.2;     // of the number of spikes
constexpr double most_spikes = 0.005;  // of the number of points

bool stands_alone(const std::vector<double>& y, std::size_t i, const PointNoise& noise) {
    const double higher = std::max(y[i - 1], y[i + 1]), height = y[i] - higher, sigma = noise.at(i, higher);
    const double of_line = of_neighbours * height + noise_of_neighbours * sigma;
    return height > of_noise * sigma && y[i - 1] - y[i - 2] < of_line && y[i + 1] - y[i + 2] < of_line;
}

// The same of two points as high as each other, or nearly.
bool is_pair(const std::vector<double>& y, std::size_t i, const PointNoise& noise) {
    const double lower = std::min(y[i], y[i + 1]), beside = std::max(y[i - 1], y[i + 2]);
    const double height = lower - beside, sigma = noise.at(i, beside);
    const double of_line = of_neighbours * height + noise_of_neighbours * sigma;
    return height > of_noise * sigma && y[i - 1] - y[i - 2] < of_line && y[i + 2] - y[i + 3] < of_line;
}

std::size_t pairs_in(const std::vector<double>& y, const PointNoise& noise, double least_height) {
    std::size_t pairs = 0;
    for (std::size_t i = 2; i + 3 < y.size(); ++i)
        pairs += std::min(y[i], y[i + 1]) - std::max(y[i - 1], y[i + 2]) >= least_height && is_pair(y, i, noise);
    return pairs;
}

bool may_be_taken_off(std::size_t spikes, std::size_t pairs, const std::vector<double>& x) {
    const auto found = static_cast<double>(spikes), points = static_cast<double>(x.size());
    const bool are_steps_fine = x.back() - x.front() <= coarsest_step_deg * points;
    return are_steps_fine && found <= most_spikes * points && static_cast<double>(pairs) <= most_pairs * found;
}

// Whether each of the strongest lines is made of enough points; `strongest` becomes the height of the first.
bool are_lines_resolved(double& strongest, std::vector<double> y, const std::vector<double>& x, const PointNoise& noise) {
    constexpr double apart_deg = 0.3, least_height = 0.03, above_noise = 10;
    StrongLines left(x, std::move(y));
    std::size_t lines = 0;
    while (lines < most_lines) {
        const StrongLines::Line line = left.strongest();
        if (lines == 0) strongest = line.height;
        if (!(line.height > above_noise * noise.at(line.top, left.level())) || line.height < least_height * strongest) break;
        if (static_cast<double>(line.points()) < narrowest_line) return false;
        ++lines;
        left.level_off(line.first, line.end);
        left.level_off_near(line.top, apart_deg);
    }
    return lines >= least_lines;
}

}  // namespace

Spikes take_off_spikes(MeasuredPattern& pattern) {
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
    const double least_height = of_strongest * strongest;
    std::erase_if(spikes, [&](std::size_t i) { return y[i] - rest[i] < least_height; });
    if (spikes.size() > few_spikes && !may_be_taken_off(spikes.size(), pairs_in(rest, noise, least_height), x)) return {{}, spikes.size()};
    Spikes taken;
    for (const std::size_t i : spikes) {
        y[i] = rest[i];
        taken.angles_deg.push_back(x[i]);
    }
    return taken;
}

}  // namespace friedel
