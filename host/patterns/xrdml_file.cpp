// PANalytical XRDML, schema 1.x and 2.x: scans of two-theta, angles by start and end or as a list. Scans over the very same angles are
// added up, ranges that follow one another are joined; a series of temperatures is refused.
#include <algorithm>
#include <cmath>
#include <pugixml.hpp>

#include "host/patterns/instrument_files.h"
#include "host/support/error.h"
#include "host/support/text_format.h"

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

MeasuredPattern points_of(const pugi::xml_node& scan, const std::string& name) {
    const pugi::xml_node points = scan.child("dataPoints");
    pugi::xml_node axis;
    for (const pugi::xml_node& positions : points.children("positions")) {
        if (std::string_view(positions.attribute("axis").value()) == "2Theta") axis = positions;
    }
    if (!axis) fail(name, ": a scan along ", scan.attribute("scanAxis").value(), ", not of 2theta; powder scans alone can be read");
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
    return pattern;
}

bool is_repeat(const MeasuredPattern& scan, const MeasuredPattern& of) {
    constexpr double same_angle = 1e-5;  // degrees
    return std::equal(scan.two_theta_deg.begin(), scan.two_theta_deg.end(), of.two_theta_deg.begin(), of.two_theta_deg.end(),
                      [](double a, double b) { return std::fabs(a - b) < same_angle; });
}

constexpr double most_overlap = 0.1;  // of the longer of two ranges of a scan; what has more in common are two scans

// Takes another scan into the pattern: one more over the same angles, or a range that goes on from it, a little overlap left out.
void add_scan(MeasuredPattern& pattern, const MeasuredPattern& scan, std::size_t scans, const std::string& name) {
    if (is_repeat(scan, pattern)) {
        for (std::size_t i = 0; i < scan.intensity.size(); ++i) pattern.intensity[i] += scan.intensity[i];
        return;
    }
    const double end = pattern.two_theta_deg.empty() ? 0 : pattern.two_theta_deg.back();
    const auto first = std::upper_bound(scan.two_theta_deg.begin(), scan.two_theta_deg.end(), end);
    const auto overlap = first - scan.two_theta_deg.begin();
    if (scan.two_theta_deg.empty() || pattern.two_theta_deg.empty() || 2 * overlap > static_cast<std::ptrdiff_t>(scan.two_theta_deg.size()))
        fail(name, ": holds ", scans, " scans that neither repeat nor follow one another; export one of them");
    const auto range = [](const MeasuredPattern& of) { return of.two_theta_deg.back() - of.two_theta_deg.front(); };
    const double both_deg = end - scan.two_theta_deg.front();
    if (both_deg > most_overlap * std::max(range(pattern), range(scan)))
        fail(name, ": holds ", scans, " scans, two of which have ", formatted("%.4g", both_deg),
             " degrees in common; export one of them, or ranges that overlap little");
    pattern.two_theta_deg.insert(pattern.two_theta_deg.end(), first, scan.two_theta_deg.end());
    pattern.intensity.insert(pattern.intensity.end(), scan.intensity.begin() + overlap, scan.intensity.end());
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
    MeasuredPattern pattern = points_of(scans[0], name);
    const auto seconds_of = [](const pugi::xml_node& scan) { return number_of(scan.child("dataPoints").child("commonCountingTime")); };
    double seconds_so_far = seconds_of(scans[0]);  // of a point
    for (std::size_t i = 1; i < scans.size(); ++i) {
        if (scans[i].child("nonAmbientPoints")) fail(name, ": holds ", scans.size(), " scans of a series; export one of them");
        MeasuredPattern scan = points_of(scans[i], name);
        const double seconds = seconds_of(scans[i]);
        if (is_repeat(scan, pattern)) {
            seconds_so_far += seconds;
        } else if (seconds_so_far > 0 && seconds > 0) {
            for (double& counts : scan.intensity) counts *= seconds_so_far / seconds;
        }
        add_scan(pattern, scan, scans.size(), name);
    }
    const pugi::xml_node used = scans[0].parent().child("usedWavelength");
    const bool k_beta = std::string_view(used.attribute("intended").value()) == "K-Beta";
    pattern.wavelength_angstrom = k_beta ? number_of(used.child("kBeta"))
                                         : mean_k_alpha(number_of(used.child("kAlpha1")), number_of(used.child("kAlpha2")),
                                                        number_of(used.child("ratioKAlpha2KAlpha1")));
    return pattern;
}

}  // namespace friedel
