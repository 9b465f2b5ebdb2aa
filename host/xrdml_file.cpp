// PANalytical XRDML, schema 1.x and 2.x: one scan of two-theta, angles by start and end or as a list.
#include <pugixml.hpp>

#include "host/error.h"
#include "host/instrument_files.h"

namespace friedel {

namespace {

std::vector<double> numbers_of(const pugi::xml_node& node) {
    std::vector<double> values;
    std::string_view text = node.child_value();
    while (const std::optional<double> value = take_number(text)) values.push_back(*value);
    return values;
}

double number_of(const pugi::xml_node& node) {
    std::string_view text = node.child_value();
    return take_number(text).value_or(0);
}

}  // namespace

MeasuredPattern parse_xrdml(std::string_view bytes, const std::string& name) {
    pugi::xml_document document;
    const pugi::xml_parse_result parsed = document.load_buffer(bytes.data(), bytes.size());
    if (!parsed) fail(name, ": is no whole XRDML file (", parsed.description(), " at byte ", parsed.offset, "); export it again");
    std::vector<pugi::xml_node> scans;
    for (const pugi::xml_node& measurement : document.child("xrdMeasurements").children("xrdMeasurement")) {
        for (const pugi::xml_node& scan : measurement.children("scan")) scans.push_back(scan);
    }
    if (scans.empty()) fail(name, ": an XRDML file without a scan; export it again");
    if (scans.size() > 1) fail(name, ": holds ", scans.size(), " scans; export one of them");

    const pugi::xml_node points = scans[0].child("dataPoints");
    pugi::xml_node axis;
    for (const pugi::xml_node& positions : points.children("positions")) {
        if (std::string_view(positions.attribute("axis").value()) == "2Theta") axis = positions;
    }
    if (!axis) fail(name, ": a scan along ", scans[0].attribute("scanAxis").value(), ", not of 2theta; powder scans alone can be read");
    MeasuredPattern pattern;
    const bool counted = points.child("counts");
    pattern.intensity = numbers_of(points.child(counted ? "counts" : "intensities"));
    const std::vector<double> attenuation = numbers_of(points.child("beamAttenuationFactors"));
    if (counted && attenuation.size() == pattern.intensity.size()) {  // intensities are corrected already
        for (std::size_t i = 0; i < attenuation.size(); ++i) pattern.intensity[i] *= attenuation[i];
    }
    const std::size_t n = pattern.intensity.size();
    if (axis.child("listPositions")) {
        pattern.two_theta_deg = numbers_of(axis.child("listPositions"));
    } else {
        const double start = number_of(axis.child("startPosition")), end = number_of(axis.child("endPosition"));
        for (std::size_t i = 0; i < n; ++i) {
            pattern.two_theta_deg.push_back(start + (end - start) * static_cast<double>(i) / static_cast<double>(n > 1 ? n - 1 : 1));
        }
    }
    if (pattern.two_theta_deg.size() != n) {
        fail(name, ": ", n, " intensities and ", pattern.two_theta_deg.size(), " angles; the scan was not finished, measure it again");
    }
    const pugi::xml_node used = scans[0].parent().child("usedWavelength");
    const bool k_beta = std::string_view(used.attribute("intended").value()) == "K-Beta";
    pattern.wavelength_angstrom = k_beta ? number_of(used.child("kBeta"))
                                         : mean_k_alpha(number_of(used.child("kAlpha1")), number_of(used.child("kAlpha2")),
                                                        number_of(used.child("ratioKAlpha2KAlpha1")));
    return pattern;
}

}  // namespace friedel
