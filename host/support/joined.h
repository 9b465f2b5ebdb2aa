// Lists in words: "a, b, c".
#pragma once

#include <string>
#include <string_view>

namespace friedel {

// Appends one more word; no separator comes before it where the list is empty.
inline void append_word(std::string& list, std::string_view word, std::string_view separator = ", ") {
    if (!list.empty()) list += separator;
    list += word;
}

// text(value) of each value, in their order.
template <class Values, class Text>
std::string joined(const Values& values, const Text& text, std::string_view separator = ", ") {
    std::string list;
    for (const auto& value : values) append_word(list, text(value), separator);
    return list;
}

template <class Texts>
std::string joined(const Texts& texts) {
    return joined(
        texts, [](const auto& text) -> const auto& { return text; });
}

}  // namespace friedel
