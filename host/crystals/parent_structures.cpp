#include "host/crystals/parent_structures.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "host/crystals/elements.h"
#include "host/crystals/symmetry.h"
#include "host/support/error.h"

namespace friedel {

namespace {

using Kinds = std::array<std::uint8_t, elements + 1>;  // of each element, the one that stands for all of its kind

// Neighbours in the periodic table that replace one another in crystals and differ little to X-rays.
Kinds alike_elements() {
    Kinds kinds;
    for (int element = 0; element <= elements; ++element) kinds[element] = static_cast<std::uint8_t>(element);
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
        for (int element = first; element <= last; ++element) kinds[element] = static_cast<std::uint8_t>(first);
    }
    return kinds;
}

// The same, with everything as one kind that is not usually an anion.
Kinds alike_cations() {
    Kinds kinds = alike_elements();
    constexpr std::array<int, 10> anions = {1, 6, 7, 8, 9, 16, 17, 34, 35, 53};  // H C N O F S Cl Se Br I
    constexpr std::uint8_t cation = 26;
    for (int element = 1; element <= elements; ++element) {
        if (std::find(anions.begin(), anions.end(), element) == anions.end()) kinds[element] = cation;
    }
    return kinds;
}

// A structure as those see it who do not tell some of its atoms apart.
struct View {
    const Structure* structure;
    const Kinds* kinds;  // null: each element is its own
};

bool tells_apart(const View& view, int a, int b) { return view.kinds ? (*view.kinds)[a] != (*view.kinds)[b] : a != b; }

// The same atoms, and the same elements of them told apart.
bool same_view(const View& a, const View& b) {
    if (a.structure != b.structure) return false;
    for (const Atom& atom : a.structure->atoms) {
        for (const Atom& other : a.structure->atoms) {
            if (tells_apart(a, atom.element, other.element) != tells_apart(b, atom.element, other.element)) return false;
        }
    }
    return true;
}

// Nothing where atoms come to overlap: no such parent.
std::optional<Structure> standardised(const View& view, double tolerance_angstrom) {
    SymmetryOptions options;
    options.symprec_angstrom = tolerance_angstrom;
    options.alike = view.kinds ? view.kinds->data() : nullptr;
    try {
        return standardise(*view.structure, options).structure;
    } catch (const Error&) {
        return std::nullopt;
    }
}

bool of_group(const std::optional<Structure>& structure, int space_group) { return structure && structure->space_group == space_group; }

}  // namespace

std::vector<Structure> parent_structures(const Structure& structure) {
    static const Kinds alike = alike_elements(), cations = alike_cations();
    constexpr double tight = 0.1, middle = 0.2, loose = 0.4;  // angstrom
    constexpr int hydrogen = 1;
    Structure heavy = structure;
    std::erase_if(heavy.atoms, [](const Atom& atom) { return atom.element == hydrogen; });
    const bool has_hydrogen = heavy.atoms.size() < structure.atoms.size();
    const Structure& rest = has_hydrogen ? heavy : structure;
    std::vector<View> views;
    for (const View& view : {View{&structure, nullptr}, View{&rest, nullptr}, View{&rest, &alike}, View{&rest, &cations}}) {
        if (!view.structure->atoms.empty() && (views.empty() || !same_view(views.back(), view))) views.push_back(view);
    }
    if (views.empty()) return {};
    // Every search costs, and what is found with less told apart or a larger tolerance holds the symmetry found with more: where both
    // ends of a chain have one group, nothing lies between.
    std::optional<Structure> loosest = standardised(views.back(), loose);
    const int most = loosest ? loosest->space_group : 0;
    if (most == structure.space_group) return {};
    std::vector<Structure> parents;
    std::set<int> known{structure.space_group};
    const auto add = [&](std::optional<Structure>&& parent) {
        if (!parent || !known.insert(parent->space_group).second) return;
        parent->name = structure.name;
        parent->formula = structure.formula;
        parents.push_back(std::move(*parent));
    };
    for (const View& view : views) {
        std::optional<Structure> last = &view == &views.back() ? std::move(loosest) : standardised(view, loose);
        if (of_group(last, structure.space_group)) continue;
        std::optional<Structure> first = standardised(view, tight);
        const bool nothing_between = last && of_group(first, last->space_group), nothing_beyond = of_group(first, most);
        add(std::move(first));
        if (nothing_beyond) break;
        if (!nothing_between) add(standardised(view, middle));
        add(std::move(last));
    }
    return parents;
}

}  // namespace friedel
