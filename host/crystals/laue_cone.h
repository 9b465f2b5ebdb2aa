// Derives the fundamental cone of a Laue class (kernels/laue_cone.h) from its operations, in whatever setting they are stated.
#pragma once

#include <span>

#include "kernels/crystal.h"

namespace friedel {

// `representatives` as an OperationSet holds them. Throws Error if they are no point group.
LaueCone laue_cone(std::span<const SymmetryOperation> representatives);

}  // namespace friedel
