// The letters that International Tables A gives the Wyckoff positions of each group: a convention, which cannot be derived.
#pragma once

namespace friedel {

// Of the positions in the order of multiplicity, freedom, offset and basis (see wyckoff.cpp). space_group is 1 to 230.
const char* wyckoff_letters(int space_group);

// The alphabet: a to z, then A of the one group that has 27 positions. Ranks are counted from 0; -1 of what is no letter.
char wyckoff_letter(int rank);
int wyckoff_rank(char letter);

}  // namespace friedel
