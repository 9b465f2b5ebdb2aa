#include "host/patterns/thousands.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <vector>

#include "host/patterns/column_names.h"
#include "host/patterns/text_rows.h"
#include "host/support/error.h"

namespace friedel {

namespace {

using Parts = std::vector<std::string_view>;

// How a program may write rows. Blanks of other kinds and apostrophes come as `any_blank`.
constexpr char any_blank = '\1';
struct Style {
    char thousands, point;
    std::string_view separators;
    bool in_quotes = false;     // "10.00","1,861"
    bool is_ambiguous = false;  // the sign may also be what separates columns
};
constexpr Style styles[] = {{',', '.', "\t; "},           {'.', ',', "\t; "},          {',', '.', ",", true}, {any_blank, '.', "\t; "},
                            {any_blank, ',', "\t; "},     {' ', '.', "\t;"},           {' ', ',', "\t;"},     {',', '.', ",", false, true},
                            {' ', '.', " ", false, true}, {' ', ',', " ", false, true}};

// Blanks that are not broken, thin ones, and apostrophes, each as one character.
constexpr std::array<std::string_view, 6> other_blanks = {"\u00a0", "\u202f", "\u2009", "\u2019", "'", "\xa0"};

bool is_of_row(char c) {
    return is_digit(c) || c == '.' || c == ',' || c == ';' || c == any_blank || is_blank(c) || c == '+' || c == '-' || c == '"';
}

// What may be a row of a line: nothing where other characters stand in it. Their unusual blanks are brought into `bytes`.
std::string_view row_of(std::string_view line, std::string& bytes) {
    while (!line.empty() && (is_blank(line.back()) || line.back() == '\r')) line.remove_suffix(1);
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    if (line.empty() || !(is_digit(line.front()) || line.front() == '"')) return {};
    if (std::all_of(line.begin(), line.end(), is_of_row)) return line;
    bytes.clear();
    while (!line.empty()) {
        const auto blank = std::find_if(other_blanks.begin(), other_blanks.end(), [&](std::string_view b) { return line.starts_with(b); });
        if (blank == other_blanks.end() && !is_of_row(line.front())) return {};
        bytes += blank == other_blanks.end() ? line.front() : any_blank;
        line.remove_prefix(blank == other_blanks.end() ? 1 : blank->size());
    }
    return bytes;
}

bool are_digits(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

void split(Parts& parts, std::string_view text, std::string_view separators) {
    parts.clear();
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
        std::string_view part = text.substr(at, end - at);
        while (!part.empty() && is_blank(part.front())) part.remove_prefix(1);
        while (!part.empty() && is_blank(part.back())) part.remove_suffix(1);
        if (!part.empty()) parts.push_back(part);
        at = end + 1;
    }
}

void split_quoted(Parts& parts, std::string_view text) {
    parts.clear();
    while (!text.empty()) {
        const bool quoted = text.front() == '"';
        const std::size_t end = std::min(quoted ? text.find('"', 1) : text.find(','), text.size());
        parts.push_back(text.substr(quoted ? 1 : 0, end - (quoted ? 1 : 0)));
        text.remove_prefix(std::min(end + (quoted ? 1 : 0), text.size()));
        if (!text.empty()) text.remove_prefix(1);
    }
}

enum class Number { none, plain, grouped };

// A number of at most four digits before its point ("1861" beside "12 861"), or one whose thousands have their signs.
Number number_of(std::string_view text, const Style& style) {
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
    const std::size_t point = std::min(text.find(style.point), text.size());
    if (point < text.size() && text.size() > point + 1 && !are_digits(text.substr(point + 1))) return Number::none;
    std::string_view whole = text.substr(0, point);
    std::size_t sign = whole.find(style.thousands);
    if (sign == whole.npos) return are_digits(whole) && whole.size() <= 4 ? Number::plain : Number::none;
    if (sign == 0 || sign > 3 || whole.front() == '0' || !are_digits(whole.substr(0, sign))) return Number::none;
    for (; !whole.empty(); sign = 3) {
        if (whole.size() < sign || !are_digits(whole.substr(0, sign))) return Number::none;
        whole.remove_prefix(sign);
        if (whole.empty()) break;
        if (whole.front() != style.thousands) return Number::none;
        whole.remove_prefix(1);
        if (whole.empty()) return Number::none;
    }
    return Number::grouped;
}

double value_of(std::string_view text, char point) {
    double value = -1;
    if (point == '.') {
        std::from_chars(text.data(), text.data() + text.size(), value);
    } else {
        std::string copy(text);
        std::replace(copy.begin(), copy.end(), point, '.');
        std::from_chars(copy.data(), copy.data() + copy.size(), value);
    }
    return value;
}

// What all rows say of a style.
class Trial {
public:
    explicit Trial(const Style& style) : style_(style) {}
    const Style& style() const { return style_; }

    // False where the row cannot be of this style.
    bool takes(std::string_view row, Parts& parts) {
        style_.in_quotes ? split_quoted(parts, row) : split(parts, row, style_.separators);
        if (style_.is_ambiguous && row.ends_with(',')) return false;  // an empty column
        if (parts.empty() || number_of(parts[0], style_) != Number::plain) return false;
        if (parts.size() == 1) return true;  // a number above the rows, as of their points
        has_point_ |= style_.in_quotes || parts[0].find(style_.point) != parts[0].npos;
        ++rows_;
        return style_.is_ambiguous ? takes_one_number(parts) : takes_columns(parts);
    }

    // Whether the rows can only be read so.
    bool is_certain() const {
        if (!style_.is_ambiguous) return has_point_ && grouped_ > 0;
        // Where counts cross a thousand the smallest beyond it is not far from the largest before; flags beside counts are.
        constexpr double widest_gap = 10;
        return grouped_ > 0 && (padded_ > 0 || plain_ > 0) && (plain_ == 0 || least_grouped_ <= widest_gap * most_plain_);
    }
    // Whether what would be a third column is larger than the second in every row, as deviations are not.
    bool is_likely() const {
        constexpr int least_rows = 20;
        return style_.is_ambiguous && grouped_ == rows_ && rows_ >= least_rows && larger_ == rows_;
    }

private:
    bool takes_columns(const Parts& parts) {
        if (columns_ == 0) columns_ = parts.size();
        if (parts.size() != columns_) return false;
        for (std::size_t i = 1; i < parts.size(); ++i) {
            const Number number = number_of(parts[i], style_);
            if (number == Number::none) return false;
            grouped_ += number == Number::grouped;
        }
        return true;
    }

    // One intensity, whose thousands stand like columns; the angles rise.
    bool takes_one_number(const Parts& parts) {
        constexpr std::size_t most_parts = 4;
        const double angle = value_of(parts[0], style_.point);
        if (!(angle > last_angle_ && angle < 180) || parts.size() > most_parts) return false;
        last_angle_ = angle;
        if (parts.size() == 2) {
            const Number number = number_of(parts[1], style_);
            ++plain_;
            most_plain_ = std::max(most_plain_, value_of(parts[1], style_.point));
            return number == Number::plain && parts[1].substr(0, parts[1].find(style_.point)).size() <= 3;
        }
        if (parts[1].size() > 3 || parts[1].front() == '0' || !are_digits(parts[1])) return false;
        for (std::size_t i = 2; i < parts.size(); ++i) {
            const std::size_t point = i + 1 == parts.size() ? parts[i].find(style_.point) : parts[i].npos;
            const std::string_view whole = parts[i].substr(0, point);
            if (whole.size() != 3 || !are_digits(whole)) return false;
            if (point != parts[i].npos && point + 1 < parts[i].size() && !are_digits(parts[i].substr(point + 1))) return false;
            padded_ += whole.front() == '0';
        }
        ++grouped_;
        double whole = 0;
        for (std::size_t i = 1; i < parts.size(); ++i) whole = 1000 * whole + value_of(parts[i], style_.point);
        least_grouped_ = std::min(least_grouped_, whole);
        larger_ += value_of(parts[2], style_.point) > value_of(parts[1], style_.point);
        return true;
    }

    Style style_;
    std::size_t columns_ = 0;
    int rows_ = 0, grouped_ = 0, padded_ = 0, plain_ = 0, larger_ = 0;
    bool has_point_ = false;
    double last_angle_ = -1, most_plain_ = 0, least_grouped_ = std::numeric_limits<double>::infinity();
};

// The numbers of a row, without signs between their thousands, a blank between them (a semicolon in quotes).
void write_row(std::string& out, const Parts& parts, const Style& style) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i == 1 || (i > 1 && !style.is_ambiguous)) out += style.point == ',' ? ';' : ',';
        std::copy_if(parts[i].begin(), parts[i].end(), std::back_inserter(out), [&](char c) { return c != style.thousands; });
    }
}

// Whether a sign stands anywhere behind at most three digits that begin a number, and before three: most files are done with here.
bool has_thousands(std::string_view text, const Style& style) {
    for (std::size_t at = text.find(style.thousands); at != text.npos; at = text.find(style.thousands, at + 1)) {
        const auto digit = [&](std::size_t i) { return i < text.size() && is_digit(text[i]); };
        if (!digit(at + 1) || !digit(at + 2) || !digit(at + 3) || digit(at + 4)) continue;
        std::size_t begin = at;
        while (begin > 0 && digit(begin - 1)) --begin;
        const char before = begin > 0 ? text[begin - 1] : '\n';
        const bool begins = style.is_ambiguous ? before == style.thousands || is_blank(before) : before != style.point;
        if (begins && begin < at && at - begin <= 3) return true;
    }
    return false;
}

// The characters that styles take and a text has.
struct Present {
    bool comma, tab_or_semicolon, quote, other_blank;

    explicit Present(std::string_view text) {
        const auto has = [&](char c) { return text.find(c) != text.npos; };
        comma = has(',');
        tab_or_semicolon = has('\t') || has(';');
        quote = has('"');
        other_blank = std::any_of(other_blanks.begin(), other_blanks.end(), [&](std::string_view blank) { return has(blank.front()); });
    }
    bool allow(const Style& style) const {
        if (style.thousands == any_blank) return other_blank;
        return (quote || !style.in_quotes) && (tab_or_semicolon || style.separators != "\t;") &&
               (comma || (style.point != ',' && style.thousands != ','));
    }
};

}  // namespace

std::optional<std::string> without_thousands(std::string_view text, const std::string& name) {
    std::vector<Trial> trials;
    const Present present(text);
    for (const Style& style : styles) {
        if (present.allow(style) && (style.thousands == any_blank || has_thousands(text, style))) trials.emplace_back(style);
    }
    std::string bytes;
    Parts parts;
    bool are_columns_named = false;
    for (std::string_view rest = text; !rest.empty() && !trials.empty();) {
        const std::string_view line = take_line(rest), row = row_of(line, bytes);
        if (row.empty()) {
            const Columns columns = columns_of(line);
            are_columns_named |= fields_of(line).size() == max_columns || (columns.axis >= 0 && columns.count >= max_columns);
        } else {
            std::erase_if(trials, [&](Trial& trial) { return !trial.takes(row, parts); });
        }
    }
    if (are_columns_named) std::erase_if(trials, [](const Trial& trial) { return trial.style().is_ambiguous; });
    const auto certain = std::find_if(trials.begin(), trials.end(), [](const Trial& trial) { return trial.is_certain(); });
    if (certain == trials.end()) {
        if (std::any_of(trials.begin(), trials.end(), [](const Trial& trial) { return trial.is_likely(); }))
            fail(
                name,
                ": each intensity looks like a count whose thousands are set apart (\"1 861\", \"1,861\"), which may also be two columns; ",
                "write it without a sign between its digits");
        return std::nullopt;
    }
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::string_view line = take_line(text), row = row_of(line, bytes);
        if (row.empty()) {
            out += line;
        } else if (certain->style().in_quotes) {
            split_quoted(parts, row);
            write_row(out, parts, certain->style());
        } else {
            split(parts, row, certain->style().separators);
            write_row(out, parts, certain->style());
        }
        out += '\n';
    }
    return out;
}

}  // namespace friedel
