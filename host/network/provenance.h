// How a network was trained: what its model says of it, and what an unfinished run's checkpoint keeps.
// Leaves out: what of it makes a structure library known to the network (training/config.h, which reads its configuration).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "host/support/hdf5_file.h"
#include "kernels/crystal.h"

namespace friedel {

struct Provenance {
    std::string config;        // TOML, complete
    std::string library;       // file name of the structure library
    std::string library_hash;  // see hash_file
    std::string started_from;  // the model whose weights were the first ones, and what it was trained on; empty: random ones
    std::vector<std::string> earlier_library_hashes;  // of what the models that it started from were trained on
    // "from step 1200 on 2 cores, AVX-512, float, with optimiser.learning_rate 0.0004 instead of 0.001": a line for the first run and for
    // each resumed one that went on otherwise.
    std::vector<std::string> runs;
    // Of a network that validation chose while it trained: "52.1 % of 110 simulated patterns, the best of 9 validations"; empty: the last.
    std::string chosen;
    std::string chosen_on;        // the hash of the library or labels that it was validated on
    std::string statistics_hash;  // of what crystals were generated from; empty: none were, or nobody knows
    std::uint64_t seed = 0;
    std::int64_t steps = 0;                                    // optimiser steps taken
    std::int64_t patterns = 0;                                 // simulated patterns trained on
    double seconds = 0;                                        // spent training
    std::array<std::uint32_t, space_groups> training_count{};  // structures of each space group in the library
};

// Which files hold a field.
enum class Told {
    always,
    later,     // all but those of earlier versions
    sometimes  // those where it is not empty
};

// Calls field(name, value, told) for each, in the order of files; the names are those of files, of `friedel info --json` and of ONNX.
template <class Made, class Field>
void for_each_provenance_field(Made& made, const Field& field) {
    field("config", made.config, Told::always);
    field("library", made.library, Told::always);
    field("library_hash", made.library_hash, Told::always);
    field("started_from", made.started_from, Told::later);
    field("earlier_library_hashes", made.earlier_library_hashes, Told::sometimes);
    field("runs", made.runs, Told::sometimes);
    field("chosen", made.chosen, Told::sometimes);
    field("chosen_on", made.chosen_on, Told::sometimes);
    field("statistics_hash", made.statistics_hash, Told::later);
    field("seed", made.seed, Told::always);
    field("steps", made.steps, Told::always);
    field("patterns", made.patterns, Told::always);
    field("seconds", made.seconds, Told::always);
    field("structures_by_space_group", made.training_count, Told::always);
}

// Those fields of which `kept` is true of the name, in a group of the file ("training/", or "" for its root). Throws Error, of which `cure`
// is the end.
using KeptFields = std::function<bool(std::string_view name)>;
void write_provenance(H5File& file, const std::string& group, const Provenance& made, const KeptFields& kept);
Provenance read_provenance(const H5File& file, const std::string& group, const std::string& cure, const KeptFields& kept);

}  // namespace friedel
