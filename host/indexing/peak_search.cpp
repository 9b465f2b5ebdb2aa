#include "host/indexing/peak_search.h"

#include <algorithm>
#include <cmath>

#include "host/patterns/humps.h"
#include "host/patterns/noise_estimate.h"
#include "host/patterns/resample.h"
#include "host/support/median.h"
#include "kernels/preprocess.h"

namespace friedel {

namespace {

constexpr double misfit = 0.05;         // of the intensity nearby: what no common shape describes
constexpr double min_significance = 5;  // of a line
constexpr double min_height = 0.003;
constexpr double min_distance = 0.45;  // of two lines, in widths
constexpr int rounds = 4, max_lines = 220;

class LineFit {
public:
    LineFit(ObservedLines& pattern) : p_(pattern), rest_(pattern.intensity) {}

    void set_shape(const LineShape& shape) {
        p_.shape = shape;
        rest_ = p_.intensity;
        profiles_.clear();
        for (ObservedLine& line : p_.lines) {
            profiles_.emplace_back(shape, line.two_theta_deg, p_.grid);
            add(profiles_.back(), -line.height);
        }
    }

    // Heights and positions of all lines, one after the other, against what the others leave.
    void refine(int sweeps, bool positions) {
        for (int sweep = 0; sweep < sweeps; ++sweep) {
            for (std::size_t l = 0; l < p_.lines.size(); ++l) refine_line(l, positions);
        }
        drop();
    }

    // Lines where the remainder shows one; returns how many.
    int add_lines() {
        update_sigma();
        const int points = p_.grid.points;
        std::vector<float> height(static_cast<std::size_t>(points), 0.0f), significance(height);
        for (int i = p_.measured.first; i < p_.measured.end; ++i) {
            if (rest_[static_cast<std::size_t>(i)] <= 0) continue;
            const LineProfile line(p_.shape, p_.angle_deg(i), p_.grid, 2.5);
            double product = 0, square = 0;
            for (std::size_t j = 0; j < line.height.size(); ++j) {
                const std::size_t at = static_cast<std::size_t>(line.first) + j;
                const float w = line.height[j] / (p_.sigma[at] * p_.sigma[at]);
                product += static_cast<double>(w * rest_[at]), square += static_cast<double>(w * line.height[j]);
            }
            if (square <= 0) continue;
            height[static_cast<std::size_t>(i)] = static_cast<float>(product / square);
            significance[static_cast<std::size_t>(i)] = static_cast<float>(product / std::sqrt(square));
        }
        std::vector<int> order;
        for (int i = 1; i + 1 < points; ++i) {
            const auto at = static_cast<std::size_t>(i);
            if (significance[at] < min_significance || height[at] < min_height) continue;
            if (significance[at] >= significance[at - 1] && significance[at] > significance[at + 1]) order.push_back(i);
        }
        std::sort(order.begin(), order.end(),
                  [&](int a, int b) { return significance[static_cast<std::size_t>(a)] > significance[static_cast<std::size_t>(b)]; });
        int added = 0;
        std::vector<double> taken;
        for (int i : order) {
            if (static_cast<int>(p_.lines.size()) >= max_lines) break;
            const double at = p_.angle_deg(i), fwhm = p_.shape.fwhm_deg(at);
            const auto near = [&](double other, double limit) { return std::fabs(other - at) < limit * fwhm; };
            if (std::any_of(taken.begin(), taken.end(), [&](double t) { return near(t, 1.2); })) continue;
            if (std::any_of(p_.lines.begin(), p_.lines.end(), [&](const ObservedLine& o) { return near(o.two_theta_deg, min_distance); }))
                continue;
            taken.push_back(at);
            p_.lines.push_back({at, 0.01, 0, 0});
            profiles_.emplace_back(p_.shape, at, p_.grid);
            const double h = 0.8 * static_cast<double>(height[static_cast<std::size_t>(i)]);
            p_.lines.back().height = h;
            add(profiles_.back(), -h);
            ++added;
        }
        return added;
    }

    double remainder() const { return part_left(p_, rest_); }

    // What is left between the lines and varies slowly is background still: the median of bins nearby.
    void level() {
        take_off(slow_level(rest_.data() + p_.measured.first, p_.measured.size(), p_.grid,
                            [](std::vector<float>& window, int) { return median(window); }));
    }

    // The same before lines are taken off, so only where bins are alike, as lines are not, and far above what noise alone leaves: of the
    // humps that without_humps() leaves, since they are low or narrow, some rise high above the noise of long counting.
    void level_humps() {
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

    // A line's misfit shows as far as a width beside it.
    void update_sigma() {
        const int points = p_.grid.points;
        std::vector<float> described(rest_.size());
        for (std::size_t i = 0; i < rest_.size(); ++i) described[i] = std::max(0.0f, p_.intensity[i] - rest_[i]);
        for (int i = 0; i < points; ++i) {
            const int reach = static_cast<int>(0.8 * p_.shape.fwhm_deg(p_.angle_deg(i)) / static_cast<double>(p_.grid.step_deg)) + 1;
            float most = 0;
            for (int j = std::max(0, i - reach); j <= std::min(points - 1, i + reach); ++j)
                most = std::max(most, described[static_cast<std::size_t>(j)] *
                                          (1 - 0.6f * static_cast<float>(std::abs(j - i)) / static_cast<float>(reach)));
            const float m = static_cast<float>(misfit) * most;
            const float noise = p_.noise[static_cast<std::size_t>(i)];
            p_.sigma[static_cast<std::size_t>(i)] = std::sqrt(noise * noise + m * m);
        }
    }

    // Standard deviations of heights and positions.
    void finish() {
        update_sigma();
        for (std::size_t l = 0; l < p_.lines.size(); ++l) {
            ObservedLine& line = p_.lines[l];
            double hh = 0, hs = 0, ss = 0;
            const LineProfile& profile = profiles_[l];
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
            // Neighbours within the width share what is seen.
            const double fwhm = p_.shape.fwhm_deg(line.two_theta_deg);
            for (const ObservedLine& other : p_.lines) {
                const double distance = std::fabs(other.two_theta_deg - line.two_theta_deg) / fwhm;
                if (&other == &line || distance > 1.5) continue;
                line.sigma_deg += 0.15 * fwhm * (1.5 - distance) * std::min(1.0, other.height / line.height);
            }
        }
        std::sort(p_.lines.begin(), p_.lines.end(),
                  [](const ObservedLine& a, const ObservedLine& b) { return a.two_theta_deg < b.two_theta_deg; });
        std::erase_if(p_.lines, [](const ObservedLine& line) { return line.significance < min_significance * 0.8; });
        p_.remainder = remainder();
    }

private:
    void take_off(const std::vector<float>& level) {
        for (std::size_t i = 0; i < level.size(); ++i) {
            const std::size_t point = static_cast<std::size_t>(p_.measured.first) + i;
            p_.intensity[point] -= level[i];
            rest_[point] -= level[i];
        }
    }

    void add(const LineProfile& profile, double height) {
        for (std::size_t j = 0; j < profile.height.size(); ++j)
            rest_[static_cast<std::size_t>(profile.first) + j] += static_cast<float>(height) * profile.height[j];
    }

    void refine_line(std::size_t l, bool position) {
        ObservedLine& line = p_.lines[l];
        LineProfile& profile = profiles_[l];
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
        if (position && det > 1e-6 * hh * ss) {
            dh = (ss * hr - hs * sr) / det;
            dx = (hh * sr - hs * hr) / det;
        }
        const double fwhm = p_.shape.fwhm_deg(line.two_theta_deg);
        dx = std::clamp(dx, -0.15 * fwhm, 0.15 * fwhm);
        add(profile, line.height);
        line.height = std::max(0.0, line.height + dh);
        if (dx != 0) {
            line.two_theta_deg += dx;
            profile = LineProfile(p_.shape, line.two_theta_deg, p_.grid);
        }
        add(profile, -line.height);
    }

    // Lines that came to nothing, and the lower of two that came together.
    void drop() {
        std::vector<std::size_t> order(p_.lines.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p_.lines[a].height > p_.lines[b].height; });
        std::vector<ObservedLine> kept;
        for (std::size_t i : order) {
            const ObservedLine& line = p_.lines[i];
            const double fwhm = p_.shape.fwhm_deg(line.two_theta_deg);
            const bool near = std::any_of(kept.begin(), kept.end(), [&](const ObservedLine& other) {
                return std::fabs(other.two_theta_deg - line.two_theta_deg) < 0.9 * min_distance * fwhm;
            });
            const bool outside =
                line.two_theta_deg < p_.angle_deg(p_.measured.first) || line.two_theta_deg > p_.angle_deg(p_.measured.end - 1);
            if (!near && !outside && line.height > 0.7 * min_height) kept.push_back(line);
        }
        if (kept.size() == p_.lines.size()) return;
        p_.lines = kept;
        set_shape(p_.shape);
    }

    ObservedLines& p_;
    std::vector<float> rest_;  // [grid.points] pattern less all lines
    std::vector<LineProfile> profiles_;
};

// Where the doublets of narrow lines are apart, second lines have been found as lines of their own: those at the place and of about the
// height that `ratio` gives them. Of lines whose second would show, `paired` is the part that has one.
std::vector<ObservedLine> without_second_lines(const ObservedLines& p, double ratio, double& paired) {
    constexpr double apart = 0.6, off = 0.35, min_height = 0.03;  // the first two in widths
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
            if (std::fabs(other.two_theta_deg - at) > off * fwhm || part < 0.6 || part > 1.5) continue;
            has_second = is_second[i] = true;
        }
        ++shown;
        found += has_second;
    }
    std::vector<ObservedLine> firsts;
    for (std::size_t i = 0; i < p.lines.size(); ++i) {
        if (!is_second[i]) firsts.push_back(p.lines[i]);
    }
    // The seconds themselves were looked at as well, and have none.
    paired = shown > found ? static_cast<double>(found) / (shown - found) : found > 0;
    return firsts;
}

// The shape that leaves least: one number after the other, in steps that become smaller.
void choose_shape(LineFit& fit, ObservedLines& p, int rounds, double step) {
    LineShape best = p.shape;
    double least = 1e30;
    std::vector<ObservedLine> start = p.lines;
    const auto attempt = [&](const LineShape& shape) {
        p.lines = start;
        fit.set_shape(shape);
        fit.refine(3, true);
        const double rest = fit.remainder();
        if (rest >= least) return false;
        least = rest, best = shape;
        return true;
    };
    attempt(best);
    constexpr double usual_ratio = 0.5, most_are_paired = 0.6;
    if (best.second_ratio == 0 && best.second_shift > 0) {
        double paired = 0;
        p.lines = start;
        const std::vector<ObservedLine> firsts = without_second_lines(p, usual_ratio, paired);
        if (paired > most_are_paired && start.size() - firsts.size() >= 3) {
            start = firsts;
            best.second_ratio = usual_ratio;
            least = 1e30;  // two lines that are free describe more than a doublet, and mean less
            attempt(best);
        }
    }
    const auto either = [&](auto&& change) {
        for (double sign : {1.0, -1.0}) {
            LineShape shape = best;
            change(shape, sign * step);
            if (attempt(shape)) break;
        }
    };
    for (int round = 0; round < rounds; ++round, step *= 0.6) {
        const LineShape base = best;
        for (double ratio : {0.0, usual_ratio}) {
            if (ratio == base.second_ratio || base.second_shift == 0) continue;
            LineShape shape = base;
            shape.second_ratio = ratio;
            attempt(shape);
        }
        either([](LineShape& s, double by) { s.width_sq *= std::exp(by), s.width_tan_sq *= std::exp(by); });
        either([](LineShape& s, double by) { s.eta = std::clamp(s.eta + by, 0.0, 1.0); });
        either([](LineShape& s, double by) {
            const double b = s.width_tan_sq;
            s.width_tan_sq = std::max(0.0, b + by * (0.5 * b + s.width_sq));
            s.width_sq = std::max(0.3 * s.width_sq, s.width_sq - 0.1 * (s.width_tan_sq - b));
        });
        either([](LineShape& s, double by) { s.eta_slope = std::clamp(s.eta_slope + 2 * by, -2.0, 2.0); });
    }
    p.lines = start;
    fit.set_shape(best);
}

}  // namespace

bool lacks_second_line(const ObservedLines& pattern) {
    const LineShape& shape = pattern.shape;
    if (shape.second_ratio > 0 || shape.second_shift == 0 || pattern.lines.empty()) return false;
    constexpr double shows = 0.7;  // widths
    const double highest = pattern.lines.back().two_theta_deg;
    return shape.second_shift_deg(highest) > shows * shape.fwhm_deg(highest);
}

double part_left(const ObservedLines& pattern, const std::vector<float>& rest) {
    double left = 0, all = 0;
    for (int i = pattern.measured.first; i < pattern.measured.end; ++i) {
        const auto at = static_cast<std::size_t>(i);
        left += static_cast<double>(rest[at] * rest[at]);
        all += static_cast<double>(pattern.intensity[at] * pattern.intensity[at]);
    }
    return std::sqrt(left / std::max(all, 1e-30));
}

ObservedLines find_lines(const float* pattern, const Grid& grid, const Recording& recorded) {
    ObservedLines p;
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
    std::vector<float> noise(p.noise.begin() + p.measured.first, p.noise.begin() + p.measured.end);
    estimate_widths(p.shape, p.intensity, grid, static_cast<double>(median(noise)));
    LineFit fit(p);
    fit.level_humps();
    fit.update_sigma();
    for (int round = 0; round < rounds; ++round) {
        const int added = fit.add_lines();
        fit.refine(6, true);
        fit.level();
        if (round < 2) {
            fit.update_sigma();
            choose_shape(fit, p, round == 0 ? 5 : 3, round == 0 ? 0.4 : 0.1);
            fit.refine(6, true);
        }
        fit.update_sigma();
        if (added == 0) break;
    }
    fit.refine(8, true);
    fit.finish();
    return p;
}

}  // namespace friedel
