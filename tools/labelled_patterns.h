// Measured patterns as the commands take them that know no model: PATTERNS, or those of --labels with what their space groups are.
#pragma once

#include <string>
#include <vector>

#include "host/patterns/labels.h"
#include "host/patterns/pattern_list.h"

namespace friedel::tools {

struct LabelledPatterns {
    PatternList list;
    std::vector<Label> labels;  // of each pattern of the list, repeats left out; empty where they are not known
};

// labels: the file of --labels, or empty; its patterns lie in `folder`, or beside it where that is empty.
LabelledPatterns patterns_to_read(const std::vector<std::string>& paths, const std::string& labels, const std::string& folder);

}  // namespace friedel::tools
