#include "host/known_patterns.h"

#include <algorithm>

#include "host/config.h"
#include "host/error.h"
#include "host/interrupt.h"
#include "host/simulator.h"

namespace friedel {

namespace fs = std::filesystem;

namespace {

constexpr int batch_size = 256;

// Answers batches of patterns, some rows of which may be unusable.
class Collector {
public:
    Collector(const Model& model, Backend& backend) : classifier_(model, backend) {
        answers_.members = classifier_.members();
        answers_.classes = classifier_.classes();
        answers_.logits.resize(static_cast<std::size_t>(answers_.members));
    }

    void answer(const float* patterns, int rows) {
        rows_ = static_cast<std::size_t>(rows);
        logits_.resize(answers_.logits.size() * rows_ * classes());
        classifier_.logits(logits_.data(), patterns, rows);
    }
    void keep(std::size_t row, int space_group, std::size_t source) {
        for (std::size_t member = 0; member < answers_.logits.size(); ++member) {
            const float* const from = logits_.data() + (member * rows_ + row) * classes();
            answers_.logits[member].insert(answers_.logits[member].end(), from, from + classes());
        }
        answers_.space_group.push_back(space_group);
        answers_.source.push_back(source);
    }
    void leave_out(std::string problem) { answers_.problems.push_back(std::move(problem)); }
    KnownAnswers finish() { return std::move(answers_); }

private:
    std::size_t classes() const { return static_cast<std::size_t>(answers_.classes); }

    Classifier classifier_;
    KnownAnswers answers_;
    std::vector<float> logits_;  // [members][rows][classes] of the latest batch
    std::size_t rows_ = 0;
};

}  // namespace

std::vector<float> KnownAnswers::probabilities(float temperature) const {
    std::vector<float> all;
    for (const std::vector<float>& member : logits) all.insert(all.end(), member.begin(), member.end());
    std::vector<float> mixed(size() * static_cast<std::size_t>(classes));
    mix_members(mixed.data(), all.data(), members, static_cast<int>(size()), classes, temperature);
    return mixed;
}

KnownAnswers answer_measured(const Model& model, const std::vector<Label>& labels, const fs::path& folder, double stated_wavelength,
                             Device& device, const ShowProgress& progress) {
    PatternReaderConfig config;
    config.grid = model.grid;
    config.model_wavelength = model.wavelength_angstrom;
    config.stated_wavelength = stated_wavelength;
    config.threads = device.pool.size();
    std::vector<std::string> files;
    for (const Label& label : labels) files.push_back((folder / label.file).string());
    PatternReader reader(files, config);
    Collector collector(model, *device.backend);
    PatternBatch batch;
    for (std::size_t first = 0; reader.next(batch); first += static_cast<std::size_t>(batch.size)) {
        if (interrupted()) fail("interrupted; nothing was written");
        collector.answer(batch.patterns.data(), batch.size);
        for (std::size_t row = 0; row < static_cast<std::size_t>(batch.size); ++row) {
            if (!batch.error[row].empty()) {
                collector.leave_out(batch.error[row]);
            } else if (!batch.refusal[row].empty()) {
                collector.leave_out(batch.file[row] + ": " + batch.refusal[row]);
            } else {
                collector.keep(row, labels[first + row].space_group, first + row);
            }
        }
        if (progress) progress(first + static_cast<std::size_t>(batch.size), labels.size());
    }
    return collector.finish();
}

KnownAnswers answer_simulated(const Model& model, const StructureLibrary& library, int patterns, std::uint64_t seed, Device& device,
                              const ShowProgress& progress) {
    if (model.provenance.config.empty()) fail("the model does not say how it was trained; patterns cannot be simulated like its own");
    TrainingConfig training;
    read_toml(training, model.provenance.config, "the model's configuration");
    const SimulationConfig& simulation = training.simulation;
    if (library.size() == 0) fail("the structure library is empty; ingest structures into it");
    const LibraryView view = library.view();
    Collector collector(model, *device.backend);
    std::vector<float> batch;
    for (int first = 0; first < patterns; first += batch_size) {
        if (interrupted()) fail("interrupted; nothing was written");
        const int rows = std::min(batch_size, patterns - first);
        std::vector<PatternParameters> parameters;
        for (int row = 0; row < rows; ++row) {
            const auto sample = static_cast<std::uint64_t>(first + row);
            const std::uint64_t random = random4(seed, sample, Purpose::structure, 0).bits[0];
            const int structure = static_cast<int>(random * static_cast<std::uint64_t>(library.size()) >> 32);
            parameters.push_back(draw_parameters(simulation, view, structure, seed, sample));
        }
        batch.resize(static_cast<std::size_t>(rows) * model.grid.points);
        simulate_patterns(batch.data(), parameters, view, model.grid, device.pool);
        collector.answer(batch.data(), rows);
        for (int row = 0; row < rows; ++row) {
            const int structure = parameters[static_cast<std::size_t>(row)].structure;
            const int space_group = library.space_group[static_cast<std::size_t>(structure)];
            if (space_group > 0) collector.keep(static_cast<std::size_t>(row), space_group, static_cast<std::size_t>(structure));
        }
        if (progress) progress(static_cast<std::size_t>(first + rows), static_cast<std::size_t>(patterns));
    }
    return collector.finish();
}

}  // namespace friedel
