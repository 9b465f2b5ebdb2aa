// libFuzzer target: whatever the bytes, a configuration is read, written and read again to the same text, or refused with an Error.
//   build/fuzz/tests/fuzz/config_fuzz -max_total_time=60 CORPUS tests/fuzz/config
#include <cstddef>
#include <cstdint>
#include <string>

#include "host/support/error.h"
#include "host/training/config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace friedel;
    TrainingConfig config;
    try {
        read_toml(config, std::string(reinterpret_cast<const char*>(data), size), "fuzz.toml");
        check(config);
    } catch (const Error&) {
        return 0;
    }
    TrainingConfig again;
    const std::string text = to_toml(config);
    read_toml(again, text, "written.toml");  // an Error here is a finding
    if (to_toml(again) != text) __builtin_trap();
    return 0;
}
