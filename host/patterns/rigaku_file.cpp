// Rigaku RAS (text; rows of angle, intensity and attenuation between two marks) and RASX (a zip archive of such rows and an XML file).
#include <pugixml.hpp>

#include "host/patterns/instrument_files.h"
#include "host/patterns/text_rows.h"
#include "host/support/archive.h"
#include "host/support/error.h"
#include "host/support/text_encoding.h"

namespace friedel {

namespace {

// Adds "angle intensity [attenuation]" lines up to the first that is none. Returns what is left of the text.
std::string_view take_rows(MeasuredPattern& pattern, std::string_view text) {
    while (!text.empty()) {
        std::string_view behind = text, line = take_line(behind);
        const std::optional<double> angle = take_number(line), intensity = angle ? take_number(line) : std::nullopt;
        if (!intensity) break;
        pattern.two_theta_deg.push_back(*angle);
        pattern.intensity.push_back(*intensity * take_number(line).value_or(1));
        text = behind;
    }
    return text;
}

// The quoted value of "*KEY "value"" in the header; empty where the key is absent.
std::string_view value_of(std::string_view header, const std::string& key) {
    const std::size_t at = header.find("\n*" + key + " \"");
    if (at == std::string_view::npos) return {};
    const std::size_t begin = at + key.size() + 4;
    return header.substr(begin, header.find('"', begin) - begin);
}

double number_of(std::string_view text) { return take_number(text).value_or(0); }

// The text of the first element of this name, anywhere in the document.
double element_number(const pugi::xml_document& document, const char* element) {
    const pugi::xml_node found = document.find_node([&](const pugi::xml_node& node) { return std::string_view(node.name()) == element; });
    return number_of(found.child_value());
}

}  // namespace

MeasuredPattern parse_ras(std::string_view bytes, const std::string& name) {
    const std::string_view mark = "*RAS_INT_START";
    const std::size_t start = bytes.find(mark);
    if (start == std::string_view::npos) fail(name, ": a RAS file without intensities (no *RAS_INT_START); export it again");
    if (bytes.find(mark, start + mark.size()) != std::string_view::npos) fail(name, ": holds several scans; export one of them");
    const std::string_view header = bytes.substr(0, start);
    if (const std::string_view axis = value_of(header, "MEAS_SCAN_AXIS_X_INTERNAL");
        !axis.empty() && axis.find("TwoTheta") == std::string_view::npos) {
        fail(name, ": a scan along ", axis, ", not of 2theta; powder scans alone can be read");
    }
    MeasuredPattern pattern;
    std::string_view rows = bytes.substr(start + mark.size());
    rows.remove_prefix(std::min(rows.size(), rows.find('\n') + 1));
    if (!take_rows(pattern, rows).starts_with("*RAS_INT_END")) {
        fail(name, ": ends after ", pattern.two_theta_deg.size(), " points without *RAS_INT_END; it is truncated, copy it again");
    }
    pattern.wavelength_angstrom =
        mean_k_alpha(number_of(value_of(header, "HW_XG_WAVE_LENGTH_ALPHA1")), number_of(value_of(header, "HW_XG_WAVE_LENGTH_ALPHA2")));
    return pattern;
}

std::optional<MeasuredPattern> read_rasx(const std::filesystem::path& file) {
    InputOptions options;
    options.endings = {".txt", ".xml"};
    options.all_archives = options.may_be_empty = true;
    InputFiles members({file}, options);
    MeasuredPattern pattern;
    int profiles = 0;
    while (const std::optional<InputFile> member = members.next()) {
        if (!member->error.empty()) fail(file.string(), ": ", member->error, "; the archive is damaged, copy it again");
        if (member->name.find("/Profile") != std::string::npos) {
            ++profiles;
            if (!take_rows(pattern, without_byte_order_mark(member->text)).empty())
                fail(file.string(), ": ", member->name, " is not rows of numbers; export it again");
        } else if (member->name.find("Conditions") != std::string::npos) {
            pugi::xml_document document;
            if (!document.load_buffer(member->text.data(), member->text.size())) continue;
            pattern.wavelength_angstrom =
                mean_k_alpha(element_number(document, "WavelengthKalpha1"), element_number(document, "WavelengthKalpha2"));
        }
    }
    if (profiles == 0) return std::nullopt;
    if (profiles > 1) fail(file.string(), ": holds ", profiles, " scans; export one of them");
    pattern.name = file.string();
    check_pattern(pattern);
    return pattern;
}

}  // namespace friedel
