#include "host/crystals/symmetry.h"

#include <spglib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <numbers>

#include "host/crystals/atom_sites.h"
#include "host/crystals/operations.h"
#include "host/crystals/space_groups.h"
#include "host/crystals/wyckoff_letters.h"
#include "host/support/error.h"
#include "host/support/matrix3.h"

namespace friedel {

namespace {

using Vector = std::array<double, 3>;

constexpr double default_symprec_relaxed = 0.1, default_symprec_refined = 0.01;  // angstrom

struct DatasetFree {
    void operator()(SpglibDataset* dataset) const { spg_free_dataset(dataset); }
};
using Dataset = std::unique_ptr<SpglibDataset, DatasetFree>;

// The first Hall number of a group, which spglib standardises to.
int first_hall_number(int space_group) {
    static const std::array<int, space_groups + 1> table = [] {
        std::array<int, space_groups + 1> first{};
        for (int hall = 530; hall >= 1; --hall) first[spg_get_spacegroup_type(hall).number] = hall;
        return first;
    }();
    return table[space_group];
}

// That of the second origin choice where there are two: then the inversion passes through the origin and structure factors are real.
int standard_hall_number(int space_group) {
    const int first = first_hall_number(space_group);
    if (std::string(spg_get_spacegroup_type(first).choice) != "1") return first;
    for (int hall = first + 1; hall <= 530 && spg_get_spacegroup_type(hall).number == space_group; ++hall) {
        if (std::string(spg_get_spacegroup_type(hall).choice) == "2") return hall;
    }
    return first;
}

std::vector<SymmetryOperation> database_operations(int hall_number) {
    int rotations[192][3][3];
    double translations[192][3];
    const int count = spg_get_symmetry_from_database(rotations, translations, hall_number);
    if (count == 0) fail("spglib has no operations for Hall number ", hall_number, "; its installation is damaged");
    std::vector<SymmetryOperation> operations(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
        for (int row = 0; row < 3; ++row) {
            for (int column = 0; column < 3; ++column) {
                operations[i].rotation[3 * row + column] = static_cast<std::int8_t>(rotations[i][row][column]);
            }
            const int parts = static_cast<int>(std::lround(translations[i][row] * translation_denominator));
            operations[i].translation[row] = static_cast<std::int8_t>(wrap24(parts));
        }
    }
    return operations;
}

// The operations with the origin moved to `origin` (in 24ths), as a sorted list.
std::vector<OperationKey> seen_from(const std::vector<SymmetryOperation>& operations, const std::array<int, 3>& origin) {
    std::vector<OperationKey> keys;
    for (const SymmetryOperation& operation : operations) {
        OperationKey key = key_of(operation);
        for (int row = 0; row < 3; ++row) {
            int translation = operation.translation[row] - origin[row];
            for (int k = 0; k < 3; ++k) translation += operation.rotation[3 * row + k] * origin[k];
            key[9 + row] = wrap24(translation);
        }
        keys.push_back(key);
    }
    std::sort(keys.begin(), keys.end());
    return keys;
}

struct StandardSetting {
    std::vector<SymmetryOperation> operations;
    Vector origin{};  // of the standard setting, in the cell that spglib standardises to
};

const StandardSetting& standard_setting(int space_group) {
    static std::array<std::unique_ptr<StandardSetting>, space_groups + 1> table;
    static std::mutex mutex;
    checked_space_group(space_group);
    const std::lock_guard lock(mutex);
    std::unique_ptr<StandardSetting>& entry = table[space_group];
    if (entry) return *entry;
    auto setting = std::make_unique<StandardSetting>();
    const int first = first_hall_number(space_group), standard = standard_hall_number(space_group);
    setting->operations = database_operations(standard);
    const auto keep = [&]() -> const StandardSetting& { return *(entry = std::move(setting)); };
    if (standard == first) return keep();
    // The two origins differ by a multiple of 1/8 along each axis.
    const std::vector<OperationKey> wanted = seen_from(setting->operations, {});
    const std::vector<SymmetryOperation> operations = database_operations(first);
    for (int i = 0; i < 512; ++i) {
        const std::array<int, 3> origin = {3 * (i / 64), 3 * (i / 8 % 8), 3 * (i % 8)};
        if (seen_from(operations, origin) != wanted) continue;
        for (int axis = 0; axis < 3; ++axis) setting->origin[axis] = static_cast<double>(origin[axis]) / translation_denominator;
        return keep();
    }
    fail("no shift joins the two origins of space group ", space_group);
}

// What stands on one site: usually one element, several where they share it.
struct Species {
    int element;
    double occupancy;
    double b_iso;
    std::string label;
};

struct Site {
    Vector position;
    std::vector<Species> species;  // sorted by element
};

std::vector<Site> expand_cell(const Structure& structure, const SymmetryOptions& options) {
    const Crystal crystal(structure);
    const int atoms = atoms_in_cell(crystal);
    if (atoms > options.max_atoms) fail("the cell holds ", atoms, " atoms, more than the limit of ", options.max_atoms, " (--max-atoms)");
    // Crystal sorts its atoms by element; the labels follow.
    std::vector<const Atom*> ordered;
    for (const Atom& atom : structure.atoms) ordered.push_back(&atom);
    std::stable_sort(ordered.begin(), ordered.end(), [](const Atom* a, const Atom* b) { return a->element < b->element; });

    std::vector<Site> sites;
    const Metric<double> metric = direct_metric(structure.cell.data());
    const bool paired = crystal.view().operations.inversion_at_origin();
    const auto add = [&](const Atom& atom, Vector position) {
        const Species species{atom.element, atom.occupancy, atom.b_iso, atom.label};
        for (double& x : position) x -= std::floor(x);
        if (atom.occupancy < 1) {
            for (Site& site : sites) {
                const Vector step = {position[0] - site.position[0], position[1] - site.position[1], position[2] - site.position[2]};
                if (site.species.front().occupancy < 1 && nearest_distance(metric, step) < same_site_angstrom) {
                    site.species.push_back(species);
                    return;
                }
            }
        }
        sites.push_back({position, {species}});
    };
    for (std::size_t i = 0; i < ordered.size(); ++i) {
        const std::uint64_t mask = crystal.images()[i];
        for (std::size_t r = 0; r < crystal.representatives().size(); ++r) {
            if (!(mask >> r & 1)) continue;
            const SymmetryOperation& operation = crystal.representatives()[r];
            for (const auto& centring : crystal.centrings()) {
                Vector image = image_of(operation, ordered[i]->position), opposite;
                for (int row = 0; row < 3; ++row) {
                    const double shift = static_cast<double>(centring[row]) / translation_denominator;
                    opposite[row] = shift - image[row];
                    image[row] += shift;
                }
                add(*ordered[i], image);
                if (paired && !(mask & self_inverse)) add(*ordered[i], opposite);
            }
        }
    }
    return sites;
}

void check_distances(const std::vector<Site>& sites, const std::array<double, 6>& cell) {
    const auto occupancy = [](const Site& site) {
        double total = 0;
        for (const Species& species : site.species) total += species.occupancy;
        return total;
    };
    const Metric<double> metric = direct_metric(cell.data());
    for (std::size_t i = 0; i < sites.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const Vector step = {sites[i].position[0] - sites[j].position[0], sites[i].position[1] - sites[j].position[1],
                                 sites[i].position[2] - sites[j].position[2]};
            const double distance = nearest_distance(metric, step);
            if (distance > overlap_angstrom || occupancy(sites[i]) + occupancy(sites[j]) < full_occupancy) continue;
            fail("atoms ", sites[j].species.front().label, " and ", sites[i].species.front().label, " are ", distance, " angstrom apart");
        }
    }
}

// A number for each distinct content of a site, for spglib.
std::vector<int> site_types(const std::vector<Site>& sites, const std::uint8_t* alike) {
    std::map<std::vector<std::pair<int, int>>, int> known;
    std::vector<int> types;
    for (const Site& site : sites) {
        std::vector<std::pair<int, int>> content;
        for (const Species& species : site.species) {
            const int kind = alike ? alike[species.element] : species.element,
                      parts = static_cast<int>(std::lround(species.occupancy * 1000));
            const auto same = std::find_if(content.begin(), content.end(), [&](const auto& other) { return alike && other.first == kind; });
            if (same == content.end()) {
                content.emplace_back(kind, parts);
            } else {
                same->second += parts;
            }
        }
        std::sort(content.begin(), content.end());
        types.push_back(known.emplace(content, static_cast<int>(known.size())).first->second);
    }
    return types;
}

// Columns are a b c; a along x, b in the xy plane.
void fill_lattice(double lattice[3][3], const std::array<double, 6>& cell) {
    constexpr double radian = std::numbers::pi / 180;
    const double ca = std::cos(cell[3] * radian), cb = std::cos(cell[4] * radian), cg = std::cos(cell[5] * radian);
    const double sg = std::sin(cell[5] * radian), cx = cb, cy = (ca - cb * cg) / sg;
    const double columns[3][3] = {{cell[0], 0, 0},
                                  {cell[1] * cg, cell[1] * sg, 0},
                                  {cell[2] * cx, cell[2] * cy, cell[2] * std::sqrt(std::max(1 - cx * cx - cy * cy, 0.0))}};
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) lattice[j][i] = columns[i][j];
    }
}

// Lengths and angles of a standard lattice; those that the crystal system fixes exactly so.
std::array<double, 6> cell_of_lattice(const double lattice[3][3], int space_group) {
    const auto dot = [&](int i, int j) {
        return lattice[0][i] * lattice[0][j] + lattice[1][i] * lattice[1][j] + lattice[2][i] * lattice[2][j];
    };
    std::array<double, 6> cell;
    for (int i = 0; i < 3; ++i) cell[i] = std::sqrt(dot(i, i));
    for (int i = 0; i < 3; ++i) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        cell[3 + i] = std::acos(std::clamp(dot(j, k) / (cell[j] * cell[k]), -1.0, 1.0)) * 180 / std::numbers::pi;
    }
    if (space_group >= 3) cell[3] = cell[5] = 90;
    if (space_group >= 16) cell[4] = 90;
    if (space_group >= 75) cell[0] = cell[1] = (cell[0] + cell[1]) / 2;
    if (space_group >= 143 && space_group <= 194) cell[5] = 120;
    if (space_group >= 195) cell[0] = cell[1] = cell[2] = (2 * cell[0] + cell[2]) / 3;
    return cell;
}

std::string spglib_reason() {
    switch (spg_get_error_code()) {
        case SPGERR_ATOMS_TOO_CLOSE:
            return "atoms are closer than the tolerance";
        case SPGERR_NIGGLI_FAILED:
        case SPGERR_DELAUNAY_FAILED:
            return "the cell cannot be reduced";
        default:
            return "no space group fits the atoms within the tolerance";
    }
}

// x moved into [0, 1); values next to a simple fraction become that fraction.
double tidy_coordinate(double x) {
    const double parts = x * translation_denominator;
    if (std::abs(parts - std::round(parts)) < 1e-6) x = std::round(parts) / translation_denominator;
    return x - std::floor(x);
}

// Throws Error where no group is found.
Dataset find_symmetry(const Structure& structure, const std::vector<Site>& sites, const SymmetryOptions& options) {
    const std::vector<int> types = site_types(sites, options.alike);
    std::vector<Vector> positions;
    for (const Site& site : sites) positions.push_back(site.position);
    double lattice[3][3];
    fill_lattice(lattice, structure.cell);
    const double symprec = options.symprec_angstrom > 0      ? options.symprec_angstrom
                           : structure.operations.size() > 1 ? default_symprec_refined
                                                             : default_symprec_relaxed;
    Dataset found(
        spg_get_dataset(lattice, reinterpret_cast<double(*)[3]>(positions.data()), types.data(), static_cast<int>(sites.size()), symprec));
    if (!found || found->spacegroup_number < 1) fail(spglib_reason(), " of ", symprec, " angstrom");
    return found;
}

// Indices of its atoms in the cell that spglib was given and in the standard one.
struct Orbit {
    std::vector<int> given, standard;
};

// By the first of the given atoms of each.
std::map<int, Orbit> orbits_of(const SpglibDataset& found) {
    std::map<int, Orbit> orbits;
    std::map<int, int> orbit_of_primitive;  // both cells meet in the primitive one
    for (int i = 0; i < found.n_atoms; ++i) {
        const int orbit = found.crystallographic_orbits[i];
        orbit_of_primitive[found.mapping_to_primitive[i]] = orbit;
        orbits[orbit].given.push_back(i);
    }
    for (int k = 0; k < found.n_std_atoms; ++k) orbits[orbit_of_primitive.at(found.std_mapping_to_primitive[k])].standard.push_back(k);
    std::erase_if(orbits, [](const auto& entry) { return entry.second.standard.empty(); });
    return orbits;
}

// An atom for each element on the site: the first of the orbit in the order of coordinates, occupancy and displacement averaged over it.
std::vector<Atom> atoms_of(const Orbit& orbit, const SpglibDataset& found, const std::vector<Site>& sites, const Vector& origin) {
    Vector chosen{2, 2, 2};
    for (int k : orbit.standard) {
        Vector position;
        for (int axis = 0; axis < 3; ++axis) position[axis] = tidy_coordinate(found.std_positions[k][axis] - origin[axis]);
        chosen = std::min(chosen, position);
    }
    struct Share {
        std::string label;
        double occupancy = 0, b_sum = 0;
        int b_stated = 0;
    };
    std::map<int, Share> shares;  // by element
    for (int i : orbit.given) {
        for (const Species& species : sites[i].species) {
            Share& share = shares[species.element];
            if (share.label.empty()) share.label = species.label;
            share.occupancy += species.occupancy;
            if (species.b_iso < 0) continue;
            share.b_sum += species.b_iso;
            ++share.b_stated;
        }
    }
    std::vector<Atom> atoms;
    for (const auto& [element, share] : shares) {
        atoms.push_back({share.label, element, chosen, share.occupancy / static_cast<double>(orbit.given.size()),
                         share.b_stated ? share.b_sum / share.b_stated : b_iso_missing});
    }
    return atoms;
}

using Matrix = Matrix3<double>;

// Basis vectors, as columns, of a lattice that has all these rotations and no more symmetry than they ask for.
void fill_general_lattice(double lattice[3][3], const std::vector<PrimitiveOperation>& operations) {
    constexpr double general[3][3] = {{1.0, 0.07, -0.11}, {0.07, 1.31, 0.17}, {-0.11, 0.17, 1.73}};
    double metric[3][3] = {};
    for (const PrimitiveOperation& operation : operations) {
        const auto& r = operation.rotation;
        for (int i = 0; i < 9; ++i) {
            for (int j = 0; j < 9; ++j) metric[i % 3][j % 3] += r[i] * general[i / 3][j / 3] * r[j];
        }
    }
    // Cholesky: metric = lattice^T lattice, of edges near 10 angstrom.
    const double scale = 100 / std::cbrt(metric[0][0] * metric[1][1] * metric[2][2]);
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) {
            double rest = column < row ? 0 : scale * metric[row][column];
            for (int k = 0; k < row && column >= row; ++k) rest -= lattice[k][row] * lattice[k][column];
            lattice[row][column] = column < row ? 0 : column == row ? std::sqrt(rest) : rest / lattice[row][row];
        }
    }
}

}  // namespace

int identify_space_group(const std::vector<PrimitiveOperation>& operations) {
    // spglib knows the axes of rotations in a reduced basis only.
    double lattice[3][3], reduced[3][3];
    fill_general_lattice(lattice, operations);
    std::memcpy(reduced, lattice, sizeof reduced);
    if (!spg_delaunay_reduce(reduced, 1e-5)) fail("a lattice that cannot be reduced; its symmetry operations are no space group");
    Matrix given, wanted;
    std::memcpy(given.data(), lattice, sizeof lattice);
    std::memcpy(wanted.data(), reduced, sizeof reduced);
    const Matrix from_reduced = product(inverse(given), wanted), to_reduced = inverse(from_reduced);

    std::vector<int> rotations;
    std::vector<double> translations;
    for (const PrimitiveOperation& operation : operations) {
        Matrix rotation;
        std::copy(operation.rotation.begin(), operation.rotation.end(), rotation.begin());
        for (double element : product(to_reduced, product(rotation, from_reduced)))
            rotations.push_back(static_cast<int>(std::lround(element)));
        for (int row = 0; row < 3; ++row) {
            double t = 0;
            for (int k = 0; k < 3; ++k) t += to_reduced[3 * row + k] * operation.translation[k];
            translations.push_back(t);
        }
    }
    const SpglibSpacegroupType type = spg_get_spacegroup_type_from_symmetry(reinterpret_cast<int(*)[3][3]>(rotations.data()),
                                                                            reinterpret_cast<double(*)[3]>(translations.data()),
                                                                            static_cast<int>(operations.size()), reduced, 1e-4);
    if (type.number < 1) fail(operations.size(), " symmetry operations that are no space group");
    return type.number;
}

std::string structure_type(int space_group, const std::map<int, std::string>& letters_of_element) {
    std::vector<std::string> parts;
    for (const auto& [element, letters] : letters_of_element) {
        std::string sorted = letters, part;
        std::sort(sorted.begin(), sorted.end());
        for (std::size_t i = 0; i < sorted.size();) {
            const std::size_t run = sorted.find_first_not_of(sorted[i], i) - i;
            const std::size_t count = std::min(run, sorted.size() - i);
            part += sorted[i];
            if (count > 1) part += std::to_string(count);
            i += count;
        }
        parts.push_back(part);
    }
    std::sort(parts.begin(), parts.end());
    std::string type = std::to_string(space_group) + ":";
    for (const std::string& part : parts) type += " " + part;
    return type;
}

const std::vector<SymmetryOperation>& standard_operations(int space_group) { return standard_setting(space_group).operations; }

StandardStructure standardise(const Structure& structure, const SymmetryOptions& options) {
    const std::vector<Site> sites = expand_cell(structure, options);
    check_distances(sites, structure.cell);
    const Dataset found = find_symmetry(structure, sites, options);

    StandardStructure result;
    Structure& standard = result.structure = structure;  // what its file says of it stays
    standard.atoms.clear();
    standard.powder_group = 0;
    standard.space_group = found->spacegroup_number;
    standard.cell = cell_of_lattice(found->std_lattice, found->spacegroup_number);
    const StandardSetting& setting = standard_setting(found->spacegroup_number);
    standard.operations = setting.operations;

    std::map<int, std::string> letters_of_element;
    std::size_t expected = 0;  // atoms in the cell
    for (const auto& [first, orbit] : orbits_of(*found)) {
        const std::vector<Atom> atoms = atoms_of(orbit, *found, sites, setting.origin);
        standard.atoms.insert(standard.atoms.end(), atoms.begin(), atoms.end());
        expected += orbit.standard.size() * atoms.size();
        for (const Species& species : sites[first].species) letters_of_element[species.element] += wyckoff_letter(found->wyckoffs[first]);
    }
    // The reduced structure must give back every atom. Now and then spglib leaves an atom just beside its special position.
    const auto given_back = [&] { return static_cast<std::size_t>(atoms_in_cell(Crystal(standard))); };
    if (given_back() != expected) tidy_sites(standard);
    if (const std::size_t given = given_back(); given != expected) {
        fail("the standard cell in group ", standard.space_group, " has ", given, " atoms instead of ", expected,
             "; try another --symprec");
    }
    result.structure_type = structure_type(standard.space_group, letters_of_element);
    return result;
}

}  // namespace friedel
