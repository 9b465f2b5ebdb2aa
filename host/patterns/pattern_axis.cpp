#include "host/patterns/pattern_axis.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numbers>
#include <optional>
#include <utility>

#include "host/simulation/radiation.h"
#include "host/support/bragg.h"
#include "host/support/error.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

// Letters and digits in lower case, theta and the angstrom spelt out, and what is in brackets left out: "2Theta [deg]" becomes "2theta".
std::string plain(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, const char*>, 6> symbols = {
        {{"\u03b8", "theta"}, {"\u0398", "theta"}, {"\u03d1", "theta"}, {"\u00c5", "a"}, {"\u212b", "a"}, {"\u00b9", "1"}}};
    std::string text;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] == '(' || name[i] == '[') break;
        if (std::isalnum(static_cast<unsigned char>(name[i]))) {
            text += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
            continue;
        }
        if (name[i] == '*' && text == "d") text += "star";
        for (const auto& [symbol, letters] : symbols) {
            if (name.substr(i).starts_with(symbol)) text += letters;
        }
    }
    return text;
}

template <class Names>
bool is_one_of(std::string_view name, const Names& names) {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

enum class Quantity { two_theta, theta, q, inverse_d, d };

struct QuantityName {
    std::string_view name;
    Quantity quantity;
};
// Longer ones before those that they begin with.
constexpr QuantityName quantity_names[] = {{"2thetaangle", Quantity::two_theta},
                                           {"twotheta", Quantity::two_theta},
                                           {"2theta", Quantity::two_theta},
                                           {"polarangle", Quantity::two_theta},
                                           {"position", Quantity::two_theta},
                                           {"angle", Quantity::two_theta},
                                           {"tth", Quantity::two_theta},
                                           {"2th", Quantity::two_theta},
                                           {"2t", Quantity::two_theta},
                                           {"theta", Quantity::theta},
                                           {"th", Quantity::theta},
                                           {"momentumtransfer", Quantity::q},
                                           {"scatteringvector", Quantity::q},
                                           {"qvalue", Quantity::q},
                                           {"qmodulus", Quantity::q},
                                           {"qvec", Quantity::q},
                                           {"4pisintheta", Quantity::q},
                                           {"4pisin", Quantity::q},
                                           {"q", Quantity::q},
                                           {"dstar", Quantity::inverse_d},
                                           {"1d", Quantity::inverse_d},
                                           {"dspacing", Quantity::d},
                                           {"dvalue", Quantity::d},
                                           {"dhkl", Quantity::d},
                                           {"d", Quantity::d}};

constexpr std::string_view degrees[] = {"deg", "degree", "degrees"}, radians[] = {"rad", "radian", "radians"},
                           per_nm[] = {"nm1", "1nm", "invnm", "pernm", "nm"}, per_angstrom[] = {"a1", "1a", "inva", "pera", "a"},
                           nm[] = {"nm"}, angstrom[] = {"a", "ang", "angstrom"};

constexpr std::string_view in_metres[] = {"m", "m^-1", "1/m", "m-1", "metre", "meter"};

constexpr std::string_view other_names[] = {"omega",     "energy",     "photonenergy", "e",           "sin",   "sintheta",
                                            "s",         "tof",        "timeofflight", "time",        "t",     "chi",
                                            "phi",       "azimuth",    "channel",      "channels",    "pixel", "wavenumber",
                                            "r",         "wavelength", "lambda",       "ramanshift",  "rmm",   "radialdistance",
                                            "dstar2nm2", "dstar2a2",   "frame",        "temperature", "temp",  "distance"};
// What may follow such a name without brackets: "energy_keV".
constexpr std::string_view other_units[] = {"kev", "ev", "mev", "us", "ms", "musec", "microsec", "s", "sec",
                                            "min", "k",  "c",   "a",  "nm", "cm1",   "angstrom", "mm"};

// Of a name with or without units: "2theta", "q_nm^-1", "d_A". Without them degrees and angstrom.
std::optional<PatternAxis> axis_named(std::string_view name) {
    const std::string text = plain(name);
    for (const QuantityName& known : quantity_names) {
        if (!text.starts_with(known.name)) continue;
        const std::string_view units = std::string_view(text).substr(known.name.size());
        switch (known.quantity) {
            case Quantity::two_theta:
                if (units.empty() || is_one_of(units, degrees)) return PatternAxis::two_theta_deg;
                if (is_one_of(units, radians)) return PatternAxis::two_theta_rad;
                break;
            case Quantity::theta:
                if ((units.empty() && known.name == "theta") || is_one_of(units, degrees)) return PatternAxis::theta_deg;
                if (is_one_of(units, radians)) return PatternAxis::theta_rad;
                break;
            case Quantity::q:
                if (units.empty() || is_one_of(units, per_angstrom)) return PatternAxis::q_per_angstrom;
                if (is_one_of(units, per_nm)) return PatternAxis::q_per_nm;
                break;
            case Quantity::inverse_d:
                if (units.empty() || is_one_of(units, per_angstrom)) return PatternAxis::inverse_d_per_angstrom;
                if (is_one_of(units, per_nm)) return PatternAxis::inverse_d_per_nm;
                break;
            case Quantity::d:
                if (units.empty() || is_one_of(units, angstrom)) return PatternAxis::d_angstrom;
                if (is_one_of(units, nm)) return PatternAxis::d_nm;
                break;
        }
    }
    return std::nullopt;
}

}  // namespace

bool is_axis_name(std::string_view name) { return axis_named(name).has_value(); }

bool is_other_axis(std::string_view name) {
    const std::string text = plain(name);
    return is_one_of(text, other_names) || std::any_of(std::begin(other_names), std::end(other_names), [&](std::string_view other) {
               return text.starts_with(other) && is_one_of(std::string_view(text).substr(other.size()), other_units);
           });
}

PatternAxis axis_of(std::string_view name, std::string_view units, const std::string& file) {
    const std::optional<PatternAxis> axis = axis_named(name);
    if (!axis) fail(file, ": its axis is '", name, "', not 2theta, theta, Q, d or 1/d; export it against one of these");
    const std::string unit = lower_case(units.substr(0, units.find_first_of(")]")));
    const bool nanometres = unit.find("nm") != unit.npos || unit.find("nanom") != unit.npos, radian = unit.starts_with("rad");
    if ((*axis == PatternAxis::q_per_angstrom || *axis == PatternAxis::d_angstrom) && is_one_of(unit, in_metres))
        fail(file, ": its axis ", name, " is in ", units.substr(0, units.find_first_of(")]")), "; write it in angstrom or nanometres");
    if (*axis == PatternAxis::two_theta_deg && radian) return PatternAxis::two_theta_rad;
    if (*axis == PatternAxis::theta_deg && radian) return PatternAxis::theta_rad;
    if (*axis == PatternAxis::q_per_angstrom && nanometres) return PatternAxis::q_per_nm;
    const bool inverse = unit.starts_with("1/") || unit.find("-1") != unit.npos || unit.find("\u207b") != unit.npos;
    if (*axis == PatternAxis::inverse_d_per_angstrom || (*axis == PatternAxis::d_angstrom && inverse))
        return nanometres ? PatternAxis::inverse_d_per_nm : PatternAxis::inverse_d_per_angstrom;
    if (*axis == PatternAxis::d_angstrom && nanometres) return PatternAxis::d_nm;
    return *axis;
}

void convert_axis(MeasuredPattern& pattern, PatternAxis axis) {
    std::vector<double>& x = pattern.two_theta_deg;
    if (axis == PatternAxis::two_theta_deg) return;
    if (axis == PatternAxis::two_theta_rad) {
        for (double& value : x) value *= 180 / std::numbers::pi;
        return;
    }
    if (axis == PatternAxis::theta_deg || axis == PatternAxis::theta_rad) {
        for (double& value : x) value *= axis == PatternAxis::theta_deg ? 2 : 360 / std::numbers::pi;
        return;
    }
    if (axis == PatternAxis::d_nm) {
        for (double& value : x) value *= 10;
        axis = PatternAxis::d_angstrom;
    }
    if (axis == PatternAxis::inverse_d_per_angstrom || axis == PatternAxis::inverse_d_per_nm) {
        for (double& value : x) value *= 2 * std::numbers::pi;
        axis = axis == PatternAxis::inverse_d_per_nm ? PatternAxis::q_per_nm : PatternAxis::q_per_angstrom;
    }
    pattern.needs_no_wavelength = true;
    if (pattern.wavelength_angstrom == 0) {
        pattern.wavelength_angstrom = static_cast<double>(parse_radiation("cu").wavelength[0]);
        // Patterns against Q are a synchrotron's where nothing else is said, those against d may be a tube's.
        pattern.is_monochromatic = axis != PatternAxis::d_angstrom;
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double q = axis == PatternAxis::d_angstrom ? 2 * std::numbers::pi / x[i] : axis == PatternAxis::q_per_nm ? x[i] / 10 : x[i];
        const double sine = q * pattern.wavelength_angstrom / (4 * std::numbers::pi);
        if (!(sine >= 0 && sine < 1)) continue;
        x[kept] = two_theta_of_sine(sine);
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
