// FNV-1a, 64 bits: tells one file from another and finds damage; no defence against forgery.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

namespace friedel {

class Fnv1a {
public:
    void add(const void* bytes, std::size_t size) {
        const auto* const from = static_cast<const unsigned char*>(bytes);
        for (std::size_t i = 0; i < size; ++i) hash_ = (hash_ ^ from[i]) * 1099511628211ull;
    }
    // 16 hexadecimal digits.
    std::string text() const {
        char digits[17];
        std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash_));
        return digits;
    }

private:
    std::uint64_t hash_ = 14695981039346656037ull;
};

// FNV-1a, 64 bits, of a file's bytes, as 16 hexadecimal digits: tells one library from another.
std::string hash_file(const std::filesystem::path& file);

}  // namespace friedel
