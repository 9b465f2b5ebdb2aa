#include "host/patterns/background_steps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "host/patterns/point_noise.h"
#include "host/support/gemm.h"

namespace friedel {

namespace {

// Either side of a step the means of k points differ, and beside it they hardly do. A line's flank looks so at some k, but it rises over
// many of the points, and behind the other flank the level is what it was. None of the 366 RRUFF patterns has a step by these numbers.
constexpr double of_strongest = 0.03;     // part of the strongest line: a lower step is left
constexpr double of_noise = 7;            // standard deviations of the difference
constexpr double of_neighbours = 2.5;     // times what the means beside it differ by
constexpr double widest_mean_deg = 0.25;  // lines are narrower than a few of them
constexpr double levels_deg[] = {0.3, 1, 3};
constexpr double must_be_seen_deg = 1;                         // on both sides: a line that the scan's end cuts is a step to less
constexpr double least_of_levels = 0.8, most_of_levels = 1.4;  // parts of the step that the levels over so many degrees must differ by
constexpr int most_rounds = 6;
constexpr double near_deg = 0.2;  // what is found so near is one

struct Place {
    std::size_t at = 0, k = 0;  // the first point beyond, and how many were averaged
    double height = 0, significance = 0;
};

// A quarter of the points are lower: near the background, however many lines there are.
double level_of(const std::vector<double>& y, std::size_t begin, std::size_t end) {
    std::vector<double> values(y.begin() + static_cast<std::ptrdiff_t>(begin), y.begin() + static_cast<std::ptrdiff_t>(end));
    const auto quarter = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 4);
    std::nth_element(values.begin(), quarter, values.end());
    return *quarter;
}

// Above the lowest points of its neighbourhood: that a step raises nothing of.
double height_of_strongest_line(const std::vector<double>& y, double step_deg) {
    constexpr double neighbourhood_deg = 2;
    const std::size_t width = std::max<std::size_t>(8, static_cast<std::size_t>(neighbourhood_deg / step_deg));
    double height = 0;
    for (std::size_t first = 0; first < y.size(); first += width / 2) {
        const std::size_t end = std::min(y.size(), first + width);
        const double highest =
            *std::max_element(y.begin() + static_cast<std::ptrdiff_t>(first), y.begin() + static_cast<std::ptrdiff_t>(end));
        height = std::max(height, highest - level_of(y, first, end));
    }
    return height;
}

bool levels_differ(const std::vector<double>& y, const Place& place, double step_deg) {
    return std::all_of(std::begin(levels_deg), std::end(levels_deg), [&](double degrees) {
        const std::size_t n = std::max<std::size_t>(4, static_cast<std::size_t>(degrees / step_deg));
        const std::size_t seen = n + place.k;
        if (degrees <= must_be_seen_deg && (place.at < seen || place.at + seen > y.size())) return false;
        const std::size_t begin = place.at > n ? place.at - n : 0, end = std::min(y.size(), place.at + n);
        const double part = (level_of(y, place.at, end) - level_of(y, begin, place.at)) / place.height;
        return part > least_of_levels && part < most_of_levels;
    });
}

// Where the means of k points differ as those of a step do.
void add_places(std::vector<Place>& places, const std::vector<double>& y, const std::vector<double>& sum, std::size_t k,
                const PointNoise& noise, double strongest) {
    const auto mean = [&](std::size_t first) { return (sum[first + k] - sum[first]) / static_cast<double>(k); };
    const double rounding = 1e-4 * strongest;  // of calculated patterns, which have no noise
    for (std::size_t at = 2 * k; at + 2 * k <= y.size(); ++at) {
        const double below = mean(at - k), beyond = mean(at), difference = beyond - below;
        if (!(std::abs(difference) > of_strongest * strongest)) continue;
        const double before = below - mean(at - 2 * k), after = mean(at + k) - beyond;
        if (std::abs(difference) < of_neighbours * std::max(std::abs(before), std::abs(after))) continue;
        const double sigma = std::max(rounding, noise.at(at, std::max(below, beyond)) * std::sqrt(2 / static_cast<double>(k)));
        const Place place{at, k, difference - 0.5 * (before + after), std::abs(difference) / sigma};
        if (place.significance > of_noise && std::abs(place.height) > of_strongest * strongest) places.push_back(place);
    }
}

// Of the points from 2 k before the place to 2 k beyond: a line and a step on it, which rises over 2 m points.
struct StepFit {
    std::size_t at, m;
    double height, remainder;
};

double part_beyond(std::size_t i, std::size_t at, std::size_t m) {
    if (m == 0) return i >= at ? 1 : 0;
    return std::clamp((static_cast<double>(i) - static_cast<double>(at) + 0.5) / (2 * static_cast<double>(m)) + 0.5, 0.0, 1.0);
}

StepFit fitted(const std::vector<double>& y, const Place& place, std::size_t at, std::size_t m) {
    const std::size_t begin = place.at - 2 * place.k, end = place.at + 2 * place.k;
    double matrix[9] = {}, right[3] = {}, squares = 0;
    for (std::size_t i = begin; i < end; ++i) {
        const double row[3] = {1, (static_cast<double>(i - begin) + 0.5) / static_cast<double>(end - begin) - 0.5, part_beyond(i, at, m)};
        const double value = y[i] - y[begin];
        squares += value * value;
        for (int a = 0; a < 3; ++a) {
            right[a] += row[a] * value;
            for (int b = 0; b < 3; ++b) matrix[3 * a + b] += row[a] * row[b];
        }
    }
    const std::array<double, 3> moments = {right[0], right[1], right[2]};
    for (int a = 0; a < 3; ++a) matrix[4 * a] *= 1 + 1e-12;
    if (!solve_positive_definite(matrix, right, 3)) return {at, m, 0, squares};
    return {at, m, right[2], squares - right[0] * moments[0] - right[1] * moments[1] - right[2] * moments[2]};
}

// A step that rises at once is the simpler one.
StepFit best_fit(const std::vector<double>& y, const Place& place) {
    constexpr double much_better = 0.7;
    StepFit best = fitted(y, place, place.at, 0);
    const std::size_t least = place.at - place.k / 2, most = place.at + place.k / 2;
    for (std::size_t at = least; at <= most; ++at) {
        if (const StepFit fit = fitted(y, place, at, 0); fit.remainder < best.remainder) best = fit;
    }
    StepFit sloping = best;
    for (const std::size_t m : {place.k / 4, place.k / 2, place.k}) {
        for (std::size_t at = least; m > 0 && at <= most; ++at) {
            if (const StepFit fit = fitted(y, place, at, m); fit.remainder < sloping.remainder) sloping = fit;
        }
    }
    return sloping.remainder < much_better * best.remainder ? sloping : best;
}

// Whether a step is all there is: beside it the points are as level as noise leaves them. The broad line that means of many points take for
// a step is not.
bool is_level_beside(const std::vector<double>& y, const Place& place, const StepFit& fit, double sigma) {
    constexpr double of_noise_left = 1.5, of_height_left = 0.12;  // root mean squares
    constexpr double as_high = 0.3;
    if (std::abs(fit.height / place.height - 1) > as_high) return false;
    const std::size_t begin = place.at - 2 * place.k, end = place.at + 2 * place.k;
    double squares = 0, sum = 0;
    for (std::size_t i = begin; i < end; ++i) {
        const double rest = y[i] - y[begin] - fit.height * part_beyond(i, fit.at, fit.m);
        sum += rest, squares += rest * rest;
    }
    const double n = static_cast<double>(end - begin), variance = (squares - sum * sum / n) / n;
    return variance < std::pow(of_noise_left * sigma, 2) + std::pow(of_height_left * fit.height, 2);
}

// The highest step; of its places, which are at several k, the one of fewest points that noise hardly moves.
std::optional<StepFit> highest_step(const MeasuredPattern& pattern, double step_deg) {
    constexpr double enough = 20;  // of significance
    const std::vector<double>& y = pattern.intensity;
    const PointNoise noise(y);
    const double strongest = height_of_strongest_line(y, step_deg);
    std::vector<double> sum(y.size() + 1, 0.0);
    for (std::size_t i = 0; i < y.size(); ++i) sum[i + 1] = sum[i] + y[i];
    std::vector<Place> places;
    for (const std::size_t k : {1u, 2u, 3u, 4u, 6u, 8u, 12u, 16u, 24u, 32u}) {
        if (k > 1 && static_cast<double>(k) * step_deg > widest_mean_deg) break;
        add_places(places, y, sum, k, noise, strongest);
    }
    std::erase_if(places, [&](const Place& place) {
        return !levels_differ(y, place, step_deg) || !is_level_beside(y, place, best_fit(y, place), noise.at(place.at, y[place.at]));
    });
    if (places.empty()) return std::nullopt;
    const Place highest = *std::max_element(places.begin(), places.end(),
                                            [](const Place& a, const Place& b) { return std::abs(a.height) < std::abs(b.height); });
    const Place* best = nullptr;
    for (const Place& place : places) {
        const double apart = std::abs(pattern.two_theta_deg[place.at] - pattern.two_theta_deg[highest.at]);
        if (apart > near_deg || place.height * highest.height < 0) continue;
        const double gain = std::min(place.significance, enough);
        if (!best || gain > std::min(best->significance, enough) ||
            (gain == std::min(best->significance, enough) && place.k == best->k && place.significance > best->significance))
            best = &place;
    }
    const StepFit fit = best_fit(y, *best);
    if (fit.height * best->height <= 0) return std::nullopt;
    return fit;
}

}  // namespace

std::vector<BackgroundStep> take_off_steps(MeasuredPattern& pattern) {
    const std::vector<double>& x = pattern.two_theta_deg;
    std::vector<BackgroundStep> steps;
    const double step_deg = (x.back() - x.front()) / static_cast<double>(x.size() - 1);
    for (int round = 0; round < most_rounds; ++round) {
        const std::optional<StepFit> found = highest_step(pattern, step_deg);
        if (!found) break;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double beyond = part_beyond(i, found->at, found->m);
            pattern.intensity[i] -= found->height > 0 ? beyond * found->height : (beyond - 1) * found->height;
        }
        // What a round leaves of a step that is no straight one the next takes off.
        const auto known = std::find_if(steps.begin(), steps.end(),
                                        [&](const BackgroundStep& step) { return std::abs(step.two_theta_deg - x[found->at]) < near_deg; });
        if (known == steps.end())
            steps.push_back({x[found->at], found->height});
        else
            known->height += found->height;
    }
    return steps;
}

}  // namespace friedel
