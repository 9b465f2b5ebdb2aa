// Chemical elements by symbol. Only those up to californium: none beyond has a tabulated X-ray form factor.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kernels/form_factor.h"

namespace friedel {

constexpr int elements = max_element;

// "H" for 1. Throws nothing; "?" outside 1 to 98.
const char* element_symbol(int element);

// Atomic number of exactly this symbol in any case, or 0. D and T are hydrogen.
int element_of_symbol(std::string_view symbol);

// Atomic number meant by a CIF type symbol such as Fe3+, O2-, D or Wat (water oxygen); 0 if none.
int element_of_type_symbol(std::string_view type_symbol);

// Atomic number meant by an atom's label such as Fe1, OW2 or CA1. `formula` (may be empty) lists the elements known to be
// present and decides between readings such as C and Ca; 0 if none.
int element_of_label(std::string_view label, const std::vector<int>& formula);

// The elements of a chemical formula such as 'Ca2 (Si O4)' or 'H2O'; text that is no formula gives no elements.
std::vector<int> elements_of_formula(std::string_view formula);

// Counts per atomic number (index) as a formula in Hill order: C, H, then alphabetical; a count of one is left out.
std::string hill_formula(const std::vector<double>& counts);

}  // namespace friedel
