// The letters that International Tables A gives the Wyckoff positions of each group: a convention, which cannot be derived.
#pragma once

namespace friedel {

// Of the positions in the order of multiplicity, freedom, offset and basis (see wyckoff.cpp). space_group is 1 to 230.
const char* wyckoff_letters(int space_group);

}  // namespace friedel
