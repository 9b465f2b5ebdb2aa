#include "host/parent_structures.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "host/elements.h"
#include "host/error.h"
#include "host/symmetry.h"

namespace friedel {

namespace {

using Kinds = std::array<std::uint8_t, elements + 1>;  // of each element, the one that stands for all of its kind

// Neighbours in the periodic table that replace one another in crystals and differ little to X-rays.
Kinds alike_elements() {
    Kinds kinds;
    for (int element = 0; element <= elements; ++element) kinds[static_cast<std::size_t>(element)] = static_cast<std::uint8_t>(element);
    constexpr std::array<std::array<int, 2>, 14> ranges = {{{3, 5},    // Li Be B
                                                            {7, 9},    // N O F
                                                            {11, 15},  // Na to P
                                                            {16, 17},  // S Cl
                                                            {19, 21},  // K Ca Sc
                                                            {22, 31},  // Ti to Ga
                                                            {32, 34},  // Ge As Se
                                                            {37, 39},  // Rb Sr Y
                                                            {40, 48},  // Zr to Cd
                                                            {49, 53},  // In to I
                                                            {55, 71},  // Cs to Lu
                                                            {72, 80},  // Hf to Hg
                                                            {81, 83},  // Tl Pb Bi
                                                            {89, 98}}};
    for (const auto& [first, last] : ranges) {
        for (int element = first; element <= last; ++element) kinds[static_cast<std::size_t>(element)] = static_cast<std::uint8_t>(first);
    }
    return kinds;
}

// The same, with everything as one kind that is not usually an anion.
Kinds alike_cations() {
    Kinds kinds = alike_elements();
    constexpr std::array<int, 10> anions = {1, 6, 7, 8, 9, 16, 17, 34, 35, 53};  // H C N O F S Cl Se Br I
    constexpr std::uint8_t cation = 26;
    for (int element = 1; element <= elements; ++element) {
        if (std::find(anions.begin(), anions.end(), element) == anions.end()) kinds[static_cast<std::size_t>(element)] = cation;
    }
    return kinds;
}

// With a tolerance in angstrom, elements of one kind as one species where kinds are given. Nothing where atoms come to overlap.
std::optional<Structure> standardised(const Structure& structure, double tolerance, const Kinds* kinds) {
    SymmetryOptions options;
    options.symprec_angstrom = tolerance;
    options.alike = kinds ? kinds->data() : nullptr;
    try {
        return standardise(structure, options).structure;
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace

std::vector<Structure> parent_structures(const Structure& structure) {
    static const Kinds alike = alike_elements(), cations = alike_cations();
    constexpr std::array<double, 3> tolerances = {0.1, 0.2, 0.4};  // angstrom
    struct Simplification {
        bool without_hydrogen;
        const Kinds* kinds;
    };
    constexpr int hydrogen = 1;
    const std::array<Simplification, 4> simplifications = {{{false, nullptr}, {true, nullptr}, {true, &alike}, {true, &cations}}};
    Structure heavy = structure;
    std::erase_if(heavy.atoms, [](const Atom& atom) { return atom.element == hydrogen; });
    const bool has_hydrogen = heavy.atoms.size() < structure.atoms.size();

    std::vector<Structure> parents;
    std::set<int> known{structure.space_group};
    for (const auto& [without_hydrogen, kinds] : simplifications) {
        if (heavy.atoms.empty() || (without_hydrogen && !kinds && !has_hydrogen)) continue;
        const Structure& simplified = without_hydrogen ? heavy : structure;
        // Most structures have no parent: where the loosest tolerance finds nothing new, the tighter ones need not be tried.
        std::optional<Structure> loosest = standardised(simplified, tolerances.back(), kinds);
        if (loosest && loosest->space_group == structure.space_group) continue;
        std::vector<std::optional<Structure>> found;
        for (std::size_t t = 0; t + 1 < tolerances.size(); ++t) found.push_back(standardised(simplified, tolerances[t], kinds));
        found.push_back(std::move(loosest));
        for (std::optional<Structure>& parent : found) {
            if (!parent || !known.insert(parent->space_group).second) continue;
            parent->name = structure.name;
            parent->formula = structure.formula;
            parents.push_back(std::move(*parent));
        }
    }
    return parents;
}

}  // namespace friedel
