#include "host/structure.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "host/error.h"

namespace friedel {

namespace {

int wrap24(int translation) { return ((translation % translation_denominator) + translation_denominator) % translation_denominator; }

bool same_rotation(const SymmetryOperation& a, const SymmetryOperation& b) { return std::equal(a.rotation, a.rotation + 9, b.rotation); }

// Distance of x from the nearest whole number.
double off_lattice(double x) { return std::abs(x - std::round(x)); }

// Tolerance, in fractions of a cell edge, within which an image of an atom is the atom itself: published coordinates carry four
// digits (1/3 as 0.3333), and no two atoms are nearer than that.
constexpr double same_position = 2e-3;

}  // namespace

double cell_volume(const std::array<double, 6>& cell) {
    const double ca = std::cos(cell[3] * std::numbers::pi / 180), cb = std::cos(cell[4] * std::numbers::pi / 180),
                 cg = std::cos(cell[5] * std::numbers::pi / 180);
    const double squared = 1 - ca * ca - cb * cb - cg * cg + 2 * ca * cb * cg;
    return squared > 0 ? cell[0] * cell[1] * cell[2] * std::sqrt(squared) : 0.0;
}

Crystal::Crystal(const Structure& structure) : cell_(structure.cell), space_group_(structure.space_group) {
    if (structure.atoms.empty()) fail(structure.name, ": no atoms");
    if (structure.operations.empty()) fail(structure.name, ": no symmetry operations");
    for (const SymmetryOperation& operation : structure.operations) {
        const SymmetryOperation identity{{1, 0, 0, 0, 1, 0, 0, 0, 1}, {}};
        if (same_rotation(operation, identity)) {
            centrings_.push_back({static_cast<std::int8_t>(wrap24(operation.translation[0])),
                                  static_cast<std::int8_t>(wrap24(operation.translation[1])),
                                  static_cast<std::int8_t>(wrap24(operation.translation[2]))});
        }
        if (std::none_of(representatives_.begin(), representatives_.end(), [&](const auto& r) { return same_rotation(r, operation); })) {
            representatives_.push_back(operation);
        }
    }
    std::sort(centrings_.begin(), centrings_.end());
    centrings_.erase(std::unique(centrings_.begin(), centrings_.end()), centrings_.end());
    const SymmetryOperation& first = representatives_.front();
    const bool starts_with_identity = centrings_.size() && first.rotation[0] == 1 && first.rotation[4] == 1 && first.rotation[8] == 1 &&
                                      first.translation[0] == 0 && first.translation[1] == 0 && first.translation[2] == 0;
    if (!starts_with_identity || representatives_.size() > max_representatives ||
        representatives_.size() * centrings_.size() != structure.operations.size()) {
        fail(structure.name, ": the ", structure.operations.size(), " symmetry operations do not form a space group (",
             representatives_.size(), " rotations, ", centrings_.size(), " centring translations); check the operations listed");
    }

    std::vector<int> order(structure.atoms.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return structure.atoms[a].element < structure.atoms[b].element; });
    for (int i : order) {
        const Atom& atom = structure.atoms[i];
        std::vector<std::array<double, 3>> seen;
        std::uint64_t mask = 0;
        for (std::size_t r = 0; r < representatives_.size(); ++r) {
            const SymmetryOperation& operation = representatives_[r];
            std::array<double, 3> image;
            for (int row = 0; row < 3; ++row) {
                image[row] = operation.rotation[3 * row] * atom.position[0] + operation.rotation[3 * row + 1] * atom.position[1] +
                             operation.rotation[3 * row + 2] * atom.position[2] +
                             static_cast<double>(operation.translation[row]) / translation_denominator;
            }
            const bool known = std::any_of(seen.begin(), seen.end(), [&](const std::array<double, 3>& other) {
                return std::any_of(centrings_.begin(), centrings_.end(), [&](const auto& centring) {
                    for (int axis = 0; axis < 3; ++axis) {
                        const double shift = static_cast<double>(centring[axis]) / translation_denominator;
                        if (off_lattice(image[axis] - other[axis] - shift) > same_position) return false;
                    }
                    return true;
                });
            });
            if (known) continue;
            seen.push_back(image);
            mask |= std::uint64_t{1} << r;
        }
        for (double x : atom.position) position_.push_back(x);
        occupancy_.push_back(atom.occupancy);
        b_iso_.push_back(atom.b_iso);
        element_.push_back(static_cast<std::uint8_t>(atom.element));
        images_.push_back(mask);
    }
}

CrystalView<double> Crystal::view() const {
    return {cell_.data(),
            position_.data(),
            occupancy_.data(),
            b_iso_.data(),
            element_.data(),
            images_.data(),
            static_cast<int>(element_.size()),
            {representatives_.data(), centrings_.front().data(), static_cast<int>(representatives_.size()), static_cast<int>(centrings_.size())},
            space_group_};
}

int atoms_in_cell(const Crystal& crystal) {
    int atoms = 0;
    for (std::uint64_t mask : crystal.images()) atoms += __builtin_popcountll(mask);
    return atoms * static_cast<int>(crystal.centrings().size());
}

}  // namespace friedel
