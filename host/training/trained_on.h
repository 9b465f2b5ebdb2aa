// Which structure libraries a model has learned from.
#pragma once

#include <string>

#include "host/network/model.h"

namespace friedel {

// The hash of the library that a model's weights were trained on themselves; empty where their patterns were all of generated crystals.
std::string trained_library_hash(const Provenance& made);
// Whether these weights, or those that they started from, were trained on the structure library whose file has this hash. Other files may
// hold the same structures.
bool knows_library(const Provenance& made, const std::string& library_hash);

}  // namespace friedel
