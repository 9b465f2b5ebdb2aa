// Values of the keys of a configuration: read from TOML, checked, and written so that they are read back.
#pragma once

#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <string>

#include "host/training/config_keys.h"

namespace friedel {

constexpr const char* distribution_forms =
    "a number, {uniform = [a, b]}, {log_uniform = [a, b]} or {normal = [mean, deviation]}, the last three with probability and otherwise "
    "if wanted";

// Into what the key stands for. Throws Error that says what is permitted; where: "config.toml:12".
void read_value(const Key& key, const toml::node& node, const std::string& where);

// As it stands in TOML.
std::string value_text(const Key& key);

// Whether a value that is one number is permitted; true of any other.
bool is_within_range(const Key& key);

}  // namespace friedel
