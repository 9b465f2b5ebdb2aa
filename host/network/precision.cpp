#include "host/network/precision.h"

#include "host/support/error.h"

namespace friedel {

const char* precision_name(Precision precision) {
    return precision == Precision::bf16 ? "bf16" : (precision == Precision::tf32 ? "tf32" : "float");
}

std::optional<Precision> parse_precision(const std::string& word) {
    if (word == "auto") return {};
    for (const Precision precision : {Precision::float32, Precision::tf32, Precision::bf16})
        if (word == precision_name(precision)) return precision;
    fail("'", word, "' is no precision; give auto, bf16, tf32 or float");
}

}  // namespace friedel
