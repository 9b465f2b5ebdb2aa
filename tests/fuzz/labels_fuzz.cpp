// libFuzzer target: whatever the bytes, a labels file gives labels that keep their promises, or an Error.
//   build/fuzz/tests/fuzz/labels_fuzz -max_total_time=60 CORPUS tests/fuzz/labels
#include <cstddef>
#include <cstdint>
#include <set>
#include <sstream>

#include "host/patterns/labels.h"
#include "host/support/error.h"
#include "kernels/crystal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace friedel;
    std::istringstream in(std::string(reinterpret_cast<const char*>(data), size));
    try {
        std::set<std::string> files;
        for (const Label& label : parse_labels(in, "fuzz.csv")) {
            const bool kept = !label.file.empty() && !label.group.empty() && label.line > 0;
            if (!kept || label.space_group < 1 || label.space_group > space_groups || !files.insert(label.file).second) __builtin_trap();
        }
    } catch (const Error&) {
    }
    return 0;
}
