#include "host/simulation/preprocessing.h"

#include <vector>

namespace friedel {

void preprocess_pattern(float* pattern, const Grid& grid, const PreprocessConfig& config) {
    thread_local std::vector<float> scratch;
    scratch.resize(static_cast<std::size_t>(preprocess_scratch(grid)));
    SerialBlock block;
    preprocess(block, pattern, grid, config, scratch.data());
}

}  // namespace friedel
