#include "host/indexing/extinction_likelihood.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>

#include "host/crystals/space_groups.h"
#include "host/support/bragg.h"
#include "kernels/lorentz_polarisation.h"
#include "kernels/real_math.h"

namespace friedel {

namespace {

constexpr int max_clusters = 160, most_looked_at = 40000;  // reflections of a lattice
constexpr double highest_deg = 89;                         // two-theta; about where comparison_grid ends
// Lines so far from all reflections are none of the lattice's.
constexpr double foreign_widths = 0.6, foreign_deg = 0.02;

// What follows was chosen by hand, and derived from nothing: bench/results/README.md, Indexing, tells what others are worth.
// Widths, within which reflections count as one; twice as much names more groups of measured patterns and fewer of simulated ones.
constexpr double together = 0.35;
constexpr double misfit = 0.04;       // of what other reflections put at this one
constexpr double min_sigma = 0.0015;  // of the strongest point
// How far one cluster speaks for or against an absence, as a logarithm.
constexpr double most_against = 6, most_for = 8;

// ln of an exponential distribution of mean m, seen with Gaussian errors, at x.
double log_exponential(double x, double mean, double sigma) {
    const double z = (x - sigma * sigma / mean) / sigma;
    const double log_phi = z > -6 ? std::log(0.5 * std::erfc(-z / std::numbers::sqrt2)) : -0.5 * z * z - std::log(-z * sqrt_two_pi);
    return -std::log(mean) + sigma * sigma / (2 * mean * mean) - x / mean + log_phi;
}

double log_sum(std::span<const double> terms) {
    const double most = *std::max_element(terms.begin(), terms.end());
    double sum = 0;
    for (double t : terms) sum += std::exp(t - most);
    return most + std::log(sum);
}

// Logarithm of the likelihood of a height for a reflection that is allowed. Wilson's distribution, exponential in the intensity, has too
// few that are next to nothing: real structures have special positions and heavy atoms. The mixture is a choice; with Wilson's alone 71
// instead of 73 extinction groups are right, and the mean logarithm is -2.403.
double log_present(double height, double expected, double sigma) {
    struct Part {
        double share, mean;  // of the expected height
    };
    constexpr Part mixture[] = {{0.30, 2.2}, {0.30, 0.6}, {0.20, 0.12}, {0.20, 0.02}};
    double terms[std::size(mixture)];
    for (std::size_t i = 0; i < std::size(mixture); ++i)
        terms[i] = std::log(mixture[i].share) + log_exponential(height, mixture[i].mean * expected, sigma);
    return log_sum(terms);
}

// The same for one that is absent: something else may lie there. A tenth or three times of the share: 73 and -2.327, 72 and -2.347.
double log_absent(double height, double expected, double sigma) {
    constexpr double foreign_share = 0.03, foreign_mean = 0.3;  // the latter of the expected height
    const double z = height / sigma;
    const double terms[] = {std::log(1 - foreign_share) - 0.5 * z * z - std::log(sqrt_two_pi * sigma),
                            std::log(foreign_share) + log_exponential(height, foreign_mean * expected, sigma)};
    return log_sum(terms);
}

// Friedel mates and equivalents of the holohedry, roughly: signs of the indices that are not zero, and order of axes.
double rough_multiplicity(int system, const std::array<int, 3>& hkl) {
    const auto [h, k, l] = hkl;
    const int zeros = (h == 0) + (k == 0) + (l == 0);
    if (system == systems::triclinic) return 2;
    if (system == systems::monoclinic) return k != 0 && (h != 0 || l != 0) ? 4 : 2;
    double multiplicity = 8 >> zeros;
    if (system >= systems::tetragonal) multiplicity *= h == k || h == 0 || k == 0 ? 1 : 2;
    if (system == systems::cubic) multiplicity *= k == l || l == 0 ? 1.5 : 3;
    return multiplicity;
}

struct PlacedReflection {
    double two_theta_deg;
    std::array<int, 3> hkl;
};

// By ascending angle, as far as the pattern reaches; none where the lattice has too many to look at.
std::vector<PlacedReflection> reflections_within(const ResolvedPattern& pattern, const IndexedCell& cell, double wavelength) {
    const double low = pattern.angle_deg(pattern.measured.first), high = pattern.angle_deg(pattern.measured.end - 1);
    const double limit = inverse_d_of(std::min(high, highest_deg), wavelength);
    std::vector<PlacedReflection> reflections;
    const auto add = [&](int h, int k, int l, double q) {
        const double at = two_theta_of(std::sqrt(q), wavelength) + cell.shift_deg;
        if (at > low && at < high) reflections.push_back({at, {h, k, l}});
    };
    if (!for_each_reflection(cell.lattice, cell.reciprocal, limit * limit, most_looked_at, add)) return {};
    std::sort(reflections.begin(), reflections.end(),
              [](const PlacedReflection& a, const PlacedReflection& b) { return a.two_theta_deg < b.two_theta_deg; });
    return reflections;
}

// All but the heights of the clusters, as many as are looked at.
LatticeIntensities cluster_reflections(const ResolvedPattern& pattern, const IndexedCell& cell, double wavelength) {
    LatticeIntensities out;
    for (const PlacedReflection& r : reflections_within(pattern, cell, wavelength)) {
        const double fwhm = pattern.shape.fwhm_deg(r.two_theta_deg);
        const bool joins = !out.clusters.empty() && r.two_theta_deg - out.clusters.back().two_theta_deg < together * fwhm;
        if (!joins) {
            if (static_cast<int>(out.clusters.size()) == max_clusters) break;
            out.clusters.push_back({.two_theta_deg = r.two_theta_deg, .first = static_cast<int>(out.hkl.size())});
        }
        LatticeIntensities::Cluster& cluster = out.clusters.back();
        const double s = std::sin(theta_rad_of(r.two_theta_deg));
        ++cluster.reflections;
        cluster.weight += rough_multiplicity(lattice_system(cell.lattice), r.hkl) * lorentz_polarisation(s * s, -1.0) / fwhm;
        out.hkl.push_back(r.hkl);
    }
    return out;
}

// Of the clusters, and of the lines that are none of the lattice's or beyond its last cluster: they are there as well.
std::vector<double> positions_of(const std::vector<LatticeIntensities::Cluster>& clusters, const ResolvedPattern& pattern) {
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
    Decomposition(const ResolvedPattern& pattern, std::vector<double> positions)
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

    // Of line i, whose height may be negative now. How far lines overlap and what a neighbour of another shape than assumed leaves here
    // are rough guesses: they are to keep weak lines beside strong ones from being believed, no more.
    struct Estimate {
        double height, sigma;
    };
    Estimate estimate(std::size_t i) const {
        constexpr double neighbourhood = 4;         // widths
        constexpr double least_independent = 0.05;  // of a line's information
        const double fwhm = pattern_.shape.fwhm_deg(position_[i]);
        double variance = 1 / square_[i], others = 0;
        for (std::size_t j = 0; j < position_.size(); ++j) {
            const double distance = std::fabs(position_[j] - position_[i]) / fwhm;
            if (j == i || distance > neighbourhood) continue;
            const double overlap = std::exp(-2 * std::numbers::ln2 * distance * distance);  // correlation of two Gaussians of this width
            variance /= std::max(least_independent, 1 - overlap * overlap);
            others += height_[j] * flank_of(distance);
        }
        return {unbounded(i), std::sqrt(variance + misfit * misfit * others * others + min_sigma * min_sigma)};
    }

private:
    static constexpr double reach = 6;  // half widths
    static constexpr int max_sweeps = 40;
    static constexpr double solved = 2e-4;  // of the strongest point

    // About how high a line of height 1 is so many widths away from its top: Gaussian near it, Lorentzian far away.
    static double flank_of(double distance) { return std::max(std::exp(-0.9 * distance * distance), 0.15 / (1 + distance * distance)); }

    // The height of line i that fits best beside the others, whatever its sign.
    double unbounded(std::size_t i) const {
        float sum = 0;
        const float *const h = profiles_[i].height.data(), *const r = rest_.data() + profiles_[i].first,
                           *const s = pattern_.sigma.data() + profiles_[i].first;
        for (std::size_t j = 0; j < profiles_[i].height.size(); ++j) sum += h[j] * r[j] / (s[j] * s[j]);
        return height_[i] + static_cast<double>(sum) / square_[i];
    }

    const ResolvedPattern& pattern_;
    std::vector<double> position_;
    std::vector<LineProfile> profiles_;
    std::vector<float> rest_;              // of the pattern
    std::vector<double> height_, square_;  // [lines]; squares of the profiles, weighted
};

// By weight, as heights around a cluster have it: they fall off with the angle.
void expect_mean_heights(std::vector<LatticeIntensities::Cluster>& clusters, const std::vector<double>& height) {
    constexpr std::size_t min_window = 12, most_windows = 5;  // clusters to either side; their number over that of all
    constexpr double least = 1e-4;                            // of the strongest point
    const std::size_t n = clusters.size(), window = std::max(min_window, n / most_windows);
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t first = i > window ? i - window : 0, last = std::min(n, i + window + 1);
        double sum = 1e-6, weights = 0;
        for (std::size_t j = first; j < last; ++j) {
            sum += height[j];
            weights += clusters[j].weight;
        }
        clusters[i].expected = std::max(least, sum * clusters[i].weight / weights);
    }
}

}  // namespace

LatticeIntensities decompose(const ResolvedPattern& pattern, const IndexedCell& cell, double wavelength) {
    LatticeIntensities out = cluster_reflections(pattern, cell, wavelength);
    if (out.clusters.empty()) return out;
    Decomposition decomposition(pattern, positions_of(out.clusters, pattern));
    decomposition.solve();
    out.remainder = decomposition.remainder();
    std::vector<double> allowed;  // heights, none of them negative
    for (std::size_t i = 0; i < out.clusters.size(); ++i) {
        const auto [height, sigma] = decomposition.estimate(i);
        out.clusters[i].height = height, out.clusters[i].sigma = sigma;
        allowed.push_back(decomposition.height(i));
    }
    expect_mean_heights(out.clusters, allowed);
    return out;
}

std::vector<double> absence_likelihoods(const LatticeIntensities& intensities, BravaisLattice lattice) {
    const auto& settings = absence_settings(lattice);
    std::vector<double> likelihood(settings.size(), 0.0);
    for (const auto& cluster : intensities.clusters) {
        const double gain = std::clamp(
            log_present(cluster.height, cluster.expected, cluster.sigma) - log_absent(cluster.height, cluster.expected, cluster.sigma),
            -most_against, most_for);
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
