#include "host/answers/known_patterns.h"

#include <algorithm>

#include "host/answers/opinions.h"
#include "host/simulation/simulator.h"
#include "host/support/error.h"
#include "host/support/hash.h"
#include "host/support/interrupt.h"
#include "host/training/config.h"
#include "host/training/trained_on.h"

namespace friedel {

namespace fs = std::filesystem;

namespace {

constexpr int batch_size = 256;

// Answers batches of patterns, some rows of which may be unusable.
class Collector {
public:
    Collector(const Model& model, Device& device, const OtherOpinions& others)
        : model_(model), classifier_(model, *device.backend), others_(others), evidence_(model, device, others) {
        answers_.members = classifier_.members();
        answers_.classes = classifier_.classes();
        kept_logits_.resize(static_cast<std::size_t>(answers_.members));
    }

    void answer(const float* patterns, int rows, const std::vector<Recording>& recorded = {}) {
        rows_ = static_cast<std::size_t>(rows);
        logits_.resize(kept_logits_.size() * rows_ * classes());
        evidence_.gather(patterns, rows, recorded);
        classifier_.logits(logits_.data(), evidence_.patterns().data(), rows);
    }
    // Why row of the latest batch should not be answered.
    Known::Reasons objections(std::size_t row) const { return {evidence_.objection(row, false).text, evidence_.objection(row, true).text}; }
    void keep(std::size_t row, int space_group, std::size_t source, bool covered = true, const Known::Reasons& reasons = {}) {
        for (std::size_t member = 0; member < kept_logits_.size(); ++member) {
            const float* const from = logits_.data() + (member * rows_ + row) * classes();
            kept_logits_[member].insert(kept_logits_[member].end(), from, from + classes());
        }
        const auto keep_row = [&](std::vector<float>& to, const std::vector<float>& from) {
            if (from.empty()) return;
            const auto first = from.begin() + static_cast<std::ptrdiff_t>(row * classes());
            to.insert(to.end(), first, first + static_cast<std::ptrdiff_t>(classes()));
        };
        keep_row(answers_.votes, evidence_.votes());
        keep_row(answers_.indexed, evidence_.indexed());
        const std::vector<SecondGroup>& seconds = evidence_.second_groups();
        answers_.known.push_back({space_group, source, reasons, {}, covered, seconds.empty() ? SecondGroup() : seconds[row]});
    }
    void leave_out(std::string problem) { answers_.problems.push_back(std::move(problem)); }
    // Refusals are those of the model as it is.
    KnownAnswers finish() {
        for (std::vector<float>& member : kept_logits_) {
            answers_.logits.insert(answers_.logits.end(), member.begin(), member.end());
            member = {};
        }
        if (others_.search) answers_.sure = others_.search->search().config().sure;
        answers_.decide_refusals(model_.calibration.belief);
        return std::move(answers_);
    }

private:
    std::size_t classes() const { return static_cast<std::size_t>(answers_.classes); }

    const Model& model_;
    Classifier classifier_;
    OtherOpinions others_;
    Evidence evidence_;
    KnownAnswers answers_;
    std::vector<float> logits_;                    // [members][rows][classes] of the latest batch
    std::vector<std::vector<float>> kept_logits_;  // [members] of [patterns so far][classes]
    std::size_t rows_ = 0;
};

}  // namespace

std::vector<float> KnownAnswers::probabilities(const Belief& belief) const {
    std::vector<float> mixed(size() * static_cast<std::size_t>(classes));
    mix_members(mixed.data(), logits.data(), members, static_cast<int>(size()), classes, belief);
    std::vector<SecondGroup> seconds;
    for (const Known& one : known) seconds.push_back(one.second);
    pool_all(mixed, votes, indexed, seconds, static_cast<std::size_t>(classes));
    return mixed;
}

void KnownAnswers::decide_refusals(const Belief& belief) {
    const std::vector<float> all = probabilities(belief);
    for (std::size_t i = 0; i < size(); ++i) {
        const auto first = all.begin() + static_cast<std::ptrdiff_t>(i * static_cast<std::size_t>(classes));
        const bool is_sure = *std::max_element(first, first + classes) >= sure;
        known[i].refused = is_sure ? known[i].reasons.if_sure : known[i].reasons.if_unsure;
    }
}

void KnownAnswers::keep_only(const std::function<bool(const Known&)>& is_kept) {
    const auto width = static_cast<std::ptrdiff_t>(classes);
    std::vector<char> stays;  // [size()]
    for (const Known& one : known) stays.push_back(is_kept(one));
    // Arrays [size()][classes], of which logits are several.
    for (std::vector<float>* rows : {&logits, &votes, &indexed}) {
        auto to = rows->begin();
        for (auto from = rows->begin(); from != rows->end();) {
            for (std::size_t i = 0; i < size(); ++i, from += width) {
                if (stays[i]) to = from == to ? to + width : std::copy_n(from, width, to);
            }
        }
        rows->erase(to, rows->end());
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < known.size(); ++i) {
        if (!stays[i]) continue;
        if (kept != i) known[kept] = std::move(known[i]);
        ++kept;
    }
    known.resize(kept);
}

void KnownAnswers::leave_out_uncovered() {
    keep_only([](const Known& one) { return one.covered; });
}

void KnownAnswers::leave_out_refused() {
    keep_only([](const Known& one) { return one.refused.empty(); });
}

PatternReaderConfig reader_config(const Model& model, const MeasuredOptions& options) {
    PatternReaderConfig config;
    config.grid = model.grid;
    config.model_wavelength = model.wavelength_angstrom;
    config.given_wavelength = options.wavelength;
    config.strip_k_alpha_2 = options.strip_k_alpha_2;
    return config;
}

KnownAnswers answer_measured(const Model& model, const MeasuredPatterns& patterns, Device& device, const OtherOpinions& others,
                             const ShowProgress& progress) {
    const std::vector<Label>& labels = patterns.labels;
    PatternReaderConfig config = reader_config(model, patterns.options);
    config.threads = device.pool.size();
    const PatternList list = PatternList::of_files(files_in(patterns.folder, labels));
    PatternReader reader(list, config);
    Collector collector(model, device, others);
    PatternBatch batch;
    std::size_t assumed = 0;
    for (std::size_t first = 0; reader.next(batch); first += batch.rows.size()) {
        if (interrupted()) fail("interrupted after ", first, " of ", labels.size(), " patterns; nothing was written");
        collector.answer(batch.patterns.data(), batch.size(), batch.recorded());
        for (std::size_t row = 0; row < batch.rows.size(); ++row) {
            const ReadPattern& read = batch.rows[row];
            assumed += read.wavelength_source == WavelengthSource::assumed;
            if (!read.error.empty()) {
                collector.leave_out(read.error + " (line " + std::to_string(labels[first + row].line) + " of the labels)");
            } else {
                const bool covered = read.refusal.empty();
                collector.keep(row, labels[first + row].space_group, first + row, covered,
                               covered ? collector.objections(row) : Known::Reasons{read.refusal, read.refusal});
            }
        }
        if (progress) progress(first + batch.rows.size(), labels.size());
    }
    KnownAnswers answers = collector.finish();
    answers.assumed = assumed;
    return answers;
}

bool was_trained_on(const Model& model, const fs::path& library) { return knows_library(model.provenance, hash_file(library)); }

SimulationConfig simulation_of_training(const Model& model) {
    if (model.provenance.config.empty()) fail("the model does not say how it was trained; patterns cannot be simulated like its own");
    TrainingConfig training;
    read_toml(training, model.provenance.config, "the model's configuration");
    training.simulation.grid = model.grid;
    return training.simulation;
}

std::vector<int> shuffled_structures(const StructureLibrary& library, std::uint64_t seed) {
    std::vector<int> order;
    for (int i = 0; i < library.size(); ++i) {
        if (library.space_group[static_cast<std::size_t>(i)] > 0) order.push_back(i);
    }
    RandomSequence random(seed, 0, Purpose::shuffle);
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.bits() % i]);
    return order;
}

KnownAnswers answer_simulated(const Model& model, const SimulatedPatterns& patterns, Device& device, const OtherOpinions& others,
                              const ShowProgress& progress) {
    const std::vector<int>& structures = patterns.structures;
    const LibraryView view = patterns.library.view();
    Collector collector(model, device, others);
    std::vector<float> batch(static_cast<std::size_t>(batch_size) * model.grid.points);
    std::vector<PatternParameters> parameters;
    for (int first = 0; first < patterns.count; first += batch_size) {
        if (interrupted()) fail("interrupted after ", first, " of ", patterns.count, " patterns; nothing was written");
        const int rows = std::min(batch_size, patterns.count - first);
        parameters.clear();
        for (int i = first; i < first + rows; ++i) {
            const int structure = structures[static_cast<std::size_t>(i) % structures.size()];
            parameters.push_back(draw_parameters(patterns.simulation, view, structure, patterns.seed, static_cast<std::uint64_t>(i)));
        }
        simulate_patterns(batch.data(), parameters, view, model.grid, device.pool);
        collector.answer(batch.data(), rows);
        for (std::size_t row = 0; row < parameters.size(); ++row) {
            const auto structure = static_cast<std::size_t>(parameters[row].structure);
            collector.keep(row, patterns.library.space_group[structure], structure);
        }
        if (progress) progress(static_cast<std::size_t>(first + rows), static_cast<std::size_t>(patterns.count));
    }
    return collector.finish();
}

}  // namespace friedel
