// A search of structures beside a network: the votes of what it finds, the closest structure, and reasons to refuse, among them that a
// pattern is of another tube than was assumed.
// Leaves out: how votes are pooled with the network's probabilities (opinions.h) and searched for (structure_search.h).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/network/model.h"
#include "host/patterns/recording.h"
#include "host/search/structure_search.h"
#include "host/search/unexplained_lines.h"
#include "host/support/tell.h"

namespace friedel {

class SecondOpinion {
public:
    // Throws Error, naming the file, for a library without a structure of known group; or if the model does not name space groups.
    // `tell` hears of an index beside the library that cannot be used. `model` and `device` must outlive it.
    SecondOpinion(const std::filesystem::path& structures, const Model& model, Device& device, const ShowProgress& progress = {},
                  const Tell& tell = {});

    // Raw patterns [n][points of the model's grid] and the same as resolved_patterns(): keeps what is found for closest(), returns the
    // votes [n][230]. recorded: as StructureSearch::search() takes it. Where a pattern has sharp lines, structures are left out whose
    // fitted lines had to be broadened to describe a hump under them.
    std::vector<float> votes(const float* patterns, int n, const std::vector<ResolvedPattern>& resolved,
                             const std::vector<Recording>& recorded = {});

    // The structure that explains pattern i of the last call best; null where the pattern is empty.
    const SearchCandidate* closest(std::size_t i) const { return found_[i].empty() ? nullptr : &found_[i].front(); }
    // Why pattern i of the last call should not be answered: no structure of the library is anything like it, what lies under its lines
    // hides them, or it has no sharp ones. Empty where none of these holds, or the first alone and the answer's `probability` is sure() or
    // above.
    std::string unlike(std::size_t i, float probability) const;
    // The cell of that structure as it was fitted, StructureSearch::fitted_cell(); empty where nothing was.
    std::vector<double> fitted_cell(std::size_t i) const;
    // The pattern that was fitted to pattern i of the last call with that structure, on the model's grid; empty where there is none.
    std::vector<float> fitted_pattern(std::size_t i) const;
    // Looks which lines of the last call's patterns, given again, the structures that explain them best leave unexplained.
    void look_for_unexplained_lines(const std::vector<ResolvedPattern>& resolved);
    // What was found for pattern i: two-theta in degrees for the model's wavelength, ascending; none where no structure is like the
    // pattern.
    const std::vector<double>& unexplained(std::size_t i) const { return unexplained_[i]; }
    // Looks whether structures explain patterns of the last call, given again, better if they were measured with the tube of another anode
    // than the model's: of those in `which`, whose wavelength nobody states. recorded: as of votes(); empty, or of all patterns.
    void look_for_other_tubes(const float* patterns, const std::vector<std::size_t>& which, const std::vector<Recording>& recorded = {});
    // What was found for pattern i, as a reason not to answer it; empty where nothing was.
    const std::string& other_tube(std::size_t i) const { return other_tube_[i]; }
    float sure() const { return search_.config().sure; }  // the probability from which an answer stands all the same
    const StructureLibrary& library() const { return library_; }

private:
    std::string reason_of_tube(const std::string& anode, const SearchCandidate& found, float for_assumed) const;

    const Model& model_;
    Device& device_;
    StructureLibrary library_;
    StructureSearch search_;
    std::vector<std::vector<SearchCandidate>> found_;
    std::vector<bool> under_lines_;  // whether structures that describe what lies under the lines were left out
    std::vector<std::vector<double>> unexplained_;
    std::vector<std::string> other_tube_;
};

}  // namespace friedel
