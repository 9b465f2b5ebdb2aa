// Words in lines of headers, in lower case.
#pragma once

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <iterator>
#include <string_view>

namespace friedel {

inline bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

template <class Words>
bool is_one_of(std::string_view word, const Words& words) {
    return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

inline bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

// Where the first of these words ends; npos where none stands in the text.
inline std::size_t end_of_first(std::string_view text, std::initializer_list<std::string_view> words) {
    std::size_t first = std::string_view::npos, end = std::string_view::npos;
    for (std::string_view word : words) {
        const std::size_t at = text.find(word);
        if (at < first) first = at, end = at + word.size();
    }
    return end;
}

// Where this word ends if the line begins with it, a comment's sign apart; npos if it does not.
inline std::size_t word_at_the_beginning(std::string_view text, std::string_view word) {
    const std::size_t first = text.find_first_not_of("#;!'\"/*%@ \t");
    if (first == std::string_view::npos || !text.substr(first).starts_with(word)) return std::string_view::npos;
    const std::size_t end = first + word.size();
    return end < text.size() && is_letter(text[end]) ? std::string_view::npos : end;
}

}  // namespace friedel
