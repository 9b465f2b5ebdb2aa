#include "host/training/validation.h"

#include <algorithm>
#include <cmath>

#include "host/patterns/labels.h"
#include "host/patterns/pattern_reader.h"
#include "host/simulation/simulator.h"
#include "host/support/error.h"
#include "host/support/hash.h"
#include "host/support/radiation.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

constexpr int chunk = 256;
// Validation patterns are drawn from a stream of their own, whatever the training steps.
constexpr std::uint64_t validation_stream = 0x76616c6964617465ull;

}  // namespace

ValidationSet ValidationSet::simulated(const TrainingConfig& config, const StructureLibrary& library, int count) {
    ValidationSet set;
    set.grid_ = config.simulation.grid;
    set.library_ = &library;
    std::vector<int> known;
    for (int i = 0; i < library.size(); ++i) {
        if (library.space_group[i]) known.push_back(i);
    }
    count = std::min(count, static_cast<int>(known.size()));
    for (int i = 0; i < count; ++i) {
        const int structure = known[static_cast<std::int64_t>(i) * static_cast<std::int64_t>(known.size()) / count];
        set.labels_.push_back(class_of(config.network.target, library.space_group[structure]));
        set.parameters_.push_back(draw_parameters(config.simulation, library.view(), structure, config.run.seed ^ validation_stream,
                                                  static_cast<std::uint64_t>(i)));
    }
    return set;
}

ValidationSet ValidationSet::measured(const TrainingConfig& config, const std::filesystem::path& labels,
                                      const std::filesystem::path& folder, double wavelength, int threads, const Tell& tell) {
    ValidationSet set;
    set.grid_ = config.simulation.grid;
    const auto points = static_cast<std::size_t>(set.grid_.points);
    const double own = mean_wavelength(config.simulation.radiation);
    const std::vector<Label> known = read_labels_without_repeats(labels);
    const PatternList list = PatternList::of_files(files_in(folder, known));
    PatternReaderConfig reading;
    reading.grid = set.grid_;
    reading.model_wavelength = own;
    reading.given_wavelength = wavelength;
    reading.threads = threads;
    PatternReader reader(list, reading);
    int assumed = 0;
    for (PatternBatch batch; reader.next(batch);) {
        for (std::size_t row = 0; row < batch.rows.size(); ++row) {
            const ReadPattern& read = batch.rows[row];
            const Label& label = known[batch.first + row];
            const std::string& problem = read.error.empty() ? read.refusal : read.error;
            if (!problem.empty()) {
                tell((read.error.empty() ? label.file + ": " : "") + problem + "; left out of validation");
                continue;
            }
            assumed += read.wavelength_source == WavelengthSource::assumed;
            const auto pattern = batch.patterns.begin() + static_cast<std::ptrdiff_t>(row * points);
            set.patterns_.insert(set.patterns_.end(), pattern, pattern + static_cast<std::ptrdiff_t>(points));
            set.labels_.push_back(class_of(config.network.target, label.space_group));
        }
    }
    if (set.labels_.empty())
        fail(labels.string(), ": names no pattern that can be used; check its files, or name their folder with --data");
    if (assumed > 0) {
        tell(std::to_string(assumed) + " of the " + std::to_string(set.size()) +
             " measured patterns state no wavelength: " + formatted("%.5f", own) + " angstrom was taken; --wavelength gives another");
    }
    return set;
}

std::string ValidationSet::hash() const {
    Fnv1a all;
    all.add(labels_.data(), labels_.size() * sizeof(int));
    all.add(patterns_.data(), patterns_.size() * sizeof(float));
    for (const PatternParameters& drawn : parameters_) all.add(&drawn.structure, sizeof drawn.structure);
    if (library_) all.add(library_->cell.data(), library_->cell.size() * sizeof library_->cell[0]);
    return all.text();
}

ValidationResult ValidationSet::validate(const Model& model, Device& device) const {
    Classifier classifier(model, *device.backend);
    const std::size_t points = static_cast<std::size_t>(grid_.points), classes = static_cast<std::size_t>(model.classes());
    std::vector<float> patterns(chunk * points), probabilities(chunk * classes);
    ValidationResult result{size(), 0, 0};
    for (int first = 0; first < size(); first += chunk) {
        const int rows = std::min(chunk, size() - first);
        const float* raw = patterns_.data() + static_cast<std::size_t>(first) * points;
        if (library_) {
            simulate_patterns(patterns.data(),
                              std::span(parameters_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(rows)),
                              library_->view(), grid_, device.pool);
            raw = patterns.data();
        }
        classifier.probabilities(probabilities.data(), raw, rows);
        for (int row = 0; row < rows; ++row) {
            const float* const answer = probabilities.data() + static_cast<std::size_t>(row) * classes;
            const int label = labels_[first + row];
            result.accuracy += std::max_element(answer, answer + classes) - answer == label;
            result.loss -= std::log(std::max(1e-30f, answer[label]));  // in this order no NaN passes
        }
    }
    result.accuracy /= std::max(size(), 1);
    result.loss /= std::max(size(), 1);
    return result;
}

}  // namespace friedel
