#include "host/training/validation.h"

#include <algorithm>
#include <cmath>

#include "host/patterns/humps.h"
#include "host/patterns/k_alpha.h"
#include "host/patterns/labels.h"
#include "host/patterns/pattern_file.h"
#include "host/patterns/pattern_reader.h"
#include "host/patterns/resample.h"
#include "host/simulation/radiation.h"
#include "host/simulation/simulator.h"
#include "host/support/error.h"
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
        if (library.space_group[static_cast<std::size_t>(i)]) known.push_back(i);
    }
    count = std::min(count, static_cast<int>(known.size()));
    for (int i = 0; i < count; ++i) {
        const int structure =
            known[static_cast<std::size_t>(static_cast<std::int64_t>(i) * static_cast<std::int64_t>(known.size()) / count)];
        set.labels_.push_back(class_of(config.network.target, library.space_group[static_cast<std::size_t>(structure)]));
        set.parameters_.push_back(draw_parameters(config.simulation, library.view(), structure, config.run.seed ^ validation_stream,
                                                  static_cast<std::uint64_t>(i)));
    }
    return set;
}

ValidationSet ValidationSet::measured(const TrainingConfig& config, const std::filesystem::path& labels,
                                      const std::filesystem::path& folder, double wavelength,
                                      const std::function<void(const std::string&)>& warn) {
    ValidationSet set;
    set.grid_ = config.simulation.grid;
    const std::size_t points = static_cast<std::size_t>(set.grid_.points);
    const double own = mean_wavelength(config.simulation.radiation);
    int assumed = 0;
    for (const Label& label : read_labels_without_repeats(labels)) {
        try {
            MeasuredPattern pattern = read_pattern(folder / label.file);
            const auto [stated, source] = wavelength_of(pattern, wavelength, own);
            convert_wavelength(pattern, emission_lines(stated, pattern.is_monochromatic).first_angstrom,
                               emission_lines(own).first_angstrom);
            std::vector<float> row(points);
            if (resample(row.data(), set.grid_, pattern) < PatternReaderConfig().min_coverage) {
                warn(label.file + ": covers too little of the grid; left out of validation");
                continue;
            }
            assumed += source == WavelengthSource::assumed;
            row = without_humps(row.data(), set.grid_);
            set.patterns_.insert(set.patterns_.end(), row.begin(), row.end());
            set.labels_.push_back(class_of(config.network.target, label.space_group));
        } catch (const Error& error) {
            warn(std::string(error.what()) + "; left out of validation");
        }
    }
    if (set.labels_.empty())
        fail(labels.string(), ": names no pattern that can be used; check its files, or name their folder with --data");
    if (assumed > 0) {
        warn(std::to_string(assumed) + " of the " + std::to_string(set.size()) +
             " measured patterns state no wavelength: " + formatted("%.5f", own) + " angstrom was taken; --wavelength gives another");
    }
    return set;
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
            const int label = labels_[static_cast<std::size_t>(first + row)];
            result.accuracy += std::max_element(answer, answer + classes) - answer == label;
            result.loss -= std::log(std::max(answer[label], 1e-30f));
        }
    }
    result.accuracy /= std::max(size(), 1);
    result.loss /= std::max(size(), 1);
    return result;
}

}  // namespace friedel
