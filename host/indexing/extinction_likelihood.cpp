#include "host/indexing/extinction_likelihood.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>

#include "host/crystals/operations.h"
#include "host/crystals/space_groups.h"
#include "host/crystals/symmetry.h"
#include "host/support/bragg.h"
#include "kernels/lorentz_polarisation.h"
#include "kernels/real_math.h"

namespace friedel {

namespace {

constexpr int max_clusters = 160, most_looked_at = 40000;   // reflections of a lattice
constexpr double highest_deg = 89;                          // two-theta; about where comparison_grid ends
constexpr double foreign_widths = 0.6, foreign_deg = 0.02;  // a line so far from all reflections is none of the lattice's
constexpr double together = 0.35;                           // widths
constexpr double misfit = 0.04;                             // of what other reflections put here
constexpr double min_sigma = 0.0015;                        // of the strongest point

// Indices in the standard setting of those in a setting that a powder cannot tell from it.
using Reindexing = std::array<std::array<int, 3>, 3>;
std::vector<Reindexing> reindexings(BravaisLattice lattice) {
    constexpr std::array<int, 3> x = {1, 0, 0}, y = {0, 1, 0}, z = {0, 0, 1};
    switch (lattice) {
        case BravaisLattice::oP:
        case BravaisLattice::oC:
        case BravaisLattice::oI:
        case BravaisLattice::oF:
            return {{x, y, z}, {x, z, y}, {y, x, z}, {y, z, x}, {z, x, y}, {z, y, x}};
        case BravaisLattice::mP:
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

std::array<int, 3> reindexed(const Reindexing& reindexing, const std::array<int, 3>& h) {
    std::array<int, 3> out{};
    for (std::size_t i = 0; i < 3; ++i) out[i] = reindexing[i][0] * h[0] + reindexing[i][1] * h[1] + reindexing[i][2] * h[2];
    return out;
}

std::vector<AbsenceSetting> make_settings(BravaisLattice lattice) {
    std::map<std::vector<bool>, AbsenceSetting> by_absence;
    for (int group = 1; group <= space_groups; ++group) {
        if (indexed_lattice(group) != lattice) continue;
        const auto& operations = standard_operations(group);
        std::map<std::vector<bool>, std::pair<int, Reindexing>> of_group;
        for (const Reindexing& reindexing : reindexings(lattice)) {
            std::vector<bool> absent;
            bool consistent = true;
            for (const auto& h : window()) {
                absent.push_back(is_systematically_absent(reindexed(reindexing, h), operations));
                const bool centring =
                    lattice == BravaisLattice::hR ? (-h[0] + h[1] + h[2]) % 3 != 0 : !is_reflection(lattice, h[0], h[1], h[2]);
                if (centring && !absent.back()) consistent = false;
            }
            if (!consistent) continue;
            auto& [times, first] = of_group[absent];
            if (times++ == 0) first = reindexing;
        }
        int all = 0;
        for (const auto& [absent, of] : of_group) all += of.first;
        for (const auto& [absent, of] : of_group) {
            AbsenceSetting& setting = by_absence[absent];
            setting.space_groups.push_back(group);
            setting.share.push_back(static_cast<double>(of.first) / all);
            if (setting.space_groups.size() == 1) setting.reindexing = of.second;
        }
    }
    std::vector<AbsenceSetting> result;
    for (auto& [absent, setting] : by_absence) result.push_back(setting);
    return result;
}

// ln of an exponential distribution of mean m, seen with Gaussian errors, at x.
double log_exponential(double x, double mean, double sigma) {
    const double z = (x - sigma * sigma / mean) / sigma;
    const double log_phi = z > -6 ? std::log(0.5 * std::erfc(-z / std::numbers::sqrt2)) : -0.5 * z * z - std::log(-z * sqrt_two_pi);
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
    return log_sum(
        {std::log(0.97) - 0.5 * z * z - std::log(sqrt_two_pi * sigma), std::log(0.03) + log_exponential(x, 0.3 * expected, sigma)});
}

// Friedel mates and equivalents of the holohedry, roughly: signs of the indices that are not zero, and order of axes.
double rough_multiplicity(int system, int h, int k, int l) {
    const int zeros = (h == 0) + (k == 0) + (l == 0);
    if (system == systems::triclinic) return 2;
    if (system == systems::monoclinic) return k != 0 && (h != 0 || l != 0) ? 4 : 2;
    double multiplicity = 8 >> zeros;
    if (system >= systems::tetragonal) multiplicity *= h == k || h == 0 || k == 0 ? 1 : 2;
    if (system == systems::cubic) multiplicity *= k == l || l == 0 ? 1.5 : 3;
    return multiplicity;
}

// Fills in `hkl` and, but for heights, `clusters`, as far as these go. Returns the expected height of each cluster but for a factor that
// varies slowly with the angle; none where the lattice has too many reflections to look at.
std::vector<double> cluster_reflections(LatticeIntensities& out, const ObservedLines& pattern, const IndexedCell& cell, double wavelength) {
    const double low = pattern.angle_deg(pattern.measured.first), high = pattern.angle_deg(pattern.measured.end - 1);
    struct Reflection {
        double two_theta_deg;
        int h, k, l;
    };
    std::vector<Reflection> reflections;
    const double limit = inverse_d_of(std::min(high, highest_deg), wavelength);
    const bool all = for_each_reflection(cell.lattice, cell.reciprocal, limit * limit, most_looked_at, [&](int h, int k, int l, double q) {
        const double at = two_theta_of(std::sqrt(q), wavelength) + cell.shift_deg;
        if (at > low && at < high) reflections.push_back({at, h, k, l});
    });
    if (!all) return {};
    std::sort(reflections.begin(), reflections.end(),
              [](const Reflection& a, const Reflection& b) { return a.two_theta_deg < b.two_theta_deg; });
    std::vector<double> weight;
    for (const Reflection& r : reflections) {
        const double fwhm = pattern.shape.fwhm_deg(r.two_theta_deg);
        const bool joins = !out.clusters.empty() && r.two_theta_deg - out.clusters.back().two_theta_deg < together * fwhm;
        if (!joins) {
            if (static_cast<int>(out.clusters.size()) == max_clusters) break;
            out.clusters.push_back({r.two_theta_deg, 0, 0, 0, static_cast<int>(out.hkl.size()), 0});
            weight.push_back(0);
        }
        const double s = std::sin(theta_rad_of(r.two_theta_deg));
        ++out.clusters.back().reflections;
        weight.back() += rough_multiplicity(lattice_system(cell.lattice), r.h, r.k, r.l) * lorentz_polarisation(s * s, -1.0) / fwhm;
        out.hkl.push_back({r.h, r.k, r.l});
    }
    return weight;
}

// Of the clusters, and of the lines that are none of the lattice's or beyond its last cluster: they are there as well.
std::vector<double> positions_of(const std::vector<LatticeIntensities::Cluster>& clusters, const ObservedLines& pattern) {
    std::vector<double> position;
    for (const auto& cluster : clusters) position.push_back(cluster.two_theta_deg);
    for (const ObservedLine& line : pattern.lines) {
        const double apart = foreign_widths * pattern.shape.fwhm_deg(line.two_theta_deg) + foreign_deg;
        const bool is_foreign = std::none_of(clusters.begin(), clusters.end(), [&](const LatticeIntensities::Cluster& cluster) {
            return std::fabs(cluster.two_theta_deg - line.two_theta_deg) <= apart;
        });
        if (is_foreign) position.push_back(line.two_theta_deg);
    }
    return position;
}

// The pattern as a sum of lines of its shape at given positions, none of them negative.
class Decomposition {
public:
    Decomposition(const ObservedLines& pattern, std::vector<double> positions)
        : pattern_(pattern), position_(std::move(positions)), rest_(pattern.intensity), height_(position_.size(), 0.0) {
        for (double at : position_) {
            profiles_.emplace_back(pattern.shape, at, pattern.grid, reach);
            double square = 0;
            const float* const s = pattern.sigma.data() + profiles_.back().first;
            for (std::size_t j = 0; j < profiles_.back().height.size(); ++j)
                square += static_cast<double>(1 / (s[j] * s[j]) * profiles_.back().height[j] * profiles_.back().height[j]);
            square_.push_back(square);
        }
    }

    double height(std::size_t i) const { return height_[i]; }

    // Least squares, one line after the other.
    void solve() {
        for (int sweep = 0; sweep < max_sweeps; ++sweep) {
            double most = 0;
            for (std::size_t i = 0; i < position_.size(); ++i) {
                const double moved = std::max(0.0, unbounded(i)) - height_[i];
                if (moved == 0) continue;
                height_[i] += moved;
                most = std::max(most, std::fabs(moved));
                float* const r = rest_.data() + profiles_[i].first;
                for (std::size_t j = 0; j < profiles_[i].height.size(); ++j) r[j] -= static_cast<float>(moved) * profiles_[i].height[j];
            }
            if (most < solved) break;
        }
    }

    double remainder() const { return part_left(pattern_, rest_); }  // by what no line describes

    // Height, which may be negative now, and standard deviation of line i. How far lines overlap and what a neighbour of another shape than
    // assumed leaves here are rough guesses: they are to keep weak lines beside strong ones from being believed, no more.
    void estimate(LatticeIntensities::Cluster& cluster, std::size_t i) const {
        const double fwhm = pattern_.shape.fwhm_deg(position_[i]);
        double variance = 1 / square_[i], others = 0;
        for (std::size_t j = 0; j < position_.size(); ++j) {
            const double distance = std::fabs(position_[j] - position_[i]) / fwhm;
            if (j == i || distance > 4) continue;
            const double overlap = std::exp(-2 * std::numbers::ln2 * distance * distance);  // correlation of two Gaussians of this width
            variance /= std::max(0.05, 1 - overlap * overlap);
            others += height_[j] * std::max(std::exp(-0.9 * distance * distance), 0.15 / (1 + distance * distance));
        }
        cluster.height = unbounded(i);
        cluster.sigma = std::sqrt(4 * variance + misfit * misfit * others * others + min_sigma * min_sigma);
    }

private:
    static constexpr double reach = 6;  // half widths
    static constexpr int max_sweeps = 40;
    static constexpr double solved = 2e-4;  // of the strongest point

    // The height of line i that fits best beside the others, whatever its sign.
    double unbounded(std::size_t i) const {
        float sum = 0;
        const float *const h = profiles_[i].height.data(), *const r = rest_.data() + profiles_[i].first,
                           *const s = pattern_.sigma.data() + profiles_[i].first;
        for (std::size_t j = 0; j < profiles_[i].height.size(); ++j) sum += h[j] * r[j] / (s[j] * s[j]);
        return height_[i] + static_cast<double>(sum) / square_[i];
    }

    const ObservedLines& pattern_;
    std::vector<double> position_;
    std::vector<LineProfile> profiles_;
    std::vector<float> rest_;              // of the pattern
    std::vector<double> height_, square_;  // [lines]; squares of the profiles, weighted
};

}  // namespace

bool AbsenceSetting::absent(BravaisLattice lattice, std::array<int, 3> h) const {
    const auto& operations = standard_operations(space_groups.front());
    // The one of hkl and hk-l that is a reflection of the obverse setting.
    if (lattice == BravaisLattice::hR && (-h[0] + h[1] + h[2]) % 3 != 0) h[2] = -h[2];
    if (!is_systematically_absent(reindexed(reindexing, h), operations)) return false;
    return lattice_system(lattice) < systems::tetragonal || lattice == BravaisLattice::hR ||
           is_systematically_absent({h[1], h[0], h[2]}, operations);
}

const std::vector<AbsenceSetting>& absence_settings(BravaisLattice lattice) {
    static const std::array<std::vector<AbsenceSetting>, bravais_lattices> all = [] {
        std::array<std::vector<AbsenceSetting>, bravais_lattices> made;
        for (int i = 0; i < bravais_lattices; ++i) made[static_cast<std::size_t>(i)] = make_settings(static_cast<BravaisLattice>(i));
        return made;
    }();
    return all[static_cast<std::size_t>(lattice)];
}

LatticeIntensities decompose(const ObservedLines& pattern, const IndexedCell& cell, double wavelength) {
    LatticeIntensities out;
    const std::vector<double> weight = cluster_reflections(out, pattern, cell, wavelength);
    if (out.clusters.empty()) return out;
    Decomposition decomposition(pattern, positions_of(out.clusters, pattern));
    decomposition.solve();
    out.remainder = decomposition.remainder();
    for (std::size_t i = 0; i < out.clusters.size(); ++i) decomposition.estimate(out.clusters[i], i);
    // Mean height of what is expected, as it falls off with the angle.
    const std::size_t n = out.clusters.size(), window = std::max<std::size_t>(12, n / 5);
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t first = i > window ? i - window : 0, last = std::min(n, i + window + 1);
        double sum = 1e-6, weights = 0;
        for (std::size_t j = first; j < last; ++j) {
            sum += decomposition.height(j);
            weights += weight[j];
        }
        out.clusters[i].expected = std::max(1e-4, sum * weight[i] / weights);
    }
    return out;
}

std::vector<double> absence_likelihoods(const LatticeIntensities& intensities, BravaisLattice lattice) {
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
