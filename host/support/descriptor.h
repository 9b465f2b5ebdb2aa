// File descriptors: closed by their owner, and read or written as a whole.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <utility>

namespace friedel {

// Of an open file or socket, which it closes; a negative number is none.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    bool is_open() const { return number_ >= 0; }
    int number() const { return number_; }

private:
    int number_ = -1;
};

// Calls `some(at, size)`, which does a part and returns how much, as ::write and ::recv do, until all is done; goes on after signals. False,
// with the reason in errno, where it fails or there is no more.
template <class Byte, class Some>
bool in_parts(Byte* at, std::size_t size, const Some& some) {
    while (size > 0) {
        const ssize_t part = some(at, size);
        if (part < 0 && errno == EINTR) continue;
        if (part <= 0) return false;
        at += part;
        size -= static_cast<std::size_t>(part);
    }
    return true;
}

inline bool write_all(const Descriptor& to, const void* data, std::size_t size) {
    return in_parts(static_cast<const char*>(data), size, [&](const char* at, std::size_t left) { return ::write(to.number(), at, left); });
}

}  // namespace friedel
