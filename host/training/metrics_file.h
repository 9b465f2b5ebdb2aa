// MODEL.metrics.csv: a row per report of a training run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "host/support/line_file.h"
#include "host/training/validations.h"

namespace friedel {

struct TrainingReport {
    std::int64_t step, patterns;
    double seconds;              // of training, in all runs together
    double patterns_per_second;  // since the last report
    double learning_rate;
    double loss, accuracy;       // mean since the last report
    std::int64_t skipped_steps;  // since the last report
    Validations::Found validated;
};

class MetricsFile {
public:
    // A resumed run goes on behind the rows of the steps it has; a new one (step 0) starts the file anew.
    MetricsFile(const std::filesystem::path& file, std::int64_t resumed_step, const Tell& tell);
    void row(const TrainingReport& report);

private:
    LineFile lines_;
};

}  // namespace friedel
