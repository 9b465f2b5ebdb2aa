#include "host/patterns/text_rows.h"

#include "host/patterns/header_words.h"
#include "host/support/text_format.h"

namespace friedel {

bool is_separated_without_commas(std::string_view line) {
    bool other_separator = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char before = i > 0 ? line[i - 1] : ' ', after = i + 1 < line.size() ? line[i + 1] : ' ';
        if (line[i] == '.') return false;
        if (line[i] == ',' && !(is_digit(before) && is_digit(after))) return false;
        if (line[i] == ';' || is_blank(line[i])) other_separator = true;
    }
    return other_separator;
}

const char* behind_empty_columns(const char* at, const char* end) {
    const char* const behind = std::find_if(at, end, [](char c) { return c != ';' && c != ',' && !is_blank(c); });
    return behind == end || is_line_end(*behind) || *behind == '#' || *behind == '!' ? behind : nullptr;
}

bool is_below_rows(std::string_view line) {
    constexpr std::string_view words[] = {"end",     "eof", "ende",  "mittelwert", "durchschnitt", "summe",  "anzahl",
                                          "mean",    "sum", "total", "average",    "count",        "median", "minimum",
                                          "maximum", "min", "max",   "stdev",      "stddev",       "std",    "standardabweichung"};
    constexpr std::size_t longest = 60;
    line = line.substr(0, line.find_last_not_of(" \t\r;,\"") + 1);
    const std::size_t begin = std::min(line.find_first_not_of(" \t\""), line.size());
    const std::string first = lower_case(line.substr(begin, line.find_first_of(" \t;,:=\"", begin) - begin));
    return line.size() <= longest && is_one_of(first, words);
}

namespace {

constexpr std::string_view separators = ";\t";

// Appends a row without its quotes; appends nothing, and returns false, where it has none or something else than numbers in them.
bool append_without_quotes(std::string& out, std::string_view line) {
    constexpr std::string_view of_row = "0123456789.,;+-eE\" \t\r'", of_number = "0123456789.,+-eE '";
    if (line.find('"') == line.npos || line.find_first_of(separators) == line.npos || line.find_first_not_of(of_row) != line.npos ||
        line.find_first_of("0123456789") == line.npos)
        return false;
    const std::size_t before = out.size();
    for (std::size_t at = 0; at < line.size();) {
        if (line[at] != '"') {
            out += line[at++];
            continue;
        }
        const std::size_t close = std::min(line.find('"', at + 1), line.size());
        const std::string_view number = line.substr(at + 1, close - at - 1);
        const bool begins = at == 0 || separators.find(line[at - 1]) != separators.npos;
        const bool ends = close + 1 == line.size() ||
                          (close < line.size() && (line[close + 1] == '\r' || separators.find(line[close + 1]) != separators.npos));
        if (!begins || !ends || number.find_first_not_of(of_number) != number.npos) {
            out.resize(before);
            return false;
        }
        out += number;
        at = close + 1;
    }
    return true;
}

}  // namespace

std::optional<std::string> without_quotes(std::string_view text) {
    if (text.find('"') == text.npos) return std::nullopt;
    std::string out;
    out.reserve(text.size());
    bool any = false;
    while (!text.empty()) {
        const std::size_t left = text.size();
        const std::string_view line = take_line(text);
        if (append_without_quotes(out, line))
            any = true;
        else
            out += line;
        if (line.size() < left) out += '\n';
    }
    return any ? std::optional(std::move(out)) : std::nullopt;
}

SecondColumn second_column(std::string_view text) {
    SecondColumn second;
    const bool any_comma = text.find(',') != std::string_view::npos;
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at < end; ++at) {
        while (at < end && is_blank(*at)) ++at;
        const char* const line_end = std::find_if(at, end, is_line_end);
        const Row row = parse_row(at, line_end, any_comma && is_separated_without_commas({at, line_end}));
        if (row.columns >= 2) second.values.push_back(row.value[1]);
        second.columns = std::max(second.columns, row.columns);
        at = line_end;
    }
    return second;
}

}  // namespace friedel
