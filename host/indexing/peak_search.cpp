#include "host/indexing/peak_search.h"

#include <algorithm>
#include <cmath>

#include "host/indexing/line_fit.h"
#include "host/patterns/noise_estimate.h"
#include "host/patterns/resample.h"
#include "host/support/median.h"
#include "kernels/preprocess.h"

namespace friedel {

namespace {

// At each point, the line there that fits best to what the lines known so far leave, by least squares. 0 where that is below them.
struct PossibleLines {
    std::vector<float> height, significance;  // [grid.points]
};

PossibleLines possible_lines(const ResolvedPattern& p, const std::vector<float>& rest) {
    constexpr double reach = 2.5;  // half widths: the top of a line tells it from its neighbours
    PossibleLines possible{std::vector<float>(rest.size(), 0.0f), std::vector<float>(rest.size(), 0.0f)};
    for (int i = p.measured.first; i < p.measured.end; ++i) {
        const auto point = static_cast<std::size_t>(i);
        if (rest[point] <= 0) continue;
        const LineProfile line(p.shape, p.angle_deg(i), p.grid, reach);
        double product = 0, square = 0;
        for (std::size_t j = 0; j < line.height.size(); ++j) {
            const std::size_t at = static_cast<std::size_t>(line.first) + j;
            const float w = line.height[j] / (p.sigma[at] * p.sigma[at]);
            product += static_cast<double>(w * rest[at]), square += static_cast<double>(w * line.height[j]);
        }
        if (square <= 0) continue;
        possible.height[point] = static_cast<float>(product / square);
        possible.significance[point] = static_cast<float>(product / std::sqrt(square));
    }
    return possible;
}

// Points where a line would be more significant than beside them, the most significant first.
std::vector<std::size_t> significant_points(const PossibleLines& possible) {
    const std::vector<float>& significance = possible.significance;
    std::vector<std::size_t> points;
    for (std::size_t at = 1; at + 1 < significance.size(); ++at) {
        if (significance[at] < min_significance || possible.height[at] < min_height) continue;
        if (significance[at] >= significance[at - 1] && significance[at] > significance[at + 1]) points.push_back(at);
    }
    std::sort(points.begin(), points.end(), [&](std::size_t a, std::size_t b) { return significance[a] > significance[b]; });
    return points;
}

// Lines where the remainder shows one; returns how many. Of several close together one at a time, since it changes what is left for others.
int add_lines(LineFit& fit, const ResolvedPattern& p) {
    constexpr std::size_t max_lines = 220;
    constexpr double at_a_time = 1.2;   // widths between two that are added
    constexpr double first_part = 0.8;  // of its height: others may have some of it
    fit.update_sigma();
    const PossibleLines possible = possible_lines(p, fit.rest());
    const std::size_t known = p.lines.size();
    for (std::size_t point : significant_points(possible)) {
        if (p.lines.size() >= max_lines) break;
        const double at = p.angle_deg(static_cast<int>(point)), fwhm = p.shape.fwhm_deg(at);
        const auto has_line_within = [&](double widths, auto begin, auto end) {
            return std::any_of(begin, end, [&](const ObservedLine& other) { return std::fabs(other.two_theta_deg - at) < widths * fwhm; });
        };
        const auto first_new = p.lines.begin() + static_cast<std::ptrdiff_t>(known);
        if (!has_line_within(min_distance, p.lines.begin(), first_new) && !has_line_within(at_a_time, first_new, p.lines.end()))
            fit.add_line(at, first_part * static_cast<double>(possible.height[point]));
    }
    return static_cast<int>(p.lines.size() - known);
}

// Where the doublets of narrow lines are apart, second lines have been found as lines of their own: those at the place and of about the
// height that `ratio` gives them.
struct PairedLines {
    std::vector<ObservedLine> firsts;  // all lines that are no other's second
    double paired;                     // of those whose second would show, the part that has one
};

PairedLines pair_lines(const ResolvedPattern& p, double ratio) {
    constexpr double apart = 0.6, off = 0.35;                // widths
    constexpr double min_height = 0.03;                      // of the first: the second must show
    constexpr double least_height = 0.6, most_height = 1.5;  // of the second, over what is expected
    std::vector<bool> is_second(p.lines.size(), false);
    int shown = 0, found = 0;
    for (const ObservedLine& line : p.lines) {
        const double shift = p.shape.second_shift_deg(line.two_theta_deg);
        const double fwhm = p.shape.fwhm_deg(line.two_theta_deg), at = line.two_theta_deg + shift;
        if (shift < apart * fwhm || line.height < min_height) continue;
        bool has_second = false;
        for (std::size_t i = 0; i < p.lines.size(); ++i) {
            const ObservedLine& other = p.lines[i];
            const double part = other.height / (ratio * line.height);
            if (std::fabs(other.two_theta_deg - at) > off * fwhm || part < least_height || part > most_height) continue;
            has_second = is_second[i] = true;
        }
        ++shown;
        found += has_second;
    }
    PairedLines pairs;
    for (std::size_t i = 0; i < p.lines.size(); ++i) {
        if (!is_second[i]) pairs.firsts.push_back(p.lines[i]);
    }
    // The seconds themselves were looked at as well, and have none.
    pairs.paired = shown > found ? static_cast<double>(found) / (shown - found) : found > 0;
    return pairs;
}

// The shape that leaves least: one number after the other, in steps that become smaller.
class ShapeSearch {
public:
    ShapeSearch(LineFit& fit, ResolvedPattern& p) : fit_(fit), p_(p), start_(p.lines), best_(p.shape) {}

    void run(int rounds, double step) {
        attempt(best_);
        if (best_.second_ratio == 0 && best_.second_shift > 0) try_pairs();
        for (int round = 0; round < rounds; ++round, step *= 0.6) {
            const LineShape base = best_;
            for (double ratio : {0.0, usual_ratio}) {
                if (ratio == base.second_ratio || base.second_shift == 0) continue;
                LineShape shape = base;
                shape.second_ratio = ratio;
                attempt(shape);
            }
            either_way(step, [](LineShape& s, double by) { s.width_sq *= std::exp(by), s.width_tan_sq *= std::exp(by); });
            either_way(step, [](LineShape& s, double by) { s.eta = std::clamp(s.eta + by, 0.0, 1.0); });
            // Widths grow faster with the angle, those in the middle of the pattern staying about as they are.
            either_way(step, [](LineShape& s, double by) {
                const double before = s.width_tan_sq;
                s.width_tan_sq = std::max(0.0, before + by * (0.5 * before + s.width_sq));
                s.width_sq = std::max(0.3 * s.width_sq, s.width_sq - 0.1 * (s.width_tan_sq - before));
            });
            either_way(step, [](LineShape& s, double by) { s.eta_slope = std::clamp(s.eta_slope + 2 * by, -2.0, 2.0); });
        }
        p_.lines = start_;
        fit_.set_shape(best_);
    }

private:
    static constexpr double usual_ratio = 0.5;  // of K-alpha-2 to K-alpha-1: two electrons of L2 for four of L3
    static constexpr double none_yet = 1e30;

    // Whether it leaves less than the best one so far.
    bool attempt(const LineShape& shape) {
        p_.lines = start_;
        fit_.set_shape(shape);
        fit_.refine(3);
        const double rest = fit_.remainder();
        if (rest >= least_) return false;
        least_ = rest, best_ = shape;
        return true;
    }

    // Lines of doublets that are apart were found as two each.
    void try_pairs() {
        constexpr double most_are_paired = 0.6;
        constexpr std::size_t min_pairs = 3;
        p_.lines = start_;
        const PairedLines pairs = pair_lines(p_, usual_ratio);
        if (pairs.paired <= most_are_paired || start_.size() - pairs.firsts.size() < min_pairs) return;
        start_ = pairs.firsts;
        best_.second_ratio = usual_ratio;
        least_ = none_yet;  // two lines that are free describe more than a doublet, and mean less
        attempt(best_);
    }

    template <class Change>
    void either_way(double step, Change&& change) {
        for (double sign : {1.0, -1.0}) {
            LineShape shape = best_;
            change(shape, sign * step);
            if (attempt(shape)) break;
        }
    }

    LineFit& fit_;
    ResolvedPattern& p_;
    std::vector<ObservedLine> start_;
    LineShape best_;
    double least_ = none_yet;
};

// The pattern above its background, strongest point 1, with its noise; that is 0 where nothing stands above the background.
ResolvedPattern above_background(const float* pattern, const Grid& grid, const Recording& recorded) {
    ResolvedPattern p;
    p.shape.second_shift = recorded.second_shift;
    p.grid = grid;
    p.intensity.assign(pattern, pattern + grid.points);
    p.sigma.assign(p.intensity.size(), 0.0f);
    p.noise.assign(p.intensity.size(), 0.0f);
    p.measured = measured_range(pattern, grid);
    if (p.measured.size() < min_points) return p;
    std::vector<float> scratch(static_cast<std::size_t>(preprocess_scratch(grid)));
    SerialBlock block;
    subtract_background(block, p.intensity.data(), grid, PreprocessConfig(), scratch.data());
    const float top = *std::max_element(p.intensity.begin() + p.measured.first, p.intensity.begin() + p.measured.end);
    if (!(top > 0)) return p;
    for (float& y : p.intensity) y /= top;
    for (int i = 0; i < grid.points; ++i) {
        if (!p.measured.contains(i)) p.intensity[static_cast<std::size_t>(i)] = 0;
    }
    p.noise = estimate_noise(p.intensity, pattern, top, grid, p.measured, recorded.step_deg);
    return p;
}

}  // namespace

bool lacks_second_line(const ResolvedPattern& pattern) {
    const LineShape& shape = pattern.shape;
    if (shape.second_ratio > 0 || shape.second_shift == 0 || pattern.lines.empty()) return false;
    constexpr double shows = 0.7;  // widths
    const double highest = pattern.lines.back().two_theta_deg;
    return shape.second_shift_deg(highest) > shows * shape.fwhm_deg(highest);
}

double part_left(const ResolvedPattern& pattern, const std::vector<float>& rest) {
    double left = 0, all = 0;
    for (int i = pattern.measured.first; i < pattern.measured.end; ++i) {
        const auto at = static_cast<std::size_t>(i);
        left += static_cast<double>(rest[at] * rest[at]);
        all += static_cast<double>(pattern.intensity[at] * pattern.intensity[at]);
    }
    return std::sqrt(left / std::max(all, 1e-30));
}

ResolvedPattern find_lines(const float* pattern, const Grid& grid, const Recording& recorded) {
    constexpr int rounds = 4, rounds_of_shape = 2;  // of looking for lines; the first ones also for their shape
    ResolvedPattern p = above_background(pattern, grid, recorded);
    std::vector<float> noise(p.noise.begin() + p.measured.first, p.noise.begin() + p.measured.end);
    const float usual_noise = noise.empty() ? 0 : median(noise);
    if (usual_noise == 0) return p;
    estimate_widths(p.shape, p.intensity, grid, static_cast<double>(usual_noise));
    LineFit fit(p);
    fit.level_humps();
    fit.update_sigma();
    for (int round = 0; round < rounds; ++round) {
        const int added = add_lines(fit, p);
        fit.refine(6);
        fit.level();
        if (round < rounds_of_shape) {
            fit.update_sigma();
            ShapeSearch(fit, p).run(round == 0 ? 5 : 3, round == 0 ? 0.4 : 0.1);
            fit.refine(6);
        }
        fit.update_sigma();
        if (added == 0) break;
    }
    fit.refine(8);
    fit.finish();
    return p;
}

}  // namespace friedel
