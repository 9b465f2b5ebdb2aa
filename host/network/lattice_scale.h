// A pattern as it would be if the crystal's lattice were a little larger or smaller: what a network is asked beside the pattern itself,
// because a powder's composition and the relaxation of the structures it was trained on move every line by as much.
#pragma once

#include <vector>

#include "kernels/simulation_config.h"

namespace friedel {

// Factors on all cell edges, `count` of them (odd) at equal distances from 1 - reach to 1 + reach.
std::vector<float> lattice_scales(int count, float reach = 0.016f);

// Moves patterns on one grid by one factor, through d: Bragg's law, then cubic interpolation (Catmull-Rom); beyond the ends the outermost
// point goes on.
class LatticeScaler {
public:
    LatticeScaler(const Grid& grid, float scale);
    void scale(float* scaled, const float* pattern) const;  // [points] each, not the same memory

private:
    int points_;
    std::vector<int> first_;       // [points] of four neighbours
    std::vector<float> fraction_;  // [points] between the second and the third of them
};

}  // namespace friedel
