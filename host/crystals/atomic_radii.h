// Sizes of atoms, for crystals that are made up.
#pragma once

namespace friedel {

// Covalent radius in angstrom, 1 to 98 (Cordero et al., Dalton Trans. 2832, 2008; low spin; 1.68 for Bk and Cf, which it lacks).
float covalent_radius(int element);

// Volume in angstrom^3 that an atom takes in a crystal, roughly: a sphere of the covalent radius and half an angstrom. Within a factor of
// two of what libraries of structures give (CrystalStatistics fits them).
float rough_atomic_volume(int element);

}  // namespace friedel
