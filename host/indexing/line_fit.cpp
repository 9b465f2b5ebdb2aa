#include "host/indexing/line_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/patterns/humps.h"
#include "host/support/median.h"

namespace friedel {

void LineFit::set_shape(const LineShape& shape) {
    p_.shape = shape;
    rest_ = p_.intensity;
    profiles_.clear();
    for (const ObservedLine& line : p_.lines) {
        profiles_.emplace_back(shape, line.two_theta_deg, p_.grid);
        add(profiles_.back(), -line.height);
    }
}

void LineFit::add_line(double two_theta_deg, double height) {
    p_.lines.push_back({two_theta_deg, 0, height, 0});
    profiles_.emplace_back(p_.shape, two_theta_deg, p_.grid);
    add(profiles_.back(), -height);
}

void LineFit::refine(int sweeps) {
    for (int sweep = 0; sweep < sweeps; ++sweep) {
        for (std::size_t line = 0; line < p_.lines.size(); ++line) refine_line(line);
    }
    drop_lines();
}

void LineFit::level() {
    take_off(slow_level(rest_.data() + p_.measured.first, p_.measured.size(), p_.grid,
                        [](std::vector<float>& window, int) { return median(window); }));
}

void LineFit::level_humps() {
    constexpr double part_below = 0.3;  // of bins nearby: lines are in the others
    // In standard deviations of a point; medians of two or three points lie so far below the mean where 0.3 are lower.
    constexpr float below_mean = 0.4f, least = 4, spread_by_noise = 2.5f;
    constexpr float spread_of_humps = 0.35f;
    take_off(slow_level(rest_.data() + p_.measured.first, p_.measured.size(), p_.grid, [&](std::vector<float>& window, int first) {
        std::sort(window.begin(), window.end());
        const float noise = p_.noise[static_cast<std::size_t>(p_.measured.first + first)];
        const float found = window[static_cast<std::size_t>(part_below * static_cast<double>(window.size()))] + below_mean * noise;
        const float spread = window[window.size() / 2] - window[window.size() / 10];
        return found < least * noise || spread > spread_of_humps * found + spread_by_noise * noise ? 0.0f : found;
    }));
}

void LineFit::take_off(const std::vector<float>& level) {
    for (std::size_t i = 0; i < level.size(); ++i) {
        const std::size_t point = static_cast<std::size_t>(p_.measured.first) + i;
        p_.intensity[point] -= level[i];
        rest_[point] -= level[i];
    }
}

void LineFit::update_sigma() {
    // A line's misfit shows as far as about a width beside it. The part is a choice (see line_fit.h); half of it: 71 and -2.417, twice:
    // 75 and -2.367.
    constexpr float misfit = 0.05f, falls_by = 0.6f;  // of the intensity described; at the end of its reach
    constexpr double reach_widths = 0.8;
    const int points = p_.grid.points;
    std::vector<float> described(rest_.size());
    for (std::size_t i = 0; i < rest_.size(); ++i) described[i] = std::max(0.0f, p_.intensity[i] - rest_[i]);
    for (int i = 0; i < points; ++i) {
        const int reach = static_cast<int>(reach_widths * p_.shape.fwhm_deg(p_.angle_deg(i)) / static_cast<double>(p_.grid.step_deg)) + 1;
        float most = 0;
        for (int j = std::max(0, i - reach); j <= std::min(points - 1, i + reach); ++j) {
            const float part = 1 - falls_by * static_cast<float>(std::abs(j - i)) / static_cast<float>(reach);
            most = std::max(most, described[static_cast<std::size_t>(j)] * part);
        }
        const float off = misfit * most, noise = p_.noise[static_cast<std::size_t>(i)];
        p_.sigma[static_cast<std::size_t>(i)] = std::sqrt(noise * noise + off * off);
    }
}

void LineFit::finish() {
    constexpr double significant = 0.8 * min_significance;  // less than a line is added with
    update_sigma();
    for (std::size_t line = 0; line < p_.lines.size(); ++line) estimate_errors(line);
    std::sort(p_.lines.begin(), p_.lines.end(),
              [](const ObservedLine& a, const ObservedLine& b) { return a.two_theta_deg < b.two_theta_deg; });
    std::erase_if(p_.lines, [](const ObservedLine& line) { return line.significance < significant; });
    p_.remainder = remainder();
}

// From the normal matrix of height h and position s of the line alone, and a guess of what its neighbours add.
void LineFit::estimate_errors(std::size_t index) {
    ObservedLine& line = p_.lines[index];
    const LineProfile& profile = profiles_[index];
    double hh = 0, hs = 0, ss = 0;
    for (std::size_t j = 0; j < profile.height.size(); ++j) {
        const std::size_t at = static_cast<std::size_t>(profile.first) + j;
        const double w = 1 / static_cast<double>(p_.sigma[at] * p_.sigma[at]), h = static_cast<double>(profile.height[j]),
                     s = line.height * static_cast<double>(profile.slope[j]);
        hh += w * h * h;
        hs += w * h * s;
        ss += w * s * s;
    }
    const double det = std::max(1e-12 * hh * ss, hh * ss - hs * hs);
    line.significance = line.height / std::sqrt(ss / det);
    line.sigma_deg = std::sqrt(hh / det);
    // Neighbours share what is seen.
    constexpr double shared_within = 1.5, off = 0.15;  // widths
    const double fwhm = p_.shape.fwhm_deg(line.two_theta_deg);
    for (const ObservedLine& other : p_.lines) {
        const double distance = std::fabs(other.two_theta_deg - line.two_theta_deg) / fwhm;
        if (&other == &line || distance > shared_within) continue;
        line.sigma_deg += off * fwhm * (shared_within - distance) * std::min(1.0, other.height / line.height);
    }
}

void LineFit::add(const LineProfile& profile, double height) {
    for (std::size_t j = 0; j < profile.height.size(); ++j)
        rest_[static_cast<std::size_t>(profile.first) + j] += static_cast<float>(height) * profile.height[j];
}

// A step of least squares of height h and position s, the latter not far; the height alone where the two cannot be told apart.
void LineFit::refine_line(std::size_t index) {
    constexpr double furthest = 0.15;  // widths
    ObservedLine& line = p_.lines[index];
    LineProfile& profile = profiles_[index];
    double hh = 0, hs = 0, ss = 0, hr = 0, sr = 0;
    const float now = static_cast<float>(line.height);
    for (std::size_t j = 0; j < profile.height.size(); ++j) {
        const std::size_t at = static_cast<std::size_t>(profile.first) + j;
        const float w = 1 / (p_.sigma[at] * p_.sigma[at]), h = profile.height[j], s = now * profile.slope[j], r = rest_[at];
        hh += static_cast<double>(w * h * h);
        hs += static_cast<double>(w * h * s);
        ss += static_cast<double>(w * s * s);
        hr += static_cast<double>(w * h * r);
        sr += static_cast<double>(w * s * r);
    }
    double dh = hr / hh, dx = 0;
    const double det = hh * ss - hs * hs;
    if (det > 1e-6 * hh * ss) {
        dh = (ss * hr - hs * sr) / det;
        dx = (hh * sr - hs * hr) / det;
    }
    const double fwhm = p_.shape.fwhm_deg(line.two_theta_deg);
    dx = std::clamp(dx, -furthest * fwhm, furthest * fwhm);
    add(profile, line.height);
    line.height = std::max(0.0, line.height + dh);
    if (dx != 0) {
        line.two_theta_deg += dx;
        profile = LineProfile(p_.shape, line.two_theta_deg, p_.grid);
    }
    add(profile, -line.height);
}

void LineFit::drop_lines() {
    constexpr double nearest = 0.9 * min_distance, lowest = 0.7 * min_height;  // less than a line is added with
    const double first_deg = p_.angle_deg(p_.measured.first), last_deg = p_.angle_deg(p_.measured.end - 1);
    std::vector<std::size_t> order(p_.lines.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p_.lines[a].height > p_.lines[b].height; });
    std::vector<ObservedLine> kept;
    for (std::size_t i : order) {
        const ObservedLine& line = p_.lines[i];
        const double reach = nearest * p_.shape.fwhm_deg(line.two_theta_deg);
        const bool near = std::any_of(kept.begin(), kept.end(), [&](const ObservedLine& other) {
            return std::fabs(other.two_theta_deg - line.two_theta_deg) < reach;
        });
        const bool outside = line.two_theta_deg < first_deg || line.two_theta_deg > last_deg;
        if (!near && !outside && line.height > lowest) kept.push_back(line);
    }
    if (kept.size() == p_.lines.size()) return;
    p_.lines = kept;
    set_shape(p_.shape);
}

}  // namespace friedel
