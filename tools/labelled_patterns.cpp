#include "tools/labelled_patterns.h"

#include <filesystem>
#include <utility>

namespace friedel::tools {

LabelledPatterns patterns_to_read(const std::vector<std::string>& paths, const std::string& labels, const std::string& folder) {
    if (labels.empty()) return {PatternList::of_paths(paths), {}};
    std::vector<Label> known = read_labels_without_repeats(labels);
    PatternList list = PatternList::of_files(files_in(folder_of_patterns(labels, folder), known));
    return {std::move(list), std::move(known)};
}

}  // namespace friedel::tools
