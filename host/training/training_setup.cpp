#include "host/training/training_setup.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>

#include "host/patterns/labels.h"
#include "host/simulation/powder_group.h"
#include "host/support/error.h"
#include "host/support/hash.h"
#include "host/support/radiation.h"
#include "host/support/text_file.h"
#include "host/support/text_format.h"
#include "host/training/trained_on.h"

namespace friedel {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t unknown_steps = std::int64_t{1} << 40;  // of a run given in minutes, before the first estimate
const char* const start_anew = "; or remove the checkpoints and leave --resume out to start anew";

// What a checkpoint says about the run, beside the trainer's own state. The rest follows from that and from the configuration.
bool kept_by_checkpoints(std::string_view field) {
    constexpr std::string_view kept[] = {"config", "library_hash",    "started_from", "earlier_library_hashes",
                                         "runs",   "statistics_hash", "seconds"};
    return std::find(std::begin(kept), std::end(kept), field) != std::end(kept);
}

struct HashedLibrary {
    StructureLibrary library;
    std::string hash;  // of the bytes of its file
};

// The first rank reads the file for all, so that a shared file system has one reader, and only its node need see it.
HashedLibrary read_for_all(const fs::path& file, Communicator& ranks) {
    if (ranks.size() == 1) return {StructureLibrary::read(file), hash_file(file)};
    std::string bytes;
    if (ranks.first()) {
        if (!fs::is_regular_file(file)) StructureLibrary::open(file);  // refuses it
        std::ifstream in(file, std::ios::binary);
        bytes.assign(std::istreambuf_iterator<char>(in), {});
        if (!in) fail(file.string(), ": cannot be read; check the name and the permissions");
    }
    std::uint64_t size = bytes.size();
    ranks.broadcast(&size, sizeof size);
    bytes.resize(size);
    ranks.broadcast(bytes.data(), size);
    Fnv1a all;
    all.add(bytes.data(), bytes.size());
    return {StructureLibrary::read_image(file.string(), bytes), all.text()};
}

}  // namespace

Provenance read_checkpoint_record(const H5File& file) {
    return read_provenance(file, "", "remove it to go on from an earlier one", kept_by_checkpoints);
}

bool has_all(const Provenance& made, const TrainingConfig& config) {
    return config.run.minutes > 0 ? made.seconds >= 60 * config.run.minutes : made.steps >= config.run.steps;
}

bool holds_finished_model(const fs::path& file) {
    if (!fs::exists(file)) return false;
    try {
        const Provenance made = Model::read(file).provenance;
        TrainingConfig trained;
        read_toml(trained, made.config, file.string());
        return has_all(made, trained) || !made.chosen.empty();
    } catch (const Error&) {
        return true;
    }
}

TrainingSetup::TrainingSetup(const TrainingOptions& options, const AdjustConfig& adjust, Device& device, Communicator& ranks)
    : options_(options), ranks_(ranks) {
    check_writable(options.output);
    if (ranks.first()) lock_.emplace(behind_links(options.output).string() + ".lock", options.output.string());
    read_checkpoint();
    read_config(adjust);
    check_ranks_agree();
    read_structures();
    if (finished_model_is_there()) return;
    // Only the first rank looks at how good the network is.
    if (!options.validation_library.empty() && config_.run.validation_patterns > 0 && ranks.first()) {
        held_out_ = StructureLibrary::read(options.validation_library);
        if (config_.run.labels == Labels::powder && held_out_.has_powder_groups()) use_powder_groups(held_out_);
        simulated_ = ValidationSet::simulated(config_, held_out_, config_.run.validation_patterns);
        if (simulated_->size() < config_.run.validation_patterns && !options.quiet)
            options.tell(options.validation_library.string() + ": has " + std::to_string(simulated_->size()) +
                         " structures of known group; validation takes one pattern of each, not " +
                         std::to_string(config_.run.validation_patterns));
    }
    if (!options.measured_labels.empty() && ranks.first())
        measured_ =
            ValidationSet::measured(config_, options.measured_labels, folder_of_patterns(options.measured_labels, options.measured_folder),
                                    options.measured_wavelength, device.pool.size(), options.tell);
    if (simulated_ || measured_) hash_of_decisive_ = hash_file(measured_ ? options.measured_labels : options.validation_library);
    start_trainer(device);
    if (simulated_ && knows_library(provenance(record_.seconds), hash_file(options.validation_library)))
        options.tell(options.validation_library.string() +
                     ": is what the network is or was trained on, too: validation measures memory; give structures held out");
    const bool anew = !resumed_;
    if (anew && fs::exists(options.output))
        options.tell(options.output.string() + ": is there already; the new model takes its place when the training ends");
    if (const fs::path best = best_file(options.output); anew && !config_.run.keep_best && fs::exists(best))
        options.tell(best.string() + ": is the best network of an earlier run, and stays; training.keep_best would replace it");
    if (!options.quiet) tell_missing();
}

void TrainingSetup::read_checkpoint() {
    if (options_.resume == Resume::no) {
        const std::vector<Checkpoint> unfinished = list_checkpoints(options_.output);
        if (unfinished.empty()) return;
        fail(unfinished.back().file.string(), ": an unfinished run wrote it; go on with --resume, or remove ", options_.output.string(),
             ".checkpoint.* to start anew");
    }
    resumed_ = newest_whole_checkpoint(options_.output, options_.tell);
    if (!resumed_ && options_.resume == Resume::if_any) return;
    if (!resumed_ && fs::exists(options_.output)) {
        fail(options_.output.string(),
             ": has no whole checkpoint beside it: the run is finished, or its checkpoints are gone or damaged; leave it as it is, or "
             "leave --resume out to train a new model in its place");
    }
    if (!resumed_) {
        fail(options_.output.string(),
             ": has no checkpoint that is whole beside it; there is no run to resume, start it without --resume or with --resume=auto");
    }
    resumed_file_ = H5File::open(resumed_->file, checkpoint_kind);
    record_ = read_checkpoint_record(*resumed_file_);
    read_toml(config_, record_.config, resumed_->file.string());
}

void TrainingSetup::read_config(const AdjustConfig& adjust) {
    const TrainingConfig stored = config_;
    adjust(config_, resumed_.has_value());
    check(config_);
    ranks_.set_timeout(config_.run.rank_timeout_seconds);
    const std::string difference = resumed_ ? contradiction(stored, config_) : "";
    if (!difference.empty()) fail(resumed_->file.string(), ": ", difference, "; leave it out", start_anew);
    if (!resumed_) return;
    check_length(stored.run);
    note_changes(stored);
    if (!options_.quiet) options_.tell("goes on from step " + std::to_string(resumed_->step) + " (" + resumed_->file.string() + ")");
    for (const std::string& change : changes_) options_.tell("goes on with " + change);
}

// Of what a resumed run may change, that which decides what it learns.
void TrainingSetup::note_changes(const TrainingConfig& stored) {
    const auto length = [](const RunConfig& run) {
        return run.minutes > 0 ? formatted("%g minutes", run.minutes) : std::to_string(run.steps) + " steps";
    };
    const std::string was = length(stored.run), is = length(config_.run);
    if (was != is) changes_.push_back("a length of " + is + " instead of " + was);
    for (std::string& change : changes_of_learning(stored, config_)) changes_.push_back(std::move(change));
}

// All ranks are started by one command, as a rule; a command for each may give each another configuration.
void TrainingSetup::check_ranks_agree() {
    const std::string own = to_toml(config_);
    std::uint64_t size = own.size();
    ranks_.broadcast(&size, sizeof size);
    std::string first(own);
    first.resize(size);
    ranks_.broadcast(first.data(), size);
    if (first == own) return;
    TrainingConfig of_first;
    read_toml(of_first, first, "the first rank's configuration");
    fail("rank ", ranks_.rank(), ": is not configured as rank 0: ", difference(of_first, config_), "; give all ranks the same options");
}

// A resumed run may get another length, but none that ends before the present: that would be a slip, and the end of the checkpoints.
void TrainingSetup::check_length(const RunConfig& stored) const {
    const RunConfig& wanted = config_.run;
    if (wanted.minutes == stored.minutes && wanted.steps == stored.steps) return;
    if (wanted.minutes == 0 && wanted.steps < resumed_->step) {
        fail(resumed_->file.string(), ": ", resumed_->step, " steps are done, more than the ", wanted.steps,
             " that are asked for; ask for more, or leave --steps out");
    }
    if (wanted.minutes > 0 && 60 * wanted.minutes < record_.seconds) {
        fail(resumed_->file.string(), ": ", formatted("%.1f", record_.seconds / 60), " minutes are done, more than the ", wanted.minutes,
             " that are asked for; ask for more, or leave --minutes out");
    }
}

void TrainingSetup::read_structures() {
    const Provenance stored = record_;
    record_.library_hash = record_.statistics_hash = "";
    if (!options_.library.empty()) {
        HashedLibrary read = read_for_all(options_.library, ranks_);
        library_ = std::move(read.library);
        if (config_.run.synthetic < 1) record_.library_hash = read.hash;  // otherwise it is not trained on
    } else if (config_.run.synthetic < 1) {
        fail("train: no structure library named for ", 100 * (1 - config_.run.synthetic),
             " % of the patterns; name one, or train with --stream synthetic:1");
    }
    if (config_.run.labels == Labels::powder) {
        if (!library_.has_powder_groups() && library_.size() > 0) {
            fail(options_.library.string(),
                 ": training.labels is powder, but nobody looked for the groups that powders show; make it anew with "
                 "'friedel merge --powder-groups', or train with --set training.labels=structure");
        }
        use_powder_groups(library_);
    }
    if (resumed_ && config_.run.synthetic < 1 && stored.library_hash != record_.library_hash) {
        fail(resumed_->file.string(), ": was trained on another structure library than ",
             options_.library.empty() ? "none" : options_.library.string(), "; name that one", start_anew);
    }
    if (config_.run.synthetic > 0 || config_.run.fill > 0) {
        const CrystalStatistics statistics = read_statistics(options_.statistics);
        record_.statistics_hash = statistics.hash();
        tables_ = std::make_unique<CrystalTableStore>(statistics);
    } else if (options_.statistics != "shipped") {
        options_.tell("--statistics " + options_.statistics +
                      ": has no effect: no crystals are generated (training.synthetic and training.fill are 0)");
    }
    if (resumed_ && stored.statistics_hash != record_.statistics_hash) {
        fail(resumed_->file.string(), ": was trained on crystals drawn from other statistics than ", options_.statistics,
             "; name those with --statistics", start_anew);
    }
}

// A batch script may give its command once more than was needed.
bool TrainingSetup::finished_model_is_there() const {
    if (options_.resume != Resume::if_any || resumed_ || !fs::exists(options_.output)) return false;
    const Provenance made = Model::read(options_.output).provenance;
    if (!has_all(made, config_) || trained_library_hash(made) != record_.library_hash) return false;
    TrainingConfig trained;
    read_toml(trained, made.config, options_.output.string());
    return contradiction(trained, config_).empty();
}

void TrainingSetup::start_trainer(Device& device) {
    std::vector<std::vector<float>> start;
    if (!options_.start_from.empty() && !resumed_) start = starting_weights();
    trainer_ = std::make_unique<Trainer>(*device.backend, config_, library_, tables_.get(), start, &ranks_);
    if (config_.run.minutes > 0) trainer_->set_total_steps(unknown_steps);
    if (resumed_) {
        trainer_->restore(*resumed_file_);
        if (config_.run.minutes == 0) trainer_->set_total_steps(config_.run.steps);
    }
    note_run(*device.backend);
}

void TrainingSetup::note_run(const Backend& backend) {
    const std::string ranks = ranks_.size() > 1 ? std::to_string(ranks_.size()) + " ranks of " : "";
    const std::string machine = " on " + ranks + backend.description();
    const bool same_machine = !record_.runs.empty() && record_.runs.back().find(machine) != std::string::npos;
    if (changes_.empty() && same_machine) return;
    if (!same_machine && !record_.runs.empty() && !options_.quiet)
        options_.tell("now" + machine + "; the run before: " + record_.runs.back());
    std::string run = "from step " + std::to_string(trainer_->steps()) + machine;
    for (std::size_t i = 0; i < changes_.size(); ++i) run += (i == 0 ? ", with " : ", ") + changes_[i];
    record_.runs.push_back(std::move(run));
}

// Those of the model to start from, which must be of the network and the input that the configuration asks for.
std::vector<std::vector<float>> TrainingSetup::starting_weights() {
    const Model model = Model::read(options_.start_from);
    const auto differ = [&](const std::string& what) {
        fail(options_.start_from.string(), ": its ", what, " is not the configuration's; 'friedel info --config ",
             options_.start_from.string(), "' prints what it was trained with, for --config");
    };
    const Grid& grid = config_.simulation.grid;
    if (model.target != config_.network.target) differ("target");
    if (model.grid.start_deg != grid.start_deg || model.grid.step_deg != grid.step_deg || model.grid.points != grid.points) differ("grid");
    if (!(model.shape == config_.shape())) differ("network, " + model.shape.text() + ",");
    if (static_cast<int>(model.members.size()) != config_.network.members) differ("number of members");
    if (!(model.preprocess == config_.preprocess)) differ("preprocessing");
    record_.started_from = options_.start_from.filename().string() + " (" + hash_file(options_.start_from) + "), trained on " +
                           std::to_string(model.provenance.patterns) + " patterns";
    if (!model.provenance.started_from.empty()) record_.started_from += ", started from " + model.provenance.started_from;
    record_.earlier_library_hashes = model.provenance.earlier_library_hashes;
    if (const std::string hash = trained_library_hash(model.provenance); !hash.empty()) record_.earlier_library_hashes.push_back(hash);
    return model.members;
}

void TrainingSetup::tell_missing() const {
    if (options_.library.empty()) return;
    if (config_.run.synthetic == 1) {
        options_.tell(options_.library.string() + ": is not trained on: all patterns are of generated crystals (training.synthetic)");
        return;
    }
    const auto& count = trainer_->sampler().count();
    const auto lacking = std::count(count.begin(), count.end(), 0u);
    if (config_.run.fill > 0 && lacking > 0) {
        options_.tell(std::to_string(lacking) + " of the 230 space groups have no structure in " + options_.library.string() +
                      "; crystals of them are generated (training.fill)");
    }
    const std::string missing = trainer_->sampler().missing_classes();
    if (!missing.empty())
        options_.tell("no structure of " + missing + " in " + options_.library.string() + "; the network can never name them");
}

Model TrainingSetup::model(double seconds) const {
    Model model;
    model.grid = config_.simulation.grid;
    model.wavelength_angstrom = mean_wavelength(config_.simulation.radiation);
    model.preprocess = config_.preprocess;
    model.target = config_.network.target;
    model.shape = config_.shape();
    model.members = trainer_->answering_parameters();
    model.provenance = provenance(seconds);
    return model;
}

Model TrainingSetup::model(const KeptNetwork& network, const std::string& chosen) const {
    Model kept = model(network.seconds);
    kept.members = network.members;
    kept.provenance.steps = network.step;
    kept.provenance.patterns = network.step * config_.run.batch;
    kept.provenance.chosen = chosen;
    kept.provenance.chosen_on = hash_of_decisive_;
    return kept;
}

Provenance TrainingSetup::provenance(double seconds) const {
    const bool from_library = !options_.library.empty() && config_.run.synthetic < 1;
    Provenance made = record_;
    made.config = to_toml(config_);
    made.library = from_library ? options_.library.filename().string() : "generated crystals alone";
    made.seed = config_.run.seed;
    made.steps = trainer_->steps();
    made.patterns = trainer_->steps() * config_.run.batch;
    made.seconds = seconds;
    if (from_library) made.training_count = trainer_->sampler().count();
    return made;
}

std::vector<unsigned char> TrainingSetup::checkpoint_image(double seconds, const Validations& validations) const {
    H5File file = H5File::create_image(options_.output.string() + ".checkpoint", checkpoint_kind);
    write_provenance(file, "", provenance(seconds), kept_by_checkpoints);
    trainer_->save(file);
    validations.save(file);
    return file.image();
}

std::string TrainingSetup::names_of(const std::vector<std::int32_t>& structures) const {
    constexpr std::size_t most = 5;
    std::string names;
    for (std::size_t i = 0; i < std::min(structures.size(), most); ++i) {
        const std::int32_t structure = structures[i];
        if (i > 0) names += ", ";
        names += structure < 0 ? "a generated crystal of space group " + std::to_string(-structure)
                               : "structure " + std::to_string(structure + 1) + " (" + library_.name[structure] + ")";
    }
    if (structures.size() > most) names += " and " + std::to_string(structures.size() - most) + " more";
    return names;
}

}  // namespace friedel
