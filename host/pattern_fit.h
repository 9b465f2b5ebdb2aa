// Fit of a structure's simulated pattern to a measured one: lattice, sample displacement, peak widths, displacement parameters and
// texture are varied until the two are as alike as they get. What is left over speaks against the structure; what was fitted says what
// instrument and specimen did to the pattern.
// Similarity: correlation of the square roots of intensity after the same preprocessing on both sides, as in matcher.h, in steps of
// 0.04 degrees and with the measured widths.
// Leaves out: atoms (their positions and occupancies stay), second phases, the background (removed from both sides).
#pragma once

#include <array>
#include <vector>

#include "kernels/preprocess.h"
#include "kernels/simulation_config.h"

namespace friedel {

struct LibraryView;

// What PatternFitter varies, each in units of how far it usually goes; 0 is where it starts.
enum FitUnknown { fit_displacement, fit_width, fit_size, fit_microstrain, fit_b, fit_texture, fit_strain };  // then up to 5 more strains
constexpr int max_fit_unknowns = fit_strain + 6;

struct PatternFit {
    int structure = 0;      // in the library
    double strain = 0;      // relative change of the lattice that the fit started from
    float similarity = -1;  // -1 to 1, of what is not noise
    std::array<double, max_fit_unknowns> unknown{};
    std::array<int, 3> texture_axis{0, 0, 1};
};

class PatternFitter {
public:
    explicit PatternFitter(const Radiation& radiation) : radiation_(radiation) {}

    // The grid that patterns to be fitted are brought to.
    static constexpr Grid grid{5, 0.04f, 2125};

    // A measured pattern made ready to be fitted: preprocessed as it is, and blurred, for the first steps from far away. Only what was
    // measured counts: resample() goes on level beyond the ends of the data.
    struct Prepared {
        int first = 0, points = 0;                 // of the grid, that were measured
        std::array<std::vector<float>, 3> stages;  // [points], no mean, unit norm
        float signal = 1;                          // norm of what is not noise in the last of them: the most that a fit can reach
    };
    Prepared prepare(const float* pattern) const;

    // Lattice and width to blurred patterns, from an isotropic change of the lattice that is near enough (matcher.h finds one). Cheap,
    // and enough to tell which structures are worth finish(). Both may run on any thread.
    PatternFit start(const Prepared& measured, const LibraryView& library, int structure, double strain) const;
    void finish(PatternFit& fit, const Prepared& measured, const LibraryView& library) const;

    // simulate_one_pattern() with these draws the fitted pattern.
    PatternParameters parameters(const PatternFit& fit, const LibraryView& library) const;

private:
    class Problem;

    Radiation radiation_;
};

}  // namespace friedel
