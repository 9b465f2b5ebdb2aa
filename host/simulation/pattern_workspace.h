// Memory behind a PatternWorkspace on the CPU. It grows to the largest crystal it has met.
#pragma once

#include <array>
#include <vector>

#include "host/simulation/reflection_storage.h"
#include "kernels/pattern.h"

namespace friedel {

class CpuWorkspace {
public:
    // Room for a pattern of these crystals; `impurity` counts where p.impurity is not negative. Good until the next call. Throws Error
    // where they have too many reflections.
    PatternWorkspace& reserve(const PatternParameters& p, const CrystalView<float>& main, const CrystalView<float>& impurity,
                              const Grid& grid);

private:
    void reserve_peaks(int peaks);
    void reserve_rows(int lines);
    void reserve_sections(int sections, const Grid& grid);
    void point_to_memory();

    PatternWorkspace workspace_{};
    ReflectionStorage<float> reflections_;
    SiteStorage<float> sites_;
    std::vector<float> position_, area_, fwhm_, eta_, coarse_, coarsest_;
    std::array<std::vector<float>, 4> recorded_;
    std::vector<std::int32_t> row_, order_, starts_;
    std::vector<PeakShape> shape_;
    // Of lines that are summed in sections of one width (kernels/line_sum.h).
    std::vector<std::int32_t> cells_, cell_starts_;
    std::vector<LineEntry> entries_;
    std::vector<float> rows_, widths_, tails_;
};

}  // namespace friedel
