#include "host/training/trained_on.h"

#include <algorithm>

#include "host/training/config.h"

namespace friedel {

std::string trained_library_hash(const Provenance& made) {
    TrainingConfig training;
    if (!made.config.empty()) read_toml(training, made.config, "the model's configuration");
    return training.run.synthetic < 1 ? made.library_hash : "";
}

bool knows_library(const Provenance& made, const std::string& library_hash) {
    const std::vector<std::string>& earlier = made.earlier_library_hashes;
    return library_hash == trained_library_hash(made) || std::find(earlier.begin(), earlier.end(), library_hash) != earlier.end();
}

}  // namespace friedel
