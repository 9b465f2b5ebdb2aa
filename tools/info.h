// What 'friedel info' says of each kind of file.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace friedel::tools {

struct InfoOptions {
    std::string file;
    bool json = false, config = false, rejections = false;
};

void describe_library(const InfoOptions& options);  // info_structures.cpp
void describe_statistics(const InfoOptions& options);
void describe_model(const InfoOptions& options);  // info_training.cpp
void describe_checkpoint(const InfoOptions& options);
void describe_patterns(const InfoOptions& options);  // info_patterns.cpp
void describe_measured(const InfoOptions& options);

// What several kinds have: the number of structures or patterns of each space group.
using GroupCounts = std::map<int, int>;
void print_space_groups(const GroupCounts& groups);
void add_space_groups(nlohmann::json& json, const GroupCounts& groups);

void print_json(const nlohmann::json& json);

}  // namespace friedel::tools
