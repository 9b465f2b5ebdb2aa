#include "host/patterns/stated_source.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "host/crystals/elements.h"
#include "host/patterns/header_words.h"
#include "host/support/radiation.h"

namespace friedel {

using Claim = StatedWavelength::Claim;

namespace {

struct Anode {
    std::string_view name;
    double mean, first;
};

const std::vector<Anode>& anodes() {
    static const std::vector<Anode> known = [] {
        std::vector<Anode> list;
        for (const auto& [name, doublet] : named_anodes())
            list.push_back({name, static_cast<double>(mean_wavelength(doublet)), static_cast<double>(doublet.wavelength[0])});
        return list;
    }();
    return known;
}

// What follows "cu" of "cu ka", "cu-k-alpha1", "cuk_alpha", "cu k\a" and the like: the wavelength meant, or 0.
double k_alpha_of(const Anode& anode, std::string_view rest) {
    const auto skip = [&] {
        while (!rest.empty() && (rest.front() == ' ' || rest.front() == '-' || rest.front() == '_' || rest.front() == '\\'))
            rest.remove_prefix(1);
    };
    skip();
    if (!rest.starts_with("k")) return 0;
    rest.remove_prefix(1);
    skip();
    bool alpha = false;
    for (std::string_view name : {"alpha", "α", "a"}) {
        if (alpha || !rest.starts_with(name)) continue;
        rest.remove_prefix(name.size());
        alpha = true;
    }
    if (!alpha || (!rest.empty() && is_letter(rest.front()))) return 0;
    skip();
    const bool both = rest.starts_with("12") || rest.starts_with("1,2") || rest.starts_with("1+2") || rest.starts_with("1/2") ||
                      rest.starts_with("1 and") || rest.starts_with("1, k");
    return rest.starts_with("1") && !both ? anode.first : anode.mean;
}

// Whether "kb radiation", "k-beta" and the like follow an anode's symbol, and no word says that it was filtered off.
bool is_k_beta(std::string_view line, std::string_view rest) {
    const auto skip = [&] { rest.remove_prefix(std::min(rest.find_first_not_of(" -_\\"), rest.size())); };
    skip();
    if (!rest.starts_with("k")) return false;
    rest.remove_prefix(1);
    skip();
    const std::size_t length = rest.starts_with("beta") ? 4 : rest.starts_with("\u03b2") ? 2 : rest.starts_with("b") ? 1 : 0;
    if (length == 0 || (rest.size() > length && is_letter(rest[length]))) return false;
    return !contains_any(line, {"filter", "absor", "remov", "suppress", "strip", "without", "free", "ratio", "wavelength", "alpha", "ka"});
}

// A word behind which an element is an anode, and what else must be: samples lie in tubes, too, and are irradiated.
struct SourceWord {
    std::string_view word;
    enum Demand { nothing, no_longer_word, line_of_x_rays } demand = nothing;
};
constexpr SourceWord source_words[] = {{"x-ray source"},
                                       {"xray source"},
                                       {"x ray source"},
                                       {"anode"},
                                       {"anode material"},
                                       {"anodenmaterial"},
                                       {"anode_material"},
                                       {"radiation", SourceWord::no_longer_word},
                                       {"strahlung", SourceWord::no_longer_word},
                                       {"x-ray tube"},
                                       {"xray tube"},
                                       {"x ray tube"},
                                       {"tube material", SourceWord::line_of_x_rays},
                                       {"tube", SourceWord::line_of_x_rays},
                                       {"röhre", SourceWord::line_of_x_rays},
                                       {"r\xf6hre", SourceWord::line_of_x_rays},
                                       {"roehre", SourceWord::line_of_x_rays},
                                       {"wavelength"},
                                       {"管球"},
                                       {"線源"},
                                       {"ターゲット"},
                                       {"対陰極"},
                                       {"阳极"},
                                       {"靶材"},
                                       {"光源"},
                                       {"ánodo"},
                                       {"Ánodo"},
                                       {"anodo"},
                                       {"анод"},
                                       {"Анод"},
                                       {"излучение"},
                                       {"Излучение"}};

// What a source word that ends a text is worth to what follows, behind a colon or not: "Bruker D8, tube: Co, 40 kV".
struct SaidSource {
    Worth worth;
    bool begins_line, is_tube;
};

std::optional<SaidSource> source_word_at_end_of(std::string_view text, std::string_view line, bool has_colon) {
    for (const SourceWord& source : source_words) {
        if (!text.ends_with(source.word)) continue;
        const std::string_view before = text.substr(0, text.size() - source.word.size());
        const bool begins_line = word_at_the_beginning(text, source.word) == text.size();
        const bool is_of_x_rays = contains_any(line, {"x-ray", "xray", "x ray", "röntgen", "r\xf6ntgen", "roentgen"});
        const bool is_of_a_generator = contains_any(line, {"kv", "generator"});
        const std::size_t last = before.find_last_not_of(" \t");
        const bool is_a_field = has_colon && last != before.npos && std::string_view(",;:").find(before[last]) != std::string_view::npos;
        const bool is_longer = !before.empty() && is_letter(before.back()) && !is_of_x_rays;
        if (source.demand == SourceWord::no_longer_word && is_longer) continue;
        if (source.demand == SourceWord::line_of_x_rays && !begins_line && !is_of_x_rays && !is_of_a_generator && !is_a_field) continue;
        return SaidSource{of_anode, begins_line, source.demand == SourceWord::line_of_x_rays};
    }
    // That of a tube, where a line begins with it; elsewhere a film was sputtered from it.
    if (word_at_the_beginning(text, "target") == text.size()) return SaidSource{of_target, true, false};
    return std::nullopt;
}

// What a claim to an element behind `before` is worth: nothing but signs, or a tube's number ("Anode 1: Co"), may stand between a word of
// the source and it. A comma is one where the line begins with the word ("Anode material,Cu"); elsewhere another matter begins behind it
// ("in a tube, Fe powder").
std::optional<Worth> said_before(std::string_view before, std::string_view line) {
    bool has_comma = false, has_colon = false, is_apart = false;
    for (; !before.empty(); before.remove_suffix(1)) {
        if (const std::optional<SaidSource> said = source_word_at_end_of(before, line, has_colon))
            return !has_comma || (said->begins_line && !(is_apart && said->is_tube)) ? std::optional(said->worth) : std::nullopt;
        const char last = before.back();
        const bool is_comma = last == ',' || last == ';', is_number = std::isdigit(static_cast<unsigned char>(last)) || last == '#';
        is_apart |= last == ' ' && !has_comma;
        has_comma |= is_comma;
        has_colon |= last == ':' || last == '=';
        const bool is_sign = is_comma || std::string_view(" \t:=\"'([{-").find(last) != std::string_view::npos || (last & 0x80) != 0;
        if (!is_sign && !(is_number && has_colon)) return std::nullopt;
    }
    return std::nullopt;
}

// Whether it goes on as "Fe powder" or "copper foil" do: the element is a sample's. "Co  Sample: quartz" begins another field.
bool is_of_a_sample(std::string_view rest) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" -\"')"), rest.size()));
    const auto begins_with = [&](std::string_view word) {
        if (!rest.starts_with(word)) return false;
        const std::string_view behind = rest.substr(word.size());
        const std::size_t next = behind.find_first_not_of(" \t");
        return !behind.starts_with(" detector") && (next == behind.npos || (behind[next] != ':' && behind[next] != '='));
    };
    constexpr std::string_view words[] = {"powder", "pulver", "foil", "folie", "film",   "oxide", "oxid",  "sheet", "wire", "plate",
                                          "sample", "probe",  "nano", "alloy", "holder", "doped", "grain", "salt",  "ore",  "substrate"};
    return std::any_of(std::begin(words), std::end(words), begins_with);
}

// Whether a line gives a generator's voltage or a filter: "40 kV, 30 mA", "Ni filter". Currents by themselves are heaters' as well.
bool is_of_generator_or_filter(std::string_view line) {
    for (const std::string_view word : {"kv", "filter"}) {
        for (std::size_t at = line.find(word); at != line.npos; at = line.find(word, at + 1)) {
            const std::size_t end = at + word.size(), last = line.find_last_not_of(" -", at == 0 ? 0 : at - 1);
            const bool is_unit = at > 0 && last != line.npos && std::isdigit(static_cast<unsigned char>(line[last]));
            if ((end == line.size() || !is_letter(line[end])) && (word == "filter" ? at > 0 && !is_letter(line[at - 1]) : is_unit))
                return true;
        }
    }
    return false;
}

// "radiation" and the like, behind an element's name: "Co radiation", "cobalt tube". A tube is one of X-rays where the line says so, or is
// of a generator and names it apart: "40 kV, 30 mA, Co tube".
bool is_followed_by_radiation(std::string_view line, std::string_view before, std::string_view rest) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" -"), rest.size()));
    const std::size_t last = before.find_last_not_of(" \t");
    const bool is_apart = last == before.npos || std::string_view("#;,!*%/").find(before[last]) != std::string_view::npos;
    const bool is_of_x_rays = contains_any(line, {"x-ray", "xray", "x ray"}) || (is_apart && is_of_generator_or_filter(line));
    for (const std::string_view word :
         {"radiation", "strahlung", "x-ray tube", "x-rays", "tube", "röhre", "roehre", "r\xf6hre", "靶", "管球", "ターゲット", "対陰極"}) {
        if (!rest.starts_with(word) || ((word == "tube" || word.ends_with("hre")) && !is_of_x_rays)) continue;
        const std::size_t next = rest.find_first_not_of(" \t", word.size());
        return next == rest.npos || !is_letter(rest[next]);
    }
    return false;
}

// Names of the elements of anodes in other words than their symbols.
struct ElementName {
    std::string_view word, symbol;
};
constexpr ElementName element_names[] = {
    {"copper", "cu"},     {"kupfer", "cu"}, {"cuivre", "cu"},  {"cobalt", "co"},  {"kobalt", "co"},   {"molybd", "mo"}, {"chromium", "cr"},
    {"chrom", "cr"},      {"iron", "fe"},   {"eisen", "fe"},   {"silver", "ag"},  {"silber", "ag"},   {"nickel", "ni"}, {"cobre", "cu"},
    {"hierro", "fe"},     {"cromo", "cr"},  {"molibd", "mo"},  {"銅", "cu"},      {"コバルト", "co"}, {"クロム", "cr"}, {"鉄", "fe"},
    {"モリブデン", "mo"}, {"銀", "ag"},     {"铜", "cu"},      {"钴", "co"},      {"铬", "cr"},       {"铁", "fe"},     {"钼", "mo"},
    {"银", "ag"},         {"медь", "cu"},   {"кобальт", "co"}, {"Кобальт", "co"}, {"хром", "cr"},     {"железо", "fe"}, {"молибден", "mo"}};

// "*TARGET = 27": Rigaku's text has the atomic number.
std::optional<Claim> anode_by_number(std::string_view lower) {
    constexpr std::string_view key = "*target";
    if (!lower.starts_with(key)) return std::nullopt;
    lower.remove_prefix(std::min(lower.find_first_not_of(" \t=", key.size()), lower.size()));
    const std::string_view number = lower.substr(0, lower.find_last_not_of(" \t\r") + 1);
    for (const Anode& anode : anodes()) {
        if (number == std::to_string(element_of_symbol(anode.name))) return Claim{of_anode, anode.mean};
    }
    return std::nullopt;
}

}  // namespace

// "radiation: co" says it all; elsewhere a name needs its line, as the text may be about a sample of cobalt, and even then ("Fe Ka
// fluorescence") it is worth less.
std::optional<Claim> anode_in(std::string_view lower) {
    if (const std::optional<Claim> claim = anode_by_number(lower)) return claim;
    for (const ElementName& name : element_names) {
        for (std::size_t at = lower.find(name.word); at != lower.npos; at = lower.find(name.word, at + 1)) {
            if (at > 0 && is_letter(lower[at - 1])) continue;
            std::size_t end = at + name.word.size();
            while (end < lower.size() && is_letter(lower[end])) ++end;
            const std::string_view rest = lower.substr(end);
            std::optional<Worth> worth = said_before(lower.substr(0, at), lower);
            if (!worth && is_followed_by_radiation(lower, lower.substr(0, at), rest)) worth = of_target;
            if (!worth && at > 0 && lower[at - 1] == '(' && contains_any(lower, {"2theta", "2th", "2θ"}))
                worth = of_target;  // HighScore's axis
            for (const Anode& anode : anodes()) {
                if (worth && anode.name == name.symbol && !is_of_a_sample(rest)) return Claim{*worth, anode.mean};
            }
        }
    }
    for (const Anode& anode : anodes()) {
        for (std::size_t at = lower.find(anode.name); at != std::string_view::npos; at = lower.find(anode.name, at + 1)) {
            if (at > 0 && (is_letter(lower[at - 1]) || lower[at - 1] == '_')) continue;  // "twotheta_cuka" names a column
            const std::string_view rest = lower.substr(at + anode.name.size());
            if (is_k_beta(lower, rest)) continue;
            const double wavelength = k_alpha_of(anode, rest);
            const bool alone = rest.empty() || !std::isalnum(static_cast<unsigned char>(rest.front()));
            const std::optional<Worth> said = said_before(lower.substr(0, at), lower);
            if (wavelength > 0) return Claim{said.value_or(of_line_alone), wavelength};
            if (alone && said && !is_of_a_sample(rest)) return Claim{*said, anode.mean};
            if (alone && is_followed_by_radiation(lower, lower.substr(0, at), rest)) return Claim{of_target, anode.mean};
        }
    }
    return std::nullopt;
}

bool names_neutrons(std::string_view lower) {
    constexpr std::string_view before[] = {"radiation", "source", "probe", "beam"},
                               behind[] = {"diffraction", "diffractometer", "powder", "radiation", "source", "beam"};
    std::string_view last;
    for (std::size_t at = 0; at < lower.size();) {
        std::size_t end = at;
        while (end < lower.size() && is_letter(lower[end])) ++end;
        const std::string_view word = lower.substr(at, end - at);
        at = end + (word.empty() ? 1 : 0);
        if (word.empty()) continue;
        if (word == "neutrons" || (word == "neutron" && is_one_of(last, before)) || (last == "neutron" && is_one_of(word, behind)))
            return true;
        last = word;
    }
    return false;
}

std::string other_source_in(std::string_view lower) {
    for (const Anode& anode : anodes()) {
        for (std::size_t at = lower.find(anode.name); at != lower.npos; at = lower.find(anode.name, at + 1)) {
            const bool is_symbol = at == 0 || !is_letter(lower[at - 1]);
            if (is_symbol && is_k_beta(lower, lower.substr(at + anode.name.size()))) return "K-beta radiation";
        }
    }
    for (const std::string_view word : {"x-ray source", "x-ray tube", "anode material", "anode", "tube", "radiation", "source"}) {
        const std::size_t end = word_at_the_beginning(lower, word);
        if (end == lower.npos) continue;
        const std::size_t begin = lower.find_first_not_of(" \t", end);
        if (begin == lower.npos || (lower[begin] != ':' && lower[begin] != '=')) continue;
        const std::size_t name = std::min(lower.find_first_not_of(" \t:=\"'", begin), lower.size());
        std::size_t behind = name;
        while (behind < lower.size() && is_letter(lower[behind])) ++behind;
        const std::string_view source = lower.substr(name, behind - name);
        constexpr const char* no_wavelength = "a source that has no wavelength of its own here";
        if (source == "synchrotron") return no_wavelength;
        // "Source: V2O5 from Merck", "X-ray tube: in use since May", "Radiation: V-filtered Cu" name no anode.
        const std::string_view rest = lower.substr(std::min(lower.find_first_not_of(" \t\r\"'", behind), lower.size()));
        const bool is_anode = rest.empty() || rest.front() == '(' || rest.front() == ',' ||
                              (rest.front() == 'k' && behind < lower.size()) || rest.starts_with("radiation") ||
                              rest.starts_with("anode") || rest.starts_with("tube") || rest.starts_with("target");
        if (word == "source" || !is_anode) continue;
        for (const std::string_view other :
             {"w", "ga", "in", "rh", "ti", "mn", "zn", "v", "pd", "ta", "au", "tungsten", "gallium", "indium", "rhodium"}) {
            if (source == other) return no_wavelength;
        }
    }
    return {};
}

}  // namespace friedel
