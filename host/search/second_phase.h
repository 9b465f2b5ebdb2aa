// A second phase in a measured pattern: where one structure leaves lines unexplained, another is searched for in what it leaves, and both
// in turn in what the other leaves. They are believed where both together explain the pattern well, much better than one alone, and as
// the library has them: with lattices to choose freely some pair or other explains anything.
// Leaves out: third phases; phases that the library lacks; parts of weight (of intensity they are told).
#pragma once

#include <optional>
#include <vector>

#include "host/indexing/peak_search.h"
#include "host/patterns/recording.h"
#include "host/search/structure_search.h"

namespace friedel {

struct SecondPhase {
    SearchCandidate candidate;  // the weaker of the two; its similarity is to what the other one leaves
    float part = 0;             // of the intensity of that sum: 0 to 0.5
    std::vector<float> share;   // [fit_grid.points] 0 to 1, what it has of the intensity above background at each point
};

// A pattern that may have one. What is referred to must outlive it.
struct MixedPattern {
    const ResolvedPattern& resolved;
    const std::vector<SearchCandidate>& candidates;  // of the whole pattern, fitted, likeliest first; some
    Recording recorded;
};

// [n], for each pattern.
std::vector<std::optional<SecondPhase>> find_second_phases(const std::vector<MixedPattern>& patterns, StructureSearch& search,
                                                           ThreadPool& pool);

}  // namespace friedel
