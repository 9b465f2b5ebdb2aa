#include "host/support/radiation.h"

#include <algorithm>
#include <charconv>

#include "host/support/error.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

struct Anode {
    const char* name;
    float k_alpha_1, k_alpha_2, k_beta;  // angstrom
};

constexpr Anode anodes[] = {
    {"cu", 1.5405929f, 1.5444274f, 1.3922340f}, {"co", 1.7889961f, 1.7928352f, 1.6208260f}, {"mo", 0.7093000f, 0.7135900f, 0.6322880f},
    {"cr", 2.2897263f, 2.2936606f, 2.0848810f}, {"fe", 1.9360411f, 1.9399733f, 1.7566040f}, {"ni", 1.6579301f, 1.6617561f, 1.5001520f},
    {"ag", 0.5594075f, 0.5637980f, 0.4970690f},
};

constexpr float filtered_k_beta = 0.02f;
// What comes off the filament onto the anode of a tube in use; L alpha 1 (Bearden 1967).
constexpr float tungsten_l_alpha = 1.4763900f, tungsten_weight = 0.01f;

float parse_number(std::string_view text, const std::string& whole) {
    float value = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc() || end != text.data() + text.size() || !(value > 0)) {
        fail("'", whole,
             "' is no radiation: give an anode (cu, co, cr, fe, ni, mo, ag; with -ka1, -mean, -kb or -tube) or wavelengths in angstrom "
             "with weights, as in 1.5406,1.5444:0.5");
    }
    return value;
}

}  // namespace

Radiation parse_radiation(const std::string& text) {
    const std::string lower = lower_case(text);
    for (const Anode& anode : anodes) {
        if (!lower.starts_with(anode.name)) continue;
        const std::string kind = lower.substr(2);
        if (kind.empty()) return {2, {anode.k_alpha_1, anode.k_alpha_2}, {1.0f, 0.5f}};
        if (kind == "-ka1") return {1, {anode.k_alpha_1}, {1.0f}};
        if (kind == "-mean") return {1, {(2 * anode.k_alpha_1 + anode.k_alpha_2) / 3}, {1.0f}};
        if (kind == "-tube") {
            return {4, {anode.k_alpha_1, anode.k_alpha_2, anode.k_beta, tungsten_l_alpha}, {1.0f, 0.5f, filtered_k_beta, tungsten_weight}};
        }
        if (kind == "-kb") return {3, {anode.k_alpha_1, anode.k_alpha_2, anode.k_beta}, {1.0f, 0.5f, filtered_k_beta}};
    }
    Radiation radiation;
    radiation.lines = 0;
    std::size_t at = 0;
    while (at <= text.size()) {
        const std::size_t comma = std::min(text.find(',', at), text.size());
        const std::string_view part = std::string_view(text).substr(at, comma - at);
        if (radiation.lines == max_emission_lines) fail("'", text, "' has more than ", max_emission_lines, " lines; leave out the weakest");
        const std::size_t colon = part.find(':');
        const float wavelength = parse_number(part.substr(0, colon), text);
        if (!(wavelength >= shortest_wavelength && wavelength <= longest_wavelength))
            fail("'", text, "': a wavelength of ", wavelength, " angstrom is not within ", shortest_wavelength, " to ", longest_wavelength,
                 "; decimals are written with a point");
        radiation.wavelength[radiation.lines] = wavelength;
        radiation.weight[radiation.lines] = colon == part.npos ? 1.0f : parse_number(part.substr(colon + 1), text);
        ++radiation.lines;
        at = comma + 1;
    }
    for (int line = radiation.lines; line-- > 0;) radiation.weight[line] /= radiation.weight[0];
    return radiation;
}

float mean_wavelength(const Radiation& radiation) {
    if (radiation.lines < 2) return radiation.wavelength[0];
    const float* w = radiation.weight;
    return (w[0] * radiation.wavelength[0] + w[1] * radiation.wavelength[1]) / (w[0] + w[1]);
}

const std::vector<NamedAnode>& named_anodes() {
    static const std::vector<NamedAnode> all = [] {
        std::vector<NamedAnode> made;
        for (const Anode& anode : anodes) made.push_back({anode.name, parse_radiation(anode.name)});
        return made;
    }();
    return all;
}

}  // namespace friedel
