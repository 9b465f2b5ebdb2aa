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

struct Key {
    std::string section, name;
    KeyTarget target;
    double low, high;  // permitted, both ends included; of a distribution: of every number that it can give
    std::string help;

    std::string path() const { return section + "." + name; }
};

// Every key, pointing into `config`.
std::vector<Key> config_keys(TrainingConfig& config);

}  // namespace friedel
