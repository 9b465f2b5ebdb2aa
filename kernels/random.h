// Random numbers as a pure function of (seed, sample, purpose, index), by Philox4x32-10 (Salmon et al. 2011, Random123).
// The same numbers come out on CPU and GPU, in any order and on any number of threads; nothing is stored between calls.
// A sample is numbered over the whole run: step * batch + row.
#pragma once

#include <Random123/philox.h>

#include <cmath>
#include <cstdint>

#include "kernels/block.h"

namespace friedel {

// What a number is used for: effects switched on or off never move the numbers of another effect.
enum class Purpose : std::uint32_t {
    structure = 1,
    wavelength,
    instrument,
    specimen,
    lattice,
    texture,
    background,
    paper_background,
    counting_noise,
    detector_noise,
    uniform_noise,
    impurity,
    dropout,
    weights,
    shuffle,
    bootstrap,
    intensity,
    crystal,
    crystal_lattice,
    crystal_coordinates,
    crystal_displacement,
    substitution,
};

struct Random4 {
    std::uint32_t bits[4];
};

FRIEDEL_FN Random4 random4(std::uint64_t seed, std::uint64_t sample, Purpose purpose, std::uint32_t index) {
    const r123::Philox4x32::ctr_type counter = {
        {index, static_cast<std::uint32_t>(purpose), static_cast<std::uint32_t>(sample), static_cast<std::uint32_t>(sample >> 32)}};
    const r123::Philox4x32::key_type key = {{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
    const r123::Philox4x32::ctr_type drawn = r123::Philox4x32()(counter, key);
    return {{drawn[0], drawn[1], drawn[2], drawn[3]}};
}

// Uniform in (0, 1), both ends excluded: 23 bits, centred in their interval (with 24 the last one would round to 1).
FRIEDEL_FN float uniform_open(std::uint32_t bits) { return (static_cast<float>(bits >> 9) + 0.5f) * (1.0f / 8388608.0f); }

// Standard normal deviate of two uniform numbers in (0, 1), Box-Muller.
FRIEDEL_FN float normal_deviate(float u, float v) { return sqrtf(-2.0f * logf(u)) * cosf(6.283185307f * v); }

// First entry of running sums that exceeds u.
FRIEDEL_FN int draw_index(const float* cumulative, int n, float u) {
    int low = 0, high = n - 1;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (u < cumulative[middle]) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

// A short sequence of draws for one (sample, purpose), for code that draws a few parameters one after another.
class RandomSequence {
public:
    FRIEDEL_FN RandomSequence(std::uint64_t seed, std::uint64_t sample, Purpose purpose, std::uint32_t first_block = 0)
        : seed_(seed), sample_(sample), purpose_(purpose), next_block_(first_block) {}

    FRIEDEL_FN std::uint32_t bits() {
        if (used_ == 4) {
            block_ = random4(seed_, sample_, purpose_, next_block_++);
            used_ = 0;
        }
        return block_.bits[used_++];
    }

    FRIEDEL_FN float uniform() { return uniform_open(bits()); }
    FRIEDEL_FN float uniform(float low, float high) { return low + (high - low) * uniform(); }

    FRIEDEL_FN float normal() {
        const float u = uniform();
        return normal_deviate(u, uniform());
    }

private:
    std::uint64_t seed_;
    std::uint64_t sample_;
    Purpose purpose_;
    std::uint32_t next_block_;
    int used_ = 4;
    Random4 block_{};
};

}  // namespace friedel
