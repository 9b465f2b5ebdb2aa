#include "host/indexing/indexed_lines.h"

#include <algorithm>
#include <cmath>

#include "host/indexing/indexing_line.h"
#include "host/support/bragg.h"

namespace friedel {

namespace {

struct Reflection {
    double q;  // 1/d^2
    std::array<int, 3> hkl;
};

// Those of the cell in its standard setting, by ascending q up to the limit.
std::vector<Reflection> reflections_of(const IndexedCell& cell, double limit) {
    constexpr int most = 200000;
    const std::array<double, 6> edges = tabulated_cell(cell.lattice, cell.reciprocal);
    std::vector<Reflection> reflections;
    for_each_reflection(cell.lattice, direct_metric<double>(edges.data()).inverse(), limit, most, [&](int h, int k, int l, double q) {
        reflections.push_back({q, {h, k, l}});
    });
    std::stable_sort(reflections.begin(), reflections.end(), [](const Reflection& a, const Reflection& b) { return a.q < b.q; });
    return reflections;
}

}  // namespace

std::vector<IndexedLine> indexed_lines(const ResolvedPattern& pattern, const IndexedCell& cell, double wavelength_angstrom) {
    const std::vector<IndexingLine> lines = indexing_lines(pattern, wavelength_angstrom, cell.extra_sigma_deg);
    const std::size_t count = std::min(lines.size(), static_cast<std::size_t>(cell.lines));
    if (count == 0) return {};
    constexpr double beyond = 1.02;  // of the last line's 1/d^2
    const std::vector<Reflection> reflections = reflections_of(cell, beyond * lines[count - 1].q);
    std::vector<IndexedLine> all;
    for (std::size_t i = 0; i < count; ++i) {
        const double q = lines[i].q_without(cell.shift_deg);
        all.push_back({pattern.lines[i].two_theta_deg, lines[i].height, 1 / std::sqrt(q), 0, {}});
        const auto nearest = std::min_element(reflections.begin(), reflections.end(), [q](const Reflection& a, const Reflection& b) {
            return std::fabs(a.q - q) < std::fabs(b.q - q);
        });
        if (nearest == reflections.end() || std::fabs(nearest->q - q) > explained_within_sigmas * lines[i].sigma) continue;
        all.back().hkl = nearest->hkl;
        all.back().calculated_deg = two_theta_of(std::sqrt(nearest->q), wavelength_angstrom) + cell.shift_deg;
    }
    return all;
}

}  // namespace friedel
