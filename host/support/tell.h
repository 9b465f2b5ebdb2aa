// How work that goes on says what the user should know of: the program shows it, and tests listen.
#pragma once

#include <functional>
#include <string>

namespace friedel {

using Tell = std::function<void(const std::string& line)>;

}  // namespace friedel
