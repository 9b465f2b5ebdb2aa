// Bruker BRML, a zip archive with a RawData XML file for each scan: rows of numbers, in columns that the file describes by their order.
// The columns of angle and of counts are told by the scan's own start and stop, so that a scan along another axis is refused.
#include <cmath>
#include <pugixml.hpp>

#include "host/patterns/instrument_files.h"
#include "host/support/archive.h"
#include "host/support/error.h"

namespace friedel {

namespace {

std::vector<double> numbers_of(std::string_view text) {
    std::vector<double> values;
    while (const std::optional<double> value = take_number(text)) values.push_back(*value);
    return values;
}

pugi::xml_node find(const pugi::xml_node& below, const char* element) {
    return below.find_node([&](const pugi::xml_node& node) { return std::string_view(node.name()) == element; });
}

double child_number(const pugi::xml_node& node, const char* child) {
    const std::vector<double> values = numbers_of(node.child(child).child_value());
    return values.empty() ? NAN : values.front();
}

double wavelength_of(const pugi::xml_document& document) {
    const auto value = [&](const char* element) { return find(document, element).attribute("Value").as_double(0); };
    const double ratio = value("WaveLengthRatio"), alpha1 = mean_k_alpha(value("WaveLengthAlpha1"), value("WaveLengthAlpha2"), ratio);
    return alpha1 > 0 ? alpha1 : mean_k_alpha(value("WaveLengthAverage"), 0, 0);
}

MeasuredPattern parse_raw_data(const std::string& text, const std::string& name) {
    pugi::xml_document document;
    const pugi::xml_parse_result parsed = document.load_buffer(text.data(), text.size());
    if (!parsed) fail(name, ": its scan is no whole XML (", parsed.description(), "); it is damaged, export it again");
    pugi::xml_node route = find(document, "DataRoute");
    for (const pugi::xml_node& other : route.parent().children("DataRoute")) {
        if (std::string_view(other.attribute("RouteFlag").value()) == "Final") route = other;
    }
    std::vector<std::vector<double>> rows;
    for (const pugi::xml_node& datum : route.children("Datum")) rows.push_back(numbers_of(datum.child_value()));
    if (rows.empty()) fail(name, ": a BRML file without measured points", export_as_text);
    for (const std::vector<double>& row : rows) {
        if (row.size() != rows.front().size())
            fail(name, ": a row of ", row.size(), " numbers where ", rows.front().size(), " stood before; it is damaged");
    }
    // Time, a flag, the axes of the scan in their order, counts.
    const std::size_t columns = rows.front().size();
    pugi::xml_node axis;
    for (const pugi::xml_node& candidate : find(route, "ScanAxes").children("ScanAxisInfo")) {
        if (std::string_view(candidate.attribute("AxisId").value()) == "TwoTheta") axis = candidate;
    }
    if (!axis) fail(name, ": a scan along another axis than 2theta; powder scans alone can be read");
    const double start = child_number(axis, "Start"), stop = child_number(axis, "Stop"), step = std::fabs(child_number(axis, "Increment"));
    std::size_t angle = columns;
    for (std::size_t c = 0; c + 1 < columns && angle == columns; ++c) {
        if (std::fabs(rows.front()[c] - start) <= step && std::fabs(rows.back()[c] - stop) <= 1.5 * step) angle = c;
    }
    if (angle == columns)
        fail(name, ": no column runs from ", start, " to ", stop, " degrees as its scan does; it was not finished, or is damaged");
    MeasuredPattern pattern;
    for (const std::vector<double>& row : rows) {
        pattern.two_theta_deg.push_back(row[angle]);
        pattern.intensity.push_back(row.back());
    }
    pattern.wavelength_angstrom = wavelength_of(document);
    return pattern;
}

}  // namespace

std::optional<MeasuredPattern> read_brml(const std::filesystem::path& file) {
    InputOptions options;
    options.endings = {".xml"};
    options.all_archives = options.may_be_empty = true;
    InputFiles members({file}, options);
    std::optional<MeasuredPattern> pattern;
    while (const std::optional<InputFile> member = members.next()) {
        if (!member->error.empty()) fail(file.string(), ": ", member->error, "; the archive is damaged, copy it again");
        const std::string entry = std::filesystem::path(member->name).filename().string();
        if (!entry.starts_with("RawData")) continue;
        if (pattern) fail(file.string(), ": holds several scans; export one of them");
        pattern = parse_raw_data(member->text, file.string());
    }
    if (!pattern) return std::nullopt;
    pattern->name = file.string();
    check_pattern(*pattern);
    return pattern;
}

}  // namespace friedel
