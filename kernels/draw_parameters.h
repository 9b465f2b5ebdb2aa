// What is random in a simulated pattern, drawn from the distributions of the configuration. Each effect has random numbers of its own, so
// that setting one leaves what is drawn for the others as it is.
#pragma once

#include "kernels/crystal.h"
#include "kernels/line_sum.h"
#include "kernels/random.h"
#include "kernels/simulation_config.h"

namespace friedel {

// Low-index directions along which platy and fibrous crystals lie.
constexpr int texture_axes = 13;
FRIEDEL_FN void texture_axis(int* axis, int i) {
    constexpr std::int8_t table[texture_axes][3] = {{0, 0, 1},  {0, 1, 0},  {1, 0, 0},  {1, 1, 0},  {1, 0, 1},  {0, 1, 1}, {1, 1, 1},
                                                    {1, -1, 0}, {-1, 0, 1}, {0, -1, 1}, {-1, 1, 1}, {1, -1, 1}, {1, 1, -1}};
    for (int e = 0; e < 3; ++e) axis[e] = table[i][e];
}

// Each of these takes the random numbers of its own purpose.

FRIEDEL_FN void draw_radiation(Radiation& radiation, const SimulationConfig& c, RandomSequence random) {
    const float scale = c.wavelength_scale.draw(random), ratio = c.kalpha2_ratio.draw(random);
    for (float& wavelength : radiation.wavelength) wavelength *= scale;
    const float k_beta = c.kbeta_ratio.draw(random), tungsten = c.tungsten_ratio.draw(random);
    if (ratio >= 0 && radiation.lines > 1) radiation.weight[1] = ratio;
    if (k_beta >= 0 && radiation.lines > 2) radiation.weight[2] = k_beta;
    if (tungsten >= 0 && radiation.lines > 3) radiation.weight[3] = tungsten;
}

FRIEDEL_FN void draw_instrument(PatternParameters& p, const SimulationConfig& c, RandomSequence random) {
    p.caglioti_u = c.caglioti_u.draw(random);
    p.caglioti_v = c.caglioti_v.draw(random);
    p.caglioti_w = c.caglioti_w.draw(random);
    p.axial_divergence = c.axial_divergence.draw(random);
    p.zero_shift_deg = c.zero_shift_deg.draw(random);
}

FRIEDEL_FN void draw_specimen(PatternParameters& p, const SimulationConfig& c, RandomSequence random) {
    p.displacement_deg = c.displacement_deg.draw(random);
    p.size_angstrom = c.size_angstrom.draw(random);
    p.microstrain = c.microstrain.draw(random);
    p.b_iso_scale = c.b_iso_scale.draw(random);
    p.intensity_jitter = c.intensity_jitter.draw(random);
    p.substitution = c.substitution.draw(random);
    p.transparency_deg = c.transparency_deg.draw(random);
}

FRIEDEL_FN void draw_texture(PatternParameters& p, const SimulationConfig& c, RandomSequence random) {
    p.march_dollase = c.march_dollase.draw(random);
    texture_axis(p.texture_axis, static_cast<int>(texture_axes * random.uniform()));
}

FRIEDEL_FN void draw_strain(PatternParameters& p, const SimulationConfig& c, RandomSequence random) {
    p.lattice_scale = 1 + c.lattice_strain.draw(random);
    const float sigma = c.lattice_strain_anisotropic.draw(random);
    for (int e = 0; e < 6; ++e) {
        const float z = random.normal();
        p.strain[e] = 2 * sigma * z;  // of the metric, which changes by twice as much as the edges
    }
}

FRIEDEL_FN void draw_impurity(PatternParameters& p, const SimulationConfig& c, int structures, RandomSequence random) {
    p.impurity_fraction = c.impurity_fraction.draw(random);
    const int other = static_cast<int>(structures * random.uniform());
    p.impurity = p.impurity_fraction > 0 ? other : -1;
}

FRIEDEL_FN void draw_background(PatternParameters& p, const SimulationConfig& c, RandomSequence random) {
    const float amplitude = c.chebyshev_amplitude.draw(random);
    p.chebyshev_terms = amplitude > 0 ? c.chebyshev_terms : 0;
    for (int n = 0; n < max_background_terms; ++n) {
        const float u = random.uniform(-1, 1);
        p.chebyshev[n] = n == 0 ? amplitude : amplitude * u / n;
    }
    const float span = c.grid.points * c.grid.step_deg;
    for (int hump = 0; hump < max_humps; ++hump) {
        p.hump_height[hump] = c.hump_height.draw(random);
        p.hump_width_deg[hump] = c.hump_width_deg.draw(random);
        p.hump_center_deg[hump] = c.grid.start_deg + span * 0.6f * random.uniform();
    }
    p.air_scatter = c.air_scatter.draw(random);
    p.air_scatter_decay_deg = c.air_scatter_decay_deg.draw(random);
}

FRIEDEL_FN void draw_detection(PatternParameters& p, const SimulationConfig& c, RandomSequence random) {
    p.counts_at_maximum = c.counts_at_maximum.draw(random);
    p.gaussian_noise = c.gaussian_noise.draw(random);
    p.uniform_noise_low = c.uniform_noise_low.draw(random);
    p.uniform_noise_high = c.uniform_noise_high.draw(random);
    p.saturation = c.saturation.draw(random);
}

// All random parameters of one sample: a pure function of its arguments. An impurity is picked among `structures`.
FRIEDEL_FN PatternParameters draw_parameters(const SimulationConfig& c, int structure, int structures, std::uint64_t seed,
                                             std::uint64_t sample) {
    const auto numbers_for = [&](Purpose purpose) { return RandomSequence(seed, sample, purpose); };
    PatternParameters p;
    p.structure = structure;
    p.seed = seed;
    p.sample = sample;
    p.radiation = c.radiation;
    p.monochromator_two_theta_deg = c.monochromator_two_theta_deg;
    p.default_b_iso = c.default_b_iso;
    p.width_sections = width_sections_of(c);
    p.paper_background = c.paper_background;
    draw_radiation(p.radiation, c, numbers_for(Purpose::wavelength));
    draw_instrument(p, c, numbers_for(Purpose::instrument));
    draw_specimen(p, c, numbers_for(Purpose::specimen));
    draw_texture(p, c, numbers_for(Purpose::texture));
    draw_strain(p, c, numbers_for(Purpose::lattice));
    draw_impurity(p, c, structures, numbers_for(Purpose::impurity));
    draw_background(p, c, numbers_for(Purpose::background));
    draw_detection(p, c, numbers_for(Purpose::counting_noise));
    return p;
}

// The same for a structure of a library, among whose structures the impurity is.
FRIEDEL_FN PatternParameters draw_parameters(const SimulationConfig& c, const LibraryView& library, int structure, std::uint64_t seed,
                                             std::uint64_t sample) {
    return draw_parameters(c, structure, library.structures, seed, sample);
}

}  // namespace friedel
