#include "host/patterns/labels.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <unordered_map>

#include "host/crystals/stated_symmetry.h"
#include "host/support/csv.h"
#include "host/support/error.h"
#include "host/support/text_encoding.h"
#include "host/support/text_format.h"
#include "kernels/crystal.h"

namespace friedel {

namespace {

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Which field holds what; -1 where the file has no such column.
struct Columns {
    int file = -1, space_group = -1, group = -1, repeat_of = -1;
    std::size_t count = 0;
    char separator = ',';
};

Columns read_header(const std::string& line, const std::string& where) {
    Columns columns;
    columns.separator = separator_of(line);
    const std::vector<std::string> names = split_csv(line, columns.separator);
    columns.count = names.size();
    for (std::size_t i = 0; i < names.size(); ++i) {
        std::string name = lower_case(trimmed(names[i]));
        std::replace(name.begin(), name.end(), ' ', '_');
        for (auto [known, column] : {std::pair{"file", &columns.file},
                                     {"space_group", &columns.space_group},
                                     {"group", &columns.group},
                                     {"repeat_of", &columns.repeat_of}}) {
            if (name != known) continue;
            if (*column >= 0) fail(where, ": names the column '", known, "' twice; rename one");
            *column = static_cast<int>(i);
        }
    }
    if (columns.file < 0 || columns.space_group < 0) {
        fail(where, ": has no column '", columns.file < 0 ? "file" : "space_group",
             "'; the first line must name the columns: file,space_group");
    }
    return columns;
}

// "14", "14.0" as tables of floats have it, "P21/c", "P 1 21/c 1"; 0 where it is none of these.
int stated_space_group(const std::string& text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size())
        return number >= 1 && number <= space_groups && number == std::floor(number) ? static_cast<int>(number) : 0;
    return space_group_of_symbol(text);
}

Label read_label(const std::string& line, const Columns& columns, const std::string& where) {
    const std::vector<std::string> fields = split_csv(line, columns.separator);
    if (fields.size() != columns.count) {
        fail(where, ": has ", fields.size(), " fields where the header names ", columns.count, "; put fields that hold '",
             columns.separator, "' in quotes");
    }
    const auto field = [&](int column) {
        return column < 0 ? std::string{} : std::string(trimmed(fields[static_cast<std::size_t>(column)]));
    };
    Label label{field(columns.file), 0, field(columns.group), field(columns.repeat_of), 0};
    if (label.file.empty()) fail(where, ": names no file; fill in the column 'file' or delete the line");
    std::string group = field(columns.space_group);
    if (columns.separator != ',') std::replace(group.begin(), group.end(), ',', '.');  // "14,0"
    label.space_group = stated_space_group(group);
    if (label.space_group == 0) fail(where, ": '", group, "' is no space group; give its number, 1 to 230, or its symbol");
    if (label.group.empty()) label.group = label.file;
    return label;
}

}  // namespace

std::vector<Label> read_labels(const std::filesystem::path& file) {
    std::ifstream in(file);
    if (!in || std::filesystem::is_directory(file)) {
        fail(file.string(), ": cannot be read; give a CSV file with the columns file,space_group");
    }
    std::ostringstream text;
    text << in.rdbuf();
    std::istringstream lines(is_utf_16(text.str()) ? utf_8_of_utf_16(text.str()) : std::move(text).str());
    return parse_labels(lines, file.string());
}

std::vector<Label> parse_labels(std::istream& in, const std::string& name) {
    std::vector<Label> labels;
    std::unordered_map<std::string, int> line_of;
    Columns columns;
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        if (number == 1) line.erase(0, line.size() - without_byte_order_mark(line).size());
        if (line.find('\0') != std::string::npos) fail(name, ": is a binary file; give a CSV file with the columns file,space_group");
        if (trimmed(line).empty()) continue;
        const std::string where = name + ": line " + std::to_string(number);
        try {
            if (columns.count == 0) {
                columns = read_header(line, where);
                continue;
            }
            Label label = read_label(line, columns, where);
            label.line = number;
            const auto [earlier, first] = line_of.emplace(label.file, number);
            if (!first) fail(where, ": names ", label.file, " again, after line ", earlier->second, "; delete one of them");
            labels.push_back(std::move(label));
        } catch (const Error& error) {
            const std::string what = error.what();
            if (what.starts_with(where)) throw;
            fail(where, ": ", what);
        }
    }
    if (in.bad()) fail(name, ": cannot be read to its end; check the disk");
    if (columns.count == 0) fail(name, ": is empty; it must begin with a line that names the columns: file,space_group");
    if (labels.empty()) fail(name, ": holds no label, only a header; add a line for each pattern");
    return labels;
}

std::vector<Label> read_labels_without_repeats(const std::filesystem::path& file) {
    std::vector<Label> labels = read_labels(file);
    std::erase_if(labels, [](const Label& label) { return !label.repeat_of.empty(); });
    return labels;
}

std::filesystem::path folder_of_patterns(const std::filesystem::path& labels, const std::filesystem::path& given) {
    return given.empty() ? labels.parent_path() : given;
}

std::vector<std::string> files_in(const std::filesystem::path& folder, const std::vector<Label>& labels) {
    std::vector<std::string> files;
    for (const Label& label : labels) files.push_back((folder / label.file).string());
    return files;
}

}  // namespace friedel
