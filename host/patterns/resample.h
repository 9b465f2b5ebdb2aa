// Brings a measured pattern to the wavelength and the grid of a model.
#pragma once

#include <vector>

#include "host/patterns/pattern_file.h"
#include "host/patterns/point_range.h"
#include "host/support/thread_pool.h"
#include "kernels/simulation_config.h"

namespace friedel {

// Moves every angle to where the same d diffracts at wavelength `to` (angstrom); what would lie beyond 180 degrees is dropped.
void convert_wavelength(MeasuredPattern& pattern, double from, double to);

// pattern -> out [grid.points]: means over a grid step where the pattern is finer, so that no intensity is lost, linear interpolation
// where it is coarser. Beyond its ends the pattern goes on level. Returns the part of the grid's range that was measured, 0 to 1;
// gaps of more than half a degree count as not measured.
double resample(float* out, const Grid& grid, const MeasuredPattern& pattern);

// The points of a resampled pattern [grid.points] that were measured: its ends that are level were not.
PointRange measured_range(const float* pattern, const Grid& grid);

// Where the points of patterns lie.
struct Abscissa {
    Grid grid;
    double wavelength_angstrom;
};

// Patterns [n][from.grid.points] brought to another grid and wavelength, [n][to.grid.points].
std::vector<float> regridded(const float* patterns, int n, const Abscissa& from, const Abscissa& to, ThreadPool& pool);

}  // namespace friedel
