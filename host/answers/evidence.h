// What speaks on a batch of patterns beside the network: a search of structures, indexing, and the patterns' own lines. All as a model's
// patterns are: on its grid, for its wavelength. Leaves out: how it becomes one answer (opinions.h).
#pragma once

#include <string>
#include <vector>

#include "host/answers/opinions.h"
#include "host/indexing/indexing_opinion.h"
#include "host/indexing/peak_search.h"
#include "host/network/device.h"
#include "host/network/model.h"
#include "host/patterns/recording.h"
#include "host/search/second_opinion.h"

namespace friedel {

// What is asked about every pattern beside the network.
struct OtherOpinions {
    SecondOpinion* search = nullptr;
    bool indexing = false;  // see indexing_opinion.h; of models that name space groups
};

class Evidence {
public:
    // All must outlive it.
    Evidence(const Model& model, Device& device, const OtherOpinions& others) : model_(model), device_(device), others_(others) {}

    // Of raw patterns [n][points of the model's grid]; an empty one is zeros. Throws Error when interrupted.
    // recorded: each [n]; empty: fine steps, and the lines of the model's wavelength.
    void gather(const float* patterns, int n, const std::vector<Recording>& recorded = {});
    // Of those whose wavelength nobody states, `which`: whether they are of another tube.
    void look_for_other_tubes(const std::vector<std::size_t>& which, const std::vector<Recording>& recorded);

    // The patterns that are to be answered, [n][points]: those that were given, without their second phases. All else is of them.
    const std::vector<float>& patterns() const { return patterns_; }
    const float* pattern(std::size_t i) const { return patterns_.data() + i * static_cast<std::size_t>(model_.grid.points); }
    // What the search says of pattern i; null where it is not asked.
    const StructureOpinion* structures(std::size_t i) const { return others_.search ? &structures_[i] : nullptr; }
    const SecondOpinion* search() const { return others_.search; }

    // [n][230] each, for pool_all(); empty where it is not asked.
    const std::vector<float>& votes() const { return votes_; }
    const std::vector<float>& indexed() const { return indexed_.probabilities; }
    const std::vector<SecondGroup>& second_groups() const { return second_groups_; }  // [n]; empty without a search
    // What indexing found for pattern i; null where it found no cell or was not asked.
    const LikeliestCell* cell(std::size_t i) const {
        return indexed_.cells.empty() || !(indexed_.cells[i].probability > 0) ? nullptr : &indexed_.cells[i];
    }
    // Whether the lines of pattern i tell nothing: too few, or orders of one spacing.
    bool tells_nothing(std::size_t i) const { return !no_evidence_[i].empty(); }
    // Whether an answer of this probability stands though no structure is like the pattern.
    bool is_sure(float probability) const { return others_.search && probability >= others_.search->search().config().sure; }
    // Why pattern i should not be answered.
    Objection objection(std::size_t i, bool answer_is_sure) const;

private:
    void look_at_lines(int n, const std::vector<Recording>& recorded);
    std::string fault_of_lines(std::size_t i) const;

    const Model& model_;
    Device& device_;
    OtherOpinions others_;
    std::vector<float> patterns_;
    std::vector<ResolvedPattern> resolved_;  // empty where neither a search nor indexing is asked
    std::vector<StructureOpinion> structures_;
    std::vector<float> votes_;
    std::vector<SecondGroup> second_groups_;
    IndexedPatterns indexed_;
    std::vector<std::string> no_evidence_;  // why the lines of each pattern tell nothing; empty where they do
};

}  // namespace friedel
