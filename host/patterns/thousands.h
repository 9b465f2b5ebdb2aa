// Counts written with a sign between their thousands, as spreadsheets write them: "1,861", "1.861", "1 861", "1'861".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace friedel {

// The text without these signs; nothing where its rows have none. A sign is one of thousands where another separates the columns, or
// another stands before decimals, and in every row three digits follow it; where commas or blanks do both, only if the rows cannot be read
// otherwise. Throws Error, naming the file, where they can, and the numbers speak against it: "10.00 1 861" in every row.
std::optional<std::string> without_thousands(std::string_view text, const std::string& name);

}  // namespace friedel
