#include "host/answers/answerer.h"

#include <algorithm>
#include <utility>

#include "host/answers/opinions.h"
#include "host/indexing/indexing_opinion.h"

namespace friedel {

Answerer::Answerer(const Model& model, Device& device, const std::filesystem::path& structures, bool indexing,
                   std::optional<Explainer> explainer, const ShowProgress& progress)
    : model_(model), device_(device), indexing_(indexing), explainer_(std::move(explainer)), classifier_(model, *device.backend) {
    if (!structures.empty()) second_.emplace(structures, model, device, progress);
}

std::vector<Classification> Answerer::answer(const PatternBatch& batch) {
    const auto classes = static_cast<std::size_t>(model_.classes());
    std::vector<float> probabilities(static_cast<std::size_t>(batch.size) * classes);
    classifier_.probabilities(probabilities.data(), batch.patterns.data(), batch.size);
    std::vector<float> votes, indexed;
    if (second_) {
        votes = second_->votes(batch.patterns.data(), batch.size);
        second_->look_for_unexplained_lines(batch.patterns.data(), batch.size);
    }
    if (indexing_) {
        indexed = indexed_patterns(batch.patterns.data(), batch.size, model_.grid, static_cast<double>(model_.wavelength_angstrom), votes,
                                   device_.pool);
    }
    pool_all(probabilities, votes, indexed, classes);
    std::vector<Classification> answers;
    for (std::size_t i = 0; i < static_cast<std::size_t>(batch.size); ++i)
        answers.push_back(answer_one(batch, i, probabilities.data() + i * classes));
    return answers;
}

Classification Answerer::answer_one(const PatternBatch& batch, std::size_t i, const float* probabilities) {
    Classification c;
    c.file = batch.file[i];
    c.coverage = batch.coverage[i];
    c.refused = batch.refusal[i];
    if (!batch.error[i].empty()) {
        c.refused = batch.error[i];
        c.unread = true;
        return c;
    }
    c.wavelength = batch.wavelength[i];
    c.wavelength_source = batch.wavelength_source[i];
    if (!c.refused.empty()) return c;
    interpret(c, model_, probabilities);
    if (const SearchCandidate* closest = second_ ? second_->closest(i) : nullptr) {
        const auto structure = static_cast<std::size_t>(closest->structure);
        c.closest = second_->library().name[structure];
        c.closest_formula = second_->library().formula[structure];
        c.closest_space_group = closest->space_group;
        c.closest_is_parent = closest->is_parent;
        c.similarity = closest->similarity;
        for (double angle : second_->unexplained(i)) c.unexplained.push_back(static_cast<float>(angle));
    }
    // What is wrong with the pattern says more than that the answer is uncertain.
    const float surest = *std::max_element(probabilities, probabilities + model_.classes());
    const std::string unlike = second_ ? second_->unlike(i, surest) : std::string();
    if (!unlike.empty()) c.refused = unlike;
    if (explainer_) {
        const float* const pattern = batch.patterns.data() + i * static_cast<std::size_t>(model_.grid.points);
        explainer_->explain(c, pattern, model_, second_ ? &*second_ : nullptr, i);
    }
    return c;
}

}  // namespace friedel
