// The one exception type that Friedel throws on purpose, and how its messages are built.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace friedel {

// What was being done, to which file, and what to do about it: one line, shown to the user as it is.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Throws an Error made of all arguments, streamed one after another.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
    std::ostringstream message;
    (message << ... << parts);
    throw Error(message.str());
}

}  // namespace friedel
