// bfloat16 on the processor: the upper half of a float, rounded to the nearest, ties to even. Arithmetic is done in float.
#pragma once

#include <bit>
#include <cstdint>

namespace friedel {

struct Bfloat16 {
    std::uint16_t bits;

    Bfloat16() = default;
    explicit Bfloat16(float value) : bits(rounded(value)) {}
    // Spelled out: loops that copy the object as a whole are not vectorised by g++ 12.
    Bfloat16(const Bfloat16& other) : bits(other.bits) {}
    Bfloat16& operator=(const Bfloat16& other) {
        bits = other.bits;
        return *this;
    }
    operator float() const { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

private:
    static std::uint16_t rounded(float value) {
        const auto all = std::bit_cast<std::uint32_t>(value);
        // Adding just below half of the last place kept, and one more where that place is odd. A NaN keeps a bit that makes it one.
        const std::uint32_t nearest = (all + 0x7fffu + (all >> 16 & 1u)) >> 16;
        const bool nan = (all & 0x7fffffffu) > 0x7f800000u;
        return static_cast<std::uint16_t>(nan ? all >> 16 | 0x40u : nearest);
    }
};

}  // namespace friedel
