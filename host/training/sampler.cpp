#include "host/training/sampler.h"

#include <algorithm>
#include <cmath>

#include "host/support/error.h"
#include "host/support/joined.h"
#include "host/support/running_sums.h"

namespace friedel {

Sampler::Sampler(const LibraryView& library, Target target, double tempering, const SyntheticShare& synthetic) : target_(target) {
    std::vector<std::vector<std::int32_t>> by_class(static_cast<std::size_t>(classes_of(target)));
    for (std::int32_t i = 0; i < library.structures; ++i) {
        const int group = library.space_group[i];
        if (group == 0) continue;
        ++count_[group - 1];
        by_class[class_of(target, group)].push_back(i);
        ++of_library_;
    }
    if (of_library_ == 0 && synthetic.share < 1) fail("the library has no structure whose space group is known; ingest other files");
    std::vector<double> weights;
    const auto add = [&](int label, std::vector<std::int32_t> structures, double weight) {
        label_.push_back(label);
        first_.push_back(static_cast<std::int32_t>(structures_.size()));
        structures_.insert(structures_.end(), structures.begin(), structures.end());
        weights.push_back(weight);
    };
    if (synthetic.share < 1) {
        double of_classes = 0;
        for (const auto& structures : by_class)
            if (!structures.empty()) of_classes += std::pow(static_cast<double>(structures.size()), tempering);
        const auto missing = static_cast<double>(std::count(count_.begin(), count_.end(), 0u));
        const double filled = missing > 0 ? std::min(missing / (of_classes + missing), synthetic.fill) : 0;
        const double scale = (1 - synthetic.share) * (1 - filled) / of_classes;
        for (std::size_t c = 0; c < by_class.size(); ++c) {
            if (by_class[c].empty()) continue;
            add(static_cast<int>(c), by_class[c], scale * std::pow(static_cast<double>(by_class[c].size()), tempering));
        }
        for (int group = 1; filled > 0 && group <= space_groups; ++group) {
            if (count_[group - 1] > 0) continue;
            add(class_of(target, group), {-group}, (1 - synthetic.share) * filled / missing);
        }
    }
    for (int group = 1; synthetic.share > 0 && group <= space_groups; ++group) {
        add(class_of(target, group), {-group}, synthetic.share * synthetic.group_share.at(group - 1));
    }
    first_.push_back(static_cast<std::int32_t>(structures_.size()));
    cumulative_ = running_sums(weights);
}

SamplerView Sampler::view() const {
    return {cumulative_.data(), label_.data(), first_.data(), structures_.data(), static_cast<int>(label_.size())};
}

std::vector<double> Sampler::label_shares(int labels) const {
    std::vector<double> shares(static_cast<std::size_t>(labels));
    for (std::size_t i = 0; i < label_.size(); ++i) shares[label_[i]] += cumulative_[i] - (i > 0 ? cumulative_[i - 1] : 0);
    return shares;
}

std::string Sampler::missing_classes() const {
    std::vector<bool> present(static_cast<std::size_t>(classes_of(target_)));
    for (std::int32_t label : label_) present[label] = true;
    constexpr int most_named = 12;
    std::string names;
    int missing = 0;
    for (std::size_t c = 0; c < present.size(); ++c) {
        if (!present[c] && ++missing <= most_named) append_word(names, class_name(target_, static_cast<int>(c)));
    }
    if (missing > most_named) names += " and " + std::to_string(missing - most_named) + " more";
    return names;
}

}  // namespace friedel
