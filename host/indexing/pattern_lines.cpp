#include "host/indexing/pattern_lines.h"

#include <algorithm>
#include <cmath>

#include "host/patterns/k_alpha.h"
#include "host/patterns/resample.h"
#include "host/support/bragg.h"
#include "host/support/interrupt.h"

namespace friedel {

namespace {

constexpr double flank_deg = 1.5;  // how far from a strong line its shape may not describe it

}  // namespace

std::vector<ResolvedPattern> resolved_patterns(const float* patterns, int n, const Grid& grid, double wavelength_angstrom, ThreadPool& pool,
                                               const std::vector<Recording>& recorded) {
    const EmissionLines emission = emission_lines(wavelength_angstrom);
    const std::vector<float> rows = regridded(patterns, n, {grid, emission.first_angstrom},
                                              {comparison_grid, emission_lines(cu_k_alpha_angstrom).first_angstrom}, pool);
    std::vector<ResolvedPattern> resolved(static_cast<std::size_t>(n));
    pool.run(n, [&](int row, int) {
        const auto i = static_cast<std::size_t>(row);
        const float* const pattern = rows.data() + i * static_cast<std::size_t>(comparison_grid.points);
        if (!interrupted())
            resolved[i] = find_lines(pattern, comparison_grid, recorded.empty() ? Recording{emission.second_shift} : recorded[i]);
    });
    return resolved;
}

int count_telling_lines(const std::vector<ObservedLine>& lines) {
    constexpr double min_height = 0.01, much_higher = 20;
    const auto is_in_a_flank = [&](const ObservedLine& line) {
        return std::any_of(lines.begin(), lines.end(), [&](const ObservedLine& other) {
            return other.height > much_higher * line.height && std::abs(other.two_theta_deg - line.two_theta_deg) < flank_deg;
        });
    };
    return static_cast<int>(std::count_if(lines.begin(), lines.end(),
                                          [&](const ObservedLine& line) { return line.height >= min_height && !is_in_a_flank(line); }));
}

OrdersOfOneSpacing orders_of_one_spacing(const std::vector<ObservedLine>& lines, double wavelength_angstrom) {
    constexpr double tolerance_deg = 0.12, strong = 0.1;  // of a line that may be one of the first orders
    constexpr int lowest_order = 4;                       // that such a line may have: glides and centrings forbid those before
    constexpr double chance = 0.08;                       // of a line anywhere to be an order
    double all = 0;
    for (const ObservedLine& line : lines) all += line.height;
    OrdersOfOneSpacing best;
    for (const ObservedLine& line : lines) {
        for (int order = 1; order <= lowest_order && line.height >= strong; ++order) {
            const double first = inverse_d_of(line.two_theta_deg, wavelength_angstrom) / order;
            if (2 * tolerance_deg > chance * two_theta_of(first, wavelength_angstrom)) continue;
            double part = 0;
            for (const ObservedLine& other : lines) {
                const double number = std::round(inverse_d_of(other.two_theta_deg, wavelength_angstrom) / first);
                const double there_deg = two_theta_of(number * first, wavelength_angstrom);
                if (number >= 1 && std::abs(there_deg - other.two_theta_deg) < tolerance_deg) part += other.height / all;
            }
            if (part > best.part) best = {part, 1 / first};
        }
    }
    return best;
}

// It has enough where as many points, each a flank away from the others, stand out far enough above the lowest in the neighbourhood.
bool may_have_few_lines(const float* pattern, const Grid& grid) {
    constexpr double neighbourhood_deg = 2;
    constexpr float far_enough = 0.05f;
    const int width = std::max(1, static_cast<int>(neighbourhood_deg / static_cast<double>(grid.step_deg)));
    const int flank = static_cast<int>(flank_deg / static_cast<double>(grid.step_deg));
    std::vector<float> above(pattern, pattern + grid.points);
    for (int first = 0; first < grid.points; first += width) {
        const auto begin = above.begin() + first, end = above.begin() + std::min(first + width, grid.points);
        const float lowest = *std::min_element(begin, end);
        std::for_each(begin, end, [lowest](float& value) { value -= lowest; });
    }
    float strongest = 0;
    for (int line = 0; line < min_telling_lines; ++line) {
        const auto top = std::max_element(above.begin(), above.end());
        if (line == 0) strongest = *top;
        if (*top <= far_enough * strongest) return true;
        const auto at = static_cast<int>(top - above.begin());
        std::fill(above.begin() + std::max(0, at - flank), above.begin() + std::min(grid.points, at + flank + 1), 0.0f);
    }
    return false;
}

// What is found as lines in a glass's hump is broad or does not stand out: see tests/pattern_lines_test.cpp.
bool has_sharp_lines(const ResolvedPattern& pattern) {
    constexpr double broad_deg = 0.4, stands_out = 20;
    return std::any_of(pattern.lines.begin(), pattern.lines.end(), [&](const ObservedLine& line) {
        return line.significance >= stands_out && pattern.shape.fwhm_deg(line.two_theta_deg) < broad_deg;
    });
}

}  // namespace friedel
