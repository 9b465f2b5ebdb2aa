#include "host/answers/classification_output.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <tuple>

#include "host/crystals/extinction.h"
#include "host/crystals/space_groups.h"
#include "host/support/csv.h"
#include "host/support/csv_table.h"
#include "host/support/error.h"
#include "host/support/text_format.h"

namespace friedel {

const FileKind classification_kind = {"classification", 1, "classify the patterns again with 'friedel classify'"};

namespace fs = std::filesystem;

class ClassificationOutput::Writer {
public:
    virtual ~Writer() = default;
    virtual void add(const Classification& classification) = 0;
    virtual void flush() {}
    virtual fs::path unfinished_file() const { return {}; }
    virtual void finish() = 0;
    virtual const EarlierResults& earlier() const {
        static const EarlierResults none;
        return none;
    }
};

namespace {

// Results as lines of text.
class TextWriter : public ClassificationOutput::Writer {
public:
    TextWriter(const fs::path& file, const std::string& answered_by, ClassificationOutput::Begin begin, const OutdatedResults& outdated,
               const ResultLines::Format& format)
        : answered_by_(answered_by), lines_(file, answered_by, begin == ClassificationOutput::Begin::where_it_ended, outdated, format) {}
    const EarlierResults& earlier() const override { return lines_.earlier(); }
    void flush() override { lines_.flush(); }
    fs::path unfinished_file() const override { return lines_.unfinished_file(); }
    void finish() override { lines_.finish(); }

protected:
    const std::string answered_by_;
    ResultLines lines_;
};

std::string cell_field(float edge_or_angle) { return formatted("%.4f", static_cast<double>(edge_or_angle)); }

// Results of patterns without an answer have empty fields.
using Column = CsvColumn<Classification>;

constexpr const char* mark_csv_column = "answered_by";
constexpr Column csv_columns[] = {
    {"file", [](const Classification& c) { return csv_field(c.file); }},
    {"space_group", [](const Classification& c) { return c.candidates.empty() ? "" : std::to_string(c.candidates.front().space_group); }},
    {"symbol",
     [](const Classification& c) { return c.candidates.empty() ? "" : csv_field(space_group_symbol(c.candidates.front().space_group)); }},
    {"probability",
     [](const Classification& c) { return c.candidates.empty() ? "" : formatted("%.6f", c.candidates.front().probability); }},
    {"crystal_system", [](const Classification& c) { return c.system < 0 ? "" : std::string(crystal_system_name(c.system)); }},
    {"crystal_system_probability", [](const Classification& c) { return if_any(c.system >= 0, formatted("%.6f", c.system_probability)); }},
    {"extinction_group", [](const Classification& c) { return c.extinction < 0 ? "" : csv_field(extinction_group_name(c.extinction)); }},
    {"extinction_probability",
     [](const Classification& c) { return if_any(c.extinction >= 0, formatted("%.6f", c.extinction_probability)); }},
    {"entropy", [](const Classification& c) { return if_any(c.system >= 0, formatted("%.6f", c.entropy)); }},
    {"refused", [](const Classification& c) { return yes_or_no(!c.refused.empty()); }},
    {"reason", [](const Classification& c) { return csv_field(c.refused); }},
    {"runners_up",
     [](const Classification& c) {
         return field_of_all(std::span(c.candidates).subspan(std::min<std::size_t>(1, c.candidates.size())),
                             [](const Candidate& of) { return std::to_string(of.space_group) + formatted(":%.4f", of.probability); });
     }},
    {"set", [](const Classification& c) { return field_of_all(c.set, [](int group) { return std::to_string(group); }); }},
    {"coverage", [](const Classification& c) { return formatted("%.4f", c.coverage); }},
    {"closest_structure", [](const Classification& c) { return csv_field(c.closest); }},
    {"closest_formula", [](const Classification& c) { return csv_field(c.closest_formula); }},
    {"closest_space_group", [](const Classification& c) { return if_any(!c.closest.empty(), std::to_string(c.closest_space_group)); }},
    {"closest_is_parent", [](const Classification& c) { return if_any(!c.closest.empty(), yes_or_no(c.closest_is_parent)); }},
    {"similarity", [](const Classification& c) { return if_any(!c.closest.empty(), formatted("%.4f", c.similarity)); }},
    {"closest_cell", [](const Classification& c) { return field_of_all(c.closest_cell, cell_field); }},
    {"closest_lattice_change",
     [](const Classification& c) { return if_any(!c.closest_cell.empty(), formatted("%.4f", c.closest_lattice_change)); }},
    {"unexplained_lines",
     [](const Classification& c) { return field_of_all(c.unexplained, [](double deg) { return formatted("%.2f", deg); }); }},
    {"lattice", [](const Classification& c) { return c.lattice; }},
    {"cell", [](const Classification& c) { return field_of_all(c.cell, cell_field); }},
    {"cell_probability", [](const Classification& c) { return if_any(!c.cell.empty(), formatted("%.4f", c.cell_probability)); }},
    {"name", [](const Classification& c) { return csv_field(c.title); }},
    {"wavelength", [](const Classification& c) { return if_any(c.wavelength > 0, formatted("%.6g", c.wavelength)); }},
    {"wavelength_from", [](const Classification& c) { return std::string(wavelength_source_name(c.wavelength_source)); }},
};
// Behind the mark of who answered, as they came later.
constexpr Column later_csv_columns[] = {
    {"note", [](const Classification& c) { return csv_field(c.note); }},
    {"file_state", [](const Classification& c) { return csv_field(c.file_state); }},
    {"second_phase", [](const Classification& c) { return csv_field(c.second_phase); }},
    {"second_formula", [](const Classification& c) { return csv_field(c.second_formula); }},
    {"second_space_group", [](const Classification& c) { return if_any(!c.second_phase.empty(), std::to_string(c.second_space_group)); }},
    {"second_part", [](const Classification& c) { return if_any(!c.second_phase.empty(), formatted("%.3f", c.second_part)); }},
};

// Where the column of this name stands in a line.
consteval std::size_t csv_column(std::string_view name) {
    for (std::size_t i = 0; i < std::size(csv_columns); ++i) {
        if (csv_columns[i].name == name) return i;
    }
    std::size_t i = 0;
    while (later_csv_columns[i].name != name) ++i;  // does not compile where there is none
    return std::size(csv_columns) + 1 + i;
}

std::string header_line() { return csv_header(csv_columns) + ',' + mark_csv_column + ',' + csv_header(later_csv_columns); }

class CsvWriter : public TextWriter {
public:
    CsvWriter(const fs::path& file, const std::string& answered_by, ClassificationOutput::Begin begin, const OutdatedResults& outdated)
        : TextWriter(file, answered_by, begin, outdated, {header_line(), parse}) {}
    static ResultLines::Origin parse(const std::string& text) {
        const std::vector<std::string> fields = split_csv(text);
        constexpr std::size_t mark = std::size(csv_columns), columns = mark + 1 + std::size(later_csv_columns);
        if (fields.size() != columns) fail(fields.size(), " columns, not ", columns);
        return {fields[csv_column("file")], fields[mark], fields[csv_column("wavelength_from")].empty(), fields[csv_column("file_state")]};
    }
    void add(const Classification& c) override {
        lines_.add(csv_line(csv_columns, c) + ',' + answered_by_ + ',' + csv_line(later_csv_columns, c));
    }
};

nlohmann::ordered_json cell_json(const std::vector<float>& cell) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (float edge_or_angle : cell) json.push_back(rounded(edge_or_angle, 4));
    return json;
}

class JsonLinesWriter : public TextWriter {
public:
    JsonLinesWriter(const fs::path& file, const std::string& answered_by, ClassificationOutput::Begin begin,
                    const OutdatedResults& outdated)
        : TextWriter(file, answered_by, begin, outdated, {"", parse}) {}
    static ResultLines::Origin parse(const std::string& text) {
        const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
        if (!json.is_object() || !json.contains("file") || !json.at("file").is_string()) fail("no JSON object with a file");
        const auto text_of = [&json](const char* name) {
            const auto member = json.find(name);
            return member != json.end() && member->is_string() ? member->get<std::string>() : "";
        };
        return {text_of("file"), text_of("answered_by"), !json.contains("wavelength_from"), text_of("file_state")};
    }
    void add(const Classification& c) override {
        nlohmann::ordered_json json;
        json["file"] = c.file;
        if (!c.title.empty()) json["name"] = c.title;
        if (!c.candidates.empty()) {
            json["space_group"] = c.candidates.front().space_group;
            json["symbol"] = space_group_symbol(c.candidates.front().space_group);
            json["probability"] = c.candidates.front().probability;
        }
        if (c.system >= 0) {
            json["crystal_system"] = crystal_system_name(c.system);
            json["crystal_system_probability"] = c.system_probability;
        }
        if (c.extinction >= 0) {
            json["extinction_group"] = extinction_group_members(c.extinction);
            json["extinction_probability"] = c.extinction_probability;
        }
        if (c.system >= 0) json["entropy"] = c.entropy;
        json["refused"] = !c.refused.empty();
        if (!c.refused.empty()) json["reason"] = c.refused;
        for (std::size_t i = 1; i < c.candidates.size(); ++i) {
            json["runners_up"].push_back({{"space_group", c.candidates[i].space_group},
                                          {"symbol", space_group_symbol(c.candidates[i].space_group)},
                                          {"probability", c.candidates[i].probability}});
        }
        if (!c.set.empty()) json["set"] = c.set;
        json["coverage"] = c.coverage;
        if (!c.closest.empty())
            json["closest"] = {{"structure", c.closest},
                               {"formula", c.closest_formula},
                               {"space_group", c.closest_space_group},
                               {"is_parent", c.closest_is_parent},
                               {"similarity", c.similarity}};
        if (!c.closest.empty()) {
            json["closest"]["unexplained_lines"] = nlohmann::ordered_json::array();
            for (float angle : c.unexplained) json["closest"]["unexplained_lines"].push_back(rounded(angle, 2));
        }
        if (!c.closest_cell.empty()) {
            json["closest"]["cell"] = cell_json(c.closest_cell);
            json["closest"]["lattice_change"] = rounded(c.closest_lattice_change, 4);
        }
        if (!c.second_phase.empty())
            json["second_phase"] = {{"structure", c.second_phase},
                                    {"formula", c.second_formula},
                                    {"space_group", c.second_space_group},
                                    {"part_of_intensity", rounded(c.second_part, 3)}};
        if (!c.cell.empty()) json["indexed"] = {{"lattice", c.lattice}, {"cell", cell_json(c.cell)}, {"probability", c.cell_probability}};
        if (c.wavelength > 0) json["wavelength"] = rounded(c.wavelength, 6);
        if (c.wavelength_source != WavelengthSource::unknown) json["wavelength_from"] = wavelength_source_name(c.wavelength_source);
        json["answered_by"] = answered_by_;
        if (!c.note.empty()) json["note"] = c.note;
        if (!c.file_state.empty()) json["file_state"] = c.file_state;
        lines_.add(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    }
};

// A dataset [patterns] of results in HDF5.
template <class T>
struct HdfColumn {
    using Value = T (*)(const Classification&);
    HdfColumn(const char* its_name, Value of, const char* what) : name(its_name), value(of), meaning(what) {}

    const char* name;
    Value value;
    const char* meaning;  // its attribute `values`; null: the name says it
    std::vector<T> rows;
};

constexpr float missing = std::numeric_limits<float>::quiet_NaN();

using Texts = std::vector<HdfColumn<std::string>>;
using Numbers = std::vector<HdfColumn<std::uint16_t>>;
using Codes = std::vector<HdfColumn<std::uint8_t>>;
using Reals = std::vector<HdfColumn<float>>;

Texts text_columns() {
    return {{"file", [](const Classification& c) { return c.file; }, nullptr},
            {"name", [](const Classification& c) { return c.title; }, nullptr},
            {"refused", [](const Classification& c) { return c.refused; }, nullptr},
            {"note", [](const Classification& c) { return c.note; }, nullptr},
            {"closest", [](const Classification& c) { return c.closest; }, nullptr},
            {"second_phase", [](const Classification& c) { return c.second_phase; }, nullptr},
            {"second_formula", [](const Classification& c) { return c.second_formula; }, nullptr},
            {"lattice", [](const Classification& c) { return c.lattice; }, nullptr}};
}

Numbers number_columns() {
    return {{"space_group",
             [](const Classification& c) {
                 return c.candidates.empty() ? std::uint16_t(0) : static_cast<std::uint16_t>(c.candidates.front().space_group);
             },
             "number of International Tables, 0: none"},
            {"extinction_group",
             [](const Classification& c) { return c.extinction < 0 ? std::uint16_t(65535) : static_cast<std::uint16_t>(c.extinction); },
             "row of extinction_groups, 65535: not computed"},
            {"closest_space_group", [](const Classification& c) { return static_cast<std::uint16_t>(c.closest_space_group); },
             "number of International Tables, 0: none"},
            {"unexplained_lines", [](const Classification& c) { return static_cast<std::uint16_t>(c.unexplained.size()); },
             "number of lines that the closest structure does not account for"},
            {"second_space_group", [](const Classification& c) { return static_cast<std::uint16_t>(c.second_space_group); },
             "number of International Tables, 0: none"}};
}

Codes code_columns() {
    return {{"closest_is_parent", [](const Classification& c) { return static_cast<std::uint8_t>(c.closest_is_parent); },
             "1: the closest structure is meant idealised to closest_space_group"},
            {"crystal_system",
             [](const Classification& c) { return c.system < 0 ? std::uint8_t(255) : static_cast<std::uint8_t>(c.system); }, nullptr},
            {"wavelength_from", [](const Classification& c) { return static_cast<std::uint8_t>(c.wavelength_source); }, nullptr}};
}

Reals real_columns() {
    return {
        {"entropy", [](const Classification& c) { return c.system < 0 ? missing : c.entropy; }, "nats"},
        {"coverage", [](const Classification& c) { return static_cast<float>(c.coverage); }, "part of the model's range that was measured"},
        {"similarity", [](const Classification& c) { return c.closest.empty() ? missing : c.similarity; },
         "of the closest structure's fitted pattern, 1 at most"},
        {"closest_lattice_change", [](const Classification& c) { return c.closest_cell.empty() ? missing : c.closest_lattice_change; },
         "by how much the lengths of its lattice were changed, relatively"},
        {"second_part", [](const Classification& c) { return c.second_phase.empty() ? missing : c.second_part; },
         "of the second phase in the pattern's intensity"},
        {"cell_probability", [](const Classification& c) { return c.cell.empty() ? missing : c.cell_probability; },
         "that indexing found the right cell"},
        {"wavelength", [](const Classification& c) { return c.wavelength > 0 ? static_cast<float>(c.wavelength) : missing; }, "angstrom"}};
}

// "0 triclinic, 1 monoclinic, ..."
std::string system_codes() {
    std::string codes;
    for (int system = 0; system < crystal_systems; ++system) codes += std::to_string(system) + " " + crystal_system_name(system) + ", ";
    return codes + "255: not computed";
}
std::string wavelength_source_codes() {
    std::string codes;
    for (const WavelengthSource source : {WavelengthSource::unknown, WavelengthSource::file, WavelengthSource::option,
                                          WavelengthSource::assumed, WavelengthSource::not_needed}) {
        const std::string name = wavelength_source_name(source);
        codes += (codes.empty() ? "" : ", ") + std::to_string(static_cast<int>(source)) + " " + (name.empty() ? "unknown" : name);
    }
    return codes;
}

// The columns above; closest_cell and cell [patterns][6]; probabilities [patterns][classes]; in_set [patterns][classes] (0, 1: of the
// conformal set, where the model has one); answered_by; classes and extinction_groups, their names. Not computed: 0, 255, 65535, NaN.
class HdfWriter : public ClassificationOutput::Writer {
public:
    HdfWriter(const fs::path& file, const Model& model, std::size_t patterns, const std::string& answered_by)
        : h5_(H5File::create(file, classification_kind)),
          classes_(static_cast<std::size_t>(model.classes())),
          has_sets_(model.calibration.set_level > 0 && model.target == Target::space_group) {
        h5_.create_dataset<float>("probabilities", {patterns, classes_});
        std::vector<std::string> names;
        for (int c = 0; c < model.classes(); ++c) names.push_back(class_name(model.target, c));
        h5_.write_strings("classes", names);
        if (has_sets_) {
            h5_.create_dataset<std::uint8_t>("in_set", {patterns, classes_});
            h5_.write_attribute("in_set", "values", std::string("1: of the set that holds the right group as often as was asked"));
        }
        for (const char* const cell : {"closest_cell", "cell"}) {
            h5_.create_dataset<float>(cell, {patterns, 6});
            h5_.write_attribute(cell, "values", std::string("a b c in angstrom, alpha beta gamma in degrees; NaN: none"));
        }
        h5_.write_strings("answered_by", {answered_by});
    }
    void add(const Classification& c) override {
        write_row("probabilities", c.system < 0 ? std::vector<float>() : c.probabilities, classes_);
        write_row("closest_cell", c.closest_cell, 6);
        write_row("cell", c.cell, 6);
        if (has_sets_) {
            std::vector<std::uint8_t> in_set(classes_, 0);
            for (int group : c.set) in_set[static_cast<std::size_t>(group - 1)] = 1;
            h5_.write_rows("in_set", added_, 1, in_set.data());
        }
        std::apply([&](auto&... columns) { (add_to(columns, c), ...); }, columns_);
        ++added_;
    }
    void finish() override {
        std::apply([&](auto&... columns) { (write(columns), ...); }, columns_);
        h5_.write_attribute("crystal_system", "values", system_codes());
        h5_.write_attribute("wavelength_from", "values", wavelength_source_codes());
        std::vector<std::string> groups;
        for (int group = 0; group < extinction_group_count(); ++group) groups.push_back(extinction_group_name(group));
        h5_.write_strings("extinction_groups", groups);
        h5_.commit();
    }

private:
    // An empty row is missing.
    void write_row(const char* name, std::vector<float> row, std::size_t width) {
        if (row.empty()) row.assign(width, missing);
        h5_.write_rows(name, added_, 1, row.data());
    }
    template <class Columns>
    static void add_to(Columns& columns, const Classification& c) {
        for (auto& column : columns) column.rows.push_back(column.value(c));
    }
    void write(const Texts& columns) {
        for (const auto& column : columns) h5_.write_strings(column.name, column.rows);
    }
    template <class T>
    void write(const std::vector<HdfColumn<T>>& columns) {
        for (const HdfColumn<T>& column : columns) {
            h5_.write(column.name, column.rows);
            if (column.meaning) h5_.write_attribute(column.name, "values", std::string(column.meaning));
        }
    }

    H5File h5_;
    std::size_t classes_, added_ = 0;
    bool has_sets_;
    std::tuple<Texts, Numbers, Codes, Reals> columns_{text_columns(), number_columns(), code_columns(), real_columns()};
};

}  // namespace

std::string fault_of_output_name(const fs::path& file, ClassificationOutput::Begin begin) {
    const fs::path ending = file.extension();
    if (ending != ".csv" && ending != ".jsonl" && ending != ".h5")
        return file.string() + ": results are written as .csv, .jsonl or .h5; give one of these endings";
    if (ending == ".h5" && begin != ClassificationOutput::Begin::anew)
        return file.string() + ": only results in .csv and .jsonl can be gone on with; leave --resume out";
    return {};
}

ClassificationOutput::ClassificationOutput(const fs::path& file, const Model& model, std::size_t patterns, const std::string& answered_by,
                                           Begin begin, const OutdatedResults& outdated) {
    const std::string ending = file.extension().string();
    if (fs::is_directory(file)) fail(file.string(), ": is a folder; give a file name that ends in .csv, .jsonl or .h5");
    if (const std::string fault = fault_of_output_name(file, begin); !fault.empty()) fail(fault);
    if (ending == ".csv") {
        writer_ = std::make_unique<CsvWriter>(file, answered_by, begin, outdated);
    } else if (ending == ".jsonl") {
        writer_ = std::make_unique<JsonLinesWriter>(file, answered_by, begin, outdated);
    } else {
        writer_ = std::make_unique<HdfWriter>(file, model, patterns, answered_by);
    }
}

ClassificationOutput::~ClassificationOutput() = default;
const EarlierResults& ClassificationOutput::earlier() const { return writer_->earlier(); }
void ClassificationOutput::add(const Classification& classification) { writer_->add(classification); }
void ClassificationOutput::flush() { writer_->flush(); }
fs::path ClassificationOutput::unfinished_file() const { return writer_->unfinished_file(); }
void ClassificationOutput::finish() { writer_->finish(); }

}  // namespace friedel
