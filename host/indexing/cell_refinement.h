// A lattice refined against the lines of a powder pattern, together with the shift of the angles, and judged by its evidence (indexing.h).
#pragma once

#include <array>
#include <vector>

#include "host/indexing/index_parity.h"
#include "host/indexing/indexing.h"

namespace friedel {

// An observed line as indexing sees it: 1/d^2 and its standard deviation in 1/angstrom^2, d(1/d^2)/d(2 theta), and the probability that it
// is none of the crystal's.
struct PatternLine {
    double q, q_per_deg, sigma, doubt;
};

class CellRefinement {
public:
    // Lines by ascending q, which outlive this; lowest_q is where the pattern begins.
    CellRefinement(const std::vector<PatternLine>& lines, double lowest_q) : lines_(lines), lowest_q_(lowest_q) {}

    // Least squares for the first n lines, with reflections assigned anew in each round to lines within tolerance_deg.
    void fit(IndexedCell& cell, int n, int rounds, double tolerance_deg);
    // Evidence, M20 and what is indexed, by the first n lines.
    void judge(IndexedCell& cell, int n);

private:
    static constexpr int max_parameters = 7;  // of the metric, and the shift
    struct Reflection {
        double q;
        int h, k, l;
        int parity() const { return index_parity(h, k, l); }
    };
    // Symmetric, of the parameters of the metric and the shift: [n][n] of it are used.
    struct Matrix {
        int n;
        double m[max_parameters * max_parameters] = {};
        double& at(int a, int b) { return m[a * n + b]; }
    };

    bool list(const IndexedCell& cell, int n);
    const Reflection* nearest(double q) const;
    bool solve_shifts(double* moves, Matrix& normal) const;
    std::array<int, index_parities> count_distinct(int n) const;
    void find_densities(const IndexedCell& cell, int n);
    double likelihood(int n, const std::array<int, index_parities>& distinct, int s, double share) const;
    double position_likelihood(int n, const std::array<int, index_parities>& distinct) const;
    double occam_factor(IndexedCell& cell, int n) const;
    double m20(const IndexedCell& cell, int n) const;

    const std::vector<PatternLine>& lines_;
    double lowest_q_;
    std::vector<Reflection> reflections_;
    std::vector<double> densities_;  // [lines][index_parities] of reflections at the line, smeared by its error, per 1/angstrom^2
};

}  // namespace friedel
