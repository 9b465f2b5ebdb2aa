// Training of a network, or an ensemble on one stream of patterns, step by step on a backend. Batch n + 1 is simulated while batch n
// trains. A run is a pure function of configuration, library and seed: it can be stopped after any step and taken up again.
// Leaves out: time, files, progress, validation (training_run.h).
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "host/crystals/crystal_tables.h"
#include "host/crystals/structure_library.h"
#include "host/network/backend.h"
#include "host/network/network.h"
#include "host/ranks/communicator.h"
#include "host/support/hdf5_file.h"
#include "host/training/config.h"
#include "host/training/divergence.h"
#include "host/training/sampler.h"

namespace friedel {

class Trainer {
public:
    // What is passed by reference must outlive the trainer, but for `start`: the members' parameters to start from, [members] of
    // [shape.size()]; random ones where it is empty.
    // With tables, crystals are generated as training.synthetic and training.fill say; without, there are those of the library alone.
    // Several ranks share the rows of each batch and take the same steps; each calls what is here in the same order.
    Trainer(Backend& backend, const TrainingConfig& config, const StructureLibrary& library, const CrystalTableStore* tables = nullptr,
            const std::vector<std::vector<float>>& start = {}, Communicator* ranks = nullptr);

    void step();
    std::int64_t steps() const { return step_; }
    // Where the learning rate's schedule ends.
    void set_total_steps(std::int64_t total);
    std::int64_t total_steps() const { return total_steps_; }

    // Since the last call, of all ranks together. Waits for the device.
    struct Results {
        double loss, accuracy;          // mean over the samples and all members; NaN where there is no sample
        std::int64_t samples;           // whose batch has a finite loss
        std::int64_t skipped;           // steps that were not finite, of all members
        std::int64_t skipped_in_a_row;  // the last ones, of the member that has most
        double halvings;                // of the next step's learning rate after skipped ones, of the member that has most
    };
    Results take_results();
    // Of each member, on the losses that were taken: [0] the cross-entropy, [1] the squared error.
    const std::vector<std::array<DivergenceWatch, 2>>& watches() const { return watches_; }

    // The structures of the last step's batch, of the rows here, whose pattern is not finite, or whose loss is not while that of others is,
    // each once; -g stands for a generated crystal of space group g. Waits for the device.
    std::vector<std::int32_t> nonfinite_structures() const;

    const Sampler& sampler() const { return sampler_; }
    double learning_rate() const;  // of the next step, as scheduled

    // The networks as they answer: the moving average of their weights where there is one.
    std::vector<std::vector<float>> answering_parameters() const;

    // Everything that the next steps depend on, beside configuration and library.
    void save(H5File& file) const;
    void restore(const H5File& file);

private:
    struct Member {
        Parameters parameters;
        Buffer<float> first_moment, second_moment, average;
        Buffer<SampleLoss> losses;  // [rows]
        Buffer<StepGuard> guard;
    };

    void run_step(int current);
    std::vector<char> spoilt_patterns() const;  // [rows]
    std::vector<char> spoilt_losses() const;
    void save_guards(H5File& file, std::size_t member) const;
    void restore_guards(const H5File& file, std::size_t member);

    Backend& backend_;
    const TrainingConfig& config_;
    Communicator* ranks_;  // null: one rank alone
    RowShare rows_;        // of a batch, here
    NetworkShape shape_;
    Loss loss_;
    Sampler sampler_;
    std::unique_ptr<PatternStream> stream_;
    Network network_;
    std::vector<Member> members_;
    Buffer<float> gradient_;
    Buffer<float> smoothing_;                     // [classes][classes]; empty without loss.graph_smoothing
    std::array<Matrix, 2> inputs_;                // [rows][points]; one trains while the other is filled
    std::array<Buffer<std::int32_t>, 2> labels_;  // [rows]
    Buffer<StepState> state_;
    Buffer<LossTotals> totals_;
    std::array<std::unique_ptr<RecordedStep>, 2> recorded_;  // by the half of the double buffers that trains
    int current_ = 0;
    bool filled_ = false;  // inputs_[current_] holds the batch of the next step
    std::int64_t step_ = 0, total_steps_ = 1;
    std::vector<std::array<DivergenceWatch, 2>> watches_;
};

}  // namespace friedel
