// The known answers for a set of measured patterns: a CSV file with a header line. Columns `file` and `space_group` (number or symbol) must
// be there; `group` and `repeat_of` are used if they are; all others are passed over. Semicolons or tabs may stand for the commas.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace friedel {

struct Label {
    std::string file;       // as the labels name it
    int space_group;        // 1 to 230
    std::string group;      // patterns of one specimen or mineral share it; the file itself if the labels do not say
    std::string repeat_of;  // the file that this one measures again; empty if none
    int line;               // of the labels file
};

// Throws Error with the line for a missing column, a space group that is none, a file named twice, or no label at all.
std::vector<Label> read_labels(const std::filesystem::path& file);
std::vector<Label> parse_labels(std::istream& in, const std::string& name);  // `name` stands for the file in errors
// One of each specimen: those that repeat no other.
std::vector<Label> read_labels_without_repeats(const std::filesystem::path& file);

// Where the patterns lie: in `given`, or beside the labels where that is empty.
std::filesystem::path folder_of_patterns(const std::filesystem::path& labels, const std::filesystem::path& given);
// The files that the labels are of, in this folder.
std::vector<std::string> files_in(const std::filesystem::path& folder, const std::vector<Label>& labels);

}  // namespace friedel
