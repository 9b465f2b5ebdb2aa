// friedel train: a network trained on patterns simulated from a structure library while it trains.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <sstream>

#include "host/crystals/crystal_statistics.h"
#include "host/crystals/structure_library.h"
#include "host/network/model.h"
#include "host/patterns/labels.h"
#include "host/ranks/communicator.h"
#include "host/support/error.h"
#include "host/support/hdf5_file.h"
#include "host/support/joined.h"
#include "host/support/line_file.h"
#include "host/support/text_format.h"
#include "host/training/training_run.h"
#include "tools/command.h"
#include "tools/notices.h"
#include "tools/options.h"
#include "tools/output_files.h"
#include "tools/settings.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

namespace fs = std::filesystem;

struct Options {
    TrainingOptions training;
    std::string preset, config;
    std::vector<std::string> assignments;
    std::string stream;
    std::optional<double> minutes;
    std::optional<std::int64_t> steps;
    std::optional<std::uint64_t> seed;
    std::string resume;  // empty, "newest" or "auto"
    bool keep_best = false;
    bool list_keys = false, show_config = false;
};

constexpr const char* default_preset = "friedel";

// "synthetic:0.5,library:0.5": parts of the patterns, in any unit. Returns that of the synthetic ones.
float synthetic_share_of(const std::string& stream) {
    const std::string wanted = "give parts such as synthetic:0.5,library:0.5, or synthetic:1";
    double synthetic = 0, library = 0;
    std::set<std::string> named;
    std::istringstream parts(stream);
    for (std::string part; std::getline(parts, part, ',');) {
        const std::size_t colon = part.find(':');
        const std::string name = part.substr(0, colon), number = colon == std::string::npos ? "1" : part.substr(colon + 1);
        double value = 0;
        if (!CLI::detail::lexical_cast(number, value) || !(value >= 0) || !std::isfinite(value))
            misused("--stream ", stream, ": '", number, "' is no part; ", wanted);
        if (name != "synthetic" && name != "library") misused("--stream ", stream, ": '", name, "' is no source; ", wanted);
        if (!named.insert(name).second) misused("--stream ", stream, ": names ", name, " twice; ", wanted);
        (name == "synthetic" ? synthetic : library) = value;
    }
    if (!(synthetic + library > 0)) misused("--stream ", stream, ": leaves nothing to train on; ", wanted);
    if (named.size() == 1 && synthetic + library != 1) misused("--stream ", stream, ": names one source and another part than 1; ", wanted);
    return static_cast<float>(synthetic / (synthetic + library));
}

// Whether --set gives the key.
bool sets(const Options& options, const std::string& key) {
    return std::any_of(options.assignments.begin(), options.assignments.end(),
                       [&](const std::string& assignment) { return assignment.starts_with(key); });
}

// What an option and --set both say: neither is known to be meant.
void refuse_twice(const Options& options, const RunConfig& set) {
    const auto refuse = [&](bool given, const char* option, const std::string& key) {
        if (given && sets(options, key)) throw CLI::ExcludesError(option, "--set " + key);
    };
    refuse(!options.stream.empty(), "--stream", "training.synthetic");
    refuse(options.seed.has_value(), "--seed", "training.seed");
    refuse(options.keep_best, "--keep-best", "training.keep_best");
    refuse(options.steps.has_value(), "--steps", "training.steps");
    refuse(options.steps.has_value() && set.minutes > 0, "--steps", "training.minutes");
    refuse(options.minutes.has_value(), "--minutes", "training.minutes");
    refuse(options.minutes.has_value(), "--minutes", "training.steps");
}

void apply(const Options& options, TrainingConfig& config, bool resumed) {
    // A resumed run starts from its own configuration; presets and files are then compared with it.
    const OptimiserConfig of_run = config.optimiser;
    if (!resumed || !options.preset.empty() || !options.config.empty())
        config = preset(options.preset.empty() ? default_preset : options.preset);
    if (resumed) {  // what may have been changed since, lest the run diverge
        config.optimiser.learning_rate = of_run.learning_rate;
        config.optimiser.clip_norm = of_run.clip_norm;
    }
    if (!options.config.empty()) read_toml_file(config, options.config);
    apply_settings(config, options.assignments);
    refuse_twice(options, config.run);
    if (!options.stream.empty()) config.run.synthetic = synthetic_share_of(options.stream);
    if (options.minutes) config.run.minutes = *options.minutes;
    if (options.steps) {
        config.run.steps = *options.steps;
        config.run.minutes = 0;
    }
    if (options.seed) config.run.seed = *options.seed;
    if (options.keep_best) config.run.keep_best = true;
    // The warm-up of a preset or a file gives way to a run that is shorter (step_state.h); one that is asked for here is meant.
    if (sets(options, "optimiser.warmup_steps") && config.run.minutes == 0 && config.optimiser.warmup_steps >= config.run.steps)
        misused("optimiser.warmup_steps: is ", config.optimiser.warmup_steps, " of ", config.run.steps,
                " steps; let it be less, as with --set optimiser.warmup_steps=", config.run.steps / 10);
}

// A model that the run is to write.
void check_output(const Options& options, const fs::path& model) {
    const TrainingOptions& training = options.training;
    refuse_overwriting(model, {training.library.string(), training.validation_library.string(), training.measured_labels.string(),
                               training.statistics, options.config});
    check_hdf5_output(model, model_kind);
    if (!training.log.empty() && training.log == model) misused("--log ", training.log.string(), ": is the model's name; give it another");
}

void check_options(const Options& options, const TrainingConfig& config) {
    check_settings(config);
    if (!options.training.validation_library.empty() && config.run.validation_patterns == 0)
        misused("--validation ", options.training.validation_library.string(),
                ": training.validation_patterns is 0, and none would be looked at; give their number, or leave --validation out");
    if (!config.run.keep_best) return;
    if (options.training.validation_library.empty() && options.training.measured_labels.empty())
        misused("training.keep_best: validation finds the best network, and there is none; give --validation or --measured");
    check_output(options, best_file(options.training.output));
}

// What is quickly looked at, before a device is opened and structures are read.
void check_files(const TrainingOptions& training) {
    check_appendable(training.log, '{');
    if (training.resume == Resume::if_any) return;  // which reads nothing where the model is finished
    for (const fs::path& library : {training.library, training.validation_library})
        if (!library.empty()) StructureLibrary::open(library);
    if (!training.measured_labels.empty()) read_labels(training.measured_labels);
    if (training.statistics != "shipped" && training.statistics != "uniform") H5File::open(training.statistics, crystal_statistics_kind);
    if (!training.start_from.empty()) H5File::open(training.start_from, model_kind);
}

void print(const fs::path& output, const TrainingSummary& summary) {
    if (summary.was_finished) {
        std::printf("%s: is finished already; remove it to train it again\n", output.c_str());
        return;
    }
    std::printf("%s after %lld steps, %lld patterns, %s s (%.0f patterns/s)\n", summary.signal ? "Interrupted" : "Trained",
                static_cast<long long>(summary.steps), static_cast<long long>(summary.patterns),
                formatted(summary.seconds < 10 ? "%.2f" : "%.0f", summary.seconds).c_str(),
                static_cast<double>(summary.patterns) / summary.seconds);
    const std::string then = summary.validated_step == summary.steps ? "" : ", after step " + std::to_string(summary.validated_step);
    const auto show = [&](const char* patterns, const ValidationHistory& history) {
        if (!history.last) return;
        std::printf("%.1f %% of %d %s patterns named right%s", 100 * history.last->accuracy, history.last->count, patterns, then.c_str());
        if (history.best_accuracy > history.last->accuracy)
            std::printf("; it was %.1f %% after step %lld", 100 * history.best_accuracy, static_cast<long long>(history.best_step));
        std::printf("\n");
    };
    show("simulated", summary.simulated);
    show("measured", summary.measured);
    const auto was_better = [](const ValidationHistory& history) { return history.last && history.best_accuracy > history.last->accuracy; };
    if (summary.best_step == 0 && (was_better(summary.simulated) || was_better(summary.measured)))
        std::printf("--keep-best would have kept the network that was best\n");
    using ModelFile = TrainingSummary::ModelFile;
    if (summary.model_file == ModelFile::written) {
        std::printf("-> %s\n", output.c_str());
        if (summary.best_step > 0)
            std::printf("-> %s, the best network, that after step %lld\n", best_file(output).c_str(),
                        static_cast<long long>(summary.best_step));
    }
    if (summary.model_file == ModelFile::earlier_stays)
        std::printf("%s: is the finished model of an earlier run, and stays until this one ends\n", output.c_str());
    if (!summary.checkpoint.empty()) std::printf("The same command with --resume goes on from %s\n", summary.checkpoint.c_str());
    std::fflush(stdout);
}

int run(const Options& options) {
    if (options.list_keys) {
        TrainingConfig config;
        apply(options, config, false);
        std::cout << describe_keys(config);
        return 0;
    }
    if (options.show_config) {
        TrainingConfig config;
        apply(options, config, false);
        check_settings(config);
        std::cout << to_toml(config);
        return 0;
    }
    TrainingOptions training = options.training;
    if (!options.resume.empty()) training.resume = options.resume == "auto" ? Resume::if_any : Resume::must;
    training.tell = teller();
    if (training.output.empty()) misused("train: no model named; say where to write it with -o model.h5");
    check_output(options, training.output);
    const auto adjust = [&](TrainingConfig& config, bool resumed) {
        apply(options, config, resumed);
        check_options(options, config);
    };
    // Several processes find out together, as ranks.
    if (launched_processes() <= 1) {
        check_files(training);
        if (TrainingConfig config; training.resume == Resume::no) adjust(config, false);
    }
    const TrainingSummary summary = run_training(training, adjust, [&](const TrainingSummary& told) {
        if (!training.quiet) print(training.output, told);
    });
    return summary.lost ? 1 : summary.signal ? signal_status + summary.signal : 0;
}

// "--keep-best=false" would go unheard where a file sets the key.
CLI::Validator no_value() {
    return {[](const std::string& value) {
                return value == "true" ? std::string() : "takes no value; leave '=" + value + "' out, or the flag";
            },
            ""};
}

}  // namespace

std::function<int()> train_command(CLI::App& app) {
    const auto options = std::make_shared<Options>();
    app.add_option("LIBRARY", options->training.library,
                   "Structure library, as 'friedel ingest', 'generate', 'split' and 'merge' write them");
    app.add_option("-o,--output", options->training.output,
                   "Model file to write; beside it .metrics.csv and, while unfinished, .checkpoint.STEP and .lock");
    app.add_option("--preset", options->preset, "Configuration to start from: " + joined(preset_names()) + "; default " + default_preset)
        ->check(CLI::IsMember(preset_names()));
    app.add_option("--config", options->config, "TOML file, read over the preset: keys that it leaves out are the preset's");
    app.add_option("--set", options->assignments, "Change one key: --set training.batch=256; may be repeated")->allow_extra_args(false);
    auto* const minutes = app.add_option("--minutes", options->minutes, "Train for this long")->check(above_zero());
    app.add_option("--steps", options->steps, "Train for this many steps")->check(above_zero())->excludes(minutes);
    add_seed_option(app, options->seed, "Of everything random; the same seed gives the same weights on any number of cores");
    app.add_option("--stream", options->stream,
                   "Where crystals come from, as parts: synthetic:0.5,library:0.5 or synthetic:1, which needs no library; the same as "
                   "training.synthetic");
    app.add_option("--statistics", options->training.statistics,
                   "What generated crystals are drawn from: shipped, uniform, or a file of 'friedel statistics'")
        ->capture_default_str();
    app.add_option("--validation", options->training.validation_library, "Structure library that is only simulated from for validation");
    auto* const measured = app.add_option("--measured", options->training.measured_labels,
                                          "CSV with columns file,space_group: measured patterns, only for validation");
    app.add_option("--data", options->training.measured_folder, "Folder of the measured patterns; without it, that of the labels")
        ->needs(measured);
    add_wavelength_option(app, options->training.measured_wavelength, "Of all measured patterns, whatever they state")->needs(measured);
    app.add_flag("--keep-best", options->keep_best,
                 "Write the network that validation found best as well, as model.best.h5 beside model.h5: by the measured patterns where "
                 "there are some; the same as training.keep_best")
        ->check(no_value());
    app.add_option("--start-from", options->training.start_from,
                   "Model whose weights are the first ones, instead of random ones; a run that is resumed has them already");
    app.add_flag(
           "--resume{newest}", options->resume,
           "Go on from the newest whole checkpoint of an unfinished run; --resume=auto (with no blank) starts anew where there is none, "
           "so that a batch script can always give the same command")
        ->check(CLI::IsMember({"newest", "auto"}));
    app.add_option("--log", options->training.log,
                   "File to append to, a JSON object per line: start, resume, report, validation, checkpoint, skipped, "
                   "high_loss, end");
    add_threads_option(app, options->training.threads);
    add_device_options(app, options->training.device);
    add_quiet_option(app, options->training.quiet);
    app.add_flag("--keys", options->list_keys,
                 "Print every configuration key with what preset, --config and --set give it, and its meaning, and stop")
        ->check(no_value());
    app.add_flag("--show-config", options->show_config, "Print the whole configuration as TOML, and stop")->check(no_value());
    app.footer(
        "SIGINT and SIGTERM write a checkpoint and stop; SIGUSR1 writes one and goes on. Under mpirun or srun --mpi=pmix the ranks share "
        "every batch. Examples:\n"
        "  friedel train train.h5 --minutes 60 --validation test.h5 -o model.h5\n"
        "  friedel train --stream synthetic:1 --preset quick --minutes 5 -o model.h5\n"
        "  friedel train train.h5 --minutes 60 --validation test.h5 -o model.h5 --resume");
    return [options] { return run(*options); };
}

}  // namespace friedel::tools
