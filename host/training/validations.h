// What validation finds while a network trains: how good it is now, when it was best, and the network that was best. All of it goes into
// checkpoints, so that a resumed run knows as much as an undisturbed one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/support/hdf5_file.h"
#include "host/support/tell.h"
#include "host/training/validation.h"

namespace friedel {

// What validation on one set of patterns has found in a run.
struct ValidationHistory {
    std::optional<ValidationResult> last;
    std::int64_t looks = 0;
    double best_accuracy = -1, best_loss = 0;
    std::int64_t best_step = 0;  // the first that had the best accuracy, and of those the lowest loss

    // Whether it is the best so far.
    bool add(const ValidationResult& result, std::int64_t step);
};

// The weights of one step of a run, of all members of the ensemble.
struct KeptNetwork {
    std::vector<std::vector<float>> members;
    std::int64_t step = 0;
    double seconds = 0;  // of training
};

class Validations {
public:
    // Sets that are null are not looked at. keep_best: measured patterns decide where there are some, else simulated ones.
    Validations(const ValidationSet* simulated, const ValidationSet* measured, bool keep_best);

    // Asks both sets about the model; where one cannot, it is told, and neither is asked again.
    struct Found {
        std::optional<ValidationResult> simulated, measured;
        bool best_of_simulated = false, best_of_measured = false;  // so far
    };
    Found look(Model&& model, Device& device, const Tell& tell);

    const ValidationHistory& simulated() const { return simulated_.history; }
    const ValidationHistory& measured() const { return measured_.history; }
    std::int64_t last_step() const { return last_step_; }  // of the last look
    const std::optional<KeptNetwork>& best() const { return best_; }
    std::string why_best() const;  // "52.1 % of 110 simulated patterns, the best of 9 validations"

    void save(H5File& file) const;
    // What was found on other patterns than these is told and left.
    void restore(const H5File& file, const Tell& tell);

private:
    struct Set {
        const char* name;
        const ValidationSet* patterns;
        ValidationHistory history;

        std::optional<ValidationResult> ask(const Model& model, Device& device, bool& is_best);
        void save(H5File& file) const;
        bool restore(const H5File& file, const Tell& tell);  // false where nothing is known of these patterns
    };

    Set& decisive() { return measured_.patterns ? measured_ : simulated_; }
    const Set& decisive() const { return measured_.patterns ? measured_ : simulated_; }

    Set simulated_, measured_;
    bool keep_best_, can_look_ = true;
    std::int64_t last_step_ = 0;
    std::optional<KeptNetwork> best_;
};

}  // namespace friedel
