// Where the files are that come with the program: its model and its structure library.
#pragma once

#include <filesystem>
#include <string>

namespace friedel {

// The model and the structure library that answer where the user names none. In the folder that FRIEDEL_DATA names, or else in the data
// folder of the source tree or the bundle that the program runs from. Throw Error, saying where was looked, if it is not there.
std::filesystem::path shipped_model();
std::filesystem::path shipped_structures();

// The library to search for --structures GIVEN: nothing for "none", else what is given; where that is empty, the shipped one if
// `by_default`. fetch_structures leaves a larger one beside the shipped one, which is then taken instead.
std::string structures_to_search(const std::string& given, bool by_default);

}  // namespace friedel
