// libFuzzer target: whatever the bytes, the CIF reader gives structures or reasons, and symmetry search gives a structure or an Error.
//   cmake --preset fuzz && cmake --build --preset fuzz --target cif_fuzz && build/fuzz/tests/fuzz/cif_fuzz -max_total_time=60 CORPUS
//   tests/fuzz/cif
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "host/crystals/cif.h"
#include "host/crystals/symmetry.h"
#include "host/support/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace friedel;
    const CifContent content = parse_cif({reinterpret_cast<const char*>(data), size}, "fuzz.cif", {200});
    if (content.structures.empty() && content.rejections.empty()) __builtin_trap();  // a file may not vanish without a word
    for (const Structure& structure : content.structures) {
        try {
            standardise(structure, {0.01, 16});  // small cells only: spglib's time is not what is tested here
        } catch (const Error&) {
        }
    }
    return 0;
}
