#include "host/patterns/pattern_axis.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numbers>

#include "host/simulation/radiation.h"
#include "host/support/error.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

// Letters and digits in lower case, and what is in brackets left out: "2Theta [deg]" becomes "2theta".
std::string plain(std::string_view name) {
    std::string text;
    for (char c : name) {
        if (c == '(' || c == '[') break;
        if (std::isalnum(static_cast<unsigned char>(c))) text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return text;
}

template <std::size_t n>
bool is_one_of(const std::string& name, const std::array<const char*, n>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<const char*, 12> angle_names = {"2theta",      "twotheta",  "tth",        "2th",      "2t",     "angle",
                                                     "twothetadeg", "2thetadeg", "polarangle", "position", "2thdeg", "tthdeg"};
constexpr std::array<const char*, 2> theta_names = {"theta", "thetadeg"};
constexpr std::array<const char*, 4> q_names = {"q", "qvalue", "qvec", "qmodulus"};
constexpr std::array<const char*, 3> d_names = {"d", "dspacing", "dvalue"};
constexpr std::array<const char*, 16> other_names = {"omega",        "energy",     "sin",        "sintheta", "s",       "tof",
                                                     "timeofflight", "time",       "chi",        "phi",      "azimuth", "channel",
                                                     "wavenumber",   "wavelength", "ramanshift", "rmm"};

// Names that carry their units, as pyFAI writes them: "q_nm^-1", "2th_rad".
struct NameWithUnits {
    const char* name;
    PatternAxis axis;
};
constexpr NameWithUnits names_with_units[] = {
    {"qnm1", PatternAxis::q_per_nm},        {"qa1", PatternAxis::q_per_angstrom}, {"2thrad", PatternAxis::two_theta_rad},
    {"tthrad", PatternAxis::two_theta_rad}, {"dnm", PatternAxis::d_nm},           {"da", PatternAxis::d_angstrom}};

const NameWithUnits* with_units(const std::string& name) {
    const auto found = std::find_if(std::begin(names_with_units), std::end(names_with_units),
                                    [&](const NameWithUnits& known) { return name == known.name; });
    return found == std::end(names_with_units) ? nullptr : found;
}

}  // namespace

bool is_axis_name(std::string_view name) {
    const std::string text = plain(name);
    return is_one_of(text, angle_names) || is_one_of(text, theta_names) || is_one_of(text, q_names) || is_one_of(text, d_names) ||
           with_units(text);
}

bool is_other_axis(std::string_view name) { return is_one_of(plain(name), other_names); }

PatternAxis axis_of(std::string_view name, std::string_view units, const std::string& file) {
    const std::string text = plain(name);
    const std::string unit = lower_case(units);
    const bool nanometres = unit.find("nm") != unit.npos || unit.find("nanom") != unit.npos;
    if (const NameWithUnits* const known = with_units(text)) return known->axis;
    if (is_one_of(text, angle_names)) return unit.starts_with("rad") ? PatternAxis::two_theta_rad : PatternAxis::two_theta_deg;
    if (is_one_of(text, theta_names)) return PatternAxis::theta_deg;
    if (is_one_of(text, q_names)) return nanometres ? PatternAxis::q_per_nm : PatternAxis::q_per_angstrom;
    if (is_one_of(text, d_names)) return nanometres ? PatternAxis::d_nm : PatternAxis::d_angstrom;
    fail(file, ": its axis is '", name, "', not 2theta, theta, Q or d; export it against one of these");
}

void convert_axis(MeasuredPattern& pattern, PatternAxis axis) {
    std::vector<double>& x = pattern.two_theta_deg;
    if (axis == PatternAxis::two_theta_deg) return;
    if (axis == PatternAxis::two_theta_rad) {
        for (double& value : x) value *= 180 / std::numbers::pi;
        return;
    }
    if (axis == PatternAxis::theta_deg) {
        for (double& value : x) value *= 2;
        return;
    }
    if (axis == PatternAxis::d_nm) {
        for (double& value : x) value *= 10;
        axis = PatternAxis::d_angstrom;
    }
    pattern.needs_no_wavelength = true;
    if (pattern.wavelength_angstrom == 0) pattern.wavelength_angstrom = static_cast<double>(mean_wavelength(parse_radiation("cu")));
    std::size_t kept = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double q = axis == PatternAxis::d_angstrom ? 2 * std::numbers::pi / x[i] : axis == PatternAxis::q_per_nm ? x[i] / 10 : x[i];
        const double sine = q * pattern.wavelength_angstrom / (4 * std::numbers::pi);
        if (!(sine >= 0 && sine < 1)) continue;
        x[kept] = 360 / std::numbers::pi * std::asin(sine);
        pattern.intensity[kept] = pattern.intensity[i];
        if (!pattern.sigma.empty()) pattern.sigma[kept] = pattern.sigma[i];
        ++kept;
    }
    for (std::vector<double>* column : {&x, &pattern.intensity, &pattern.sigma}) {
        if (column->empty()) continue;
        column->resize(kept);
        if (axis == PatternAxis::d_angstrom) std::reverse(column->begin(), column->end());
    }
    if (axis == PatternAxis::d_angstrom && kept > 1 && x.front() > x.back()) {  // d that fell already
        for (std::vector<double>* column : {&x, &pattern.intensity, &pattern.sigma}) std::reverse(column->begin(), column->end());
    }
}

}  // namespace friedel
