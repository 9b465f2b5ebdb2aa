#include "host/sampler.h"

#include <cmath>

#include "host/error.h"

namespace friedel {

Sampler::Sampler(const LibraryView& library, Target target, double tempering) : target_(target) {
    std::vector<std::vector<std::int32_t>> by_class(static_cast<std::size_t>(classes_of(target)));
    for (std::int32_t i = 0; i < library.structures; ++i) {
        const int group = library.space_group[i];
        if (group == 0) continue;
        ++count_[static_cast<std::size_t>(group - 1)];
        by_class[static_cast<std::size_t>(class_of(target, group))].push_back(i);
    }
    double total = 0;
    std::vector<double> sums;
    for (std::size_t c = 0; c < by_class.size(); ++c) {
        if (by_class[c].empty()) continue;
        label_.push_back(static_cast<std::int32_t>(c));
        first_.push_back(static_cast<std::int32_t>(structures_.size()));
        structures_.insert(structures_.end(), by_class[c].begin(), by_class[c].end());
        sums.push_back(total += std::pow(static_cast<double>(by_class[c].size()), tempering));
    }
    first_.push_back(static_cast<std::int32_t>(structures_.size()));
    if (label_.empty()) fail("the library has no structure whose space group is known; ingest other files");
    for (double sum : sums) cumulative_.push_back(static_cast<float>(sum / total));
    cumulative_.back() = 1;
}

SamplerView Sampler::view() const {
    return {cumulative_.data(), label_.data(), first_.data(), structures_.data(), static_cast<int>(label_.size())};
}

std::string Sampler::missing_classes() const {
    std::vector<bool> present(static_cast<std::size_t>(classes_of(target_)));
    for (std::int32_t label : label_) present[static_cast<std::size_t>(label)] = true;
    constexpr int most_named = 12;
    std::string names;
    int missing = 0;
    for (std::size_t c = 0; c < present.size(); ++c) {
        if (!present[c] && ++missing <= most_named) names += (names.empty() ? "" : ", ") + class_name(target_, static_cast<int>(c));
    }
    if (missing > most_named) names += " and " + std::to_string(missing - most_named) + " more";
    return names;
}

}  // namespace friedel
