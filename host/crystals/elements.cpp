#include "host/crystals/elements.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <utility>

namespace friedel {

namespace {

constexpr std::array<const char*, elements + 1> symbols = {
    "?",  "H",  "He", "Li", "Be", "B",  "C",  "N",  "O",  "F",  "Ne", "Na", "Mg", "Al", "Si", "P",  "S",  "Cl", "Ar", "K",
    "Ca", "Sc", "Ti", "V",  "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr", "Rb", "Sr", "Y",
    "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I",  "Xe", "Cs", "Ba", "La", "Ce", "Pr",
    "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Hf", "Ta", "W",  "Re", "Os", "Ir", "Pt", "Au",
    "Hg", "Tl", "Pb", "Bi", "Po", "At", "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U",  "Np", "Pu", "Am", "Cm", "Bk", "Cf"};

constexpr int oxygen = 8;

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_lower(char c) { return std::islower(static_cast<unsigned char>(c)) != 0; }
char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool same_letters(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view leading_letters(std::string_view text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_letter);
    return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

// The oxygen of a water molecule or a hydroxyl group, as mineral databases write it.
bool is_water_or_hydroxyl(std::string_view letters) {
    return same_letters(letters, "wat") || same_letters(letters, "oh") || same_letters(letters, "ow");
}

}  // namespace

const char* element_symbol(int element) { return element >= 1 && element <= elements ? symbols[element] : symbols[0]; }

int element_of_symbol(std::string_view symbol) {
    if (same_letters(symbol, "D") || same_letters(symbol, "T")) return 1;
    for (int element = 1; element <= elements; ++element) {
        if (same_letters(symbol, symbols[element])) return element;
    }
    return 0;
}

int element_of_type_symbol(std::string_view type_symbol) {
    const std::string_view letters = leading_letters(type_symbol);
    if (const int element = element_of_symbol(letters)) return element;
    if (is_water_or_hydroxyl(letters)) return oxygen;
    // Neutral-atom names of scattering-factor tables.
    if (same_letters(letters, "Cval")) return 6;
    if (same_letters(letters, "Siva") || same_letters(letters, "Sival") || same_letters(letters, "Siv")) return 14;
    return 0;
}

int element_of_label(std::string_view label, const std::vector<int>& formula) {
    const std::string_view letters = leading_letters(label);
    if (letters.empty()) return 0;
    if (same_letters(letters, "wat")) return oxygen;
    const int two = letters.size() >= 2 ? element_of_symbol(letters.substr(0, 2)) : 0;
    int one = element_of_symbol(letters.substr(0, 1));
    if (lower(letters[0]) == 't') one = 0;  // a tetrahedral site, hardly ever tritium
    const auto present = [&](int element) { return element && std::find(formula.begin(), formula.end(), element) != formula.end(); };
    if (present(two) != present(one)) return present(two) ? two : one;
    // Both or neither are known to be present: the second letter of a symbol is written small, that of a site name large,
    // except in labels that are all capitals (CA1), where minerals make the two-letter element the better guess.
    return two ? two : one;
}

std::vector<int> elements_of_formula(std::string_view formula) {
    std::vector<int> found;
    // CIF separates the elements by spaces; then capitals (C O3, CA CL2) are no obstacle. CO3 alone could be read either way.
    const bool proper_case = std::any_of(formula.begin(), formula.end(), is_lower);
    if (!proper_case && formula.find(' ') == std::string_view::npos) return found;
    for (std::size_t i = 0; i < formula.size();) {
        std::size_t length = 1;
        if (is_letter(formula[i])) {
            while (i + length < formula.size() && (proper_case ? is_lower(formula[i + length]) : is_letter(formula[i + length]))) ++length;
            const int element = element_of_symbol(formula.substr(i, length));
            if (element && std::find(found.begin(), found.end(), element) == found.end()) found.push_back(element);
        }
        i += length;
    }
    return found;
}

std::string hill_formula(const std::vector<double>& counts) {
    std::vector<int> order;
    for (int element = 1; element < static_cast<int>(counts.size()); ++element) {
        if (counts[element] > 0) order.push_back(element);
    }
    const bool organic = counts.size() > 6 && counts[6] > 0;
    const auto rank = [&](int element) { return organic && element == 6 ? 0 : organic && element == 1 ? 1 : 2; };
    std::sort(order.begin(), order.end(), [&](int a, int b) {
        return std::pair(rank(a), std::string_view(symbols[a])) < std::pair(rank(b), std::string_view(symbols[b]));
    });

    long divisor = 0;
    for (int element : order) {
        const double rounded = std::round(counts[element]);
        const bool whole = std::abs(counts[element] - rounded) < 1e-3 && rounded >= 1;
        divisor = whole ? std::gcd(divisor, static_cast<long>(rounded)) : 1;
        if (divisor == 1) break;
    }
    std::string formula;
    for (int element : order) {
        const double count = counts[element] / static_cast<double>(std::max(divisor, 1L));
        formula += symbols[element];
        char number[32];
        std::snprintf(number, sizeof number, "%.4g", count);
        if (std::string_view(number) != "1") formula += number;
    }
    return formula;
}

}  // namespace friedel
