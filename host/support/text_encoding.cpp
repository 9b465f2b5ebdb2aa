#include "host/support/text_encoding.h"

#include <algorithm>

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

std::string half_width(std::string_view utf_8) {
    std::string out;
    out.reserve(utf_8.size());
    for (std::size_t i = 0; i < utf_8.size(); ++i) {
        const auto byte = [&](std::size_t k) { return i + k < utf_8.size() ? static_cast<unsigned char>(utf_8[i + k]) : 0u; };
        const unsigned second = byte(1), third = byte(2);
        // U+FF01 to U+FF5E stand for U+0021 to U+007E; U+3000 is a space.
        const bool wide =
            byte(0) == 0xef && ((second == 0xbc && third >= 0x81 && third <= 0xbf) || (second == 0xbd && third >= 0x80 && third <= 0x9e));
        const bool space = byte(0) == 0xe3 && second == 0x80 && third == 0x80;
        if (wide) out += static_cast<char>(((second & 3) << 6 | (third & 0x3f)) + 0x20);
        if (space) out += ' ';
        if (wide || space)
            i += 2;
        else
            out += utf_8[i];
    }
    return out;
}

std::size_t character_length(std::string_view bytes, std::size_t i) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
    const unsigned lead = byte(i);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (i + length > bytes.size()) return 0;
    for (std::size_t k = 1; k < length; ++k)
        if ((byte(i + k) & 0xc0) != 0x80) return 0;
    if (length < 3) return length;
    // Neither what is longer than it need be, nor surrogates, nor what lies beyond Unicode.
    const unsigned second = byte(i + 1);
    const bool wrong = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) ||
                       (lead == 0xf4 && second > 0x8f);
    return wrong ? 0 : length;
}

std::string utf_8_of_bytes(std::string_view bytes) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (std::size_t i = 0; i < bytes.size();) {
        const std::size_t length = character_length(bytes, i);
        const auto byte = static_cast<unsigned char>(bytes[i]);
        if (length == 0)
            out += std::string("\\x") + digits[byte >> 4] + digits[byte & 15];
        else
            out += bytes.substr(i, length);
        i += std::max<std::size_t>(length, 1);
    }
    return out;
}

}  // namespace friedel
