#include "host/patterns/stated_wavelength.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

#include "host/patterns/header_words.h"
#include "host/patterns/stated_source.h"
#include "host/patterns/text_rows.h"
#include "host/support/radiation.h"
#include "host/support/text_format.h"

namespace friedel {

using Claim = StatedWavelength::Claim;

namespace {

constexpr std::size_t longest_line = 300;  // of a header; what is longer is no sentence about wavelengths
constexpr double contradiction = 0.02;

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

// Whether nothing but units, brackets and the like stands in a text.
bool says_no_more(std::string_view text, std::initializer_list<std::string_view> words) {
    for (std::size_t at = 0; at < text.size();) {
        if (!is_letter(text[at])) {
            ++at;
            continue;
        }
        const std::size_t begin = at;
        while (at < text.size() && is_letter(text[at])) ++at;
        if (std::find(words.begin(), words.end(), text.substr(begin, at - begin)) == words.end()) return false;
    }
    return true;
}

bool names_a_length(std::string_view between, std::string_view behind) {
    for (const std::string_view unit : {"nm", "pm", "m", "um", "mm", "cm", "a", "ang", "angstrom", "angstroms"}) {
        if (has_word(between, unit) || (behind.starts_with(unit) && (behind.size() == unit.size() || !is_letter(behind[unit.size()]))))
            return true;
    }
    return std::any_of(behind.begin(), behind.begin() + (behind.empty() ? 0 : 1), [](char c) { return (c & 0x80) != 0; }) ||
           contains_any(between, {"\xc3", "\xe2", "\xc5"});  // of angstrom signs
}

// A number without a fraction is a wavelength only where it alone, or its unit, ends the line: "3 samples" states none.
bool may_be_whole(std::string_view behind) {
    if (behind.empty() || behind.front() == '\r' || behind.starts_with("pm") || behind.starts_with("ang") || behind.starts_with("å") ||
        behind.starts_with("Å") || behind.starts_with("\xe2\x84\xab") || behind.front() == '\xe5' || behind.front() == '\xc5')
        return true;
    return behind.front() == 'a' && (behind.size() == 1 || !is_letter(behind[1]));
}

// Whether the energy of such a line is a detector's or a sample's, not the beam's.
bool is_of_no_beam(std::string_view lower) {
    return contains_any(lower, {"threshold", "resolution", "window", "range", "lower", "upper", "cut", "loss", "binding", "level"});
}

// The beginning of a line in quotes, as errors name it.
std::string quoted(std::string_view line) {
    constexpr std::size_t most = 60;
    const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size()), end = line.find_last_not_of(" \t\r\n") + 1;
    const std::string_view text = line.substr(begin, std::max(begin, end) - begin);
    return "'" + without_controls(std::string(text.substr(0, most))) + (text.size() > most ? "..." : "") + "'";
}

}  // namespace

void StatedWavelength::doubt(std::string_view line, const std::string& what) {
    if (unusable_.empty()) unusable_ = "its line " + quoted(line) + " states " + what;
}

void StatedWavelength::read(std::string_view line) {
    if (std::none_of(line.begin(), line.end(), [](char c) { return is_letter(c) || (c & 0x80) != 0; })) return;  // a row of numbers
    const std::string lower = lower_case(line.substr(0, longest_line));
    const std::string_view text = lower;
    is_monochromatic_ |= text.find("angstrom, one line") != std::string_view::npos;
    read_wavelength(line, text);
    read_energy(line, text);
    if (neutrons_.empty() && names_neutrons(text)) neutrons_ = "its line " + quoted(line) + " names neutrons";
    if (const std::optional<Claim> anode = anode_in(text)) {
        claims_.push_back(*anode);
    } else if (const std::string source = other_source_in(text); !source.empty()) {
        doubt(line, source);
    }
}

void StatedWavelength::read_wavelength(std::string_view line, std::string_view text) {
    constexpr double least_pm = 30, most_pm = 300;  // without a unit, and by their size
    // The last four as files in GBK, Shift-JIS and Windows-1251 have them.
    std::size_t word = end_of_first(text, {"wavelength",
                                           "wave length",
                                           "wave_length",
                                           "wellenlänge",
                                           "wellenl\xe4nge",
                                           "wellenlaenge",
                                           "longueur d'onde",
                                           "longitud de onda",
                                           "lunghezza d'onda",
                                           "波長",
                                           "波长",
                                           "длина волны",
                                           "Длина волны",
                                           "lambda",
                                           "λ",
                                           "alpha1=",
                                           "alpha2=",
                                           "lam:",
                                           "lam=",
                                           " wl=",
                                           "\xb2\xa8\xb3\xa4",
                                           "\x94g\x92\xb7",
                                           "\xe4\xeb\xe8\xed\xe0 \xe2\xee\xeb\xed\xfb",
                                           "\xc4\xeb\xe8\xed\xe0 \xe2\xee\xeb\xed\xfb"});
    for (const std::string_view abbreviation : {"wave", "wl"}) {  // "WAVE 0.4"
        if (word != std::string_view::npos) break;
        const std::size_t wave = word_at_the_beginning(text, abbreviation);
        const std::size_t next = wave == std::string_view::npos ? wave : text.find_first_not_of(" \t:=", wave);
        if (next == std::string_view::npos || !begins_number(text, next)) continue;
        const std::optional<Number> number = number_after(text, wave);
        const bool is_said = text.substr(wave, next - wave).find_first_of(":=") != text.npos ||
                             (number && (!number->whole || names_a_length({}, unit_after(text, number->end))));
        if (abbreviation.size() > 2 || is_said) word = wave;  // "WL 3" is a batch
    }
    const Claim none{of_wavelength, 0};
    Claim by_size = none;
    std::string unusable;
    for (std::size_t at = word; at != std::string_view::npos;) {
        const std::optional<Number> number = number_after(text, at);
        if (!number) break;
        const std::size_t clause = text.find_last_of(",;", word) + 1;  // npos + 1: the line
        const std::string_view before = text.substr(clause, number->begin - clause), behind = unit_after(text, number->end);
        if (has_word(before, "ratio") || has_word(before, "sin") || has_word(before, "kb") ||
            contains_any(before, {"beta", "kβ", "laser", "/lambda", "/ lambda", "/λ", "/wavelength", "resolution", "spread", "error",
                                  "tolerance", "uncertain", "detector"}))
            return;
        const std::string_view between = text.substr(word, number->begin - word);
        const double angstrom = in_angstrom(*number, between, behind);
        const bool may_be = !number->whole || may_be_whole(behind);
        if (may_be_stated(angstrom) && may_be) {
            const bool first = contains_any(before, {"alpha1", "alpha 1", "alpha-1", "ka1"}),
                       second = contains_any(before, {"alpha2", "alpha 2", "alpha-2", "ka2"});
            claims_.push_back({first ? of_first_line : (second ? of_second_line : of_wavelength), angstrom});
            return;
        }
        // Of a line that says this and nothing else.
        if (unusable.empty() && may_be && number->value > 0 &&
            says_no_more(text.substr(0, number->begin),
                         {"wavelength", "wave", "length", "lambda",   "wellenl", "wellenlaenge", "nge",       "longueur", "d",    "onde",
                          "x",          "ray",  "xray",   "incident", "beam",    "the",          "is",        "nm",       "pm",   "m",
                          "um",         "mm",   "cm",     "a",        "ang",     "angstrom",     "angstroms", "k",        "alpha"})) {
            const bool is_pm = number->value >= least_pm && number->value <= most_pm && !names_a_length(between, behind);
            if (is_pm) by_size.angstrom = number->value / 100;
            unusable = angstrom > 0 ? "a wavelength of " + formatted("%.5g", angstrom) + " angstrom, with which no powder is measured"
                                    : "a wavelength with which no powder is measured";
        }
        at = number->end;
    }
    if (by_size.angstrom > 0) {
        claims_.push_back(by_size);
    } else if (!unusable.empty()) {
        doubt(line, unusable);
    }
}

void StatedWavelength::read_energy(std::string_view line, std::string_view text) {
    std::size_t energy = end_of_first(text, {"energy", "energie", "エネルギー"});
    const bool is_abbreviated = energy == std::string_view::npos;
    constexpr double least_ev = 1000;  // of X-rays that powders are measured with; gaps and potentials have less
    if (is_abbreviated) {              // "E = 60 keV"
        energy = word_at_the_beginning(text, "e");
        const std::optional<Number> kev = energy == std::string_view::npos ? std::nullopt : number_after(text, energy);
        if (!kev || text.substr(energy, kev->begin - energy).find_first_not_of(" \t:=") != text.npos ||
            !(unit_after(text, kev->end).starts_with("kev") || (unit_after(text, kev->end).starts_with("ev") && kev->value >= least_ev))) {
            doubt_kev(line, text);
            return;
        }
    }
    const std::optional<Number> number = energy == std::string_view::npos ? std::nullopt : number_after(text, energy);
    if (!number || is_of_no_beam(text.substr(0, is_abbreviated ? text.npos : number->begin))) return;
    const std::string_view between = text.substr(energy, number->begin - energy), behind = unit_after(text, number->end);
    const bool kev = behind.starts_with("kev") || has_word(between, "kev"), ev = behind.starts_with("ev") || has_word(between, "ev");
    const bool is_bare =
        !kev && !ev && behind.find_first_not_of("\r\n") == behind.npos &&
        says_no_more(text.substr(0, number->begin), {"energy", "energie", "photon", "x", "ray", "xray", "beam", "incident"});
    const bool is_ev = ev || (is_bare && may_be_stated(1000 * kev_angstrom / number->value));  // by its size
    double angstrom = kev || is_ev ? kev_angstrom / (number->value * (kev ? 1 : 0.001)) : 0;
    if (ev && !kev && angstrom > 1000 * shortest_stated_wavelength) angstrom /= 1000;  // "17,479 eV"
    if (may_be_stated(angstrom)) {
        claims_.push_back({of_energy, angstrom});
    } else if (is_bare && may_be_stated(kev_angstrom / number->value)) {
        doubt(line, "an energy without its unit");
    }
}

// "ID22, 12 keV": of the photons, most likely, but nothing says so.
void StatedWavelength::doubt_kev(std::string_view line, std::string_view text) {
    std::size_t at = 0;
    while (const std::optional<Number> number = number_after(text, at)) {
        at = number->end;
        if (unit_after(text, number->end).starts_with("kev") && may_be_stated(kev_angstrom / number->value) && !is_of_no_beam(text))
            return doubt(line, formatted("%.6g", number->value) + " keV and not what has it");
    }
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
    pattern.neutrons = neutrons_;
    const Claim* const most = best();
    if (!most) {
        pattern.wavelength_doubt = unusable_;
        return;
    }
    pattern.wavelength_angstrom = most->angstrom;
    for (const Claim& claim : claims_) {
        if (claim.worth != most->worth || std::fabs(claim.angstrom / most->angstrom - 1) <= contradiction) continue;
        pattern.wavelength_doubt = "its header states two wavelengths, " + formatted("%.5g", most->angstrom) + " and " +
                                   formatted("%.5g", claim.angstrom) + " angstrom";
    }
}

}  // namespace friedel
