// A search of structures beside a network: the votes of what it finds, the closest structure, a second phase, and reasons to refuse, among
// them that a pattern is of another tube than was assumed.
// Leaves out: how votes are pooled with the network's probabilities (opinions.h) and searched for (structure_search.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/network/device.h"
#include "host/patterns/k_alpha.h"
#include "host/patterns/recording.h"
#include "host/search/second_phase.h"
#include "host/search/structure_search.h"

namespace friedel {

// What a search says of one pattern.
struct StructureOpinion {
    std::vector<SearchCandidate> candidates;  // likeliest first; none of an empty pattern
    bool under_lines = false;                 // whether structures that describe what lies under the lines were left out
    std::vector<float> votes;                 // [230], StructureSearch::vote()
    // Lines that the first candidate leaves unexplained: two-theta in degrees for the opinion's wavelength, ascending; none where no
    // structure is like the pattern.
    std::vector<double> unexplained;
    std::optional<SecondPhase> second_phase;  // what was taken off the pattern; all else is of the rest
    std::string other_tube;  // a reason not to answer: it is of another tube than was assumed; empty where it is not known to be

    // The structure that explains the pattern best; null where it is empty.
    const SearchCandidate* closest() const { return candidates.empty() ? nullptr : &candidates.front(); }
    // The same, if it was fitted to the pattern; null else.
    const SearchCandidate* fitted() const { return candidates.empty() || !candidates.front().is_fitted() ? nullptr : &candidates.front(); }
};

class SecondOpinion {
public:
    // On patterns over `grid`, in angles of the wavelength. `device` must outlive it.
    SecondOpinion(std::unique_ptr<StructureSearch> search, const Grid& grid, double wavelength_angstrom, Device& device);

    // Of raw patterns [n][points of the grid] and the same as resolved_patterns(). recorded: as StructureSearch::search() takes it.
    // Where a pattern has sharp lines, structures are left out whose fitted lines had to be broadened to describe a hump under them.
    std::vector<StructureOpinion> opinions(const float* patterns, int n, const std::vector<ResolvedPattern>& resolved,
                                           const std::vector<Recording>& recorded = {});

    // Looks for second phases in those patterns of `which` that lines are left unexplained of. The patterns, the same resolved and the
    // opinions on them become those of the rest.
    void take_off_second_phases(std::vector<StructureOpinion>& opinions, std::vector<float>& patterns,
                                std::vector<ResolvedPattern>& resolved, const std::vector<std::size_t>& which,
                                const std::vector<Recording>& recorded = {});

    // Looks whether structures explain patterns of `which`, whose wavelength nobody states, better if they were measured with the tube of
    // another anode. The opinions are those on the patterns.
    void look_for_other_tubes(std::vector<StructureOpinion>& opinions, const float* patterns, const std::vector<std::size_t>& which,
                              const std::vector<Recording>& recorded = {});

    // StructureSearch::objection().
    Objection objection(const StructureOpinion& opinion, bool answer_is_sure) const {
        return search_->objection(opinion.candidates, opinion.under_lines, answer_is_sure);
    }
    // The cell of the closest structure as it was fitted, StructureSearch::fitted_cell(); empty where nothing was.
    std::vector<double> fitted_cell(const StructureOpinion& opinion) const;
    // The pattern that was fitted with that structure, on the grid; empty where there is none.
    std::vector<float> fitted_pattern(const StructureOpinion& opinion) const;
    const StructureSearch& search() const { return *search_; }
    const StructureLibrary& library() const { return search_->library(); }

private:
    // As recorded ([n], or empty), but for second lines that do not show.
    std::vector<Recording> with_visible_lines(int n, const std::vector<ResolvedPattern>& resolved,
                                              const std::vector<Recording>& recorded) const;
    // pattern [points of the grid], of which `resolved` is.
    void take_off(const SecondPhase& phase, float* pattern, const ResolvedPattern& resolved) const;
    std::vector<double> unexplained_angles(const StructureOpinion& opinion, const ResolvedPattern& resolved) const;
    std::string reason_of_tube(const std::string& anode, const SearchCandidate& found, float for_assumed) const;

    std::unique_ptr<StructureSearch> search_;
    Grid grid_;
    double wavelength_;  // angstrom
    EmissionLines emission_;
    Device& device_;
};

}  // namespace friedel
