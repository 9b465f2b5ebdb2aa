#include "host/training_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>

#include "host/error.h"
#include "host/interrupt.h"
#include "host/progress_line.h"
#include "host/radiation.h"
#include "host/trainer.h"
#include "host/validation.h"

namespace friedel {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

const FileKind checkpoint_kind = {"checkpoint", 2, "start anew without --resume"};
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double plan_seconds = 1;                             // between estimates of the steps that a run given in minutes will take
constexpr std::int64_t unknown_steps = std::int64_t{1} << 40;  // before the first estimate of a run given in minutes

fs::path beside(const fs::path& output, const char* suffix) { return output.string() + suffix; }

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void tell(const std::string& line) { std::fprintf(stderr, "friedel: %s\n", line.c_str()); }

// metrics.csv: a row per report, flushed at once. A resumed run goes on behind the rows of the steps it has.
class MetricsFile {
public:
    MetricsFile(const fs::path& file, std::int64_t resumed_step) : file_(file) {
        std::string kept =
            "step,patterns,seconds,patterns_per_second,learning_rate,loss,accuracy,simulated_loss,simulated_accuracy,"
            "measured_loss,measured_accuracy\n";
        if (resumed_step > 0) {
            std::ifstream before(file);
            std::string line;
            std::getline(before, line);
            while (std::getline(before, line) && std::atoll(line.c_str()) <= resumed_step) kept += line + "\n";
        }
        out_.open(file, std::ios::trunc);
        write(kept);
    }

    void row(std::int64_t step, std::int64_t patterns, double seconds, double rate, double learning_rate, double loss, double accuracy,
             const std::optional<ValidationResult>& simulated, const std::optional<ValidationResult>& measured) {
        char text[256];
        std::snprintf(text, sizeof text, "%lld,%lld,%.2f,%.1f,%.6g,%.6g,%.4f", static_cast<long long>(step),
                      static_cast<long long>(patterns), seconds, rate, learning_rate, loss, accuracy);
        std::string line = text;
        for (const auto& result : {simulated, measured}) {
            std::snprintf(text, sizeof text, ",%.6g,%.4f", result ? result->loss : 0.0, result ? result->accuracy : 0.0);
            line += result ? text : ",,";
        }
        write(line + "\n");
    }

private:
    void write(const std::string& text) {
        out_ << text << std::flush;
        if (!out_) fail(file_.string(), ": cannot be written; check the folder, its permissions and the space on the disk");
    }

    fs::path file_;
    std::ofstream out_;
};

// How many steps to take between looks at the clock and the losses: a look waits for the device, and is wanted a few times a second.
class LookInterval {
public:
    std::int64_t steps() const { return steps_; }
    // The steps since the last look took until `now`.
    void took(double now) {
        constexpr double wanted_seconds = 0.25;
        const double seconds = std::max(now - last_, 1e-6);
        last_ = now;
        const double fitting = wanted_seconds * static_cast<double>(steps_) / seconds;
        steps_ = std::clamp<std::int64_t>(static_cast<std::int64_t>(fitting), 1, 2 * steps_);
    }

private:
    std::int64_t steps_ = 1;
    double last_ = 0;
};

// What a checkpoint says about the run, beside the trainer's own state.
struct RunRecord {
    std::string config, library_hash, statistics_hash, started_from;
    double seconds = 0;
};

RunRecord read_record(const H5File& file) {
    const auto text = [&](const char* name) {
        const std::vector<std::string> values = file.read_strings(name);
        if (values.size() != 1) fail(file.path().string(), ": has no ", name, "; start anew without --resume");
        return values[0];
    };
    const std::vector<double> seconds = file.read<double>("seconds");
    return {text("config"), text("library_hash"), text("statistics_hash"), text("started_from"), seconds.size() == 1 ? seconds[0] : 0};
}

class Run {
public:
    Run(const TrainingRun& what, const std::function<void(TrainingConfig&)>& adjust)
        : what_(what), device_(what.device, what.threads, what.quiet) {
        const fs::path checkpoint = beside(what.output, ".checkpoint");
        std::optional<H5File> resumed;
        RunRecord record;
        if (what.resume) {
            if (!fs::exists(checkpoint)) fail(checkpoint.string(), ": is not there; there is no run to resume, start it without --resume");
            resumed = H5File::open(checkpoint, checkpoint_kind);
            record = read_record(*resumed);
            read_toml(config_, record.config, checkpoint.string());
        }
        const TrainingConfig stored = config_;
        adjust(config_);
        check(config_);
        if (what.resume) {
            const std::string difference = contradiction(stored, config_);
            if (!difference.empty()) fail(checkpoint.string(), ": ", difference, "; leave it out, or start anew without --resume");
        }
        check_output();

        if (!what.library.empty()) {
            library_ = StructureLibrary::read(what.library);
            library_hash_ = hash_file(what.library);
        } else if (config_.run.synthetic < 1) {
            fail(what.output.string(), ": no structure library named for ", 100 * (1 - config_.run.synthetic),
                 " % of the patterns; name one, or train with --stream synthetic:1");
        }
        if (what.resume && record.library_hash != library_hash_) {
            fail(checkpoint.string(), ": was trained on another structure library than ",
                 what.library.empty() ? "none" : what.library.string(), "; name that one, or start anew without --resume");
        }
        if (config_.run.synthetic > 0 || config_.run.fill > 0) {
            const CrystalStatistics statistics = read_statistics(what.statistics);
            statistics_hash_ = statistics.hash();
            tables_ = std::make_unique<CrystalTableStore>(statistics);
        }
        if (what.resume && record.statistics_hash != statistics_hash_) {
            fail(checkpoint.string(), ": was trained on crystals drawn from other statistics than ", what.statistics,
                 "; name those with --statistics, or start anew without --resume");
        }
        if (!what.validation_library.empty()) {
            held_out_ = StructureLibrary::read(what.validation_library);
            simulated_ = ValidationSet::simulated(config_, held_out_, config_.run.validation_patterns);
        }
        if (!what.measured_labels.empty()) measured_ = ValidationSet::measured(config_, what.measured_labels, tell);

        std::vector<std::vector<float>> start;
        if (!what.start_from.empty() && !what.resume) start = starting_weights();
        trainer_ = std::make_unique<Trainer>(*device_.backend, config_, library_, tables_.get(), start);
        if (config_.run.minutes > 0) trainer_->set_total_steps(unknown_steps);
        if (resumed) {
            trainer_->restore(*resumed);
            if (config_.run.minutes == 0) trainer_->set_total_steps(config_.run.steps);
            seconds_before_ = record.seconds;
            started_from_ = record.started_from;
        }
        if (!what.quiet) {
            const auto& count = trainer_->sampler().count();
            const auto lacking = std::count(count.begin(), count.end(), 0u);
            if (!what.library.empty() && config_.run.fill > 0 && lacking > 0) {
                tell(std::to_string(lacking) + " of the 230 space groups have no structure in " + what.library.string() +
                     "; crystals of them are generated (training.fill)");
            }
            const std::string missing = what.library.empty() ? "" : trainer_->sampler().missing_classes();
            if (!missing.empty()) tell("no structure of " + missing + " in " + what.library.string() + "; the network can never name them");
        }
    }

    TrainingSummary go() {
        MetricsFile metrics(beside(what_.output, ".metrics.csv"), trainer_->steps());
        const InterruptGuard guard;
        std::optional<ProgressLine> progress(std::in_place, "patterns", what_.quiet);
        start_ = Clock::now();
        const std::int64_t first_step = trainer_->steps(), batch = config_.run.batch;
        std::int64_t reported_step = first_step, looked_step = first_step;
        double reported = elapsed(), validated = reported, saved = reported, planned = reported, loss = 0, accuracy = 0;
        LookInterval interval;
        std::optional<ValidationResult> simulated, measured;
        bool finished = done();
        while (!finished && !interrupted()) {
            const std::int64_t wanted = std::max<std::int64_t>(1, std::min(interval.steps(), trainer_->total_steps() - trainer_->steps()));
            for (std::int64_t step = 0; step < wanted; ++step) trainer_->step();
            const Trainer::Results result = trainer_->take_results();
            finished = done();
            const double now = elapsed();
            interval.took(now);
            if (!std::isfinite(result.loss)) {
                fail(what_.output.string(), ": the loss is no longer finite after ", trainer_->steps(),
                     " steps; lower optimiser.learning_rate or set optimiser.clip_norm");
            }
            const double looked = static_cast<double>(trainer_->steps() - looked_step);
            looked_step = trainer_->steps();
            loss += looked * result.loss;
            accuracy += looked * result.accuracy;
            if (config_.run.minutes > 0 && now - planned > plan_seconds) {
                plan_steps(first_step);
                planned = now;
            }
            const bool validate = finished || now - validated > 60 * config_.run.validation_minutes;
            if (finished || validate || now - reported > config_.run.report_seconds) {
                const double steps = static_cast<double>(trainer_->steps() - reported_step);
                loss /= steps;
                accuracy /= steps;
                if (validate) {
                    const Model model = snapshot();
                    if (simulated_) simulated = simulated_->validate(model, device_);
                    if (measured_) measured = measured_->validate(model, device_);
                    validated = elapsed();
                }
                metrics.row(trainer_->steps(), trainer_->steps() * batch, now, steps * static_cast<double>(batch) / (now - reported),
                            trainer_->learning_rate(), loss, accuracy, validate ? simulated : std::nullopt,
                            validate ? measured : std::nullopt);
                note_ = note(loss, simulated, measured);
                reported = elapsed();
                reported_step = trainer_->steps();
                loss = accuracy = 0;
            }
            if (!finished && now - saved > 60 * config_.run.checkpoint_minutes) {
                save_checkpoint();
                saved = elapsed();
            }
            progress->show(fraction(), static_cast<std::uint64_t>((trainer_->steps() - first_step) * batch), note_);
        }
        progress.reset();
        if (!finished) save_checkpoint();
        snapshot().write(what_.output);
        std::error_code ignored;
        if (finished) fs::remove(beside(what_.output, ".checkpoint"), ignored);
        return {!finished,
                trainer_->steps(),
                trainer_->steps() * batch,
                elapsed(),
                simulated ? simulated->accuracy : not_a_number,
                measured ? measured->accuracy : not_a_number};
    }

private:
    // Found out before hours of training, not after.
    void check_output() const {
        const fs::path folder = what_.output.has_parent_path() ? what_.output.parent_path() : fs::path(".");
        if (!fs::is_directory(folder)) fail(what_.output.string(), ": its folder is not there; make it first");
        if (fs::is_directory(what_.output)) fail(what_.output.string(), ": is a folder; give a file name");
    }

    // Those of the model to start from, which must be of the network and the input that the configuration asks for.
    std::vector<std::vector<float>> starting_weights() {
        const Model model = Model::read(what_.start_from);
        const auto differ = [&](const std::string& what) {
            fail(what_.start_from.string(), ": its ", what, " is not the configuration's; 'friedel info --config ",
                 what_.start_from.string(), "' prints what it was trained with, for --config");
        };
        const Grid& grid = config_.simulation.grid;
        if (model.target != config_.network.target) differ("target");
        if (model.grid.start_deg != grid.start_deg || model.grid.step_deg != grid.step_deg || model.grid.points != grid.points)
            differ("grid");
        if (model.shape.widths != config_.shape().widths) differ("network, " + model.shape.text() + ",");
        if (static_cast<int>(model.members.size()) != config_.network.members) differ("number of members");
        if (!(model.preprocess == config_.preprocess)) differ("preprocessing");
        started_from_ = what_.start_from.filename().string() + " (" + hash_file(what_.start_from) + "), trained on " +
                        std::to_string(model.provenance.patterns) + " patterns";
        if (!model.provenance.started_from.empty()) started_from_ += ", started from " + model.provenance.started_from;
        return model.members;
    }

    double elapsed() const { return seconds_before_ + seconds_since(start_); }

    bool done() const {
        if (config_.run.minutes > 0) return elapsed() >= 60 * config_.run.minutes;
        return trainer_->steps() >= trainer_->total_steps();
    }

    double fraction() const {
        if (config_.run.minutes > 0) return elapsed() / (60 * config_.run.minutes);
        return static_cast<double>(trainer_->steps()) / static_cast<double>(trainer_->total_steps());
    }

    // A run given in minutes: the schedule ends where the time will, at the rate seen so far.
    void plan_steps(std::int64_t first_step) {
        constexpr std::int64_t fewest = 10;
        const std::int64_t steps = trainer_->steps() - first_step;
        if (steps < fewest) return;
        const double rate = static_cast<double>(steps) / seconds_since(start_);
        const double left = std::max(60 * config_.run.minutes - elapsed(), 0.0);
        trainer_->set_total_steps(trainer_->steps() + static_cast<std::int64_t>(left * rate));
    }

    static std::string note(double loss, const std::optional<ValidationResult>& simulated,
                            const std::optional<ValidationResult>& measured) {
        char text[96];
        std::snprintf(text, sizeof text, "loss %.3f", loss);
        std::string all = text;
        const auto add = [&](const char* name, const std::optional<ValidationResult>& result) {
            if (!result) return;
            std::snprintf(text, sizeof text, ", %s %.1f %%", name, 100 * result->accuracy);
            all += text;
        };
        add("simulated", simulated);
        add("measured", measured);
        return all;
    }

    Model snapshot() const {
        Model model;
        model.grid = config_.simulation.grid;
        model.wavelength_angstrom = mean_wavelength(config_.simulation.radiation);
        model.preprocess = config_.preprocess;
        model.target = config_.network.target;
        model.shape = config_.shape();
        model.members = trainer_->answering_parameters();
        model.provenance.config = to_toml(config_);
        model.provenance.library = what_.library.empty() ? "generated crystals alone" : what_.library.filename().string();
        model.provenance.library_hash = library_hash_;
        model.provenance.started_from = started_from_;
        model.provenance.seed = config_.run.seed;
        model.provenance.steps = trainer_->steps();
        model.provenance.patterns = trainer_->steps() * config_.run.batch;
        model.provenance.seconds = elapsed();
        model.provenance.training_count = trainer_->sampler().count();
        return model;
    }

    void save_checkpoint() const {
        H5File file = H5File::create(beside(what_.output, ".checkpoint"), checkpoint_kind);
        file.write_strings("config", {to_toml(config_)});
        file.write_strings("library_hash", {library_hash_});
        file.write_strings("started_from", {started_from_});
        file.write_strings("statistics_hash", {statistics_hash_});
        const double seconds = elapsed();
        file.write("seconds", &seconds, {1});
        trainer_->save(file);
        file.commit();
    }

    const TrainingRun& what_;
    Device device_;
    TrainingConfig config_;
    StructureLibrary library_, held_out_;
    std::string library_hash_, statistics_hash_, started_from_;
    std::unique_ptr<CrystalTableStore> tables_;
    std::optional<ValidationSet> simulated_, measured_;
    std::unique_ptr<Trainer> trainer_;
    double seconds_before_ = 0;  // of training, in the runs that this one resumes
    Clock::time_point start_ = Clock::now();
    std::string note_;
};

}  // namespace

TrainingSummary run_training(const TrainingRun& run, const std::function<void(TrainingConfig&)>& adjust) { return Run(run, adjust).go(); }

}  // namespace friedel
