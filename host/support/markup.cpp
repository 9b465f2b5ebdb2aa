#include "host/support/markup.h"

#include "host/support/text_encoding.h"

namespace friedel {

// XML tolerates no stray byte, and names come from files.
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
