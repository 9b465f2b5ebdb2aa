// What the simulation of a pattern takes, counted: the roofline that benchmarks hold its speed to.
#pragma once

#include "kernels/crystal.h"
#include "kernels/simulation_config.h"

namespace friedel {

// What one pattern takes, counted as the kernels go about it.
struct SimulationWork {
    double reflections = 0, peaks = 0;  // of both phases; in sections of one width: cells that hold lines
    double atom_terms = 0;              // reflections times atoms of the asymmetric unit: form factor, displacement, sum
    double phase_terms = 0;             // cosines and sines of reflections times sites
    double texture_terms = 0;           // reflections times operations
    double sharp_terms = 0;             // points times peaks of less than four steps near them, integrated over the bin
    double wide_terms = 0;              // points times other peaks near them
    double tail_terms = 0;              // points of the two coarser grids times peaks, and of the finest times tails of narrow ones
    double row_terms = 0;               // points of the profiles of sections (kernels/line_sum.h)
    double cell_terms = 0;              // cells that lines share times points of a profile, and those of the coarse grid
    double point_operations = 0;        // background, noise and preparation of all points, in operations as below

    // Operations, a special function (exponential, root, quotient) counted as sixteen: a GPU does one of those in the time of eight
    // multiply-adds. The least that the formulas need: no indices, no copies, nothing twice.
    static constexpr double special = 16;
    double operations() const;
    SimulationWork& operator+=(const SimulationWork& other);
};
SimulationWork work_of_pattern(const PatternParameters& parameters, const LibraryView& library, const Grid& grid);

}  // namespace friedel
