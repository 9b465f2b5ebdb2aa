// A model's networks as an ONNX file, for other programs to run. Input `pattern` [batch][points], already preprocessed; outputs
// `probabilities` [batch][classes] and `logits` [batch][classes], of an ensemble [members][batch][classes]. Metadata hold the rest of
// the model: how a pattern is preprocessed, the classes, temperature and entropy threshold, how it was trained.
#pragma once

#include <filesystem>

#include "host/network/model.h"

namespace friedel {

// What such a file begins with: the version of the format, and who made it.
inline constexpr char onnx_beginning[] =
    "\x08\x07\x12\x07"
    "friedel";

// Throws Error, also where the networks exceed what the format can hold (2 GB).
void write_onnx(const std::filesystem::path& file, const Model& model);

}  // namespace friedel
