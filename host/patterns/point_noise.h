// How much the points of a measured pattern scatter, as its differences of neighbours show. Leaves out: noise of patterns on a grid
// (noise_estimate.h).
#pragma once

#include <cstddef>
#include <vector>

namespace friedel {

// Standard deviation of the points near i, from second differences of which lines and spikes are few. Where the pattern is higher than
// nearby it is as much larger as counts have it.
class PointNoise {
public:
    explicit PointNoise(const std::vector<double>& intensity);
    bool is_known() const { return usual_ > 0; }
    double at(std::size_t i, double height) const;

private:
    struct Window {
        double sigma, level;
    };
    std::vector<Window> windows_;
    double usual_ = 0;
    bool are_counts_ = false;
};

}  // namespace friedel
