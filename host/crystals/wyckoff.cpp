#include "host/crystals/wyckoff.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "host/crystals/space_groups.h"
#include "host/crystals/structure.h"
#include "host/crystals/symmetry.h"
#include "host/crystals/wyckoff_letters.h"
#include "host/support/error.h"
#include "host/support/integer_lattice.h"
#include "host/support/matrix3.h"

namespace friedel {

namespace {

using IntVector = Vector3<int>;
using IntMatrix = Matrix3<int>;

constexpr int whole = 12 * translation_denominator;  // a cell edge: all that occurs divides it

int modulo_whole(int x) { return (x % whole + whole) % whole; }

// A fixed set: the points basis u + offset.
struct FixedSet {
    int freedom;
    IntMatrix basis;   // columns from `freedom` on are zero
    IntVector offset;  // in units of `whole`
};

// What tells fixed sets apart modulo whole translations: the lattice of linear forms that are constant on them, each with its value there
// as a fourth component, and of whole values of the form 0.
using FixedSetKey = IntegerLattice<4>::Basis;

FixedSetKey key_of(const FixedSet& set) {
    const DiagonalForm of_basis(set.basis);
    const IntVector values = product(of_basis.left, set.offset);
    IntegerLattice<4> forms;
    forms.add({0, 0, 0, whole});
    for (int r = set.freedom; r < 3; ++r) {
        const int* const form = of_basis.left.data() + 3 * r;
        forms.add({form[0], form[1], form[2], values[r]});
    }
    return forms.hermite_basis();
}

struct Operation {
    IntMatrix rotation;
    IntVector translation;
};

FixedSet image(const Operation& operation, const FixedSet& set) {
    FixedSet moved{set.freedom, product(operation.rotation, set.basis), product(operation.rotation, set.offset)};
    for (int i = 0; i < 3; ++i) moved.offset[i] += operation.translation[i];
    return moved;
}

// The points of `set` that the operation, followed by any whole translation, leaves in place: none, or fixed sets of less freedom, one of
// each class modulo whole translations. Where it leaves all of `set` in place, nothing is smaller and there is none.
std::vector<FixedSet> smaller_fixed_sets(const Operation& operation, const FixedSet& set) {
    IntMatrix change = operation.rotation;
    for (int i = 0; i < 3; ++i) --change[4 * i];
    const DiagonalForm solved(product(change, set.basis));
    if (solved.rank == 0) return {};
    // change (basis u + offset) + translation + n = 0, in coordinates in which it falls apart: d_i y_i = -c_i - n_i.
    IntVector constant = product(change, set.offset);
    for (int i = 0; i < 3; ++i) constant[i] += operation.translation[i];
    constant = product(solved.left, constant);
    int solutions = 1;
    for (int i = 0; i < 3; ++i) {
        if (i < solved.rank) {
            solutions *= std::abs(solved.diagonal[4 * i]);
        } else if (modulo_whole(constant[i]) != 0) {
            return {};
        }
    }
    std::vector<FixedSet> found;
    for (int s = 0; s < solutions; ++s) {
        IntVector y{};
        int rest = s;
        for (int i = 0; i < solved.rank; ++i) {
            const int divisor = solved.diagonal[4 * i], size = std::abs(divisor);
            const int numerator = -constant[i] - whole * (rest % size);
            rest /= size;
            if (numerator % divisor != 0) fail("a special position between the 288ths of a cell edge; this is an error in friedel");
            y[i] = numerator / divisor;
        }
        FixedSet smaller{set.freedom - solved.rank, {}, set.offset};
        const IntVector step = product(set.basis, product(solved.right, y));
        IntMatrix free{};
        for (int r = 0; r < 3; ++r) {
            smaller.offset[r] = modulo_whole(smaller.offset[r] + step[r]);
            for (int c = 0; c < smaller.freedom; ++c) free[3 * r + c] = solved.right[3 * r + solved.rank + c];
        }
        smaller.basis = product(set.basis, free);
        found.push_back(smaller);
    }
    return found;
}

// The representative whose description is simplest: small entries, most of them positive, the origin near.
int clumsiness(const FixedSet& set) {
    int sum = 0;
    for (int entry : set.basis) sum += 10000 * (entry < 0 ? -2 * entry + 1 : 2 * entry);
    for (int i = 0; i < 3; ++i) sum += modulo_whole(set.offset[i]) * 6 + i;
    return sum;
}

// Basis vectors that begin with a positive number, and an origin moved along the set to a point in 24ths, most of them zero.
bool tidy_offset(FixedSet& set) {
    constexpr int part = whole / translation_denominator;
    for (int i = 0; i < 3; ++i) set.offset[i] = modulo_whole(set.offset[i]);
    for (int column = 0; column < set.freedom; ++column) {
        int first = 0;
        while (set.basis[3 * first + column] == 0) ++first;
        const int sign = set.basis[3 * first + column] < 0 ? -1 : 1;
        for (int row = 0; row < 3; ++row) set.basis[3 * row + column] *= sign;
    }
    for (int column = 0; column < set.freedom; ++column) {
        for (int row = 0; row < 3; ++row) {
            const int step = set.basis[3 * row + column];
            if (std::abs(step) != 1) continue;
            const int by = -step * set.offset[row];
            for (int i = 0; i < 3; ++i) set.offset[i] = modulo_whole(set.offset[i] + by * set.basis[3 * i + column]);
            break;
        }
    }
    return std::all_of(set.offset.begin(), set.offset.end(), [](int x) { return x % part == 0; });
}

std::vector<Operation> operations_of(const std::vector<SymmetryOperation>& standard) {
    std::vector<Operation> operations;
    for (const SymmetryOperation& operation : standard) {
        Operation o{};
        for (int i = 0; i < 9; ++i) o.rotation[i] = operation.rotation[i];
        for (int i = 0; i < 3; ++i) o.translation[i] = operation.translation[i] * (whole / translation_denominator);
        operations.push_back(o);
    }
    return operations;
}

// One fixed set of each Wyckoff position, the general one first: what operations leave in place of those already found, until nothing new
// comes.
std::vector<FixedSet> fixed_sets(const std::vector<Operation>& operations, int space_group) {
    std::vector<FixedSet> found = {{3, unit_matrix<int>, {}}};
    std::set<FixedSetKey> known = {key_of(found.front())};
    for (std::size_t next = 0; next < found.size(); ++next) {
        const FixedSet set = found[next];
        for (const Operation& operation : operations) {
            for (const FixedSet& smaller : smaller_fixed_sets(operation, set)) {
                if (known.count(key_of(smaller))) continue;
                FixedSet simplest = smaller;
                bool tidy = tidy_offset(simplest);
                for (const Operation& other : operations) {
                    FixedSet moved = image(other, smaller);
                    known.insert(key_of(moved));
                    const bool moved_tidy = tidy_offset(moved);
                    if (moved_tidy > tidy || (moved_tidy == tidy && clumsiness(moved) < clumsiness(simplest))) {
                        simplest = moved;
                        tidy = moved_tidy;
                    }
                }
                if (!tidy) fail("a special position of group ", space_group, " between the 24ths; this is an error in friedel");
                found.push_back(simplest);
            }
        }
    }
    return found;
}

// Without its letter and images.
WyckoffPosition position_of(const FixedSet& set, const std::vector<Operation>& operations) {
    int stabiliser = 0;
    for (const Operation& operation : operations) {
        const FixedSet moved = image(operation, set);
        bool same = moved.basis == set.basis;
        for (int i = 0; i < 3; ++i) same = same && modulo_whole(moved.offset[i] - set.offset[i]) == 0;
        stabiliser += same;
    }
    WyckoffPosition position{'?', static_cast<int>(operations.size()) / stabiliser, set.freedom, 0, {}, {}};
    for (int i = 0; i < 9; ++i) position.basis[i] = static_cast<std::int8_t>(set.basis[i]);
    for (int i = 0; i < 3; ++i) position.offset[i] = static_cast<std::int8_t>(set.offset[i] * translation_denominator / whole);
    return position;
}

// Which images of each position differ, seen at a point that is in no way special.
void find_images(std::vector<WyckoffPosition>& positions, const std::vector<SymmetryOperation>& standard) {
    constexpr double general[3] = {0.1373, 0.2071, 0.4217};
    Structure bare;
    bare.operations = standard;
    for (const WyckoffPosition& position : positions) {
        Atom atom;
        atom.element = 1;
        for (int row = 0; row < 3; ++row) {
            atom.position[row] = position.offset[row] / static_cast<double>(translation_denominator);
            for (int k = 0; k < 3; ++k) atom.position[row] += position.basis[3 * row + k] * general[k];
        }
        bare.atoms.push_back(atom);
    }
    const Crystal crystal(bare);
    for (std::size_t i = 0; i < positions.size(); ++i) positions[i].images = crystal.images()[i];
}

std::vector<WyckoffPosition> derive(int space_group) {
    const std::vector<SymmetryOperation> standard = standard_operations(space_group);
    const std::vector<Operation> operations = operations_of(standard);
    std::vector<WyckoffPosition> positions;
    for (const FixedSet& set : fixed_sets(operations, space_group)) positions.push_back(position_of(set, operations));
    // The order in which wyckoff_letters() names them.
    std::sort(positions.begin(), positions.end(), [](const WyckoffPosition& a, const WyckoffPosition& b) {
        return std::tie(a.multiplicity, a.freedom, a.offset, a.basis) < std::tie(b.multiplicity, b.freedom, b.offset, b.basis);
    });
    find_images(positions, standard);
    const std::string letters = wyckoff_letters(space_group);
    if (letters.size() != positions.size()) {
        fail("group ", space_group, " has ", positions.size(), " Wyckoff positions and ", letters.size(),
             " letters; this is an error in friedel");
    }
    for (std::size_t i = 0; i < positions.size(); ++i) positions[i].letter = letters[i];
    std::sort(positions.begin(), positions.end(),
              [](const WyckoffPosition& a, const WyckoffPosition& b) { return wyckoff_rank(a.letter) < wyckoff_rank(b.letter); });
    return positions;
}

}  // namespace

const std::vector<WyckoffPosition>& wyckoff_positions(int space_group) {
    static std::array<std::unique_ptr<std::vector<WyckoffPosition>>, space_groups + 1> table;
    static std::mutex mutex;
    checked_space_group(space_group);
    const std::lock_guard lock(mutex);
    auto& positions = table[space_group];
    if (!positions) positions = std::make_unique<std::vector<WyckoffPosition>>(derive(space_group));
    return *positions;
}

}  // namespace friedel
