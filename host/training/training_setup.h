// What a training run works with, from its files to the trainer, and what its checkpoints say of it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "host/support/file_lock.h"
#include "host/training/checkpoint.h"
#include "host/training/trainer.h"
#include "host/training/training_run.h"
#include "host/training/validation.h"
#include "host/training/validations.h"

namespace friedel {

// What a checkpoint says about its run. Throws Error.
Provenance read_checkpoint_record(const H5File& file);

// Whether as much was trained as its configuration asks for.
bool has_all(const Provenance& made, const TrainingConfig& config);

// Whether a run that came to its end wrote this model; also true of a file that another version wrote, or that is no model.
bool holds_finished_model(const std::filesystem::path& file);

class TrainingSetup {
public:
    // What is passed must outlive it. Throws Error.
    TrainingSetup(const TrainingOptions& options, const AdjustConfig& adjust, Device& device, Communicator& ranks);
    TrainingSetup(const TrainingSetup&) = delete;
    TrainingSetup& operator=(const TrainingSetup&) = delete;

    const TrainingConfig& config() const { return config_; }
    Trainer& trainer() { return *trainer_; }
    const std::optional<ValidationSet>& simulated() const { return simulated_; }
    const std::optional<ValidationSet>& measured() const { return measured_; }
    const std::optional<Checkpoint>& resumed() const { return resumed_; }
    double seconds_before() const { return record_.seconds; }  // of training, in the runs that this one resumes
    bool was_finished() const { return !trainer_; }            // the model is there already: nothing is left to do

    Provenance provenance(double seconds) const;
    Model model(double seconds) const;                                         // as trained so far
    Model model(const KeptNetwork& network, const std::string& chosen) const;  // of an earlier step, and why it was chosen
    std::vector<unsigned char> checkpoint_image(double seconds, const Validations& validations) const;
    // The checkpoint that the run goes on from, for what others keep in it.
    const H5File& resumed_file() const { return *resumed_file_; }
    void close_resumed_file() { resumed_file_.reset(); }
    // "structure 5 (quartz), a generated crystal of space group 62 and 3 more"
    std::string names_of(const std::vector<std::int32_t>& structures) const;

private:
    void read_checkpoint();
    void read_config(const AdjustConfig& adjust);
    void check_ranks_agree();
    void check_length(const RunConfig& stored) const;
    void note_changes(const TrainingConfig& stored);
    void read_structures();
    void start_trainer(Device& device);
    void note_run(const Backend& backend);
    std::vector<std::vector<float>> starting_weights();
    bool finished_model_is_there() const;
    void tell_missing() const;

    const TrainingOptions& options_;
    Communicator& ranks_;
    std::optional<FileLock> lock_;  // of the first rank
    TrainingConfig config_;
    StructureLibrary library_, held_out_;
    Provenance record_;  // of the runs that this one resumes, as far as a checkpoint keeps it; then of this one
    std::optional<Checkpoint> resumed_;
    std::vector<std::string> changes_;  // of what the resumed run goes on with: "optimiser.learning_rate 0.0004 instead of 0.001"
    std::optional<H5File> resumed_file_;
    std::unique_ptr<CrystalTableStore> tables_;
    std::optional<ValidationSet> simulated_, measured_;
    std::string hash_of_decisive_;  // of the file whose patterns choose the best network, as it was when they were read
    std::unique_ptr<Trainer> trainer_;
};

}  // namespace friedel
