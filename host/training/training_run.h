// A whole training run, from a structure library to a model file: time, progress, metrics.csv, validation, checkpoints, interruption.
// Under mpirun or srun each process is a rank of one run.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "host/network/device.h"
#include "host/support/tell.h"
#include "host/training/config.h"
#include "host/training/validations.h"

namespace friedel {

// Whether to go on from the newest whole checkpoint: one must be there; or, where there is none, start anew; or start anew in any case.
enum class Resume { no, must, if_any };

struct TrainingOptions {
    std::filesystem::path library;             // may be empty where training.synthetic is 1
    std::string statistics = "shipped";        // what generated crystals are drawn from: see read_statistics
    std::filesystem::path output;              // model; beside it OUTPUT.metrics.csv and, while unfinished, OUTPUT.checkpoint.STEP
    std::filesystem::path validation_library;  // held-out structures, may be empty
    std::filesystem::path measured_labels;     // CSV with columns file and space_group, may be empty
    std::filesystem::path measured_folder;     // of its files; empty: that of the labels
    double measured_wavelength = 0;            // of its files, angstrom; 0: what each states, or that of the configuration
    std::filesystem::path start_from;          // model whose weights are the first ones, may be empty
    std::filesystem::path log;                 // JSON lines, see training_log.h; may be empty
    Resume resume = Resume::no;
    bool quiet = false;
    int threads = 0;  // 0: all cores
    DeviceChoice device;
    Tell tell;  // on the first rank; on another one only what made it fail
};

struct TrainingSummary {
    int signal = 0;                         // that interrupted it, 0 if it finished
    bool was_finished = false;              // before: nothing was done
    bool lost = false;                      // what an interrupted one had learnt since its last checkpoint: it could not be written
    bool first_rank = true;                 // of several, which alone knows what follows
    std::filesystem::path checkpoint = {};  // to go on from; empty where there is none
    // earlier_stays: a run that was interrupted found a finished model under that name; failed: it has been told why.
    enum class ModelFile { written, earlier_stays, failed } model_file = ModelFile::written;
    std::int64_t steps = 0, patterns = 0;
    double seconds = 0;
    ValidationHistory simulated = {}, measured = {};
    std::int64_t validated_step = 0;  // last
    std::int64_t best_step = 0;       // of the network that is kept as the best, in best_file(); 0: none is
};

// Where training.keep_best leaves the network that validation found best: model.best.h5 beside model.h5.
std::filesystem::path best_file(const std::filesystem::path& output);

// Changes the configuration, a fresh one or the one of the run that is resumed.
using AdjustConfig = std::function<void(TrainingConfig&, bool resumed)>;

// tell_summary: called on the first rank while the others wait, which may end the job when they end.
TrainingSummary run_training(const TrainingOptions& options, const AdjustConfig& adjust,
                             const std::function<void(const TrainingSummary&)>& tell_summary);

}  // namespace friedel
