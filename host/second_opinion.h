// A search of structures beside a network: its votes and the network's probabilities become one answer (pool_opinions).
// Leaves out: how they are pooled and searched for (matcher.h).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "host/matcher.h"
#include "host/model.h"

namespace friedel {

class SecondOpinion {
public:
    // Throws Error, naming the file, for a library without a structure of known group; or if the model does not name space groups.
    // `model` and `device` must outlive it.
    SecondOpinion(const std::filesystem::path& structures, const Model& model, Device& device, const ShowProgress& progress = {});

    // Raw patterns [n][points of the model's grid]: keeps what is found for closest(), returns the votes [n][230].
    std::vector<float> votes(const float* patterns, int n);

    // The structure most like pattern i of the last call.
    const MatchCandidate& closest(std::size_t i) const { return found_[i].front(); }
    const StructureLibrary& library() const { return library_; }

private:
    const Model& model_;
    StructureLibrary library_;
    Matcher matcher_;
    std::vector<std::vector<MatchCandidate>> found_;
};

}  // namespace friedel
