// Fit of a structure's simulated pattern to a measured one: lattice, sample displacement, peak widths, displacement parameters,
// texture and, if asked, how strongly each element scatters are varied until the two are as alike as they get. What is left over speaks
// against the structure; what was fitted says what instrument and specimen did to the pattern.
// Similarity: correlation of the square roots of intensity after the same preprocessing on both sides, as in matcher.h, in steps of
// 0.04 degrees and with the measured widths.
// Leaves out: atoms (their positions stay, and the occupancies of one element to one another), second phases, the background (removed from
// both sides).
#pragma once

#include <array>
#include <vector>

#include "host/patterns/point_range.h"
#include "kernels/simulation_config.h"

namespace friedel {

struct LibraryView;

// What a fit varies, each in units of how far it usually goes; 0 is where it starts.
constexpr int max_fit_elements = 4, max_fit_strains = 6;
enum FitUnknown {
    fit_displacement,
    fit_width,
    fit_size,
    fit_microstrain,
    fit_b,
    fit_texture,
    fit_element,  // and up to 3 more
    fit_strain = fit_element + max_fit_elements,
    max_fit_unknowns = fit_strain + max_fit_strains
};

struct PatternFit {
    int structure = 0;      // in the library
    double strain = 0;      // relative change of the lattice that the fit started from
    float similarity = -1;  // -1 to 1, of what is not noise
    std::array<double, max_fit_unknowns> unknown{};
    std::array<int, 3> texture_axis{0, 0, 1};
    std::vector<int> elements{};  // atomic numbers of those whose scattering power was fitted
    Radiation radiation{};        // of the pattern
};

// The grid that patterns to be fitted are brought to.
constexpr Grid fit_grid = comparison_grid;

// A measured pattern made ready to be fitted: preprocessed as it is, and blurred, for the first steps from far away. Only what was
// measured counts: resample() goes on level beyond the ends of the data.
struct PatternToFit {
    PointRange measured;  // of fit_grid
    float signal = 1;     // norm of what is not noise: the most that a fit can reach
    Radiation radiation{};
    // Blurred patterns need fewer points: each stage has a grid of its own.
    struct Stage {
        Grid grid;
        PointRange measured;
        std::vector<float> row;  // [measured.size()], no mean, unit norm
    };
    std::vector<Stage> stages{};
};
PatternToFit prepare_for_fit(const float* pattern, const Radiation& radiation);

// Similarity of any other pattern, [fit_grid.points] without background, to it.
float similarity_to(const PatternToFit& pattern, std::vector<float> other);

// Lattice and width to blurred patterns, from an isotropic change of the lattice that is near enough (matcher.h finds one). Cheap, and
// enough to tell which structures are worth finish_fit(). Both may run on any thread.
PatternFit start_fit(const PatternToFit& pattern, const LibraryView& library, int structure, double strain);
void finish_fit(PatternFit& fit, const PatternToFit& pattern, const LibraryView& library);

// A finished fit with the scattering power of the elements that matter most varied as well: minerals are solid solutions, and a structure
// that was determined of another member of the series differs in its intensities. The pattern is linear in what the elements contribute
// to structure factors; what it does not tell stays as the structure has it.
void fit_composition(PatternFit& fit, const PatternToFit& pattern, const LibraryView& library);

// simulate_one_pattern() with these and fitted_occupancies() draws the fitted pattern.
PatternParameters fitted_parameters(const PatternFit& fit, const LibraryView& library);

}  // namespace friedel
