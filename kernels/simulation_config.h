// What a simulated powder pattern depends on: the grid, the radiation, and a distribution for every random effect.
// Plain data, copied to the device as it is. Effects default to off: a default-constructed configuration gives the ideal pattern.
// Read from TOML (host/training/config.h); each member's name is its key (host/training/config_keys.h).
#pragma once

#include <cstdint>

#include "kernels/random.h"

namespace friedel {

// A random number with named parameters. With probability 1 - `probability` the effect is absent and `otherwise` is returned.
struct Distribution {
    enum class Kind : std::uint8_t { constant, uniform, log_uniform, normal };
    Kind kind = Kind::constant;
    float a = 0;  // constant: the value; uniform, log_uniform: lower end; normal: mean
    float b = 0;  // uniform, log_uniform: upper end; normal: standard deviation (cut at 3)
    float probability = 1;
    float otherwise = 0;

    // Always takes the same count of numbers from the sequence, so that one effect's setting never moves another's draw.
    FRIEDEL_FN float draw(RandomSequence& random) const {
        const bool present = random.uniform() < probability;
        const float u = random.uniform(), v = random.uniform();
        float value = a;
        if (kind == Kind::uniform) value = a + (b - a) * u;
        if (kind == Kind::log_uniform) value = a * expf(u * logf(b / a));
        if (kind == Kind::normal) {
            float z = normal_deviate(u, v);
            z = z > 3.0f ? 3.0f : (z < -3.0f ? -3.0f : z);
            value = a + b * z;
        }
        return present ? value : otherwise;
    }

    // Ends of what is drawn where the effect is present.
    FRIEDEL_FN float low() const { return kind == Kind::normal ? a - 3 * b : a; }
    FRIEDEL_FN float high() const { return kind == Kind::normal ? a + 3 * b : (kind == Kind::constant ? a : b); }

    // Ends of all draws, and how large one can be in size.
    FRIEDEL_FN float lowest() const { return probability < 1 ? fminf(low(), otherwise) : low(); }
    FRIEDEL_FN float highest() const { return probability < 1 ? fmaxf(high(), otherwise) : high(); }
    FRIEDEL_FN float largest() const { return fmaxf(fabsf(lowest()), fabsf(highest())); }
};

// Points at start + i * step, i in [0, points), degrees two-theta.
struct Grid {
    float start_deg = 5.0f;
    float step_deg = 0.01f;
    int points = 8500;
};

// From 5 to 90 degrees, as fine as lines of laboratory instruments ask for: what patterns are compared, fitted and indexed on.
constexpr Grid comparison_grid{5, 0.04f, 2125};

// The mean of copper's doublet, as handbooks give it: of an ideal pattern where nothing else is said.
constexpr double cu_k_alpha_angstrom = 1.54184;

constexpr int max_emission_lines = 4;
struct Radiation {
    int lines = 1;
    float wavelength[max_emission_lines] = {cu_k_alpha_angstrom};  // angstrom
    float weight[max_emission_lines] = {1.0f};                     // relative intensity; the first line is 1
};

constexpr int max_width_sections = 64;
constexpr int max_background_terms = 8;
constexpr int max_humps = 3;

struct SimulationConfig {
    Grid grid;
    Radiation radiation;
    float monochromator_two_theta_deg = 0;  // 0: none
    float default_b_iso = 0.5f;             // angstrom^2, where the source states none
    Distribution b_iso_scale{Distribution::Kind::constant, 1, 0, 1, 1};

    // Instrument: Thompson-Cox-Hastings, FWHM_G^2 = U tan^2 + V tan + W (degrees^2).
    Distribution caglioti_u, caglioti_v, caglioti_w{Distribution::Kind::constant, 0.01f, 0, 1, 0.01f};
    Distribution axial_divergence;  // (sample half-height + detector half-height) / radius, 0: none
    int width_sections = 0;         // in which widths are the same, where line_sum.h can: width_sections_of(); 0: every line has its own
    Distribution zero_shift_deg;    // added to two-theta
    Distribution wavelength_scale{Distribution::Kind::constant, 1, 0, 1, 1};
    Distribution kalpha2_ratio{Distribution::Kind::constant, -1, 0, 1, -1};  // overrides the weight of the second line where >= 0
    // The same of the third and fourth line: what a filter leaves of K beta, and tungsten on the anode ("cu-tube").
    Distribution kbeta_ratio{Distribution::Kind::constant, -1, 0, 1, -1}, tungsten_ratio{Distribution::Kind::constant, -1, 0, 1, -1};

    // Specimen.
    Distribution displacement_deg;                                         // added to two-theta, times cos theta
    Distribution transparency_deg;                                         // added to two-theta, times -sin 2theta
    Distribution size_angstrom;                                            // Scherrer (K = 0.9) Lorentzian size broadening, 0: none
    Distribution microstrain;                                              // e, Lorentzian FWHM 4 e tan theta
    Distribution march_dollase{Distribution::Kind::constant, 1, 0, 1, 1};  // r; the axis is drawn among low-index directions
    Distribution lattice_strain;                                           // isotropic relative change of the cell edges
    Distribution lattice_strain_anisotropic;  // standard deviation of a random change that keeps the crystal system
    Distribution substitution;                // standard deviation of ln of what the sites of each element scatter
    Distribution intensity_jitter;            // standard deviation of ln I per reflection

    // Mixture.
    Distribution impurity_fraction;  // strongest line of a second structure relative to the first's

    // Background, in units of the strongest point of the diffraction pattern.
    Distribution chebyshev_amplitude;  // coefficient 0; coefficient n is this times a uniform number in (-1, 1) over n
    int chebyshev_terms = 5;
    Distribution hump_height;  // amorphous humps, up to max_humps, each drawn by itself
    Distribution hump_width_deg{Distribution::Kind::uniform, 4, 15, 1, 8};
    Distribution air_scatter;  // height at the low-angle end, falls off exponentially
    Distribution air_scatter_decay_deg{Distribution::Kind::uniform, 2, 10, 1, 5};
    bool paper_background = false;  // the recipe of Vecsei et al. 2019, beside whatever else is on

    // Detector.
    Distribution saturation;  // share of the strongest point that is lost to dead time

    // Noise.
    Distribution counts_at_maximum;                      // Poisson: counts at the strongest point, 0: no counting noise
    Distribution gaussian_noise;                         // standard deviation relative to the strongest point
    Distribution uniform_noise_low, uniform_noise_high;  // the paper's: uniform per point between the two
};

// Everything that was drawn for one pattern: enough to simulate it again, alone.
struct PatternParameters {
    int structure = 0;  // of the library; -g: a generated crystal of space group g
    int impurity = -1;  // of the library, or a generated crystal of group impurity + 1 beside a generated one; -1: none
    // Space group of the generated crystal of a phase: 0 is the pattern's own, 1 the impurity.
    FRIEDEL_FN int generated_group(int phase) const { return phase == 0 ? -structure : impurity + 1; }
    float impurity_fraction = 0;
    Radiation radiation;
    float monochromator_two_theta_deg = 0;
    float default_b_iso = 0.5f, b_iso_scale = 1;
    float caglioti_u = 0, caglioti_v = 0, caglioti_w = 0.01f, axial_divergence = 0;
    int width_sections = 0;  // 0: every line has its own width
    float zero_shift_deg = 0, displacement_deg = 0, transparency_deg = 0;
    float size_angstrom = 0, microstrain = 0;
    float march_dollase = 1;
    int texture_axis[3] = {0, 0, 1};  // reciprocal-lattice direction h k l
    float lattice_scale = 1;          // of the cell edges
    float strain[6] = {};             // relative changes of the direct metric: see strained_metric
    float substitution = 0, intensity_jitter = 0;
    float chebyshev[max_background_terms] = {};
    int chebyshev_terms = 0;
    float hump_height[max_humps] = {}, hump_center_deg[max_humps] = {}, hump_width_deg[max_humps] = {};
    float air_scatter = 0, air_scatter_decay_deg = 5;
    bool paper_background = false;
    float saturation = 0;
    float counts_at_maximum = 0, gaussian_noise = 0, uniform_noise_low = 0, uniform_noise_high = 0;
    std::uint64_t seed = 0, sample = 0;  // for what is drawn point by point

    FRIEDEL_FN int phases() const { return impurity >= 0 ? 2 : 1; }
};

}  // namespace friedel
