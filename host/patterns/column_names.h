// Names of columns in a line of text, as instruments, beamlines and SPEC write them: which is the axis, and which the intensities. Leaves
// out the rows below (table_file.cpp, plain_text.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace friedel {

using Fields = std::vector<std::string_view>;

// Of one line, cut at commas, semicolons or tabs where it has any of these, else at blanks; quotes are left off. Commas of decimals do not
// cut.
Fields fields_of(std::string_view line, bool decimal_commas = false);

// All of the field as a number, also as Fortran writes it.
bool read_field(double& value, std::string_view field, bool decimal_commas = false);

struct Columns {
    std::size_t count = 0;  // of names
    int axis = -1, intensity = -1, d = -1;
    int deviation = -1, time = -1;    // of the intensities; of counting
    std::string axis_name;            // without `axis`: of one that no pattern is read against
    std::string other_axis;           // the first, where it is surely that of something else and the others are names, too
    std::string no_intensity;         // of one that is surely something else than an intensity, where no other may be one
    std::string changed;              // of a column of intensities that are no longer as they were counted
    std::vector<std::string> others;  // of columns that may each be the intensities, where none says that it alone is
    bool are_counts = false;          // the intensities, and no rate
    bool may_be_sentence = false;     // words with blanks between, which may name nothing
    bool is_guess = false;            // the intensities are what stands beside the axis, by whatever name

    bool are_named() const { return axis >= 0 && intensity >= 0; }
};
Columns columns_of(std::string_view line);

}  // namespace friedel
