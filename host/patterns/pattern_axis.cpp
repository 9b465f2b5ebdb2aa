#include "host/patterns/pattern_axis.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <numbers>
#include <optional>
#include <utility>

#include "host/patterns/header_words.h"
#include "host/support/bragg.h"
#include "host/support/error.h"
#include "host/support/radiation.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

// Letters and digits in lower case, theta and the angstrom spelt out, and what is in brackets left out: "2Theta [deg]" becomes "2theta".
std::string plain(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, const char*>, 8> symbols = {{{"\u00b5", "u"},
                                                                                  {"\u03bc", "u"},
                                                                                  {"\u03b8", "theta"},
                                                                                  {"\u0398", "theta"},
                                                                                  {"\u03d1", "theta"},
                                                                                  {"\u00c5", "a"},
                                                                                  {"\u212b", "a"},
                                                                                  {"\u00b9", "1"}}};
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

using Quantity = AxisQuantity;

struct QuantityName {
    std::string_view name;
    Quantity quantity;
};
// Longer ones before those that they begin with.
constexpr QuantityName quantity_names[] = {{"2thetaangle", Quantity::two_theta},
                                           {"2thetaaxis", Quantity::two_theta},
                                           {"scatteringangle2theta", Quantity::two_theta},
                                           {"scatteringangle", Quantity::two_theta},
                                           {"diffractionangle2theta", Quantity::two_theta},
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
                                           {"momentumtransferq", Quantity::q},
                                           {"momentumtransfer", Quantity::q},
                                           {"scatteringvectormagnitude", Quantity::q},
                                           {"scatteringvectorq", Quantity::q},
                                           {"scatteringvector", Quantity::q},
                                           {"qspace", Quantity::q},
                                           {"qaxis", Quantity::q},
                                           {"qvector", Quantity::q},
                                           {"qvalues", Quantity::q},
                                           {"qvalue", Quantity::q},
                                           {"qmodulus", Quantity::q},
                                           {"qvec", Quantity::q},
                                           {"4pisintheta", Quantity::q},
                                           {"4pisin", Quantity::q},
                                           {"q", Quantity::q},
                                           {"dstar", Quantity::inverse_d},
                                           {"1d", Quantity::inverse_d},
                                           {"dspacings", Quantity::d},
                                           {"dspacing", Quantity::d},
                                           {"dvalue", Quantity::d},
                                           {"dhkl", Quantity::d},
                                           {"d", Quantity::d}};

struct UnitName {
    std::string_view name;
    double unit;
};
constexpr double radian = 180 / std::numbers::pi;
// Of 2theta and theta, in degrees; of d, in angstrom; of Q and 1/d, in 1/angstrom. As names have them without brackets ("q_nm^-1").
constexpr UnitName of_angles[] = {{"deg", 1},
                                  {"degree", 1},
                                  {"degrees", 1},
                                  {"rad", radian},
                                  {"radian", radian},
                                  {"radians", radian},
                                  {"mrad", radian / 1000},
                                  {"milliradian", radian / 1000},
                                  {"milliradians", radian / 1000},
                                  {"urad", radian / 1e6},
                                  {"arcmin", 1.0 / 60},
                                  {"arcsec", 1.0 / 3600}},
                   of_lengths[] = {{"a", 1}, {"ang", 1}, {"angstrom", 1}, {"nm", 10}, {"pm", 0.01}},
                   of_inverses[] = {{"a1", 1},    {"1a", 1},    {"inva", 1},    {"pera", 1},    {"a", 1},
                                    {"nm1", 0.1}, {"1nm", 0.1}, {"invnm", 0.1}, {"pernm", 0.1}, {"nm", 0.1},
                                    {"pm1", 100}, {"1pm", 100}, {"invpm", 100}, {"perpm", 100}, {"pm", 100}};
// The same as they stand in brackets and attributes: angles at the beginning ("Grad" are degrees), lengths anywhere.
constexpr UnitName words_of_angles[] = {{"mrad", radian / 1000}, {"millirad", radian / 1000}, {"urad", radian / 1e6},
                                        {"µrad", radian / 1e6},  {"microrad", radian / 1e6},  {"arcmin", 1.0 / 60},
                                        {"arc min", 1.0 / 60},   {"arcsec", 1.0 / 3600},      {"arc sec", 1.0 / 3600},
                                        {"rad", radian}},
                   words_of_lengths[] = {{"nm", 10}, {"nanom", 10}, {"pm", 0.01}, {"picom", 0.01}};
// Whatever these measure, it is no angle of a pattern.
constexpr std::string_view no_angles[] = {"mm",
                                          "cm",
                                          "um",
                                          "µm",
                                          "m",
                                          "px",
                                          "pixel",
                                          "pixels",
                                          "channel",
                                          "channels",
                                          "s",
                                          "ms",
                                          "us",
                                          "min",
                                          "h",
                                          "hz",
                                          "khz",
                                          "mhz",
                                          "ev",
                                          "kev",
                                          "mev",
                                          "k",
                                          "v",
                                          "mv",
                                          "ppm",
                                          "cm-1",
                                          "cm^-1",
                                          "1/cm",
                                          "cm\u207b\u00b9",
                                          "oe",
                                          "t",
                                          "gpa",
                                          "u",
                                          "da"};

constexpr std::string_view in_metres[] = {"m", "m^-1", "1/m", "m-1", "metre", "meter"};

constexpr std::string_view other_names[] = {"omega",     "energy",     "photonenergy", "e",           "sin",   "sintheta",
                                            "s",         "tof",        "timeofflight", "time",        "t",     "chi",
                                            "phi",       "azimuth",    "channel",      "channels",    "pixel", "wavenumber",
                                            "r",         "wavelength", "lambda",       "ramanshift",  "rmm",   "radialdistance",
                                            "dstar2nm2", "dstar2a2",   "frame",        "temperature", "temp",  "distance"};
// Of other methods altogether.
constexpr std::string_view of_other_methods[] = {
    "mz",          "masstocharge",  "ppm",        "chemicalshift", "hz",        "frequency", "bindingenergy", "kineticenergy", "wavenumber",
    "wavenumbers", "wavenumbercm1", "ramanshift", "ramanshiftcm1", "massnumber"};
// What may follow such a name without brackets: "energy_keV".
constexpr std::string_view other_units[] = {"kev", "ev", "mev", "us", "ms",  "musec",    "microsec", "s",   "sec", "min",
                                            "k",   "c",  "a",   "nm", "cm1", "angstrom", "mm",       "deg", "rad"};

template <class Units>
std::optional<double> unit_of(std::string_view name, const Units& units) {
    for (const UnitName& unit : units) {
        if (unit.name == name) return unit.unit;
    }
    return std::nullopt;
}

// The unit that a text in brackets names; 1 where it names none.
template <class Units>
double unit_within(std::string_view text, const Units& units, bool at_its_beginning) {
    for (const UnitName& unit : units) {
        const std::size_t at = text.find(unit.name);
        if (at == 0 || (at != text.npos && !at_its_beginning)) return unit.unit;
    }
    return 1;
}

bool is_angle(Quantity quantity) { return quantity == Quantity::two_theta || quantity == Quantity::theta; }

// Of a name with or without units: "2theta", "q_nm^-1", "d_A". Without them degrees and angstrom.
std::optional<PatternAxis> axis_named(std::string_view name) {
    const std::string text = plain(name);
    for (const auto& [known, quantity] : quantity_names) {
        if (!text.starts_with(known)) continue;
        const std::string_view units = std::string_view(text).substr(known.size());
        if (units.empty() && (quantity != Quantity::theta || known == "theta")) return PatternAxis{quantity, 1};
        const std::optional<double> unit = is_angle(quantity)        ? unit_of(units, of_angles)
                                           : quantity == Quantity::d ? unit_of(units, of_lengths)
                                                                     : unit_of(units, of_inverses);
        if (unit) return PatternAxis{quantity, *unit};
    }
    return std::nullopt;
}

// "energy_keV", "position mm", but not "Angles": a sign stands before the units.
bool has_other_units(std::string_view name) {
    const std::string text = plain(name);
    std::string_view written = name.substr(0, name.find_first_of("(["));
    while (written.ends_with(' ')) written.remove_suffix(1);
    const auto stand_apart = [&](std::string_view units) {
        if (units.size() >= written.size()) return false;
        const char before = written[written.size() - units.size() - 1];
        return !std::isalpha(static_cast<unsigned char>(before));
    };
    const auto ends_in_one_of = [&](std::string_view known, const auto& units) {
        if (!std::string_view(text).starts_with(known)) return false;
        const std::string_view rest = std::string_view(text).substr(known.size());
        return is_one_of(rest, units) && stand_apart(rest);
    };
    return std::any_of(std::begin(other_names), std::end(other_names), [&](auto other) { return ends_in_one_of(other, other_units); }) ||
           std::any_of(std::begin(quantity_names), std::end(quantity_names), [&](const QuantityName& known) {
               return known.name.size() > 4 && is_angle(known.quantity) && ends_in_one_of(known.name, no_angles);
           });
}

}  // namespace

bool is_inverse_length(std::string_view unit) {
    constexpr std::string_view names[] = {
        "1/nm",  "nm-1",       "pernm",      "inversenanometres", "inversenanometers", "1/a",        "a-1", "pera", "1/ang",
        "ang-1", "1/angstrom", "angstrom-1", "inverseangstroms",  "inverseangstrom",   "1/angstroms"};
    unit = unit.substr(0, unit.find_first_of(")]"));
    std::string text;
    for (std::size_t i = 0; i < unit.size(); ++i) {
        constexpr std::pair<std::string_view, std::string_view> symbols[] = {
            {"\u00c5", "a"}, {"\u00e5", "a"}, {"\u212b", "a"}, {"\u207b", "-"}, {"\u00b9", "1"}};
        if (unit[i] == '/' || unit[i] == '-' || std::isalnum(static_cast<unsigned char>(unit[i])))
            text += static_cast<char>(std::tolower(static_cast<unsigned char>(unit[i])));
        for (const auto& [symbol, letters] : symbols) {
            if (unit.substr(i).starts_with(symbol)) text += letters;
        }
    }
    return is_one_of(text, names);
}

bool is_axis_name(std::string_view name) { return axis_named(name).has_value(); }

bool is_other_axis_name(std::string_view name) {
    const std::string text = plain(name);
    return is_one_of(text, other_names) || is_one_of(text, of_other_methods) || has_other_units(name);
}

bool is_surely_other_axis_name(std::string_view name) {
    const std::string text = plain(name);
    const std::size_t open = name.find_first_of("([");
    if (is_one_of(text, of_other_methods) || has_other_units(name)) return true;
    if (open == name.npos) return false;
    const std::string unit = lower_case(name.substr(open + 1, name.find_first_of(")]", open) - open - 1));
    return is_one_of(unit, no_angles) || is_inverse_length(unit) || (is_one_of(text, other_names) && !unit.empty());
}

PatternAxis axis_of(std::string_view name, std::string_view units, const std::string& file) {
    std::optional<PatternAxis> axis = axis_named(name);
    if (!axis) fail(file, ": its axis is '", name, "', not 2theta, theta, Q, d or 1/d; export it against one of these");
    const std::string_view written = units.substr(0, units.find_first_of(")]"));
    const std::string unit = lower_case(written);
    if (unit.empty()) return *axis;
    if (is_angle(axis->quantity)) {
        if (is_one_of(unit, no_angles)) fail(file, ": its axis ", name, " is in ", written, "; write 2theta in degrees");
        if (axis->unit == 1) axis->unit = unit_within(unit, words_of_angles, true);
        return *axis;
    }
    if (axis->quantity != Quantity::inverse_d && is_one_of(unit, in_metres))
        fail(file, ": its axis ", name, " is in ", written, "; write it in angstrom or nanometres");
    const bool inverse = unit.starts_with("1/") || unit.find("-1") != unit.npos || unit.find("\u207b") != unit.npos;
    if (axis->quantity == Quantity::d && inverse) axis->quantity = Quantity::inverse_d;
    if (axis->unit == 1) {
        const double length = unit_within(unit, words_of_lengths, false);
        axis->unit = axis->quantity == Quantity::d ? length : 1 / length;
    }
    return *axis;
}

void convert_axis(MeasuredPattern& pattern, PatternAxis axis) {
    std::vector<double>& x = pattern.two_theta_deg;
    if (axis == two_theta_in_degrees) return;
    const double factor = axis.unit * (axis.quantity == Quantity::theta       ? 2
                                       : axis.quantity == Quantity::inverse_d ? 2 * std::numbers::pi
                                                                              : 1);
    for (double& value : x) value *= factor;
    if (is_angle(axis.quantity)) return;
    const bool is_d = axis.quantity == Quantity::d;
    pattern.needs_no_wavelength = true;
    if (pattern.wavelength_angstrom == 0) {
        pattern.wavelength_angstrom = static_cast<double>(parse_radiation("cu").wavelength[0]);
        // Patterns against Q are a synchrotron's where nothing else is said, those against d may be a tube's.
        pattern.is_monochromatic = !is_d;
    }
    const auto sine_of = [&](double value) {
        const double q = is_d ? 2 * std::numbers::pi / value : value;
        return q * pattern.wavelength_angstrom / (4 * std::numbers::pi);
    };
    std::transform(x.begin(), x.end(), x.begin(), sine_of);
    pattern.keep_if([&](std::size_t i) { return x[i] >= 0 && x[i] < 1; });
    std::transform(x.begin(), x.end(), x.begin(), two_theta_of_sine);
    const bool d_fell = x.size() > 1 && x.front() < x.back();
    if (is_d && !d_fell) pattern.reverse();
}

}  // namespace friedel
