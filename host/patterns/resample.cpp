#include "host/patterns/resample.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "host/support/bragg.h"

namespace friedel {

namespace {

constexpr double widest_gap_deg = 0.5;
constexpr std::size_t end_points = 10;  // averaged for the level beyond the ends

// A pattern as straight lines between its points. Places may not decrease from call to call.
class Polyline {
public:
    Polyline(const std::vector<double>& angle, const std::vector<double>& intensity) : angle_(angle), intensity_(intensity) {}

    double at(double place) {
        advance(place);
        return on_segment(place);
    }
    double mean(double low, double high) {
        double area = 0, from = low;
        advance(from);
        while (true) {
            const double to = std::min(high, angle_[segment_ + 1]);
            area += (to - from) * 0.5 * (on_segment(from) + on_segment(to));
            if (to >= high || segment_ + 2 >= angle_.size()) break;
            from = to;
            ++segment_;
        }
        return area / (high - low);
    }

private:
    void advance(double place) {
        while (segment_ + 2 < angle_.size() && angle_[segment_ + 1] <= place) ++segment_;
    }
    double on_segment(double place) const {
        return intensity_[segment_] +
               (intensity_[segment_ + 1] - intensity_[segment_]) * (place - angle_[segment_]) / (angle_[segment_ + 1] - angle_[segment_]);
    }

    const std::vector<double>&angle_, &intensity_;
    std::size_t segment_ = 0;
};

// The part of a range from `start` to `end` that lies between points, gaps apart.
double covered_part(const std::vector<double>& angle, double start, double end) {
    double covered = 0;
    for (std::size_t i = 0; i + 1 < angle.size(); ++i) {
        if (angle[i + 1] - angle[i] > widest_gap_deg) continue;
        covered += std::max(0.0, std::min(angle[i + 1], end) - std::max(angle[i], start));
    }
    return end > start ? std::min(1.0, covered / (end - start)) : 0;
}

}  // namespace

void convert_wavelength(MeasuredPattern& pattern, double from, double to) {
    if (to == from) return;
    std::size_t kept = 0;
    for (double& angle : pattern.two_theta_deg) {
        angle = converted_angle(angle, from, to);
        if (angle >= 180) break;
        ++kept;
    }
    pattern.truncate(kept);
}

double resample(float* out, const Grid& grid, const MeasuredPattern& pattern) {
    const std::vector<double>& angle = pattern.two_theta_deg;
    const std::vector<double>& intensity = pattern.intensity;
    const std::size_t points = angle.size();
    if (points < 2) {
        std::fill(out, out + grid.points, points ? static_cast<float>(intensity[0]) : 0.0f);
        return 0;
    }
    const std::size_t ends = std::min(end_points, points);
    const auto level = [&](auto first) { return std::accumulate(first, first + static_cast<long>(ends), 0.0) / static_cast<double>(ends); };
    const double level_below = level(intensity.begin()), level_above = level(intensity.rbegin());

    const double start = grid.start_deg, step = grid.step_deg;
    const double measured_step = (angle.back() - angle.front()) / static_cast<double>(points - 1);
    const bool average = measured_step < 0.75 * step;

    Polyline lines(angle, intensity);
    for (int i = 0; i < grid.points; ++i) {
        const double centre = start + i * step;
        const double low = average ? std::max(centre - step / 2, angle.front()) : centre;
        const double high = average ? std::min(centre + step / 2, angle.back()) : centre;
        // The grid is in single precision: its points may miss those of the file by a rounding.
        const double rounding = 1e-3 * step;
        if (high < angle.front() - rounding) {
            out[i] = static_cast<float>(level_below);
        } else if (low > angle.back() + rounding) {
            out[i] = static_cast<float>(level_above);
        } else if (!average || high <= low) {
            out[i] = static_cast<float>(lines.at(std::clamp(centre, angle.front(), angle.back())));
        } else {
            out[i] = static_cast<float>(lines.mean(low, high));
        }
    }
    return covered_part(angle, start, start + (grid.points - 1) * step);
}

PointRange measured_range(const float* pattern, const Grid& grid) {
    const auto [lowest, highest] = std::minmax_element(pattern, pattern + grid.points);
    const float rounding = 1e-6f * (*highest - *lowest);
    PointRange range{0, grid.points};
    while (range.first + 1 < range.end && std::fabs(pattern[range.first + 1] - pattern[0]) <= rounding) ++range.first;
    while (range.end - 2 > range.first && std::fabs(pattern[range.end - 2] - pattern[grid.points - 1]) <= rounding) --range.end;
    return range;
}

std::vector<float> regridded(const float* patterns, int n, const Abscissa& from, const Abscissa& to, ThreadPool& pool) {
    const auto width = static_cast<std::size_t>(from.grid.points), out_width = static_cast<std::size_t>(to.grid.points);
    std::vector<float> out(static_cast<std::size_t>(n) * out_width);
    pool.run(n, [&](int i, int) {
        const float* const pattern = patterns + static_cast<std::size_t>(i) * width;
        MeasuredPattern measured;
        for (std::size_t p = 0; p < width; ++p) {
            measured.two_theta_deg.push_back(static_cast<double>(from.grid.start_deg) +
                                             static_cast<double>(p) * static_cast<double>(from.grid.step_deg));
            measured.intensity.push_back(static_cast<double>(pattern[p]));
        }
        convert_wavelength(measured, from.wavelength_angstrom, to.wavelength_angstrom);
        resample(out.data() + static_cast<std::size_t>(i) * out_width, to.grid, measured);
    });
    return out;
}

}  // namespace friedel
