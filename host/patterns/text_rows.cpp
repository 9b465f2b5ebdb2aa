#include "host/patterns/text_rows.h"

namespace friedel {

bool has_decimal_commas(std::string_view line) {
    bool other_separator = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char before = i > 0 ? line[i - 1] : ' ', after = i + 1 < line.size() ? line[i + 1] : ' ';
        if (line[i] == '.') return false;
        if (line[i] == ',' && !(is_digit(before) && is_digit(after))) return false;
        if (line[i] == ';' || is_blank(line[i])) other_separator = true;
    }
    return other_separator;
}

SecondColumn second_column(std::string_view text) {
    SecondColumn second;
    const bool any_comma = text.find(',') != std::string_view::npos;
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at < end; ++at) {
        while (at < end && is_blank(*at)) ++at;
        const char* const line_end = std::find_if(at, end, is_line_end);
        const Row row = parse_row(at, line_end, any_comma && has_decimal_commas({at, line_end}));
        if (row.columns >= 2) second.values.push_back(row.value[1]);
        second.columns = std::max(second.columns, row.columns);
        at = line_end;
    }
    return second;
}

}  // namespace friedel
