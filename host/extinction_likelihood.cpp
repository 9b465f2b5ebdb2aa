#include "host/extinction_likelihood.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "host/symmetry.h"
#include "kernels/real_math.h"

namespace friedel {

namespace {

constexpr int most_clusters = 160;
constexpr double together = 0.35;       // widths
constexpr double misfit = 0.04;         // of what other reflections put here
constexpr double least_sigma = 0.0015;  // of the strongest point

bool is_absent(const std::array<int, 3>& h, const std::vector<SymmetryOperation>& operations) {
    return std::any_of(operations.begin(), operations.end(), [&](const SymmetryOperation& operation) {
        const std::int8_t *r = operation.rotation, *t = operation.translation;
        for (std::size_t column = 0; column < 3; ++column) {
            if (h[0] * r[column] + h[1] * r[3 + column] + h[2] * r[6 + column] != h[column]) return false;
        }
        return (h[0] * t[0] + h[1] * t[1] + h[2] * t[2]) % translation_denominator != 0;
    });
}

// Indices in the standard setting of those in a setting that a powder cannot tell from it.
using Turn = std::array<std::array<int, 3>, 3>;
std::vector<Turn> turns(Bravais lattice) {
    constexpr std::array<int, 3> x = {1, 0, 0}, y = {0, 1, 0}, z = {0, 0, 1};
    switch (lattice) {
        case Bravais::oP:
        case Bravais::oC:
        case Bravais::oI:
        case Bravais::oF:
            return {{x, y, z}, {x, z, y}, {y, x, z}, {y, z, x}, {z, x, y}, {z, y, x}};
        case Bravais::mP:
            return {{x, y, z}, {z, y, x}, {x, y, {1, 0, 1}}};
        default:
            return {{x, y, z}};
    }
}

// Reflections by which settings are told apart: a window that holds each kind.
const std::vector<std::array<int, 3>>& window() {
    static const std::vector<std::array<int, 3>> all = [] {
        std::vector<std::array<int, 3>> result;
        for (int h = 0; h <= 6; ++h) {
            for (int k = -6; k <= 6; ++k) {
                for (int l = -6; l <= 6; ++l) result.push_back({h, k, l});
            }
        }
        return result;
    }();
    return all;
}

std::array<int, 3> turned(const Turn& turn, const std::array<int, 3>& h) {
    std::array<int, 3> out{};
    for (std::size_t i = 0; i < 3; ++i) out[i] = turn[i][0] * h[0] + turn[i][1] * h[1] + turn[i][2] * h[2];
    return out;
}

std::vector<AbsenceSetting> make_settings(Bravais lattice) {
    std::map<std::vector<bool>, AbsenceSetting> by_absence;
    for (int group = 1; group <= space_groups; ++group) {
        if (bravais_of(group) != lattice) continue;
        const auto& operations = standard_operations(group);
        std::map<std::vector<bool>, std::pair<int, Turn>> of_group;
        for (const Turn& turn : turns(lattice)) {
            std::vector<bool> absent;
            bool consistent = true;
            for (const auto& h : window()) {
                absent.push_back(is_absent(turned(turn, h), operations));
                const bool centring = lattice == Bravais::hR ? (-h[0] + h[1] + h[2]) % 3 != 0 : !is_reflection(lattice, h[0], h[1], h[2]);
                if (centring && !absent.back()) consistent = false;
            }
            if (!consistent) continue;
            auto& [times, first] = of_group[absent];
            if (times++ == 0) first = turn;
        }
        int all = 0;
        for (const auto& [absent, of] : of_group) all += of.first;
        for (const auto& [absent, of] : of_group) {
            AbsenceSetting& setting = by_absence[absent];
            setting.space_groups.push_back(group);
            setting.share.push_back(static_cast<double>(of.first) / all);
            if (setting.space_groups.size() == 1) setting.turn = of.second;
        }
    }
    std::vector<AbsenceSetting> result;
    for (auto& [absent, setting] : by_absence) result.push_back(setting);
    return result;
}

// ln of an exponential distribution of mean m, seen with Gaussian errors, at x.
double log_exponential(double x, double mean, double sigma) {
    const double z = (x - sigma * sigma / mean) / sigma;
    const double log_phi = z > -6 ? std::log(0.5 * std::erfc(-z / 1.41421356)) : -0.5 * z * z - std::log(-z * 2.5066);
    return -std::log(mean) + sigma * sigma / (2 * mean * mean) - x / mean + log_phi;
}

double log_sum(std::initializer_list<double> terms) {
    const double most = *std::max_element(terms.begin(), terms.end());
    double sum = 0;
    for (double t : terms) sum += std::exp(t - most);
    return most + std::log(sum);
}

// Intensities of real structures vary more than Wilson's: many are next to nothing.
double log_present(double x, double expected, double sigma) {
    return log_sum({std::log(0.30) + log_exponential(x, 2.2 * expected, sigma), std::log(0.30) + log_exponential(x, 0.6 * expected, sigma),
                    std::log(0.20) + log_exponential(x, 0.12 * expected, sigma),
                    std::log(0.20) + log_exponential(x, 0.02 * expected, sigma)});
}

// Something else may lie where a reflection is absent.
double log_absent(double x, double expected, double sigma) {
    const double z = x / sigma;
    return log_sum({std::log(0.97) - 0.5 * z * z - std::log(2.5066 * sigma), std::log(0.03) + log_exponential(x, 0.3 * expected, sigma)});
}

}  // namespace

bool AbsenceSetting::absent(Bravais lattice, std::array<int, 3> h) const {
    const auto& operations = standard_operations(space_groups.front());
    // The one of hkl and hk-l that is a reflection of the obverse setting.
    if (lattice == Bravais::hR && (-h[0] + h[1] + h[2]) % 3 != 0) h[2] = -h[2];
    if (!is_absent(turned(turn, h), operations)) return false;
    return lattice_system(lattice) < 3 || lattice == Bravais::hR || is_absent({h[1], h[0], h[2]}, operations);
}

const std::vector<AbsenceSetting>& absence_settings(Bravais lattice) {
    static const std::array<std::vector<AbsenceSetting>, bravais_lattices> all = [] {
        std::array<std::vector<AbsenceSetting>, bravais_lattices> made;
        for (int i = 0; i < bravais_lattices; ++i) made[static_cast<std::size_t>(i)] = make_settings(static_cast<Bravais>(i));
        return made;
    }();
    return all[static_cast<std::size_t>(lattice)];
}

LatticeIntensities decompose(const ObservedLines& p, const IndexedCell& cell, double wavelength) {
    LatticeIntensities out;
    const Grid& grid = p.grid;
    const double start = static_cast<double>(grid.start_deg), step = static_cast<double>(grid.step_deg);
    const double low = start + p.first * step, high = start + (p.first + p.points - 1) * step;
    struct Reflection {
        double two_theta_deg;
        int h, k, l;
    };
    std::vector<Reflection> reflections;
    const double limit = 2 * std::sin(std::min(high, 89.0) * pi_d / 360) / wavelength;
    if (!for_each_reflection(cell.lattice, cell.reciprocal, limit * limit, 40000, [&](int h, int k, int l, double q) {
            const double at = 2 * std::asin(std::min(1.0, wavelength * std::sqrt(q) / 2)) * 180 / pi_d + cell.shift_deg;
            if (at > low && at < high) reflections.push_back({at, h, k, l});
        }))
        return out;
    std::sort(reflections.begin(), reflections.end(),
              [](const Reflection& a, const Reflection& b) { return a.two_theta_deg < b.two_theta_deg; });
    const int system = lattice_system(cell.lattice);
    std::vector<double> weight;  // expected height of a cluster but for a smooth factor
    for (const Reflection& r : reflections) {
        // Friedel mates and equivalents of the holohedry, roughly: signs of the indices that are not zero, and order of axes.
        const int zeros = (r.h == 0) + (r.k == 0) + (r.l == 0);
        double multiplicity = system == 0 ? 2 : (system == 1 ? (r.k && (r.h || r.l) ? 4 : 2) : 8 >> zeros);
        if (system >= 3) multiplicity *= r.h == r.k || r.h == 0 || r.k == 0 ? 1 : 2;
        if (system == 6) multiplicity *= r.k == r.l || r.l == 0 ? 1.5 : 3;
        const double theta = r.two_theta_deg * pi_d / 360, s = std::sin(theta), c2 = std::cos(2 * theta);
        const double height = multiplicity * (1 + c2 * c2) / (s * s * std::cos(theta)) / p.shape.fwhm_deg(r.two_theta_deg);
        const bool joins =
            !out.clusters.empty() && r.two_theta_deg - out.clusters.back().two_theta_deg < together * p.shape.fwhm_deg(r.two_theta_deg);
        if (!joins) {
            if (static_cast<int>(out.clusters.size()) == most_clusters) break;
            out.clusters.push_back({r.two_theta_deg, 0, 0, 0, static_cast<int>(out.hkl.size()), 0});
            weight.push_back(0);
        }
        ++out.clusters.back().reflections;
        weight.back() += height;
        out.hkl.push_back({r.h, r.k, r.l});
    }
    if (out.clusters.empty()) return out;
    // Lines that are none of the lattice's, and those beyond the last cluster, are there as well.
    std::vector<double> position;
    for (const auto& c : out.clusters) position.push_back(c.two_theta_deg);
    const std::size_t n = position.size();
    for (const ObservedLine& line : p.lines) {
        const double fwhm = p.shape.fwhm_deg(line.two_theta_deg);
        double nearest = 1e9;
        for (std::size_t i = 0; i < n; ++i) nearest = std::min(nearest, std::fabs(position[i] - line.two_theta_deg));
        if (nearest > 0.6 * fwhm + 0.02) position.push_back(line.two_theta_deg);
    }
    std::vector<LineProfile> profiles;
    for (double at : position) profiles.emplace_back(p.shape, at, grid, 6);
    std::vector<float> rest = p.intensity;
    std::vector<double> height(position.size(), 0.0), square(position.size(), 0.0);
    const auto weight_at = [&](std::size_t at) { return 1 / (p.sigma[at] * p.sigma[at]); };
    for (std::size_t i = 0; i < position.size(); ++i) {
        for (std::size_t j = 0; j < profiles[i].height.size(); ++j) {
            const std::size_t at = static_cast<std::size_t>(profiles[i].first) + j;
            square[i] += static_cast<double>(weight_at(at) * profiles[i].height[j] * profiles[i].height[j]);
        }
    }
    const auto product = [&](std::size_t i) {
        float sum = 0;
        const float *const h = profiles[i].height.data(), *const r = rest.data() + profiles[i].first,
                           *const s = p.sigma.data() + profiles[i].first;
        for (std::size_t j = 0; j < profiles[i].height.size(); ++j) sum += h[j] * r[j] / (s[j] * s[j]);
        return static_cast<double>(sum);
    };
    for (int sweep = 0; sweep < 40; ++sweep) {
        double most = 0;
        for (std::size_t i = 0; i < position.size(); ++i) {
            const double moved = std::max(0.0, height[i] + product(i) / square[i]) - height[i];
            if (moved == 0) continue;
            height[i] += moved;
            most = std::max(most, std::fabs(moved));
            float* const r = rest.data() + profiles[i].first;
            for (std::size_t j = 0; j < profiles[i].height.size(); ++j) r[j] -= static_cast<float>(moved) * profiles[i].height[j];
        }
        if (most < 2e-4) break;
    }
    double left = 0, all = 0;
    for (int i = p.first; i < p.first + p.points; ++i) {
        const auto at = static_cast<std::size_t>(i);
        left += static_cast<double>(rest[at] * rest[at]), all += static_cast<double>(p.intensity[at] * p.intensity[at]);
    }
    out.remainder = std::sqrt(left / std::max(all, 1e-30));
    for (std::size_t i = 0; i < n; ++i) {
        auto& c = out.clusters[i];
        const double fwhm = p.shape.fwhm_deg(position[i]);
        double variance = 1 / square[i], others = 0;
        for (std::size_t j = 0; j < position.size(); ++j) {
            const double distance = std::fabs(position[j] - position[i]) / fwhm;
            if (j == i || distance > 4) continue;
            // Overlap of two lines of about this shape, as a correlation, and what the other's misfit leaves here.
            const double overlap = std::exp(-1.386 * distance * distance);
            variance /= std::max(0.05, 1 - overlap * overlap);
            others += height[j] * std::max(std::exp(-0.9 * distance * distance), 0.15 / (1 + distance * distance));
        }
        c.height = height[i] + product(i) / square[i];
        c.sigma = std::sqrt(4 * variance + misfit * misfit * others * others + least_sigma * least_sigma);
    }
    // Mean height of what is expected, as it falls off with the angle.
    const std::size_t window = std::max<std::size_t>(12, n / 5);
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t first = i > window ? i - window : 0, last = std::min(n, i + window + 1);
        double sum = 1e-6, weights = 0;
        for (std::size_t j = first; j < last; ++j) sum += height[j], weights += weight[j];
        out.clusters[i].expected = std::max(1e-4, sum * weight[i] / weights);
    }
    return out;
}

std::vector<double> absence_likelihoods(const LatticeIntensities& intensities, Bravais lattice) {
    const auto& settings = absence_settings(lattice);
    std::vector<double> likelihood(settings.size(), 0.0);
    for (const auto& cluster : intensities.clusters) {
        const double gain = std::clamp(
            log_present(cluster.height, cluster.expected, cluster.sigma) - log_absent(cluster.height, cluster.expected, cluster.sigma),
            -6.0, 8.0);
        for (std::size_t s = 0; s < settings.size(); ++s) {
            bool absent = true;
            for (int r = 0; r < cluster.reflections && absent; ++r) {
                const auto& h = intensities.hkl[static_cast<std::size_t>(cluster.first + r)];
                absent = settings[s].absent(lattice, h);
            }
            likelihood[s] += absent ? -std::max(0.0, gain) : std::min(0.0, gain);
        }
    }
    return likelihood;
}

}  // namespace friedel
