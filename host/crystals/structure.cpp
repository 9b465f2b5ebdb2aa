#include "host/crystals/structure.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "host/crystals/elements.h"
#include "host/crystals/laue_cone.h"
#include "host/crystals/operations.h"
#include "host/support/error.h"
#include "kernels/metric.h"

namespace friedel {

namespace {

bool same_rotation(const SymmetryOperation& a, const SymmetryOperation& b) { return std::equal(a.rotation, a.rotation + 9, b.rotation); }

std::array<std::int8_t, 3> wrapped(const std::int8_t* translation) {
    return {static_cast<std::int8_t>(wrap24(translation[0])), static_cast<std::int8_t>(wrap24(translation[1])),
            static_cast<std::int8_t>(wrap24(translation[2]))};
}

// The operation followed by the inversion through the origin.
SymmetryOperation inverted(SymmetryOperation operation) {
    for (std::int8_t& element : operation.rotation) element = static_cast<std::int8_t>(-element);
    for (std::int8_t& shift : operation.translation) shift = static_cast<std::int8_t>(wrap24(-shift));
    return operation;
}

// Distance of x from the nearest whole number.
double off_lattice(double x) { return std::abs(x - std::round(x)); }

// Tolerance, in fractions of a cell edge, within which an image of an atom is the atom itself: published coordinates carry four
// digits (1/3 as 0.3333), and no two atoms are nearer than that.
constexpr double same_position = 2e-3;

}  // namespace

double cell_volume(const std::array<double, 6>& cell) {
    const auto cosine = [&](std::size_t angle) { return std::cos(cell[angle] * degree<double>); };
    const double squared = unit_volume_sq(cosine(3), cosine(4), cosine(5));
    return squared > 0 ? cell[0] * cell[1] * cell[2] * std::sqrt(squared) : 0.0;
}

void check_cell(const std::array<double, 6>& cell) {
    constexpr double shortest = 0.5, longest = 500, smallest = 1, largest = 1e6, flattest = 0.01;
    for (int axis = 0; axis < 3; ++axis) {
        if (!(cell[axis] >= shortest && cell[axis] <= longest)) {
            fail("cell length ", "abc"[axis], " is ", cell[axis], " angstrom, not between ", shortest, " and ", longest);
        }
        if (!(cell[3 + axis] > 0 && cell[3 + axis] < 180)) fail("a cell angle is ", cell[3 + axis], " degrees");
    }
    const double volume = cell_volume(cell);
    if (!(volume >= smallest && volume >= flattest * cell[0] * cell[1] * cell[2])) fail("the unit cell has no volume; check its angles");
    if (volume > largest) fail("the unit cell of ", volume, " angstrom^3 is too large; at most ", largest);
}

// Splits the operations into centrings and representatives, in the order that OperationSet promises.
void Crystal::split_operations(const Structure& structure) {
    const SymmetryOperation identity{{1, 0, 0, 0, 1, 0, 0, 0, 1}, {}};
    std::vector<SymmetryOperation> distinct{identity};
    for (const SymmetryOperation& operation : structure.operations) {
        if (same_rotation(operation, identity)) centrings_.push_back(wrapped(operation.translation));
        if (std::none_of(distinct.begin(), distinct.end(), [&](const auto& r) { return same_rotation(r, operation); })) {
            distinct.push_back(operation);
        }
    }
    std::sort(centrings_.begin(), centrings_.end());
    centrings_.erase(std::unique(centrings_.begin(), centrings_.end()), centrings_.end());
    const bool has_identity = !centrings_.empty() && centrings_.front() == std::array<std::int8_t, 3>{};
    if (!has_identity || distinct.size() > max_representatives || distinct.size() * centrings_.size() != structure.operations.size()) {
        fail(structure.name, ": the ", structure.operations.size(), " symmetry operations do not form a space group (", distinct.size(),
             " rotations, ", centrings_.size(), " centring translations); check the operations listed");
    }
    const auto inversion =
        std::find_if(distinct.begin(), distinct.end(), [&](const auto& r) { return same_rotation(r, inverted(identity)); });
    if (inversion == distinct.end()) {
        representatives_ = distinct;
        return;
    }
    // A centring may stand in for part of the inversion's translation: take the inversion through the origin where there is one.
    std::array<std::int8_t, 3> centre = wrapped(inversion->translation);
    if (std::find(centrings_.begin(), centrings_.end(), centre) != centrings_.end()) centre = {};
    for (const SymmetryOperation& operation : distinct) {
        if (std::none_of(representatives_.begin(), representatives_.end(),
                         [&](const auto& r) { return same_rotation(r, inverted(operation)); })) {
            representatives_.push_back(operation);
        }
    }
    const std::size_t half = representatives_.size();
    if (2 * half != distinct.size()) {
        fail(structure.name,
             ": the symmetry operations hold the inversion but not the inverse of each rotation; check the operations listed");
    }
    for (std::size_t i = 0; i < half; ++i) {
        SymmetryOperation operation = inverted(representatives_[i]);
        for (int axis = 0; axis < 3; ++axis) {
            operation.translation[axis] = static_cast<std::int8_t>(wrap24(operation.translation[axis] + centre[axis]));
        }
        representatives_.push_back(operation);
    }
}

// Which representatives give images of `position` that differ, modulo centring and an inversion through the origin.
std::uint64_t Crystal::distinct_images(const std::array<double, 3>& position) const {
    const bool inversion_at_origin = view().operations.inversion_at_origin();
    const auto same = [&](const std::array<double, 3>& a, const std::array<double, 3>& b, double sign) {
        return std::any_of(centrings_.begin(), centrings_.end(), [&](const auto& centring) {
            for (int axis = 0; axis < 3; ++axis) {
                const double shift = static_cast<double>(centring[axis]) / translation_denominator;
                if (off_lattice(a[axis] - sign * b[axis] - shift) > same_position) return false;
            }
            return true;
        });
    };
    std::vector<std::array<double, 3>> seen;
    std::uint64_t mask = inversion_at_origin && same(position, position, -1) ? self_inverse : 0;
    for (std::size_t r = 0; r < representatives_.size(); ++r) {
        const SymmetryOperation& operation = representatives_[r];
        const std::array<double, 3> image = image_of(operation, position);
        const bool known = std::any_of(seen.begin(), seen.end(), [&](const std::array<double, 3>& other) {
            return same(image, other, 1) || (inversion_at_origin && same(image, other, -1));
        });
        if (known) continue;
        seen.push_back(image);
        mask |= std::uint64_t{1} << r;
    }
    return mask;
}

Crystal::Crystal(const Structure& structure) : name_(structure.name), cell_(structure.cell), space_group_(structure.space_group) {
    if (structure.atoms.empty()) fail(structure.name, ": no atoms");
    if (structure.operations.empty()) fail(structure.name, ": no symmetry operations");
    split_operations(structure);
    try {
        cone_ = laue_cone(representatives_);
    } catch (const Error& error) {
        fail(structure.name, ": ", error.what());
    }
    std::vector<int> order(structure.atoms.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return structure.atoms[a].element < structure.atoms[b].element; });
    for (int i : order) {
        const Atom& atom = structure.atoms[i];
        position_.insert(position_.end(), atom.position.begin(), atom.position.end());
        occupancy_.push_back(atom.occupancy);
        b_iso_.push_back(atom.b_iso);
        element_.push_back(static_cast<std::uint8_t>(atom.element));
        images_.push_back(distinct_images(atom.position));
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
            {representatives_.data(), centrings_.front().data(), static_cast<int>(representatives_.size()),
             static_cast<int>(centrings_.size()), &cone_},
            space_group_};
}

int copies_in_cell(const Crystal& crystal, int atom) {
    return copies_in_primitive_cell(crystal.view(), atom) * crystal.view().operations.centrings_count;
}

int atoms_in_cell(const Crystal& crystal) {
    int atoms = 0;
    for (int i = 0; i < static_cast<int>(crystal.element().size()); ++i) atoms += copies_in_cell(crystal, i);
    return atoms;
}

std::string formula_of_cell(const Crystal& crystal) {
    std::vector<double> counts(elements + 1, 0.0);
    for (int i = 0; i < static_cast<int>(crystal.element().size()); ++i) {
        counts[crystal.element()[i]] += crystal.occupancy()[i] * copies_in_cell(crystal, i);
    }
    return hill_formula(counts);
}

}  // namespace friedel
