#include "host/patterns/pattern_address.h"

#include <charconv>
#include <filesystem>

#include "host/support/hdf5_file.h"

namespace friedel {

PatternAddress pattern_address(const std::string& name) {
    PatternAddress address{name, "", std::nullopt};
    if (const std::size_t bracket = name.rfind('['); name.ends_with(']') && bracket != std::string::npos) {
        std::size_t row = 0;
        const char* const close = name.data() + name.size() - 1;
        const auto [end, error] = std::from_chars(name.data() + bracket + 1, close, row);
        if (error == std::errc() && end == close) {
            address.row = row;
            address.file.resize(bracket);
        }
    }
    if (const std::size_t colons = address.file.find("::/"); colons != std::string::npos) {
        address.group = address.file.substr(colons + 2);
        address.file.resize(colons);
        while (address.group.ends_with('/')) address.group.pop_back();
    }
    std::error_code ignored;
    const bool is_within = address.file != name && !std::filesystem::exists(name, ignored) && is_hdf5_file(address.file);
    return is_within ? address : PatternAddress{name, "", std::nullopt};
}

}  // namespace friedel
