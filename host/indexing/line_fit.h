// The lines of a pattern refined one after the other, each against what the others leave of it, which is kept up to date: a line overlaps
// with few others, so that sweeps over all of them end soon. Leaves out: where lines are looked for, and what shape they have
// (peak_search.cpp).
#pragma once

#include <vector>

#include "host/indexing/peak_search.h"

namespace friedel {

// What is a line at all. Choices: bench/results/README.md, Indexing, tells what others are worth.
constexpr double min_significance = 5;  // standard deviations
constexpr double min_height = 0.003;    // of the strongest point
constexpr double min_distance = 0.45;   // of two lines, in widths

class LineFit {
public:
    // Of pattern.lines, which it changes; intensity is there, and sigma for all but level() and level_humps().
    explicit LineFit(ResolvedPattern& pattern) : p_(pattern), rest_(pattern.intensity) {}

    // What no line describes yet, [grid.points].
    const std::vector<float>& rest() const { return rest_; }
    double remainder() const { return part_left(p_, rest_); }

    void set_shape(const LineShape& shape);
    void add_line(double two_theta_deg, double height);

    // Heights and positions. Lines that came to nothing go, and of two that came together the lower one.
    void refine(int sweeps);

    // What is left between the lines and varies slowly is background still: the median of bins nearby.
    void level();
    // The same before lines are taken off, so only where bins are alike, as lines are not, and far above what noise alone leaves: of the
    // humps that without_humps() leaves, since they are low or narrow, some rise high above the noise of long counting.
    void level_humps();

    // pattern.sigma: the noise, and what no common shape describes of the lines around.
    void update_sigma();

    // Standard deviations of heights and positions; lines in order, and those that are significant alone.
    void finish();

private:
    void take_off(const std::vector<float>& level);
    void add(const LineProfile& profile, double height);
    void refine_line(std::size_t line);
    void estimate_errors(std::size_t line);
    void drop_lines();

    ResolvedPattern& p_;
    std::vector<float> rest_;  // [grid.points] pattern less all lines
    std::vector<LineProfile> profiles_;
};

}  // namespace friedel
