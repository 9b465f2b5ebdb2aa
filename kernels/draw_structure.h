// Which structure a sample shows: a class first, in the proportions wanted, then one of its structures, each as likely as the next.
// A structure -g stands for a crystal of space group g that is generated when it is drawn.
#pragma once

#include "kernels/crystal.h"
#include "kernels/random.h"

namespace friedel {

struct SamplerView {
    const float* cumulative;         // [classes] probability of this class and all before it; the last is 1
    const std::int32_t* label;       // [classes] what the network is to answer; several may have the same
    const std::int32_t* first;       // [classes + 1] into `structures`
    const std::int32_t* structures;  // of class 0, class 1, ...
    int classes;
};

struct DrawnStructure {
    std::int32_t structure, label;
    // How many structures the pattern's impurity is drawn from: generated crystals have generated ones, of any group.
    FRIEDEL_FN int impurities(int structures_of_library) const { return structure < 0 ? space_groups : structures_of_library; }
};

FRIEDEL_FN DrawnStructure draw_structure(const SamplerView& sampler, std::uint64_t seed, std::uint64_t sample) {
    const Random4 random = random4(seed, sample, Purpose::structure, 0);
    const int drawn = draw_index(sampler.cumulative, sampler.classes, uniform_open(random.bits[0]));
    const std::int32_t first = sampler.first[drawn], count = sampler.first[drawn + 1] - first;
    // The high word of a 32 by 32 bit product: as even as 32 bits allow.
    const auto chosen = static_cast<std::int32_t>(static_cast<std::uint64_t>(random.bits[1]) * static_cast<std::uint64_t>(count) >> 32);
    return {sampler.structures[first + chosen], sampler.label[drawn]};
}

}  // namespace friedel
