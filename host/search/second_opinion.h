// A search of structures beside a network: the votes of what it finds, the closest structure, a second phase, and reasons to refuse, among
// them that a pattern is of another tube than was assumed.
// Leaves out: how votes are pooled with the network's probabilities (opinions.h) and searched for (structure_search.h).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/network/model.h"
#include "host/patterns/recording.h"
#include "host/search/second_phase.h"
#include "host/search/structure_search.h"
#include "host/support/tell.h"

namespace friedel {

// What a search says of one pattern.
struct StructureOpinion {
    std::vector<SearchCandidate> candidates;  // likeliest first; none of an empty pattern
    bool under_lines = false;                 // whether structures that describe what lies under the lines were left out
    std::vector<float> votes;                 // [230], StructureSearch::vote()
    // Lines that the first candidate leaves unexplained: two-theta in degrees for the model's wavelength, ascending; none where no
    // structure is like the pattern.
    std::vector<double> unexplained;
    std::optional<SecondPhase> second_phase;  // what was taken off the pattern; all else is of the rest
    std::string other_tube;  // a reason not to answer: it is of another tube than was assumed; empty where it is not known to be

    // The structure that explains the pattern best; null where it is empty.
    const SearchCandidate* closest() const { return candidates.empty() ? nullptr : &candidates.front(); }
};

class SecondOpinion {
public:
    // Throws Error, naming the file, for a library without a structure of known group; or if the model does not name space groups.
    // `tell` hears of an index beside the library that cannot be used. `model` and `device` must outlive it.
    SecondOpinion(const std::filesystem::path& structures, const Model& model, Device& device, const ShowProgress& progress = {},
                  const Tell& tell = {});

    // Of raw patterns [n][points of the model's grid] and the same as resolved_patterns(). recorded: as StructureSearch::search() takes it.
    // Where a pattern has sharp lines, structures are left out whose fitted lines had to be broadened to describe a hump under them.
    std::vector<StructureOpinion> opinions(const float* patterns, int n, const std::vector<ResolvedPattern>& resolved,
                                           const std::vector<Recording>& recorded = {});

    // Looks for second phases in those patterns of `which` that lines are left unexplained of. The patterns, the same resolved and the
    // opinions on them become those of the rest.
    void take_off_second_phases(std::vector<StructureOpinion>& opinions, std::vector<float>& patterns,
                                std::vector<ResolvedPattern>& resolved, const std::vector<std::size_t>& which,
                                const std::vector<Recording>& recorded = {});

    // Looks whether structures explain patterns of `which`, whose wavelength nobody states, better if they were measured with the tube of
    // another anode than the model's. The opinions are those on the patterns.
    void look_for_other_tubes(std::vector<StructureOpinion>& opinions, const float* patterns, const std::vector<std::size_t>& which,
                              const std::vector<Recording>& recorded = {});

    // Why a pattern should not be answered: no structure of the library is anything like it, what lies under its lines hides them, or it
    // has no sharp ones. Empty where none of these holds, or the first alone and the answer's `probability` is sure() or above.
    std::string unlike(const StructureOpinion& opinion, float probability) const {
        return search_.objection(opinion.candidates, opinion.under_lines, probability);
    }
    // Whether it is the first of these.
    bool is_like_nothing(const StructureOpinion& opinion, float probability) const {
        return search_.are_unlike(opinion.candidates, probability) && !(opinion.candidates.empty() && opinion.under_lines);
    }
    // The cell of the closest structure as it was fitted, StructureSearch::fitted_cell(); empty where nothing was.
    std::vector<double> fitted_cell(const StructureOpinion& opinion) const;
    // The pattern that was fitted with that structure, on the model's grid; empty where there is none.
    std::vector<float> fitted_pattern(const StructureOpinion& opinion) const;
    float sure() const { return search_.config().sure; }  // the probability from which an answer stands all the same
    const StructureLibrary& library() const { return library_; }

private:
    std::vector<Recording> shown(int n, const std::vector<ResolvedPattern>& resolved, const std::vector<Recording>& recorded) const;
    // pattern [points of the model's grid], of which `resolved` is.
    void take_off(const SecondPhase& phase, float* pattern, const ResolvedPattern& resolved) const;
    std::vector<double> unexplained_angles(const StructureOpinion& opinion, const ResolvedPattern& resolved) const;
    std::string reason_of_tube(const std::string& anode, const SearchCandidate& found, float for_assumed) const;

    const Model& model_;
    Device& device_;
    StructureLibrary library_;
    StructureSearch search_;
};

}  // namespace friedel
