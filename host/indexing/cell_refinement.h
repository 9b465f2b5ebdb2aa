// A lattice refined against the lines of a powder pattern, together with the shift of the angles, and judged by its evidence (indexing.h).
#pragma once

#include <array>
#include <span>
#include <vector>

#include "host/indexing/index_parity.h"
#include "host/indexing/indexing.h"
#include "host/indexing/indexing_line.h"

namespace friedel {

class CellRefinement {
public:
    using Lines = std::span<const IndexingLine>;  // by ascending q

    // lowest_q: where the pattern begins.
    explicit CellRefinement(double lowest_q) : lowest_q_(lowest_q) {}

    // Least squares, with reflections assigned anew in each round to lines within tolerance_deg.
    void fit(IndexedCell& cell, Lines lines, int rounds, double tolerance_deg);
    // Evidence, M20 and what is indexed.
    void judge(IndexedCell& cell, Lines lines);

private:
    static constexpr int max_parameters = 7;  // of the metric, and the shift
    struct Reflection {
        double q;
        int h, k, l;
        int parity() const { return index_parity(h, k, l); }
    };
    // A line that a reflection explains, and by how much the line's 1/d^2 exceeds the reflection's.
    struct Assignment {
        const IndexingLine* line;
        const Reflection* reflection;
        double off;
    };
    // Normal equations of the parameters of the metric and, last, of the shift: [n][n] of the matrix and [n] of the right side are used.
    struct NormalEquations {
        int n;
        double matrix[max_parameters * max_parameters] = {}, right[max_parameters] = {};
        double& at(int a, int b) { return matrix[a * n + b]; }
        void add(BravaisLattice lattice, const Assignment& assigned, double weight);
        void add_usual_shift(double shift_deg);
    };
    using Counts = std::array<int, index_parities>;

    bool list_reflections(const IndexedCell& cell, Lines lines);
    const Reflection& nearest(double q) const;
    std::vector<Assignment> assign(const IndexedCell& cell, Lines lines, double within_sigmas, double or_within_deg) const;
    Counts count_distinct(Lines lines) const;
    void find_densities(const IndexedCell& cell, Lines lines);
    double likelihood(Lines lines, const Counts& distinct, int s, double share) const;
    double position_likelihood(Lines lines, const Counts& distinct) const;
    double m20(const IndexedCell& cell, Lines lines) const;
    static bool solve(NormalEquations& equations);
    static double occam_factor(const IndexedCell& cell, const std::vector<Assignment>& explained);

    double lowest_q_;
    std::vector<Reflection> reflections_;  // by ascending q
    std::vector<double> densities_;        // [lines][index_parities] of reflections at the line, smeared by its error, per 1/angstrom^2
};

}  // namespace friedel
