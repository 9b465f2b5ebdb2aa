// The pattern of one crystal over and over again with little changed each time, and its derivatives: what a fit asks for.
// Reflections are found once; structure factors and texture are computed again only where what they depend on has changed; derivatives
// are sums over the peaks of how much each moves, grows and broadens, in one pass for all of them.
// Leaves out what kernels/pattern.h has and a fit of an ideal pattern lacks: axial divergence, impurity, background, noise, and the
// integration over steps of narrow peaks, which are broadened instead. How near the two are is held by
// tests/differentiable_pattern_test.cpp.
#pragma once

#include <span>
#include <vector>

#include "kernels/pattern.h"

namespace friedel {

class DifferentiablePattern {
public:
    // Of the crystal around.structure of the library, near the lattice that `around` has; p.structure counts nowhere below.
    DifferentiablePattern(const LibraryView& library, const PatternParameters& around, const Grid& grid);

    // Floats of a row: the grid's points, and room for vectors to end beyond them.
    int width() const { return width_; }

    // row [width()]. occupancy_factor: of each atom of the crystal's asymmetric unit; empty: all 1.
    void simulate(float* row, const PatternParameters& p, const std::vector<float>& occupancy_factor = {});

    // The parameters with one thing varied: widths, or what changes areas and positions. Of a move that does both, widths alone count.
    struct Move {
        PatternParameters p;
        std::vector<float> occupancy_factor{};
    };
    // rows [moves][width()]: (pattern of the move - pattern of the last simulate()) / step, to first order in positions and widths.
    void differentiate(float* rows, std::span<const Move> moves, float step);

private:
    // Of the lines of all reflections, [lines][reflections].
    struct PeakArrays {
        std::vector<float> position_deg, area, fwhm_deg, eta;
        void resize(std::size_t n);
    };
    struct Window;

    void move_to(const PatternParameters& p, const std::vector<float>& occupancy_factor);
    void reserve(int reflections);
    void drop_negligible();
    Reflections<float> reflections(float* intensity);
    void square_factors(std::vector<float>& out, const PatternParameters& p, const std::vector<float>& occupancy_factor);
    void texture_factors(std::vector<float>& out, const PatternParameters& p);
    void lattice(std::vector<float>& stol_sq, const PatternParameters& p) const;
    void peaks(PeakArrays& out, const PatternParameters& p, const std::vector<float>& stol_sq, const std::vector<float>& intensity) const;
    std::vector<char> find_changes(std::span<const Move> moves, float step);
    int tail_points() const { return level_points(grid_, 1); }
    void add_tail(float* tails, float position_steps, float strength) const;
    void add_tails(float* row, const float* tails, int size) const;

    CrystalView<float> crystal_;
    Grid grid_;
    int width_ = 0;
    Metric<float> reciprocal_;  // of the lattice that the reflections were found for
    std::vector<std::int16_t> h_, k_, l_, multiplicity_;
    std::vector<float> stol_sq_, x_, y_, z_;
    std::vector<std::int32_t> first_site_;
    // As of the last simulate().
    PatternParameters now_;
    std::vector<float> now_occupancy_, squared_, texture_, now_stol_sq_, now_intensity_;
    PeakArrays now_peaks_;
    // Scratch.
    std::vector<float> other_squared_, other_texture_, other_stol_sq_, other_intensity_, change_, tails_;
    PeakArrays other_peaks_;
};

}  // namespace friedel
