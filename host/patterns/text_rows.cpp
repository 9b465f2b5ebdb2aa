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

// The numbers of a row of quoted ones that commas separate ("5,00","21"), as they are written; empty where it is none.
std::vector<std::string_view> quoted_numbers(std::string_view line) {
    constexpr std::string_view between = "\",\"", of_number = "0123456789.,+-eE ";
    line = line.substr(0, line.find_last_not_of(" \t\r") + 1);
    if (line.size() < 2 || line.front() != '"' || line.back() != '"') return {};
    line = line.substr(1, line.size() - 2);
    std::vector<std::string_view> numbers;
    while (true) {
        const std::size_t end = std::min(line.find(between), line.size());
        const std::string_view number = line.substr(0, end);
        if (number.find_first_of("0123456789") == number.npos || number.find_first_not_of(of_number) != number.npos) return {};
        numbers.push_back(number);
        if (end == line.size()) return numbers.size() > 1 ? numbers : std::vector<std::string_view>{};
        line.remove_prefix(end + between.size());
    }
}

// Whether such rows are told without their quotes: no number has a comma, or all commas are decimal, as angles have them beside numbers
// without points. "5.00","1,861" has thousands.
bool may_lose_quotes(std::string_view text) {
    bool any = false, any_point = false, any_comma = false, angles_have_commas = false;
    while (!text.empty()) {
        const std::vector<std::string_view> numbers = quoted_numbers(take_line(text));
        for (const std::string_view number : numbers) {
            const std::size_t comma = number.find(',');
            if (comma != number.npos && number.find(',', comma + 1) != number.npos) return false;
            any_point |= number.find('.') != number.npos;
            any_comma |= comma != number.npos;
        }
        any |= !numbers.empty();
        angles_have_commas |= !numbers.empty() && numbers.front().find(',') != numbers.front().npos;
    }
    return any && (!any_comma || (angles_have_commas && !any_point));
}

// Appends the row with decimal points and without quotes; false where it is no row of quoted numbers.
bool append_with_points(std::string& out, std::string_view line) {
    const std::vector<std::string_view> numbers = quoted_numbers(line);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        std::string number(numbers[i]);
        std::replace(number.begin(), number.end(), ',', '.');
        out += (i ? "," : "") + number;
    }
    return !numbers.empty();
}

}  // namespace

std::optional<std::string> without_quotes(std::string_view text) {
    if (text.find('"') == text.npos) return std::nullopt;
    const bool between_commas = may_lose_quotes(text);
    std::string out;
    out.reserve(text.size());
    bool any = false;
    while (!text.empty()) {
        const std::size_t left = text.size();
        const std::string_view line = take_line(text);
        if (append_without_quotes(out, line) || (between_commas && append_with_points(out, line)))
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
