#include "host/patterns/other_files.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "host/patterns/instrument_files.h"
#include "host/support/csv.h"
#include "host/support/error.h"

namespace friedel {

namespace {

struct OtherKind {
    std::size_t offset;
    std::string_view begins;
    const char* what;
};

constexpr std::array<OtherKind, 14> other_kinds = {{
    {0, "\x89HDF", "an HDF5 file; give it as a file, not as standard input"},
    {0, "PK\x03\x04", "a zip archive and neither .rasx nor .brml; unpack it and name what it holds"},
    {0, "\x1f\x8b", "compressed (gzip); unpack it first"},
    {0,
     "\xfd"
     "7zXZ",
     "compressed (xz); unpack it first"},
    {0, "BZh", "compressed (bzip2); unpack it first"},
    {257, "ustar", "a tar archive; unpack it first"},
    {0, "%PDF", "a PDF document, not a pattern in text columns"},
    {0, "\x89PNG", "a picture, not a pattern in text columns"},
    {0, "RAW", "a RAW file of a kind that is not read (Bruker 1 to 4 and STOE 1.06 are); export the scan as text of two columns (.xy)"},
    {0, "<", "XML and no XRDML; export the scan as text of two columns (.xy)"},
    {0, "\xd0\xcf\x11\xe0", "an Excel workbook (.xls) or another document of Office; save the sheet as CSV"},
    {0, "{\\rtf", "a document of a word processor (RTF); save it as plain text"},
    {0, "{", "JSON, not a pattern in text columns"},
    {0, "data_", "a CIF, a crystal structure and not a measured pattern; 'friedel simulate' makes a pattern of it"},
}};

// Documents of Office, which are zip archives: their parts have such names.
constexpr std::array<std::pair<std::string_view, const char*>, 4> documents = {{
    {"xl/workbook", "an Excel workbook; save the sheet as CSV"},
    {"opendocument.spreadsheet", "a workbook of LibreOffice; save the sheet as CSV"},
    {"word/document", "a Word document, not a pattern"},
    {"ppt/presentation", "a PowerPoint presentation, not a pattern"},
}};

void refuse_documents(std::string_view bytes, const std::string& name) {
    if (!bytes.starts_with("PK\x03\x04")) return;
    for (const auto& [part, what] : documents) {
        if (bytes.find(part) != bytes.npos) fail(name, ": is ", what);
    }
}

// The columns that the first line of a table names; none where its quotes do not match, as those of what is no table may not.
std::vector<std::string> columns_named(std::string_view text) {
    constexpr std::size_t longest = 1000;
    std::string line(text.substr(0, longest));
    line.resize(std::min(line.find_first_of("\r\n"), line.size()));
    if (std::count(line.begin(), line.end(), '"') % 2 != 0) return {};
    try {
        return split_csv(line, separator_of(line));
    } catch (const Error&) {
        return {};
    }
}

// Friedel's own results and tables, which patterns lie beside.
void refuse_own_files(std::string_view text, const std::string& name) {
    constexpr const char* results = ": is a file of Friedel's results, not a pattern; name the measured files that they are about";
    const bool is_json =
        text.starts_with("{\"file\":\"") || (text.starts_with("{") && text.substr(0, 64).find("\"friedel\":") != text.npos);
    if (is_json) fail(name, results);
    const std::vector<std::string> columns = columns_named(text);
    const auto has = [&](const char* column) { return std::find(columns.begin(), columns.end(), column) != columns.end(); };
    if (has("file") && has("space_group")) {
        if (has("probability") || has("rank") || has("reason")) fail(name, results);
        fail(name, ": is a table of files with their space groups, not a pattern; 'friedel evaluate --labels' takes it");
    }
    if (has("step") && has("loss")) fail(name, ": holds the metrics of a training, not a pattern");
}

}  // namespace

bool is_own_table(std::string_view text) {
    const std::vector<std::string> columns = columns_named(text);
    const auto has = [&](const char* column) { return std::find(columns.begin(), columns.end(), column) != columns.end(); };
    return has("file") || (has("step") && has("loss"));
}

void refuse_other_kinds(std::string_view text, const std::string& name) {
    refuse_documents(text, name);
    refuse_own_files(text, name);
    for (const OtherKind& kind : other_kinds) {
        if (text.size() > kind.offset && text.substr(kind.offset).starts_with(kind.begins)) fail(name, ": is ", kind.what);
    }
    if (text.find('\0') == text.find_last_not_of('\0') + 1 && text.front() != '\0' && text.back() == '\0')
        fail(name, ": ends in NUL bytes, as files do that were not written to their end; copy or export it again");
    const std::string_view head = text.substr(0, 4096);
    if (head.find('\0') != std::string_view::npos) fail(name, ": is a binary file", export_as_text);
    if (head.find("\n_cell_length_a") != std::string_view::npos || head.find("\n_cell.length_a") != std::string_view::npos) {
        fail(name, ": is a CIF, a crystal structure and not a measured pattern; 'friedel simulate' makes a pattern of it");
    }
}

}  // namespace friedel
