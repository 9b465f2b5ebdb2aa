// Which structures of a library are drawn how often: the tables behind kernels/draw_structure.h.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "host/network/model.h"
#include "kernels/draw_structure.h"

namespace friedel {

// Patterns of generated crystals among those of a library.
struct SyntheticShare {
    double share = 0;  // of all patterns: groups in proportion to group_share
    double fill = 0;   // largest share, of the others, for the groups that the library lacks; each is drawn as if it had one structure
    std::vector<double> group_share;  // [space_groups], sum 1
};

class Sampler {
public:
    // A class of n structures is drawn in proportion to n^tempering, a structure of it as often as any other. Structures whose space
    // group is unknown are never drawn; throws Error if none is left.
    Sampler(const LibraryView& library, Target target, double tempering, const SyntheticShare& synthetic = {});

    SamplerView view() const;
    int structures() const { return of_library_; }                                   // of the library, that can be drawn
    const std::array<std::uint32_t, space_groups>& count() const { return count_; }  // structures of each space group
    std::vector<double> label_shares(int labels) const;                              // [labels] of the patterns, sum 1
    // The classes that have no structure and can never be learnt, in words; empty if there is none.
    std::string missing_classes() const;

private:
    Target target_;
    std::vector<float> cumulative_;
    std::vector<std::int32_t> label_, first_, structures_;
    std::array<std::uint32_t, space_groups> count_{};
    int of_library_ = 0;
};

}  // namespace friedel
