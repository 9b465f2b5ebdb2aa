// Tables of comma-separated values written from lists of columns: each names itself and says what a row has in it.
#pragma once

#include <string>

#include "host/support/joined.h"

namespace friedel {

template <class Row>
struct CsvColumn {
    const char* name;
    std::string (*field)(const Row&);  // as it stands in the file, text by csv_field()
};

// The names, or the fields of a row, in the order of the columns; without a line end.
template <class Columns>
std::string csv_header(const Columns& columns) {
    std::string names;
    for (const auto& column : columns) append_word(names, column.name, ",");
    return names;
}

template <class Columns, class Row>
std::string csv_line(const Columns& columns, const Row& row) {
    std::string fields;
    bool first = true;
    for (const auto& column : columns) {
        if (!first) fields += ',';
        fields += column.field(row);
        first = false;
    }
    return fields;
}

// The field of a row that may have none.
inline std::string if_any(bool any, const std::string& text) { return any ? text : ""; }

// Several in one field: text(value) of each value.
template <class Values, class Text>
std::string field_of_all(const Values& values, const Text& text) {
    return joined(values, text, " ");
}

inline std::string yes_or_no(bool is) { return is ? "yes" : "no"; }

}  // namespace friedel
