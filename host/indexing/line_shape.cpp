#include "host/indexing/line_shape.h"

#include <algorithm>
#include <cmath>

#include "host/support/bragg.h"
#include "kernels/real_math.h"

namespace friedel {

double LineShape::fwhm_deg(double two_theta_deg) const {
    const double t = std::tan(theta_rad_of(two_theta_deg));
    return std::sqrt(width_sq + width_tan_sq * t * t);
}

double LineShape::eta_at(double two_theta_deg) const {
    constexpr double middle_tan = 0.3;  // of theta: 33 degrees two-theta
    return std::clamp(eta + eta_slope * (std::tan(theta_rad_of(two_theta_deg)) - middle_tan), 0.0, 1.0);
}

double LineShape::second_shift_deg(double two_theta_deg) const {
    return 2 * std::tan(theta_rad_of(two_theta_deg)) * second_shift / degree<double>;
}

LineProfile::LineProfile(const LineShape& shape, double two_theta_deg, const Grid& grid, double reach) {
    const double fwhm = shape.fwhm_deg(two_theta_deg), step = static_cast<double>(grid.step_deg),
                 start = static_cast<double>(grid.start_deg);
    const double second = shape.second_ratio > 0 ? shape.second_shift_deg(two_theta_deg) : 0;
    first = std::clamp(static_cast<int>(std::ceil((two_theta_deg - reach * fwhm / 2 - start) / step)), 0, grid.points - 1);
    const int last =
        std::clamp(static_cast<int>(std::floor((two_theta_deg + second + reach * fwhm / 2 - start) / step)), first, grid.points - 1);
    const auto n = static_cast<std::size_t>(last - first + 1);
    height.assign(n, 0.0f);
    slope.assign(n, 0.0f);
    const float g = static_cast<float>(four_ln_2 / (fwhm * fwhm)), c = static_cast<float>(4 / (fwhm * fwhm)),
                eta = static_cast<float>(shape.eta_at(two_theta_deg));
    for (int line = 0; line < (shape.second_ratio > 0 ? 2 : 1); ++line) {
        const float ratio = line ? static_cast<float>(shape.second_ratio) : 1.0f;
        const float from = static_cast<float>(start + first * step - two_theta_deg - (line ? second : 0)), by = static_cast<float>(step);
        for (std::size_t i = 0; i < n; ++i) {
            const float x = from + static_cast<float>(i) * by;
            const float gauss = (1 - eta) * exponential(-g * x * x), lorentz = 1 / (1 + c * x * x);
            height[i] += ratio * (gauss + eta * lorentz);
            slope[i] += ratio * 2 * x * (g * gauss + c * eta * lorentz * lorentz);
        }
    }
}

namespace {

// What one line that stands alone says of the widths.
struct LineWidth {
    double tan_sq;  // of theta
    double square;  // of the width, degrees^2
    double weight;
};

// FWHM from the left half widths: the second line of the doublet broadens the right side only.
std::vector<LineWidth> widths_of_lines(const std::vector<float>& y, const Grid& grid, double noise) {
    constexpr double min_height = 0.04, min_noises = 8;  // of the strongest point; of the noise
    // Weights of 1/4, 1/2 and 1/4 have a variance of half a step^2; 8 ln 2 times that is what they add to the width of a Gaussian.
    constexpr double added_by_smoothing = 2.77;  // steps^2
    std::vector<float> smooth(y);
    for (std::size_t i = 1; i + 1 < y.size(); ++i) smooth[i] = 0.25f * y[i - 1] + 0.5f * y[i] + 0.25f * y[i + 1];
    const auto at = [&](int i) { return static_cast<double>(smooth[static_cast<std::size_t>(i)]); };
    const double step = static_cast<double>(grid.step_deg);
    std::vector<LineWidth> widths;
    for (int i = 3; i + 3 < grid.points; ++i) {
        const double top = at(i);
        if (top < std::max(min_height, min_noises * noise)) continue;
        if (at(i - 1) > top || at(i + 1) >= top || at(i - 2) > top || at(i + 2) > top) continue;
        int j = i;
        while (j > 0 && at(j) > top / 2 && at(j - 1) <= at(j) + 2 * noise) --j;
        if (j == 0 || at(j) > top / 2) continue;
        const double half = (i - j - (top / 2 - at(j)) / std::max(1e-9, at(j + 1) - at(j))) * step;
        // The maximum lies between points.
        const double offset = 0.5 * (at(i + 1) - at(i - 1)) / std::max(1e-9, 2 * top - at(i + 1) - at(i - 1)) * step;
        const double fwhm = 2 * (half + offset), square = fwhm * fwhm - added_by_smoothing * step * step;
        const double t = std::tan(theta_rad_of(static_cast<double>(grid.start_deg) + i * step));
        widths.push_back({t * t, std::max(square, 2.0 * step * step), std::sqrt(top)});
    }
    return widths;
}

// Least squares of square = a + b tan_sq, with lines that are much wider than `shape` has them (overlaps) counted less, and never a
// narrowing nor narrower than `least`.
void fit_widths(LineShape& shape, const std::vector<LineWidth>& widths, double least) {
    constexpr double overlap_power = 3;    // of how many times as wide: a line of twice the square counts an eighth
    constexpr double of_one_angle = 1e-9;  // a determinant, relatively, that tells no slope
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (const LineWidth& w : widths) {
        const double expected = shape.width_sq + shape.width_tan_sq * w.tan_sq, ratio = w.square / expected;
        const double weight = w.weight / (ratio > 1 ? std::pow(ratio, overlap_power) : 1) / (expected * expected);
        n += weight;
        x += weight * w.tan_sq;
        y += weight * w.square;
        xx += weight * w.tan_sq * w.tan_sq;
        xy += weight * w.tan_sq * w.square;
    }
    const double det = n * xx - x * x;
    double b = std::max(0.0, det > of_one_angle * n * xx ? (n * xy - x * y) / det : 0);
    double a = (y - b * x) / n;
    if (a < least) a = least, b = std::max(0.0, (xy - a * x) / xx);
    shape.width_sq = a;
    shape.width_tan_sq = b;
}

}  // namespace

void estimate_widths(LineShape& shape, const std::vector<float>& intensity, const Grid& grid, double noise) {
    constexpr std::size_t min_lines = 5;  // for a width that varies
    constexpr int rounds = 6;
    std::vector<LineWidth> widths = widths_of_lines(intensity, grid, noise);
    if (widths.empty()) return;
    std::sort(widths.begin(), widths.end(), [](const LineWidth& a, const LineWidth& b) { return a.square < b.square; });
    // A little below the median: overlaps make lines wider more often than anything makes them narrower.
    shape.width_sq = widths[widths.size() * 2 / 5].square;
    shape.width_tan_sq = 0;
    if (widths.size() < min_lines) return;
    const double least = widths.front().square / 2;
    for (int round = 0; round < rounds; ++round) fit_widths(shape, widths, least);
}

}  // namespace friedel
