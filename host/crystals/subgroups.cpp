#include "host/crystals/subgroups.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>

#include "host/crystals/space_groups.h"
#include "host/crystals/symmetry.h"
#include "host/support/integer_lattice.h"
#include "host/support/matrix3.h"

namespace friedel {

namespace {

using Vector = Vector3<int>;
using Matrix = Matrix3<int>;
constexpr int parts = translation_denominator;

Matrix operator*(const Matrix& a, const Matrix& b) { return product(a, b); }
Vector operator*(const Matrix& a, const Vector& v) { return product(a, v); }
Vector operator*(int factor, const Vector& v) { return {factor * v[0], factor * v[1], factor * v[2]}; }
Vector operator+(const Vector& a, const Vector& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
Vector operator-(const Vector& a, const Vector& b) { return a + -1 * b; }

using Lattice = IntegerLattice<3>;

// A rotation that leaves the lattice as it is, in the lattice's basis.
Matrix in_basis(const Lattice& lattice, const Matrix& rotation) {
    Matrix result;
    for (int column = 0; column < 3; ++column) {
        const Vector image = lattice.coordinates(rotation * lattice.basis()[column]);
        for (int row = 0; row < 3; ++row) result[3 * row + column] = image[row];
    }
    return result;
}

// One vector of each coset of the lattice in that of all integer vectors.
std::vector<Vector> cosets_of(const Lattice& lattice) {
    const Lattice::Basis& basis = lattice.basis();
    std::vector<Vector> all;
    for (int i = 0; i < basis[0][0]; ++i)
        for (int j = 0; j < basis[1][1]; ++j)
            for (int k = 0; k < basis[2][2]; ++k) all.push_back({i, j, k});
    return all;
}

// A space group in a primitive basis: an operation for each element of the point group.
struct Group {
    std::vector<Matrix> rotation;       // the identity first
    std::vector<Vector> translation;    // in 24ths
    std::vector<std::uint8_t> product;  // [order][order] indices

    int order() const { return static_cast<int>(rotation.size()); }
    int times(int a, int b) const { return product[a * order() + b]; }

    explicit Group(int space_group) {
        Lattice lattice;
        for (int axis = 0; axis < 3; ++axis) {
            Vector edge{};
            edge[axis] = parts;
            lattice.add(edge);
        }
        std::map<Matrix, Vector> operations;
        const Matrix& identity = unit_matrix<int>;
        for (const SymmetryOperation& operation : standard_operations(space_group)) {
            Matrix r;
            std::copy(operation.rotation, operation.rotation + 9, r.begin());
            const Vector t = {operation.translation[0], operation.translation[1], operation.translation[2]};
            if (r == identity) lattice.add(t);
            operations.emplace(r, t);
        }
        const auto add = [&](const Matrix& r, const Vector& t) {
            rotation.push_back(in_basis(lattice, r));
            translation.push_back(lattice.coordinates(parts * t));
        };
        add(identity, {});
        for (const auto& [r, t] : operations)
            if (r != identity) add(r, t);
        for (const Matrix& a : rotation) {
            for (const Matrix& b : rotation)
                product.push_back(static_cast<std::uint8_t>(std::find(rotation.begin(), rotation.end(), a * b) - rotation.begin()));
        }
    }
};

// Sets of elements of a point group, a bit each.
using Elements = std::uint64_t;

Elements closure(const Group& group, Elements generators) {
    Elements closed = 1;
    std::vector<int> pending = {0};
    while (!pending.empty()) {
        const int element = pending.back();
        pending.pop_back();
        for (int generator = 0; generator < group.order(); ++generator) {
            if (!(generators >> generator & 1)) continue;
            const int next = group.times(element, generator);
            if (!(closed >> next & 1)) pending.push_back(next);
            closed |= Elements{1} << next;
        }
    }
    return closed;
}

// Translationengleiche: all translations, and a maximal subgroup of the point group.
std::set<int> translationengleiche(const Group& group) {
    const Elements whole = closure(group, ~Elements{0} >> (64 - group.order()));
    std::set<Elements> subgroups = {1};
    for (std::vector<Elements> pending = {1}; !pending.empty();) {
        const Elements subgroup = pending.back();
        pending.pop_back();
        for (int element = 0; element < group.order(); ++element) {
            const Elements larger = closure(group, subgroup | Elements{1} << element);
            if (larger != whole && subgroups.insert(larger).second) pending.push_back(larger);
        }
    }
    std::set<int> types;
    for (Elements subgroup : subgroups) {
        const auto within = [&](Elements other) { return other != subgroup && (other & subgroup) == subgroup; };
        if (subgroup == whole || std::any_of(subgroups.begin(), subgroups.end(), within)) continue;
        std::vector<PrimitiveOperation> operations;
        for (int i = 0; i < group.order(); ++i) {
            if (!(subgroup >> i & 1)) continue;
            const Vector& t = group.translation[i];
            operations.push_back({group.rotation[i], {t[0] / double{parts}, t[1] / double{parts}, t[2] / double{parts}}});
        }
        types.insert(identify_space_group(operations));
    }
    return types;
}

// The maximal sublattices of index 2 to 5 that all rotations leave as they are. They hold `prime` times the lattice, and so are
// spaces of vectors modulo the prime: planes (index `prime`) or, of index 4, lines in no such plane.
std::vector<Lattice> invariant_sublattices(const Group& group) {
    std::vector<Lattice> found;
    for (int prime : {2, 3, 5}) {
        std::vector<Vector> all;
        for (int i = 1; i < prime * prime * prime; ++i) all.push_back({i / (prime * prime), i / prime % prime, i % prime});
        const auto scaled = [&] {
            Lattice lattice;
            for (const Vector& edge : {Vector{prime, 0, 0}, Vector{0, prime, 0}, Vector{0, 0, prime}}) lattice.add(edge);
            return lattice;
        };
        const auto invariant = [&](const Lattice& lattice, const std::vector<Vector>& generators) {
            for (const Matrix& rotation : group.rotation)
                for (const Vector& v : generators)
                    if (lattice.reduced(rotation * v) != Vector{}) return false;
            return true;
        };
        std::vector<Lattice> planes;
        for (const Vector& normal : all) {
            // Of the normals that differ by a factor, the one whose first component that is not zero is 1.
            if (*std::find_if(normal.begin(), normal.end(), [](int n) { return n != 0; }) != 1) continue;
            Lattice lattice = scaled();
            std::vector<Vector> generators;
            for (const Vector& v : all)
                if ((normal[0] * v[0] + normal[1] * v[1] + normal[2] * v[2]) % prime == 0) generators.push_back(v);
            for (const Vector& v : generators) lattice.add(v);
            if (invariant(lattice, generators)) planes.push_back(lattice);
        }
        found.insert(found.end(), planes.begin(), planes.end());
        if (prime > 2) continue;
        for (const Vector& direction : all) {
            Lattice lattice = scaled();
            lattice.add(direction);
            const bool in_plane =
                std::any_of(planes.begin(), planes.end(), [&](const Lattice& plane) { return plane.reduced(direction) == Vector{}; });
            if (!in_plane && invariant(lattice, {direction})) found.push_back(lattice);
        }
    }
    return found;
}

// Few elements that generate the point group: each is the one that adds most to those before it.
std::vector<int> generators_of(const Group& group) {
    std::vector<int> chosen;
    const auto size = [](Elements elements) { return __builtin_popcountll(elements); };
    for (Elements have = 1; size(have) < group.order();) {
        int best = 0;
        for (int element = 1; element < group.order(); ++element)
            if (size(closure(group, have | Elements{1} << element)) > size(closure(group, have | Elements{1} << best))) best = element;
        chosen.push_back(best);
        have = closure(group, have | Elements{1} << best);
    }
    return chosen;
}

// The translations [order] that go with all rotations where those of the generators are given, modulo the lattice; none if this
// makes no group, because some rotation comes with two translations.
std::vector<Vector> generated(const Group& group, const std::vector<int>& generators, const std::vector<Vector>& given,
                              const Lattice& lattice) {
    std::vector<Vector> translation(static_cast<std::size_t>(group.order()));
    std::vector<bool> reached(translation.size());
    reached[0] = true;
    for (std::vector<std::size_t> pending = {0}; !pending.empty();) {
        const std::size_t element = pending.back();
        pending.pop_back();
        for (std::size_t g = 0; g < generators.size(); ++g) {
            const auto next = static_cast<std::size_t>(group.times(static_cast<int>(element), generators[g]));
            const Vector t = lattice.reduced(group.rotation[element] * given[g] + translation[element], parts);
            if (reached[next] && translation[next] != t) return {};
            if (reached[next]) continue;
            reached[next] = true;
            translation[next] = t;
            pending.push_back(next);
        }
    }
    return translation;
}

// Klassengleiche: the whole point group over a sublattice. The translation of each generator may be changed by any lost translation.
std::set<int> klassengleiche(const Group& group) {
    std::set<int> types;
    const std::vector<int> generators = generators_of(group);
    for (const Lattice& lattice : invariant_sublattices(group)) {
        const std::vector<Vector> cosets = cosets_of(lattice);
        std::set<std::vector<Vector>> conjugates;  // of subgroups that were seen
        std::size_t choices = 1;
        for (std::size_t g = 0; g < generators.size(); ++g) choices *= cosets.size();
        for (std::size_t choice = 0; choice < choices; ++choice) {
            std::vector<Vector> given;
            std::size_t rest = choice;
            for (int generator : generators) {
                given.push_back(lattice.reduced(group.translation[generator] + parts * cosets[rest % cosets.size()], parts));
                rest /= cosets.size();
            }
            if (conjugates.count(given)) continue;
            const std::vector<Vector> translation = generated(group, generators, given, lattice);
            if (translation.empty()) continue;
            for (const Vector& shift : cosets) {
                std::vector<Vector> conjugate;
                for (std::size_t g = 0; g < generators.size(); ++g) {
                    const Matrix& r = group.rotation[generators[g]];
                    conjugate.push_back(lattice.reduced(given[g] + parts * (shift - r * shift), parts));
                }
                conjugates.insert(conjugate);
            }
            std::vector<PrimitiveOperation> operations;
            for (std::size_t i = 0; i < translation.size(); ++i) {
                const double denominator = parts * lattice.index();
                const Vector t = lattice.coordinates(lattice.index() * translation[i]);
                operations.push_back({in_basis(lattice, group.rotation[i]), {t[0] / denominator, t[1] / denominator, t[2] / denominator}});
            }
            types.insert(identify_space_group(operations));
        }
    }
    return types;
}

struct Graph {
    std::array<MaximalSubgroups, space_groups> subgroups;
    std::array<std::array<int, space_groups>, space_groups> distance;

    Graph() {
        std::array<std::set<int>, space_groups> neighbours;
        for (int i = 0; i < space_groups; ++i) {
            const Group group(i + 1);
            const auto without_own = [&](std::set<int> types) {
                types.erase(i + 1);
                for (int type : types) {
                    neighbours[i].insert(type - 1);
                    neighbours[type - 1].insert(i);
                }
                return std::vector<int>(types.begin(), types.end());
            };
            subgroups[i] = {without_own(translationengleiche(group)), without_own(klassengleiche(group))};
        }
        for (int from = 0; from < space_groups; ++from) {
            distance[from].fill(-1);
            distance[from][from] = 0;
            std::vector<int> order = {from};
            for (std::size_t next = 0; next < order.size(); ++next) {
                for (int neighbour : neighbours[order[next]]) {
                    if (distance[from][neighbour] >= 0) continue;
                    distance[from][neighbour] = distance[from][order[next]] + 1;
                    order.push_back(neighbour);
                }
            }
        }
    }
};

const Graph& graph() {
    static const Graph graph;
    return graph;
}

std::size_t row_of(int space_group) { return static_cast<std::size_t>(checked_space_group(space_group) - 1); }

}  // namespace

const MaximalSubgroups& maximal_subgroups(int space_group) { return graph().subgroups[row_of(space_group)]; }

int subgroup_distance(int space_group, int other) { return graph().distance[row_of(space_group)][row_of(other)]; }

std::vector<float> subgroup_smoothing() {
    std::vector<float> smoothing;
    for (const auto& row : graph().distance) {
        const float share = 1.0f / static_cast<float>(std::count(row.begin(), row.end(), 1));
        for (int distance : row) smoothing.push_back(distance == 1 ? share : 0.0f);
    }
    return smoothing;
}

}  // namespace friedel
