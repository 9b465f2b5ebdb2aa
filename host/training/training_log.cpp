#include "host/training/training_log.h"

#include <chrono>
#include <nlohmann/json.hpp>

namespace friedel {

using Json = nlohmann::ordered_json;

TrainingLog::TrainingLog(const std::filesystem::path& file, const Tell& tell) {
    if (!file.empty()) lines_.emplace(file, '{', tell);
}

void TrainingLog::event(const char* name, std::int64_t step, Json what) {
    if (!lines_) return;
    const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    Json all = {{"event", name}, {"time", now}, {"step", step}};
    all.update(what);
    // File names may be no UTF-8.
    lines_->append(all.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void TrainingLog::start(const std::filesystem::path& output, std::int64_t step, const RunConfig& run) {
    Json what = {{"output", output.string()}, {"batch", run.batch}, {"seed", run.seed}};
    if (run.minutes > 0) {
        what["minutes"] = run.minutes;
    } else {
        what["total_steps"] = run.steps;
    }
    event("start", step, what);
}

void TrainingLog::resume(const Checkpoint& from) { event("resume", from.step, {{"checkpoint", from.file.string()}}); }

void TrainingLog::report(const TrainingReport& r) {
    event("report", r.step,
          {{"patterns", r.patterns},
           {"seconds", r.seconds},
           {"patterns_per_second", r.patterns_per_second},
           {"learning_rate", r.learning_rate},
           {"loss", r.loss},
           {"accuracy", r.accuracy},
           {"skipped_steps", r.skipped_steps}});
    const auto validation = [&](const char* set, const std::optional<ValidationResult>& result, bool is_best) {
        if (!result) return;
        event("validation", r.step,
              {{"set", set}, {"patterns", result->count}, {"loss", result->loss}, {"accuracy", result->accuracy}, {"best", is_best}});
    };
    validation("simulated", r.validated.simulated, r.validated.best_of_simulated);
    validation("measured", r.validated.measured, r.validated.best_of_measured);
}

void TrainingLog::checkpoint(const CheckpointWriter::Outcome& outcome) {
    Json what = {{"file", outcome.checkpoint.file.string()}, {"written", outcome.fault.empty()}, {"seconds", outcome.seconds}};
    if (outcome.fault.empty()) {
        what["bytes"] = outcome.bytes;
    } else {
        what["error"] = outcome.fault;
    }
    event("checkpoint", outcome.checkpoint.step, what);
}

void TrainingLog::skipped(std::int64_t step, std::int64_t count, std::int64_t in_a_row, double learning_rate) {
    event("skipped", step, {{"steps", count}, {"in_a_row", in_a_row}, {"learning_rate", learning_rate}});
}

void TrainingLog::high_loss(std::int64_t step, int member, const std::string& losses) {
    event("high_loss", step, {{"member", member}, {"losses", losses}});
}

void TrainingLog::end(std::int64_t step, const char* how, int signal, const std::string& error) {
    Json what = {{"how", how}};
    if (signal != 0) what["signal"] = signal;
    if (!error.empty()) what["error"] = error;
    event("end", step, what);
}

}  // namespace friedel
