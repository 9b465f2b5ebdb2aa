// Structures of higher symmetry that a structure is a distorted, ordered or hydrogenated model of.
// Databases of relaxed structures are full of such models: cations that share a site in the crystal are told apart, a proton has one
// place of its two, a soft mode has condensed. The powder that a diffractometer sees has the symmetry of the parent.
// Leaves out: whether a parent explains a pattern as well as the model does (that is for a fit to say, structure_search.h).
#pragma once

#include <vector>

#include "host/crystals/structure.h"

namespace friedel {

// The parents of `structure` (with its group known), each of another space group, from the nearest to the furthest: found with looser
// tolerances, without hydrogen, with elements that scatter alike as one species, and with all cations as one. Atoms that a parent makes
// equivalent share their sites as mixed occupancies. Empty where there is none.
std::vector<Structure> parent_structures(const Structure& structure);

}  // namespace friedel
