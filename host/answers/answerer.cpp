#include "host/answers/answerer.h"

#include <algorithm>
#include <utility>

#include "host/answers/opinions.h"

namespace friedel {

namespace {
// Patterns that may be of another tube than was assumed, if their lines tell anything.
std::vector<std::size_t> of_assumed_wavelength(const PatternBatch& batch, const Evidence& evidence) {
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
        const ReadPattern& read = batch.rows[i];
        const bool is_to_answer = read.error.empty() && read.refusal.empty();
        if (is_to_answer && read.wavelength_source == WavelengthSource::assumed && !evidence.tells_nothing(i)) which.push_back(i);
    }
    return which;
}
// What a search of structures found.
void fill_in(Classification& c, const StructureOpinion& opinion, const SecondOpinion& search) {
    const StructureLibrary& library = search.library();
    if (const SearchCandidate* const closest = opinion.closest()) {
        const auto structure = static_cast<std::size_t>(closest->structure);
        c.closest = library.name[structure];
        c.closest_formula = library.formula[structure];
        c.closest_space_group = closest->space_group;
        c.closest_is_parent = closest->is_parent;
        c.similarity = closest->similarity;
        c.closest_lattice_change = static_cast<float>(closest->lattice_change);
        for (double value : search.fitted_cell(opinion)) c.closest_cell.push_back(static_cast<float>(value));
        for (double angle : opinion.unexplained) c.unexplained.push_back(static_cast<float>(angle));
    }
    if (opinion.second_phase) {
        const SearchCandidate& second = opinion.second_phase->candidate;
        c.second_phase = library.name[static_cast<std::size_t>(second.structure)];
        c.second_formula = library.formula[static_cast<std::size_t>(second.structure)];
        c.second_space_group = second.space_group;
        c.second_part = opinion.second_phase->part;
    }
}
}  // namespace

Answerer::Answerer(const Model& model, Device& device, const OtherOpinions& others, std::optional<Explainer> explainer)
    : model_(model), explainer_(std::move(explainer)), classifier_(model, *device.backend), evidence_(model, device, others) {}

std::vector<Classification> Answerer::answer(const PatternBatch& batch) {
    const auto classes = static_cast<std::size_t>(model_.classes());
    std::vector<float> probabilities(batch.rows.size() * classes);
    evidence_.gather(batch.patterns.data(), batch.size(), batch.recorded());
    evidence_.look_for_other_tubes(of_assumed_wavelength(batch, evidence_), batch.recorded());
    classifier_.probabilities(probabilities.data(), evidence_.patterns().data(), batch.size());
    pool_all(probabilities, evidence_.votes(), evidence_.indexed(), evidence_.second_groups(), classes);
    std::vector<Classification> answers;
    for (std::size_t i = 0; i < batch.rows.size(); ++i) answers.push_back(answer_one(batch, i, probabilities.data() + i * classes));
    return answers;
}

Classification Answerer::answer_one(const PatternBatch& batch, std::size_t i, const float* probabilities) {
    const ReadPattern& read = batch.rows[i];
    Classification c;
    c.file = read.file;
    c.title = read.title;
    c.file_state = read.file_state;
    c.note = read.note;
    c.coverage = read.coverage;
    c.refused = read.refusal;
    if (!read.error.empty()) {
        c.refused = read.error;
        c.unread = true;
        return c;
    }
    c.wavelength = read.wavelength;
    c.wavelength_source = read.wavelength_source;
    if (!c.refused.empty()) return c;
    interpret(c, model_, probabilities);
    if (const StructureOpinion* const structures = evidence_.structures(i)) fill_in(c, *structures, *evidence_.search());
    if (const LikeliestCell* const found = evidence_.cell(i)) {
        c.lattice = bravais_name(found->lattice);
        c.cell.assign(found->cell.begin(), found->cell.end());
        c.cell_probability = static_cast<float>(found->probability);
    }
    // What is wrong with the pattern says more than that the answer is uncertain.
    const StructureOpinion* const structures = evidence_.structures(i);
    if (structures && !structures->other_tube.empty()) {
        c.refused = structures->other_tube;
    } else {
        const float probability = *std::max_element(probabilities, probabilities + model_.classes());
        const Objection objection = evidence_.objection(i, evidence_.is_sure(probability));
        if (!objection.text.empty()) c.refused = objection.text;
        if (objection.kind == Objection::Kind::unlike) c.refused += hint_at_wavelength(read.wavelength_source, read.wavelength);
    }
    if (explainer_) {
        const float* const as_read = batch.patterns.data() + i * static_cast<std::size_t>(model_.grid.points);
        std::vector<float> fitted = structures ? evidence_.search()->fitted_pattern(*structures) : std::vector<float>();
        explainer_->explain({c, as_read, read.hump, evidence_.pattern(i), std::move(fitted)}, model_);
    }
    return c;
}

}  // namespace friedel
