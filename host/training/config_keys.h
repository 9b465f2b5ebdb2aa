// The table of configuration keys: what each is called, where it is kept, what it may be.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "host/training/config.h"

namespace friedel {

// One of a few words.
struct Choice {
    std::vector<std::string> words;
    std::function<int()> get;
    std::function<void(int)> set;
};

using KeyTarget = std::variant<float*, double*, int*, std::int64_t*, std::uint64_t*, bool*, Distribution*, Radiation*, std::vector<int>*,
                               std::vector<float>*, Choice>;

// What a run that goes on from a checkpoint may change.
enum class Resuming {
    same,     // nothing: the key decides what is learned
    free,     // how long it is, what it writes and waits for
    learning  // what decides what it learns and may change all the same, told and noted: how long steps may be, lest a run that diverged be
              // lost
};

struct Key {
    std::string section, name;
    KeyTarget target;
    double low, high;  // permitted, both ends included; of a distribution: of every number that it can give
    std::string help;
    Resuming resuming = Resuming::same;

    std::string path() const { return section + "." + name; }
};

// Every key, pointing into `config`.
std::vector<Key> config_keys(TrainingConfig& config);

}  // namespace friedel
