// The reflection list of one crystal, in double precision: what `friedel peaks` prints and the oracles are held against.
#pragma once

#include <span>
#include <vector>

#include "host/crystals/structure.h"
#include "host/simulation/reflection_storage.h"
#include "kernels/form_factor.h"
#include "kernels/simulation_config.h"

namespace friedel {

struct PeakListOptions {
    double wavelength = cu_k_alpha_angstrom;
    double low_deg = 5, high_deg = 90;
    bool anomalous = false;
    double default_b_iso = 0;  // angstrom^2, for atoms without one
};

struct Peak {
    double two_theta_deg, d_angstrom;
    int h, k, l;
    int multiplicity;
    double f_squared;  // electrons^2, of the cell as given
    double intensity;  // percent of the strongest line, lines at one angle counted together
};

// Makes one list after another. It keeps its memory, nothing of what it computed.
class PeakLister {
public:
    // Throws Error if the wavelength is not positive or the range holds no angle between 0 and 180.
    explicit PeakLister(const PeakListOptions& options);

    // Every reflection that the space group allows between the two angles, by ascending angle; good until the next call.
    // Throws Error if the cell is impossible.
    std::span<const Peak> list(const Crystal& crystal);

private:
    void reserve(int reflections);
    int most_reflections(const Crystal& crystal, const Metric<double>& reciprocal) const;
    void choose_usual_indices(const OperationSet& operations, int count);
    void place_lines(const Reflections<double>& reflections);
    int order_by_angle(int count);
    std::span<const Peak> collect_peaks(const Reflections<double>& reflections, int count);

    PeakListOptions options_;
    double d_min_;
    FormFactorTable<double> anomalous_;      // where asked for
    ReflectionStorage<double> reflections_;  // whose intensity is |F|^2
    SiteStorage<double> sites_;
    std::vector<double> two_theta_deg_, d_angstrom_, intensity_;
    std::vector<std::int32_t> order_, starts_;
    std::vector<Peak> peaks_;
};

// The list of a single structure.
std::vector<Peak> peak_list(const Structure& structure, const PeakListOptions& options);

}  // namespace friedel
