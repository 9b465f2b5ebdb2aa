// What a training run does, as JSON lines for other programs to follow: an object per event, handed to the system at once.
// A resumed run goes on in the same file. Every object has "event", "time" (seconds since 1970) and "step".
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "host/support/line_file.h"
#include "host/training/checkpoint.h"
#include "host/training/metrics_file.h"

namespace friedel {

class TrainingLog {
public:
    // Nothing is written where the name is empty.
    TrainingLog(const std::filesystem::path& file, const Tell& tell);

    void start(const std::filesystem::path& output, std::int64_t step, const RunConfig& run);  // total_steps, or minutes
    void resume(const Checkpoint& from);
    void report(const TrainingReport& report);  // and its validations, each an event
    void checkpoint(const CheckpointWriter::Outcome& outcome);
    void skipped(std::int64_t step, std::int64_t count, std::int64_t in_a_row, double learning_rate);  // of the next step
    void high_loss(std::int64_t step, int member, const std::string& losses);                          // of a network
    // `how`: "finished", "interrupted" or "failed".
    void end(std::int64_t step, const char* how, int signal, const std::string& error);

private:
    void event(const char* name, std::int64_t step, nlohmann::ordered_json what);
    std::optional<LineFile> lines_;
};

}  // namespace friedel
