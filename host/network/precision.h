// What matrix products multiply; parameters and sums are single precision in any case.
#pragma once

#include <optional>
#include <string>

namespace friedel {

enum class Precision { float32, tf32, bf16 };  // the processor has no tf32 and takes float32 for it

// "float", "tf32" or "bf16".
const char* precision_name(Precision precision);
// Empty for "auto": the backend chooses. Throws Error for any other word.
std::optional<Precision> parse_precision(const std::string& word);

}  // namespace friedel
