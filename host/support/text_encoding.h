// Text as spreadsheets and Windows save it, brought to UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace friedel {

std::string_view without_byte_order_mark(std::string_view utf_8);

// Begins with the byte-order mark of either order.
bool is_utf_16(std::string_view text);
// Without the mark. Characters beyond the first 65 536 become question marks: numbers and names of columns are not made of them.
std::string utf_8_of_utf_16(std::string_view text);

// Full-width letters, digits and signs, and the space of Japanese and Chinese, as those of ASCII: "\uff12\u03b8" is "2\u03b8".
std::string half_width(std::string_view utf_8);

// Of the UTF-8 character at bytes[i], 1 to 4 bytes; 0 if there is none.
std::size_t character_length(std::string_view bytes, std::size_t i);

// UTF-8 whatever `bytes` are, as names of files may be anything: a byte that belongs to no character becomes \xE9.
std::string utf_8_of_bytes(std::string_view bytes);

}  // namespace friedel
