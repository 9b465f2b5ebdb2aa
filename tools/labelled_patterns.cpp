#include "tools/labelled_patterns.h"

#include <filesystem>
#include <utility>

namespace friedel::tools {

LabelledPatterns patterns_to_read(const std::vector<std::string>& paths, const std::string& labels, const std::string& folder) {
    if (labels.empty()) return {PatternList::of_paths(paths), {}};
    std::vector<Label> known = read_labels_without_repeats(labels);
    std::vector<std::string> files;
    for (const Label& label : known) files.push_back((folder_of_patterns(labels, folder) / label.file).string());
    return {PatternList::of_files(std::move(files)), std::move(known)};
}

}  // namespace friedel::tools
