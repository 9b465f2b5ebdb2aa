// Mistakes of the command line, and the exit statuses.
#pragma once

#include <sstream>

#include "host/support/error.h"

namespace friedel::tools {

// Exit status where the command line cannot be understood or asks for what does not go together; 1 is for everything else that fails.
constexpr int usage_status = 2;
// Plus the signal: what shells say of programs that a signal ended.
constexpr int signal_status = 128;

class UsageError : public Error {
public:
    using Error::Error;
};

// Throws a UsageError made of all arguments, streamed one after another.
template <class... Parts>
[[noreturn]] void misused(const Parts&... parts) {
    std::ostringstream message;
    (message << ... << parts);
    throw UsageError(message.str());
}

}  // namespace friedel::tools
