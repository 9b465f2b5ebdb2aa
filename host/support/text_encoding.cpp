#include "host/support/text_encoding.h"

namespace friedel {

std::string_view without_byte_order_mark(std::string_view utf_8) {
    if (utf_8.starts_with("\xef\xbb\xbf")) utf_8.remove_prefix(3);
    return utf_8;
}

bool is_utf_16(std::string_view text) { return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"); }

std::string utf_8_of_utf_16(std::string_view text) {
    const bool big_endian = text[0] == '\xfe';
    std::string out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 2; i + 1 < text.size(); i += 2) {
        const auto first = static_cast<unsigned char>(text[i]), second = static_cast<unsigned char>(text[i + 1]);
        const unsigned unit = big_endian ? first << 8 | second : second << 8 | first;
        if (unit < 0x80) {
            out += static_cast<char>(unit);
        } else if (unit < 0x800) {
            out += static_cast<char>(0xc0 | unit >> 6);
            out += static_cast<char>(0x80 | (unit & 0x3f));
        } else if (unit >= 0xd800 && unit < 0xe000) {
            out += '?';
        } else {
            out += static_cast<char>(0xe0 | unit >> 12);
            out += static_cast<char>(0x80 | (unit >> 6 & 0x3f));
            out += static_cast<char>(0x80 | (unit & 0x3f));
        }
    }
    return out;
}

}  // namespace friedel
