#include "host/patterns/stated_wavelength.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

#include "host/simulation/radiation.h"
#include "host/support/text_format.h"

namespace friedel {

using Claim = StatedWavelength::Claim;

namespace {

constexpr std::size_t longest_line = 300;  // of a header; what is longer is no sentence about wavelengths
constexpr double contradiction = 0.02;
enum Worth { of_line_alone, of_target, of_anode, of_energy, of_second_line, of_wavelength, of_first_line };

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

bool contains_any(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

// Whether it stands in the text with no letter before or after it.
bool has_word(std::string_view text, std::string_view word) {
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        if ((at == 0 || !is_letter(text[at - 1])) && (end == text.size() || !is_letter(text[end]))) return true;
    }
    return false;
}

struct Number {
    double value;
    std::size_t begin, end;
    bool whole;  // written without a point, comma or exponent
};

std::size_t end_of_digits(std::string_view text, std::size_t at) {
    while (at < text.size() && is_digit(text[at])) ++at;
    return at;
}

// Whether the comma at `at` is a decimal one. Behind a nought it is, and before more digits than the second of two numbers has before its
// point: "0,5" and "1,5406", but not "1.5406, 2 1.5444"; else where no number follows on the line: "1,5", but not "1,2 = 1.5418".
bool is_decimal_comma(std::string_view text, std::size_t begin, std::size_t at) {
    constexpr std::size_t digits_of_numbers = 2;
    const std::size_t end = end_of_digits(text, at + 1);
    if (end == at + 1) return false;
    if (end - at - 1 > digits_of_numbers || text.substr(begin, at - begin) == "0") return true;
    return std::none_of(text.begin() + static_cast<std::ptrdiff_t>(end), text.end(), is_digit) &&
           (end == text.size() || std::string_view(".,:;-").find(text[end]) == std::string_view::npos);
}

// Whether a number begins here: no part of a word, without a sign, and perhaps with its point (".7093"). Points may lead to it.
bool begins_number(std::string_view text, std::size_t at) {
    const char before = at > 0 ? text[at - 1] : ' ';
    const auto in_word = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || static_cast<unsigned char>(c) > 127;
    };
    if (text[at] == '.') return at + 1 < text.size() && is_digit(text[at + 1]) && before != '.' && !in_word(before);
    return is_digit(text[at]) && !in_word(before) && (before != '.' || (at > 1 && text[at - 2] == '.'));
}

// The first number at or after `from`.
std::optional<Number> number_after(std::string_view text, std::size_t from) {
    for (std::size_t at = from; at < text.size(); ++at) {
        if (!begins_number(text, at)) continue;
        std::string digits(text.substr(at));
        const std::size_t comma = end_of_digits(text, at);
        if (comma < text.size() && text[comma] == ',' && is_decimal_comma(text, at, comma)) digits[comma - at] = '.';
        Number number{};
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number.value);
        if (error != std::errc()) return std::nullopt;
        const auto length = static_cast<std::size_t>(end - digits.data());
        number.begin = at, number.end = at + length;
        number.whole = std::all_of(digits.begin(), digits.begin() + static_cast<std::ptrdiff_t>(length), is_digit);
        return number;
    }
    return std::nullopt;
}

// What follows a number, without blanks and closing brackets before it.
std::string_view unit_after(std::string_view text, std::size_t at) {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == ')' || text[at] == ']' || text[at] == '"')) ++at;
    return text.substr(at);
}

// In angstrom, of a number whose unit is said behind it or between the word and it; 0 where that is no length of this kind.
double in_angstrom(const Number& number, std::string_view between, std::string_view behind) {
    const auto said = [&](std::string_view unit) {
        const bool follows = behind.starts_with(unit) && (behind.size() == unit.size() || !is_letter(behind[unit.size()]));
        return follows || has_word(between, unit);
    };
    if (said("um") || said("µm") || said("mm") || said("cm")) return 0;
    if (said("nm")) return number.value * 10;
    if (said("pm")) return number.value / 100;
    if (said("m") || (number.value > 0 && number.value < 1e-8)) return number.value * 1e10;
    return number.value;
}

// A number without a fraction is a wavelength only where it alone, or its unit, ends the line: "3 samples" states none.
bool may_be_whole(std::string_view behind) {
    if (behind.empty() || behind.front() == '\r' || behind.starts_with("pm") || behind.starts_with("ang") || behind.starts_with("å") ||
        behind.starts_with("Å") || behind.starts_with("\xe2\x84\xab") || behind.front() == '\xe5' || behind.front() == '\xc5')
        return true;
    return behind.front() == 'a' && (behind.size() == 1 || !is_letter(behind[1]));
}

std::size_t end_of_first(std::string_view text, std::initializer_list<std::string_view> words) {
    std::size_t first = std::string_view::npos, end = std::string_view::npos;
    for (std::string_view word : words) {
        const std::size_t at = text.find(word);
        if (at < first) first = at, end = at + word.size();
    }
    return end;
}

// Where this word ends if the line begins with it, a comment's sign apart; npos if it does not.
std::size_t word_at_the_beginning(std::string_view text, std::string_view word) {
    const std::size_t first = text.find_first_not_of("#;!'\"/*%@ \t");
    if (first == std::string_view::npos || !text.substr(first).starts_with(word)) return std::string_view::npos;
    const std::size_t end = first + word.size();
    return end < text.size() && is_letter(text[end]) ? std::string_view::npos : end;
}

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

// Names of the elements of anodes in other words than their symbols.
struct ElementName {
    std::string_view word, symbol;
};
constexpr ElementName element_names[] = {
    {"copper", "cu"}, {"kupfer", "cu"},   {"cuivre", "cu"}, {"cobalt", "co"}, {"kobalt", "co"},
    {"molybd", "mo"}, {"chromium", "cr"}, {"chrom", "cr"},  {"iron", "fe"},   {"eisen", "fe"},
    {"silver", "ag"}, {"silber", "ag"},   {"nickel", "ni"}, {"\u9285", "cu"}, {"\u30b3\u30d0\u30eb\u30c8", "co"}};

// "radiation: co" says it all; elsewhere a name needs its line, as the text may be about a sample of cobalt, and even then ("Fe Ka
// fluorescence") it is worth less.
std::optional<Claim> anode_in(std::string_view lower) {
    std::size_t said = end_of_first(lower, {"anode material", "anodenmaterial", "anode_material", "anode", "radiation", "strahlung",
                                            "tube material", "tube", "röhre", "r\xf6hre", "roehre", "wavelength", "管球", "線源"});
    // That of a tube, where a line begins with it; elsewhere a film was sputtered from it.
    const std::size_t target = said == std::string_view::npos ? word_at_the_beginning(lower, "target") : said;
    const Worth worth = target == said ? of_anode : of_target;
    said = target;
    for (const ElementName& name : element_names) {
        const std::size_t at = lower.find(name.word, said < lower.size() ? said : lower.size());
        if (at == std::string_view::npos) continue;
        const std::string_view between = lower.substr(said, at - said);
        if (between.find_first_not_of(" \t:=\"'") != std::string_view::npos) continue;
        for (const Anode& anode : anodes()) {
            if (anode.name == name.symbol) return Claim{worth, anode.mean};
        }
    }
    for (const Anode& anode : anodes()) {
        for (std::size_t at = lower.find(anode.name); at != std::string_view::npos; at = lower.find(anode.name, at + 1)) {
            if (at > 0 && (is_letter(lower[at - 1]) || lower[at - 1] == '_')) continue;  // "twotheta_cuka" names a column
            const std::string_view rest = lower.substr(at + anode.name.size());
            const double wavelength = k_alpha_of(anode, rest);
            const bool alone = rest.empty() || !std::isalnum(static_cast<unsigned char>(rest.front()));
            const std::string_view between = said < at ? lower.substr(said, at - said) : std::string_view("x");
            const bool is_said = std::none_of(between.begin(), between.end(), is_letter);
            if (wavelength > 0) return Claim{is_said ? worth : of_line_alone, wavelength};
            if (alone && is_said) return Claim{worth, anode.mean};
        }
    }
    return std::nullopt;
}

}  // namespace

void StatedWavelength::read(std::string_view line) {
    const std::string lower = lower_case(line.substr(0, longest_line));
    const std::string_view text = lower;
    is_monochromatic_ |= text.find("angstrom, one line") != std::string_view::npos;
    std::size_t word = end_of_first(text, {"wavelength", "wave length", "wave_length", "wellenlänge", "wellenl\xe4nge", "wellenlaenge",
                                           "longueur d'onde", "波長", "lambda", "λ", "alpha1=", "alpha2=", "lam:", "lam="});
    if (word == std::string_view::npos) {  // "WAVE 0.4"
        const std::size_t wave = word_at_the_beginning(text, "wave");
        const std::size_t next = wave == std::string_view::npos ? wave : text.find_first_not_of(" \t:=", wave);
        if (next != std::string_view::npos && begins_number(text, next)) word = wave;
    }
    for (std::size_t at = word; at != std::string_view::npos;) {
        const std::optional<Number> number = number_after(text, at);
        if (!number) break;
        const std::size_t clause = text.find_last_of(",;", word) + 1;  // npos + 1: the line
        const std::string_view before = text.substr(clause, number->begin - clause), behind = unit_after(text, number->end);
        if (has_word(before, "ratio") || has_word(before, "sin") || has_word(before, "kb") ||
            contains_any(before, {"beta", "kβ", "laser", "/lambda", "/ lambda", "/λ", "/wavelength", "resolution", "spread", "error",
                                  "tolerance", "uncertain", "detector"}))
            break;
        const double angstrom = in_angstrom(*number, text.substr(word, number->begin - word), behind);
        if (may_be_stated(angstrom) && (!number->whole || may_be_whole(behind))) {
            const bool first = contains_any(before, {"alpha1", "alpha 1", "alpha-1", "ka1"}),
                       second = contains_any(before, {"alpha2", "alpha 2", "alpha-2", "ka2"});
            claims_.push_back({first ? of_first_line : (second ? of_second_line : of_wavelength), angstrom});
            break;
        }
        at = number->end;
    }
    if (const std::size_t energy = end_of_first(text, {"energy", "energie", "エネルギー"}); energy != std::string_view::npos) {
        const std::optional<Number> number = number_after(text, energy);
        if (number && !contains_any(text.substr(0, number->begin),
                                    {"threshold", "resolution", "window", "range", "lower", "upper", "cut", "loss", "binding", "level"})) {
            const std::string_view between = text.substr(energy, number->begin - energy), behind = unit_after(text, number->end);
            const bool kev = behind.starts_with("kev") || has_word(between, "kev"),
                       ev = behind.starts_with("ev") || has_word(between, "ev");
            double angstrom = kev || ev ? kev_angstrom / (number->value * (kev ? 1 : 0.001)) : 0;
            if (ev && !kev && angstrom > 1000 * shortest_stated_wavelength) angstrom /= 1000;  // "17,479 eV"
            if (may_be_stated(angstrom)) claims_.push_back({of_energy, angstrom});
        }
    }
    if (const std::optional<Claim> anode = anode_in(text)) claims_.push_back(*anode);
}

const StatedWavelength::Claim* StatedWavelength::best() const {
    const Claim* best = nullptr;
    for (const Claim& claim : claims_) {
        if (!best || claim.worth > best->worth) best = &claim;
    }
    return best;
}

double StatedWavelength::angstrom() const { return best() ? best()->angstrom : 0; }

void StatedWavelength::apply_to(MeasuredPattern& pattern) const {
    pattern.is_monochromatic = is_monochromatic_;
    const Claim* const most = best();
    if (!most) return;
    pattern.wavelength_angstrom = most->angstrom;
    for (const Claim& claim : claims_) {
        if (claim.worth != most->worth || std::fabs(claim.angstrom / most->angstrom - 1) <= contradiction) continue;
        pattern.wavelength_doubt = "its header states two wavelengths, " + formatted("%.5g", most->angstrom) + " and " +
                                   formatted("%.5g", claim.angstrom) + " angstrom";
    }
}

}  // namespace friedel
