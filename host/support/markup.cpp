#include "host/support/markup.h"

namespace friedel {

namespace {

// Length of the UTF-8 character at `text[i]`, 0 if malformed there: names come from files and XML tolerates no stray byte.
std::size_t character_length(const std::string& text, std::size_t i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (i + length > text.size()) return 0;
    for (std::size_t j = 1; j < length; ++j)
        if ((static_cast<unsigned char>(text[i + j]) & 0xc0) != 0x80) return 0;
    return length;
}

}  // namespace

std::string escaped(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = character_length(text, i);
        const char c = text[i];
        if (length == 0) {
            out += "\uFFFD";
        } else if (length > 1) {
            out.append(text, i, length);
        } else {
            out += c == '<'   ? "&lt;"
                   : c == '>' ? "&gt;"
                   : c == '&' ? "&amp;"
                   : c == '"' ? "&quot;"
                              : std::string(1, (c >= 0 && c < 0x20) || c == 0x7f ? ' ' : c);
        }
        i += length == 0 ? 1 : length;
    }
    return out;
}

}  // namespace friedel
