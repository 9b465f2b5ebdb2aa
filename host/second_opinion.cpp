#include "host/second_opinion.h"

#include "host/error.h"

namespace friedel {

SecondOpinion::SecondOpinion(const std::filesystem::path& structures, const Model& model, Device& device, const ShowProgress& progress)
    : model_(model), library_(read_known_structures(structures)), matcher_(library_, MatcherConfig(), device, progress) {
    if (model.target != Target::space_group) fail("the model names crystal systems; a search of structures goes with one of space groups");
}

std::vector<float> SecondOpinion::votes(const float* patterns, int n) {
    found_ = matcher_.match(matcher_.regridded(patterns, n, model_.grid, model_.wavelength_angstrom).data(), n);
    std::vector<float> all;
    for (const std::vector<MatchCandidate>& candidates : found_) {
        const std::vector<float> votes = matcher_.vote(candidates);
        all.insert(all.end(), votes.begin(), votes.end());
    }
    return all;
}

}  // namespace friedel
