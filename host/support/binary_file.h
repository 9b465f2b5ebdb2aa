// Numbers at offsets of a binary file, little-endian, as instruments write them.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "host/support/error.h"

namespace friedel {

class Bytes {
public:
    // Both must outlive it; `name` stands for the file in errors.
    Bytes(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}

    // Throws Error where the file ends before.
    template <class T>
    T at(std::size_t offset) const {
        if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) fail(name_, ": ends early; it is truncated, copy it again");
        T value;
        std::memcpy(&value, bytes_.data() + offset, sizeof value);
        return value;
    }
    std::size_t size() const { return bytes_.size(); }
    const std::string& name() const { return name_; }

private:
    std::string_view bytes_;
    const std::string& name_;
};

}  // namespace friedel
