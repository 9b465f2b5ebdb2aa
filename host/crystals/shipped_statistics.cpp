#include "host/crystals/shipped_statistics.h"

// FRIEDEL_STATISTICS is the file's path, given by CMake. The assembler takes its bytes in as they are.
asm(".section .rodata\n"
    ".balign 16\n"
    "friedel_statistics_begin:\n"
    ".incbin \"" FRIEDEL_STATISTICS
    "\"\n"
    "friedel_statistics_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" {
extern const std::byte friedel_statistics_begin[];
extern const std::byte friedel_statistics_end[];
}

namespace friedel {

std::span<const std::byte> shipped_statistics() { return {friedel_statistics_begin, friedel_statistics_end}; }

}  // namespace friedel
