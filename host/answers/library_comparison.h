// What the crystals of two libraries look like, side by side: to see whether generated ones resemble real ones where it counts.
#pragma once

#include <string>
#include <vector>

#include "host/crystals/structure_library.h"

namespace friedel {

// One quantity over the structures of a library that have it.
struct StructureProperty {
    std::string name;
    std::vector<double> values;
};

// Volume of an atom, axial ratios, sites, multiplicities, reflections and lines of at most `sample` structures evenly spread.
std::vector<StructureProperty> structure_properties(const StructureLibrary& library, int sample);

// Largest distance between the two distribution functions (Kolmogorov and Smirnov), 0 to 1.
double largest_difference(std::vector<double> a, std::vector<double> b);

struct LibraryComparison {
    std::string first_name, second_name;  // the files
    std::vector<StructureProperty> first, second;
};
LibraryComparison compare_libraries(const std::string& first_name, const StructureLibrary& first, const std::string& second_name,
                                    const StructureLibrary& second, int sample);

// Quantiles of all properties of both, and their largest differences, as lines of text.
std::string comparison_table(const LibraryComparison& comparison);
// The distribution functions side by side: one page that opens offline.
std::string comparison_page(const LibraryComparison& comparison);

}  // namespace friedel
