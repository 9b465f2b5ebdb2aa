#include "host/training/training_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <optional>
#include <thread>

#include "host/ranks/communicator.h"
#include "host/support/error.h"
#include "host/support/hash.h"
#include "host/support/interrupt.h"
#include "host/support/joined.h"
#include "host/support/progress_line.h"
#include "host/support/seconds_since.h"
#include "host/support/text_format.h"
#include "host/training/look.h"
#include "host/training/loss_watch.h"
#include "host/training/recovery.h"
#include "host/training/training_log.h"
#include "host/training/training_setup.h"
#include "host/training/validations.h"

namespace friedel {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr double plan_seconds = 1;                 // between estimates of the steps that a run given in minutes will take
constexpr std::int64_t max_skipped_in_a_row = 20;  // steps; more of them are no accident

// The ranks of a node take its devices in turn.
DeviceChoice device_of(DeviceChoice wanted, const Communicator& ranks) {
    wanted.rank_on_node = ranks.rank_on_node();
    return wanted;
}

// Files, validation and what the user is told are the first rank's.
TrainingOptions part_of_rank(TrainingOptions options, const Communicator& ranks) {
    if (ranks.first()) return options;
    options.quiet = true;
    options.tell = [](const std::string&) {};
    options.log.clear();
    options.validation_library.clear();
    options.measured_labels.clear();
    return options;
}

class TrainingRun {
public:
    TrainingRun(const TrainingOptions& options, const AdjustConfig& adjust, Communicator& ranks)
        : options_(part_of_rank(options, ranks)),
          ranks_(ranks),
          device_(device_of(options.device, ranks), threads_of_rank(options.threads, ranks), options_.quiet ? Tell() : options_.tell),
          setup_(options_, adjust, device_, ranks),
          config_(setup_.config()),
          writer_(options.output, config_.run.checkpoints_kept),
          log_(options_.log, options_.tell),
          loss_watch_(config_),
          validations_(setup_.simulated() ? &*setup_.simulated() : nullptr, setup_.measured() ? &*setup_.measured() : nullptr,
                       config_.run.keep_best) {}

    TrainingSummary go() {
        if (setup_.was_finished()) return {.was_finished = true, .first_rank = ranks_.first()};
        if (ranks_.first()) {
            if (!setup_.resumed()) keep_metrics_of_finished_model();
            metrics_.emplace(metrics_file(), trainer().steps(), options_.tell);
        }
        start_ = Clock::now();
        first_step_ = reported_step_ = trainer().steps();
        if (setup_.resumed() && ranks_.first()) validations_.restore(setup_.resumed_file(), options_.tell);
        setup_.close_resumed_file();
        reported_at_ = validated_at_ = saved_at_ = planned_at_ = elapsed();
        log_.start(options_.output, first_step_, config_.run);
        if (setup_.resumed()) log_.resume(*setup_.resumed());
        try {
            return train();
        } catch (const std::exception& error) {
            log_.end(trainer().steps(), "failed", 0, error.what());
            throw;
        }
    }

private:
    fs::path metrics_file() const { return options_.output.string() + ".metrics.csv"; }
    // Where those of the model that is there lie until this run has another: they belong together.
    fs::path earlier_metrics_file() const { return metrics_file().string() + ".old"; }
    void keep_metrics_of_finished_model() const {
        if (!holds_finished_model(options_.output) || !fs::exists(metrics_file()) || fs::exists(earlier_metrics_file())) return;
        std::error_code failure;
        fs::rename(metrics_file(), earlier_metrics_file(), failure);
        if (failure) fail(metrics_file().string(), ": cannot be renamed (", failure.message(), "); rename or remove it");
    }

    TrainingSummary train() {
        const InterruptGuard guard;
        progress_.emplace("patterns", options_.quiet);
        progress_->begin_at(fraction(), patterns());
        Orders orders = exchange_orders();
        while (!orders.finished && !orders.failed && !orders.signal) {
            for (std::int64_t step = 0; step < orders.steps; ++step) trainer().step();
            record_results(trainer().take_results());
            interval_.took(orders.steps, elapsed());
            orders = exchange_orders();
            if (orders.checkpoint || orders.signal) compare_ranks();
            if (ranks_.first()) report_and_save(orders);
        }
        progress_.reset();
        return end(orders);
    }

    // What all ranks do next. Signals may have come to any of them; the clock is the first one's.
    Orders exchange_orders() {
        double asked[] = {interrupted() ? 1.0 : 0.0, take_checkpoint_signal() ? 1.0 : 0.0};
        ranks_.sum(asked, std::size(asked));
        Orders orders{};
        if (ranks_.first()) {
            const double now = elapsed();
            if (config_.run.minutes > 0 && now - planned_at_ > plan_seconds) plan_steps(now);
            orders.total_steps = trainer().total_steps();
            orders.steps = interval_.steps_from(trainer().steps(), orders.total_steps, config_.run.validation_steps);
            orders.failed = !fault_.text.empty();
            orders.finished = !orders.failed && done();
            if (asked[0] > 0 && !orders.finished && !orders.failed) orders.signal = interrupting_signal() ? interrupting_signal() : SIGTERM;
            // While the loss is far above its lowest, the checkpoints of before are worth more than another one.
            const bool due = !writer_.busy() && !loss_watch_.is_high() && now - saved_at_ >= 60 * config_.run.checkpoint_minutes &&
                             trainer().steps() > first_step_;
            orders.without_delay = asked[1] > 0;
            orders.checkpoint = !orders.finished && !orders.failed && !orders.signal && (due || orders.without_delay);
        }
        ranks_.broadcast(&orders, sizeof orders);
        if (orders.total_steps != trainer().total_steps()) trainer().set_total_steps(orders.total_steps);
        return orders;
    }

    // Ranks that drifted apart train no network at all: memory that fails, or a library that differs from node to node.
    void compare_ranks() {
        if (ranks_.size() == 1) return;
        Fnv1a hash;
        for (const std::vector<float>& values : trainer().answering_parameters()) hash.add(values.data(), values.size() * sizeof(float));
        const std::vector<std::string> all = ranks_.gather(hash.text());
        for (std::size_t rank = 1; rank < all.size(); ++rank) {
            if (all[rank] == all[0]) continue;
            fail(options_.output.string(), ": rank ", rank, " has other weights than rank 0 after ", trainer().steps(),
                 " steps; check that machine, and go on from the last checkpoint with --resume");
        }
    }

    // The first rank's look at the run.
    void report_and_save(const Orders& orders) {
        const double now = elapsed();
        const bool validate = orders.finished || is_time_to_validate(now);
        if (validate || now - reported_at_ > config_.run.report_seconds) report(now, validate);
        tell_outcome(writer_.outcome());
        if (orders.checkpoint && orders.without_delay) {
            save_now();
        } else if (orders.checkpoint) {
            start_saving();
        }
        progress_->show(fraction(), patterns(), note_);
    }

    bool is_time_to_validate(double now) {
        if (config_.run.validation_steps > 0) return trainer().steps() % config_.run.validation_steps == 0;
        return now - validated_at_ > 60 * config_.run.validation_minutes;
    }

    Trainer& trainer() { return setup_.trainer(); }

    // The results of the steps since the last look.
    void record_results(const Trainer::Results& result) {
        since_report_.add(result);
        all_skipped_ += result.skipped;
        halvings_ = result.halvings;
        loss_watch_.look(trainer().watches(), trainer().steps(), log_);
        if (!loss_watch_.divergence().empty()) fault_ = {.text = loss_watch_.divergence(), .steps_too_long = true};
        if (result.skipped == 0) return;
        log_.skipped(trainer().steps(), result.skipped, result.skipped_in_a_row, learning_rate());
        if (result.skipped_in_a_row < max_skipped_in_a_row) return;
        std::string structures;
        for (const std::string& of_rank : ranks_.gather(setup_.names_of(trainer().nonfinite_structures()))) {
            if (!of_rank.empty()) append_word(structures, of_rank);
        }
        const std::string skipped = std::to_string(result.skipped_in_a_row) + " steps in a row were skipped, the last of them step " +
                                    std::to_string(trainer().steps()) + ", for losses or gradients that are not finite";
        fault_ = {.text = skipped, .steps_too_long = structures.empty()};
        if (!structures.empty())
            fault_.text += ", from " + structures + " of " + source() +
                           "; leave what is wrong with them out of it, or lower optimiser.learning_rate if there is nothing";
    }

    // Of up to this step checkpoints are taken to be fine: a window of losses that are not high came after it, or the run was resumed
    // there.
    std::int64_t healthy_step() const { return std::max(loss_watch_.proven_step(), first_step_); }

    [[noreturn]] void fail_for_fault() {
        tell_outcome(writer_.wait());
        fail(options_.output.string(), ": ", fault_.text,
             fault_.steps_too_long ? "; " + recovery_advice(options_.output, healthy_step(), config_.optimiser) : "");
    }

    // Of the next step, of the network that has backed off most.
    double learning_rate() { return trainer().learning_rate() * std::exp2(-halvings_); }

    std::string source() const { return options_.library.empty() ? "the generated crystals" : options_.library.string(); }

    void report(double now, bool validate) {
        const auto steps = static_cast<double>(trainer().steps() - reported_step_);
        TrainingReport report{.step = trainer().steps(),
                              .patterns = trainer().steps() * config_.run.batch,
                              .seconds = now,
                              .patterns_per_second = steps * config_.run.batch / (now - reported_at_),
                              .learning_rate = learning_rate(),
                              .loss = since_report_.loss / since_report_.samples,
                              .accuracy = since_report_.accuracy / since_report_.samples,
                              .skipped_steps = since_report_.skipped,
                              .validated = {}};
        if (validate) {
            report.validated = validations_.look(setup_.model(now), device_, options_.tell);
            validated_at_ = elapsed();
        }
        metrics_->row(report);
        log_.report(report);
        note_ = note(report);
        reported_at_ = elapsed();
        reported_step_ = trainer().steps();
        since_report_ = {};
    }

    std::string note(const TrainingReport& report) const {
        std::string all = formatted("loss %.3f, learning rate %.2g", report.loss, report.learning_rate);
        const auto add = [&](const char* name, const ValidationHistory& history) {
            if (history.last) print(all, ", %s %.1f %%", name, 100 * history.last->accuracy);
        };
        add("simulated", validations_.simulated());
        add("measured", validations_.measured());
        if (all_skipped_ > 0) all += ", " + std::to_string(all_skipped_) + (all_skipped_ == 1 ? " step" : " steps") + " skipped";
        return all;
    }

    void start_saving() {
        writer_.start(trainer().steps(), setup_.checkpoint_image(elapsed(), validations_), healthy_step());
        saved_at_ = elapsed();
    }

    void save_now() {
        tell_outcome(writer_.wait());
        start_saving();
        tell_outcome(writer_.wait());
    }

    void note_outcome(const std::optional<CheckpointWriter::Outcome>& outcome) {
        if (!outcome) return;
        log_.checkpoint(*outcome);
        last_checkpoint_whole_ = outcome->fault.empty();
    }

    void tell_outcome(const std::optional<CheckpointWriter::Outcome>& outcome) {
        note_outcome(outcome);
        if (!outcome || outcome->fault.empty()) return;
        options_.tell(formatted("%s; there is no checkpoint of step %lld, which takes %.1f MB, check the folder and its space",
                                outcome->fault.c_str(), static_cast<long long>(outcome->checkpoint.step),
                                static_cast<double>(outcome->bytes) / 1e6));
    }

    // The model as trained so far, or a message why there is none. Where a finished run cannot write it, a checkpoint keeps what it has
    // learnt, and resuming that writes the model.
    TrainingSummary::ModelFile write_model(bool finished) {
        if (!finished && holds_finished_model(options_.output)) return TrainingSummary::ModelFile::earlier_stays;
        try {
            setup_.model(elapsed()).write(options_.output);
            if (validations_.best()) setup_.model(*validations_.best(), validations_.why_best()).write(best_file(options_.output));
            return TrainingSummary::ModelFile::written;
        } catch (const Error& error) {
            if (finished) {
                start_saving();
                note_outcome(writer_.wait());
                if (!last_checkpoint_whole_) throw;
                fail(error.what(), "; a checkpoint has all ", trainer().steps(),
                     " steps: once that is mended, the same command with --resume writes the model");
            }
            options_.tell(error.what());
            return TrainingSummary::ModelFile::failed;
        }
    }

    TrainingSummary end(const Orders& orders) {
        const bool finished = orders.finished;
        if (!ranks_.first()) return {.signal = orders.signal, .first_rank = false};
        if (orders.failed) fail_for_fault();
        if (!finished || loss_watch_.is_high()) save_now();
        if (finished && loss_watch_.is_high()) {
            fault_ = {.text = loss_watch_.growth() +
                              ", at the end of the run, and no model is written; to have it as it is, resume with --set "
                              "training.stop_on_divergence=false",
                      .steps_too_long = true};
            fail_for_fault();
        }
        tell_outcome(writer_.wait());
        const TrainingSummary::ModelFile model_file = write_model(finished);
        if (finished) {
            remove_checkpoints(options_.output);
            std::error_code ignored;
            fs::remove(earlier_metrics_file(), ignored);
        }
        log_.end(trainer().steps(), finished ? "finished" : "interrupted", orders.signal, "");
        const std::vector<Checkpoint> left = list_checkpoints(options_.output);
        return {.signal = orders.signal,
                .lost = !finished && !last_checkpoint_whole_,
                .checkpoint = left.empty() ? fs::path() : left.back().file,
                .model_file = model_file,
                .steps = trainer().steps(),
                .patterns = trainer().steps() * config_.run.batch,
                .seconds = elapsed(),
                .simulated = validations_.simulated(),
                .measured = validations_.measured(),
                .validated_step = validations_.last_step(),
                .best_step = validations_.best() ? validations_.best()->step : 0};
    }

    std::uint64_t patterns() { return static_cast<std::uint64_t>(trainer().steps() * config_.run.batch); }

    double elapsed() const { return setup_.seconds_before() + seconds_since(start_); }

    bool done() {
        if (config_.run.minutes > 0) return elapsed() >= 60 * config_.run.minutes;
        return trainer().steps() >= trainer().total_steps();
    }

    double fraction() {
        if (config_.run.minutes > 0) return elapsed() / (60 * config_.run.minutes);
        return static_cast<double>(trainer().steps()) / static_cast<double>(trainer().total_steps());
    }

    // A run given in minutes: the schedule ends where the time will, at the rate seen so far.
    void plan_steps(double now) {
        planned_at_ = now;
        constexpr std::int64_t fewest = 10;
        const std::int64_t steps = trainer().steps() - first_step_;
        if (steps < fewest) return;
        const double rate = static_cast<double>(steps) / seconds_since(start_);
        const double left = std::max(60 * config_.run.minutes - elapsed(), 0.0);
        trainer().set_total_steps(trainer().steps() + static_cast<std::int64_t>(left * rate));
    }

    const CheckpointSignalGuard checkpoint_signals_;
    const TrainingOptions options_;
    Communicator& ranks_;
    Device device_;
    TrainingSetup setup_;
    const TrainingConfig& config_;
    CheckpointWriter writer_;
    TrainingLog log_;
    LossWatch loss_watch_;
    bool last_checkpoint_whole_ = false;
    std::optional<MetricsFile> metrics_;
    std::optional<ProgressLine> progress_;
    Validations validations_;
    Clock::time_point start_ = Clock::now();
    std::int64_t first_step_ = 0, reported_step_ = 0;
    double reported_at_ = 0, validated_at_ = 0, saved_at_ = 0, planned_at_ = 0;  // elapsed(), when it last happened
    Totals since_report_;
    std::int64_t all_skipped_ = 0;  // steps of this run
    double halvings_ = 0;           // of the learning rate, after skipped steps
    Fault fault_;
    std::string note_;
    LookInterval interval_;
};

}  // namespace

fs::path best_file(const fs::path& output) {
    fs::path file = output;
    return file.replace_extension(".best" + output.extension().string());
}

TrainingSummary run_training(const TrainingOptions& options, const AdjustConfig& adjust,
                             const std::function<void(const TrainingSummary&)>& tell_summary) {
    std::signal(SIGPIPE, SIG_IGN);  // who watches a run may leave: that is no reason to end it
    const std::unique_ptr<Communicator> ranks = open_communicator();
    // Outlives the catch: what it frees on a device may have to wait for sums that the other ranks no longer take part in.
    std::optional<TrainingRun> training;
    try {
        TrainingSummary summary = training.emplace(options, adjust, *ranks).go();
        if (summary.first_rank) tell_summary(summary);
        double told = 0;
        ranks->sum(&told, 1);  // launchers end all ranks when one has ended as by a signal
        return summary;
    } catch (const std::exception& error) {
        if (ranks->size() == 1) throw;
        // What fails on all ranks is told by the first one.
        if (!ranks->first()) std::this_thread::sleep_for(std::chrono::milliseconds(500));
        options.tell(formatted("rank %d of %d: %s", ranks->rank(), ranks->size(), error.what()));
        ranks->abort();
        throw;
    }
}

}  // namespace friedel
