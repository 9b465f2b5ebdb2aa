#include "host/simulation/differentiable_pattern.h"

#include <algorithm>
#include <cmath>

#include "host/simulation/form_factors.h"

namespace friedel {

namespace {

constexpr int lanes = 16;                                      // points that are worked on together
constexpr float negligible = 1e-6f;                            // reflections this weak beside the strongest are left out
constexpr float further_d = 0.97f;                             // reflections are found to so much smaller d: lattices change
constexpr float gauss_reach = 2;                               // widths; 2^-16 of the height is left there
constexpr float min_lorentz_reach = 16, lorentz_reach = 2.2f;  // steps, widths: what is sharp about a Lorentzian ends there
constexpr int radii = 5;                                       // of that, each twice the one before
// A narrow peak is integrated over the step it falls on (kernels/profile.h): to the eye of a fit it is broader by the variance of a step.
constexpr float narrow_steps = 4;

bool same_displacements(const PatternParameters& a, const PatternParameters& b) {
    return a.b_iso_scale == b.b_iso_scale && a.default_b_iso == b.default_b_iso;
}

bool same_texture(const PatternParameters& a, const PatternParameters& b) {
    return a.march_dollase == b.march_dollase && std::equal(a.texture_axis, a.texture_axis + 3, b.texture_axis);
}

bool same_lattice(const PatternParameters& a, const PatternParameters& b) {
    return a.lattice_scale == b.lattice_scale && std::equal(a.strain, a.strain + 6, b.strain);
}

bool same_widths(const PatternParameters& a, const PatternParameters& b) {
    return a.caglioti_u == b.caglioti_u && a.caglioti_v == b.caglioti_v && a.caglioti_w == b.caglioti_w &&
           a.size_angstrom == b.size_angstrom && a.microstrain == b.microstrain;
}

float with_step(float fwhm_deg, float step_deg) {
    const float steps = fwhm_deg / step_deg;
    const float narrow = std::clamp(narrow_steps - steps, 0.0f, 1.0f);
    return step_deg * std::sqrt(steps * steps + step_variance * narrow);
}

}  // namespace

void DifferentiablePattern::PeakArrays::resize(std::size_t n) {
    for (auto* values : {&position_deg, &area, &fwhm_deg, &eta}) values->resize(n);
}

DifferentiablePattern::DifferentiablePattern(const LibraryView& library, const PatternParameters& around, const Grid& grid)
    : crystal_(library.crystal(around.structure)),
      grid_(grid),
      width_((grid.points + lanes - 1) / lanes * lanes + lanes),
      reciprocal_(reciprocal_metric(crystal_, around)),
      now_(around) {
    SerialBlock block;
    const float d_min = further_d * smallest_d(around.radiation, grid);
    const int capacity = reflections_bound(reciprocal_, d_min);
    reserve(capacity);
    Reflections<float> found = reflections(squared_.data());
    found.capacity = capacity;
    find_reflections(block, found, reciprocal_, crystal_.operations, d_min);
    reserve(found.count);
    const int sites = sites_in(crystal_);
    for (auto* values : {&x_, &y_, &z_}) values->resize(static_cast<std::size_t>(sites));
    first_site_.resize(static_cast<std::size_t>(crystal_.atoms) + 1);
    Sites<float> all{x_.data(), y_.data(), z_.data(), first_site_.data()};
    expand_sites(block, all, crystal_);
    square_factors(squared_, around, {});
    drop_negligible();
    texture_factors(texture_, around);
}

void DifferentiablePattern::reserve(int reflections) {
    const auto n = static_cast<std::size_t>(reflections);
    for (auto* values : {&h_, &k_, &l_, &multiplicity_}) values->resize(n);
    for (auto* values : {&stol_sq_, &squared_}) values->resize(n);
}

// Views the arrays; intensities go to and come from `intensity`.
Reflections<float> DifferentiablePattern::reflections(float* intensity) {
    const int count = static_cast<int>(h_.size());
    return {h_.data(), k_.data(), l_.data(), multiplicity_.data(), stol_sq_.data(), intensity, count, count};
}

// Multiplicity |F|^2.
void DifferentiablePattern::square_factors(std::vector<float>& out, const PatternParameters& p,
                                           const std::vector<float>& occupancy_factor) {
    SerialBlock block;
    CrystalView<float> crystal = crystal_;
    std::vector<float> occupancy(occupancy_factor);
    for (std::size_t atom = 0; atom < occupancy.size(); ++atom) occupancy[atom] *= crystal_.occupancy[atom];
    if (!occupancy.empty()) crystal.occupancy = occupancy.data();
    out.resize(h_.size());
    Reflections<float> all = reflections(out.data());
    const Sites<float> sites{x_.data(), y_.data(), z_.data(), first_site_.data()};
    structure_factors(block, all, sites, crystal, form_factors_float(), p.default_b_iso, p.b_iso_scale);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] *= static_cast<float>(multiplicity_[i]);
}

void DifferentiablePattern::texture_factors(std::vector<float>& out, const PatternParameters& p) {
    SerialBlock block;
    out.assign(h_.size(), 1.0f);
    Reflections<float> all = reflections(out.data());
    if (p.march_dollase != 1.0f) apply_texture(block, all, reciprocal_, crystal_.operations, p.texture_axis, p.march_dollase);
}

void DifferentiablePattern::drop_negligible() {
    const float polarisation = polarisation_of(now_), wavelength = now_.radiation.wavelength[0];
    std::vector<float> strength(squared_.size());
    for (std::size_t i = 0; i < strength.size(); ++i)
        strength[i] = squared_[i] * lorentz_polarisation(std::min(0.99f, stol_sq_[i] * wavelength * wavelength), polarisation);
    const float least = strength.empty() ? 0.0f : negligible * *std::max_element(strength.begin(), strength.end());
    std::size_t kept = 0;
    for (std::size_t i = 0; i < strength.size(); ++i) {
        if (!(strength[i] > least)) continue;
        for (auto* values : {&h_, &k_, &l_, &multiplicity_}) (*values)[kept] = (*values)[i];
        for (auto* values : {&stol_sq_, &squared_}) (*values)[kept] = (*values)[i];
        ++kept;
    }
    reserve(static_cast<int>(kept));
}

void DifferentiablePattern::lattice(std::vector<float>& stol_sq, const PatternParameters& p) const {
    const Metric<float> metric = reciprocal_metric(crystal_, p);
    const int n = static_cast<int>(h_.size());
    stol_sq.resize(h_.size());
    FRIEDEL_SIMD
    for (int i = 0; i < n; ++i) {
        const float hkl[3] = {static_cast<float>(h_[i]), static_cast<float>(k_[i]), static_cast<float>(l_[i])};
        stol_sq[i] = metric.product(hkl, hkl) / 4;
    }
}

void DifferentiablePattern::peaks(PeakArrays& out, const PatternParameters& p, const std::vector<float>& stol_sq,
                                  const std::vector<float>& intensity) const {
    const int n = static_cast<int>(h_.size());
    out.resize(h_.size() * static_cast<std::size_t>(p.radiation.lines));
    const float polarisation = polarisation_of(p), step = grid_.step_deg;
    for (int line = 0; line < p.radiation.lines; ++line) {
        float *const position = out.position_deg.data() + line * n, *const area = out.area.data() + line * n;
        float *const fwhm = out.fwhm_deg.data() + line * n, *const eta = out.eta.data() + line * n;
        const float *const stol = stol_sq.data(), *const strength = intensity.data();
        FRIEDEL_SIMD
        for (int i = 0; i < n; ++i) {
            const RecordedLine peak = recorded_line(stol[i], strength[i], line, p, polarisation);
            position[i] = peak.position_deg;
            area[i] = peak.area;
            fwhm[i] = with_step(peak.shape.fwhm, step);
            eta[i] = peak.shape.eta;
        }
    }
}

// What is sharp about a peak and where: its points begin at `first`, in whole vectors.
struct DifferentiablePattern::Window {
    PeakShape shape;
    Tail tail;              // of a Lorentzian of strength 1
    float eta, half_width;  // as of PeakArrays, degrees
    int size;               // 0 to radii - 1, of its radius; -1: the peak has none
    int first, end;

    Window(const PeakArrays& peaks, std::size_t n, float area, bool lorentzian, const Grid& grid)
        : eta(peaks.eta[n]), half_width(0.5f * peaks.fwhm_deg[n]) {
        const float step = grid.step_deg, fwhm = peaks.fwhm_deg[n];
        shape.set(area, fwhm, peaks.eta[n]);
        shape.position_steps = (peaks.position_deg[n] - grid.start_deg) / step;
        size = -1;
        float radius = gauss_reach * fwhm;
        if (lorentzian) {
            size = 0;
            radius = min_lorentz_reach * step;
            while (radius < lorentz_reach * fwhm && size + 1 < radii) ++size, radius *= 2;
        }
        tail = Tail::of(1, 0, radius);
        first = std::max(0, static_cast<int>(std::ceil(shape.position_steps - radius / step)));
        end = std::min(grid.points, static_cast<int>(shape.position_steps + radius / step) + 1);
    }

    bool has_tail() const { return size >= 0; }

    void add_to(float* row, float step) const {
        const PeakShape s = shape;
        const Tail t = tail;
        for (int begin = first; begin < end; begin += lanes) {
            const float offset = static_cast<float>(begin) - s.position_steps;
            float* const out = row + begin;
            if (has_tail()) {
                FRIEDEL_SIMD
                for (int j = 0; j < lanes; ++j) {
                    const float x = (offset + static_cast<float>(j)) * step, x_sq = x * x;
                    const float sharp = x_sq < t.radius_sq() ? 1 / (x_sq + s.half_width_sq) - t.cap(x_sq) : 0.0f;
                    out[j] += s.gauss * exponential(-s.decay * x_sq) + s.lorentz * sharp;
                }
            } else {
                FRIEDEL_SIMD
                for (int j = 0; j < lanes; ++j) {
                    const float x = (offset + static_cast<float>(j)) * step;
                    out[j] += s.gauss * exponential(-s.decay * x * x);
                }
            }
        }
    }

    // Of a peak of unit area at one vector of points, and its derivatives by position, width and share of the Lorentzian.
    struct Derivatives {
        float value[lanes], by_position[lanes], by_width[lanes], by_eta[lanes];
    };
    Derivatives derivatives_from(int begin, float step) const {
        const PeakShape s = shape;
        const Tail t = tail;
        const float gauss_of_eta = eta < 1 ? s.gauss / (1 - eta) : 0.0f, lorentz_of_eta = half_width / pi_f, per_width = 1 / half_width;
        const float radius_sq = has_tail() ? t.radius_sq() : 0.0f;
        const float offset = static_cast<float>(begin) - s.position_steps;
        Derivatives d;
        FRIEDEL_SIMD
        for (int j = 0; j < lanes; ++j) {
            const float x = (offset + static_cast<float>(j)) * step, x_sq = x * x;
            const float bell = exponential(-s.decay * x_sq), q = 1 / (x_sq + s.half_width_sq);
            const float sharp = x_sq < radius_sq ? q - t.cap(x_sq) : 0.0f, steep = x_sq < radius_sq ? s.lorentz * q * q : 0.0f;
            const float gauss = s.gauss * bell;
            d.value[j] = gauss + s.lorentz * sharp;
            d.by_position[j] = 2 * x * (s.decay * gauss + steep);
            d.by_width[j] = 0.5f * (per_width * (gauss * (2 * s.decay * x_sq - 1) + s.lorentz * sharp) - 2 * half_width * steep);
            d.by_eta[j] = lorentz_of_eta * sharp - gauss_of_eta * bell;
        }
        return d;
    }
};

// What a fit has varied since is computed again.
void DifferentiablePattern::move_to(const PatternParameters& p, const std::vector<float>& occupancy_factor) {
    if (!same_displacements(p, now_) || occupancy_factor != now_occupancy_) square_factors(squared_, p, occupancy_factor);
    if (!same_texture(p, now_)) texture_factors(texture_, p);
    if (now_stol_sq_.empty() || !same_lattice(p, now_)) lattice(now_stol_sq_, p);
    now_ = p;
    now_occupancy_ = occupancy_factor;
    now_intensity_.resize(squared_.size());
    for (std::size_t i = 0; i < squared_.size(); ++i) now_intensity_[i] = squared_[i] * texture_[i];
    peaks(now_peaks_, p, now_stol_sq_, now_intensity_);
}

void DifferentiablePattern::simulate(float* row, const PatternParameters& p, const std::vector<float>& occupancy_factor) {
    move_to(p, occupancy_factor);
    std::fill_n(row, width_, 0.0f);
    tails_.assign(static_cast<std::size_t>(radii * tail_points()), 0.0f);
    bool tailed[radii] = {};
    for (std::size_t n = 0; n < now_peaks_.area.size(); ++n) {
        if (!(now_peaks_.area[n] > 0)) continue;
        const Window w(now_peaks_, n, now_peaks_.area[n], now_peaks_.eta[n] > 0, grid_);
        w.add_to(row, grid_.step_deg);
        if (!w.has_tail()) continue;
        tailed[w.size] = true;
        add_tail(tails_.data() + w.size * tail_points(), w.shape.position_steps, w.shape.lorentz);
    }
    for (int size = 0; size < radii; ++size) {
        if (tailed[size]) add_tails(row, tails_.data() + size * tail_points(), size);
    }
}

// A Lorentzian joins `tails` [tail_points()] of its radius.
void DifferentiablePattern::add_tail(float* tails, float position_steps, float strength) const {
    const float at = std::clamp(position_steps / coarsening, 0.0f, static_cast<float>(tail_points()) - 1.01f);
    const int left = static_cast<int>(at);
    tails[left] += strength * (1 - (at - static_cast<float>(left)));
    tails[left + 1] += strength * (at - static_cast<float>(left));
}

// The smooth part of all Lorentzians of one radius, summed on a coarser grid: what lies outside, and inside the parabola that continues it.
void DifferentiablePattern::add_tails(float* row, const float* tails, int size) const {
    const int points = tail_points();
    const float step = grid_.step_deg * coarsening;
    const Tail unit = Tail::of(1, 0, min_lorentz_reach * grid_.step_deg * static_cast<float>(1 << size));
    std::vector<float> table(static_cast<std::size_t>(2 * points)), coarse(static_cast<std::size_t>(points));
    for (int i = 0; i < 2 * points; ++i) {
        const float x = static_cast<float>(i - points) * step, x_sq = x * x;
        table[static_cast<std::size_t>(i)] = x_sq < unit.radius_sq() ? unit.cap(x_sq) : 1 / x_sq;
    }
    for (int peak = 0; peak < points; ++peak) {
        const float strength = tails[peak];
        if (strength == 0) continue;
        const float* const from = table.data() + points - peak;
        float* const to = coarse.data();
        FRIEDEL_SIMD
        for (int i = 0; i < points; ++i) to[i] += strength * from[i];
    }
    for (int i = 0; i < grid_.points; ++i) row[i] += interpolated(coarse.data(), i);
}

// Fills change_ [moves][2][peaks], per step: what the move adds to a peak's area, and its shift times the area; of a move that broadens
// what it adds to the width and to the share of the Lorentzian, both times the area. Returns which moves broaden.
std::vector<char> DifferentiablePattern::find_changes(std::span<const Move> moves, float step) {
    const std::size_t count = now_peaks_.area.size();
    change_.resize(2 * moves.size() * count);
    std::vector<char> broadens;
    for (std::size_t m = 0; m < moves.size(); ++m) {
        const PatternParameters& p = moves[m].p;
        const bool other_squares = !same_displacements(p, now_) || moves[m].occupancy_factor != now_occupancy_;
        if (other_squares) square_factors(other_squared_, p, moves[m].occupancy_factor);
        if (!same_texture(p, now_)) texture_factors(other_texture_, p);
        const std::vector<float>& squared = other_squares ? other_squared_ : squared_;
        const std::vector<float>& texture = same_texture(p, now_) ? texture_ : other_texture_;
        other_intensity_.resize(squared.size());
        for (std::size_t i = 0; i < squared.size(); ++i) other_intensity_[i] = squared[i] * texture[i];
        if (!same_lattice(p, now_)) lattice(other_stol_sq_, p);
        peaks(other_peaks_, p, same_lattice(p, now_) ? now_stol_sq_ : other_stol_sq_, other_intensity_);
        broadens.push_back(!same_widths(p, now_));
        float *const a = change_.data() + 2 * m * count, *const b = a + count;
        const PeakArrays &from = now_peaks_, &to = other_peaks_;
        if (broadens.back()) {
            for (std::size_t n = 0; n < count; ++n) {
                a[n] = from.area[n] * (to.fwhm_deg[n] - from.fwhm_deg[n]) / step;
                b[n] = from.area[n] * (to.eta[n] - from.eta[n]) / step;
            }
        } else {
            for (std::size_t n = 0; n < count; ++n) {
                a[n] = (to.area[n] - from.area[n]) / step;
                b[n] = from.area[n] * (to.position_deg[n] - from.position_deg[n]) / step;
            }
        }
    }
    return broadens;
}

void DifferentiablePattern::differentiate(float* rows, std::span<const Move> moves, float step) {
    const std::vector<char> broadens = find_changes(moves, step);
    const bool broadening = std::find(broadens.begin(), broadens.end(), true) != broadens.end();
    const std::size_t count = now_peaks_.area.size();
    std::fill_n(rows, moves.size() * static_cast<std::size_t>(width_), 0.0f);
    tails_.assign(moves.size() * static_cast<std::size_t>(radii * tail_points()), 0.0f);
    const auto tails_of = [&](std::size_t m, int size) {
        return tails_.data() + (m * radii + static_cast<std::size_t>(size)) * static_cast<std::size_t>(tail_points());
    };
    bool tailed[radii] = {};
    for (std::size_t n = 0; n < count; ++n) {
        if (!(now_peaks_.area[n] > 0)) continue;
        const Window w(now_peaks_, n, 1, broadening || now_peaks_.eta[n] > 0, grid_);
        for (int begin = w.first; begin < w.end; begin += lanes) {
            const Window::Derivatives d = w.derivatives_from(begin, grid_.step_deg);
            for (std::size_t m = 0; m < moves.size(); ++m) {
                const float first = change_[2 * m * count + n], second = change_[(2 * m + 1) * count + n];
                float* const out = rows + m * static_cast<std::size_t>(width_) + begin;
                const float *const by_first = broadens[m] ? d.by_width : d.value, *const by_second = broadens[m] ? d.by_eta : d.by_position;
                FRIEDEL_SIMD
                for (int j = 0; j < lanes; ++j) out[j] += first * by_first[j] + second * by_second[j];
            }
        }
        if (!w.has_tail()) continue;
        tailed[w.size] = true;
        for (std::size_t m = 0; m < moves.size(); ++m) {
            const float first = change_[2 * m * count + n], second = change_[(2 * m + 1) * count + n];
            const float strength = broadens[m] ? (0.5f * w.eta * first + w.half_width * second) / pi_f : w.shape.lorentz * first;
            add_tail(tails_of(m, w.size), w.shape.position_steps, strength);
        }
    }
    for (std::size_t m = 0; m < moves.size(); ++m) {
        for (int size = 0; size < radii; ++size) {
            if (tailed[size]) add_tails(rows + m * static_cast<std::size_t>(width_), tails_of(m, size), size);
        }
    }
}

}  // namespace friedel
