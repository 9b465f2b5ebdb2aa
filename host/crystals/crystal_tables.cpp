#include "host/crystals/crystal_tables.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/crystals/atomic_radii.h"
#include "host/crystals/space_groups.h"
#include "host/crystals/structure.h"
#include "host/crystals/symmetry.h"
#include "host/crystals/wyckoff.h"
#include "host/support/matrix3.h"
#include "host/support/running_sums.h"

namespace friedel {

namespace {

// No two atoms nearer than this part of the sum of their covalent radii: shorter contacts are hardly found in refined structures.
constexpr float closest_contact = 0.75f;

// Weights of what smooths the counts, in structures or sites.
constexpr double system_weight = 20, all_elements_weight = 200, all_letters_weight = 4, floor_weight = 0.5;

using Rotation = Matrix3<int>;

Rotation rotation_of(const SymmetryOperation& operation) {
    Rotation r;
    std::copy(operation.rotation, operation.rotation + 9, r.begin());
    return r;
}

std::vector<Rotation> point_group(int space_group) {
    std::vector<Rotation> rotations;
    for (const SymmetryOperation& operation : standard_operations(space_group)) {
        const Rotation r = rotation_of(operation);
        if (std::find(rotations.begin(), rotations.end(), r) == rotations.end()) rotations.push_back(r);
    }
    return rotations;
}

// A group with all rotations that a lattice of the type has.
int holohedral_group(BravaisLattice type) {
    if (triclinic(type)) return 2;
    if (monoclinic(type)) return 10;
    if (type < BravaisLattice::tP) return 47;
    if (type < BravaisLattice::hP) return 123;
    return type == BravaisLattice::hP ? 191 : (type == BravaisLattice::hR ? 166 : 221);
}

void append_running_sums(std::vector<float>& to, const std::vector<double>& weights) {
    const std::vector<float> sums = running_sums(weights);
    to.insert(to.end(), sums.begin(), sums.end());
}

std::vector<double> normalised(std::vector<double> weights) {
    const double total = std::max(std::accumulate(weights.begin(), weights.end(), 0.0), 1e-300);
    for (double& weight : weights) weight /= total;
    return weights;
}

}  // namespace

CrystalTableStore::CrystalTableStore(const CrystalStatistics& statistics) {
    for (int group = 1; group <= space_groups; ++group) add_symmetry(group);
    smooth(statistics);
    for_each_array([&](const auto& array, auto member) { view_.*member = array.data(); });
    view_.partial = statistics.partial;
    view_.closest = closest_contact;
    view_.all_sites = static_cast<int>(sites_.size());
}

void CrystalTableStore::add_symmetry(int space_group) {
    Structure bare;
    bare.operations = standard_operations(space_group);
    bare.atoms.resize(1);
    const Crystal crystal(bare);
    representatives_.insert(representatives_.end(), crystal.representatives().begin(), crystal.representatives().end());
    representative_offset_.push_back(static_cast<std::uint32_t>(representatives_.size()));
    for (const auto& centring : crystal.centrings()) centrings_.insert(centrings_.end(), centring.begin(), centring.end());
    centring_offset_.push_back(static_cast<std::uint32_t>(centrings_.size() / 3));
    cones_.push_back(*crystal.view().operations.cone);
    const BravaisLattice type = bravais_lattice(space_group);
    lattice_.push_back(static_cast<std::uint8_t>(type));
    for (const WyckoffPosition& position : wyckoff_positions(space_group)) {
        WyckoffSite site{};
        for (int i = 0; i < 9; ++i) site.basis[i] = position.basis[i];
        for (int i = 0; i < 3; ++i) site.offset[i] = static_cast<float>(position.offset[i]) / translation_denominator;
        site.images = position.images;
        site.multiplicity = static_cast<std::int16_t>(position.multiplicity);
        site.freedom = static_cast<std::int16_t>(position.freedom);
        sites_.push_back(site);
    }
    site_offset_.push_back(static_cast<std::uint16_t>(sites_.size()));
    // A larger group holds with a rotation all its products with those of this one: one of each coset is enough.
    const std::vector<Rotation> own = point_group(space_group);
    std::vector<Rotation> seen;
    for (const Rotation& rotation : point_group(holohedral_group(type))) {
        if (std::find(seen.begin(), seen.end(), rotation) != seen.end()) continue;
        for (const Rotation& other : own) seen.push_back(product(rotation, other));
        for (int entry : rotation) rotations_.push_back(static_cast<std::int8_t>(entry));
    }
    rotation_offset_.push_back(static_cast<std::uint16_t>(rotations_.size() / 9));
}

void CrystalTableStore::smooth(const CrystalStatistics& s) {
    group_count_ = s.group_count;
    smooth_site_counts(s);
    smooth_elements(s);
    smooth_letters(s);
    packing_ = s.packing;
    shape_offset_ = s.shape_offset;
    shape_ = s.shape;
    occupancy_ = s.occupancy;
    b_iso_ = s.b_iso;
    atomic_volume_.push_back(0);
    radius_.push_back(0);
    for (int z = 1; z <= tabulated_elements; ++z) {
        atomic_volume_.push_back(s.atomic_volume[z - 1]);
        radius_.push_back(covalent_radius(z));
    }
    find_bandwidths();
}

// Numbers of sites: what the system's groups have, and a little of everything that falls off.
void CrystalTableStore::smooth_site_counts(const CrystalStatistics& s) {
    std::array<std::vector<double>, crystal_systems> of_system;
    for (auto& weights : of_system) weights.assign(max_generated_atoms, 0.0);
    for (int group = 1; group <= space_groups; ++group) {
        for (int n = 0; n < max_generated_atoms; ++n)
            of_system[crystal_system(group)][n] += s.site_count[static_cast<std::size_t>(group - 1) * max_generated_atoms + n];
    }
    for (auto& weights : of_system) {
        for (int n = 0; n < max_generated_atoms; ++n) weights[n] += 1.0 / ((n + 1) * (n + 2));
        weights = normalised(weights);
    }
    for (int group = 1; group <= space_groups; ++group) {
        std::vector<double> weights;
        for (int n = 0; n < max_generated_atoms; ++n) {
            weights.push_back(s.site_count[static_cast<std::size_t>(group - 1) * max_generated_atoms + n] +
                              system_weight * of_system[crystal_system(group)][n]);
        }
        append_running_sums(site_count_, weights);
    }
    for (int n = 1; n <= max_generated_atoms; ++n) {
        std::vector<double> weights;
        for (int k = 1; k <= max_generated_elements; ++k) {
            const double count = s.element_count[static_cast<std::size_t>(n - 1) * max_generated_elements + k - 1];
            weights.push_back(k > n ? 0 : count + (k <= 4 ? floor_weight : 0));
        }
        append_running_sums(element_count_, weights);
    }
}

void CrystalTableStore::smooth_elements(const CrystalStatistics& s) {
    std::vector<double> everywhere(tabulated_elements, 0.0);
    for (std::size_t i = 0; i < s.element.size(); ++i) everywhere[i % tabulated_elements] += s.element[i];
    everywhere = normalised(everywhere);
    for (int group = 0; group < space_groups; ++group) {
        std::vector<double> weights;
        for (int z = 0; z < tabulated_elements; ++z)
            weights.push_back(s.element[static_cast<std::size_t>(group) * tabulated_elements + z] + all_elements_weight * everywhere[z]);
        append_running_sums(element_, weights);
    }
}

// Letters: positions of equal freedom are alike until the group's own counts say otherwise.
void CrystalTableStore::smooth_letters(const CrystalStatistics& s) {
    for (int c = 0; c < letter_classes; ++c) {
        const std::uint32_t* const counts = s.letter.data() + static_cast<std::size_t>(c) * sites_.size();
        std::array<double, 4> drawn{}, offered{};
        for (int group = 0; group < space_groups; ++group) {
            double here = 0;
            for (int i = site_offset_[group]; i < site_offset_[group + 1]; ++i) here += counts[i];
            for (int i = site_offset_[group]; i < site_offset_[group + 1]; ++i) {
                drawn[sites_[i].freedom] += counts[i];
                offered[sites_[i].freedom] += here;
            }
        }
        for (int group = 0; group < space_groups; ++group) {
            std::vector<double> prior, weights;
            for (int i = site_offset_[group]; i < site_offset_[group + 1]; ++i) {
                const auto freedom = static_cast<std::size_t>(sites_[i].freedom);
                prior.push_back((drawn[freedom] + 1) / (offered[freedom] + 10));
            }
            prior = normalised(prior);
            for (int i = site_offset_[group]; i < site_offset_[group + 1]; ++i)
                weights.push_back(counts[i] + all_letters_weight * prior[i - site_offset_[group]]);
            append_running_sums(letter_, weights);
        }
    }
}

// A kernel about each example, by Scott's rule from the spread of the middle half, which a few odd cells do not widen.
void CrystalTableStore::find_bandwidths() {
    for (int type = 0; type < bravais_lattices; ++type) {
        const std::size_t first = shape_offset_[type], n = shape_offset_[type + 1] - first;
        for (int p = 0; p < lattice_parameters; ++p) {
            std::vector<float> values;
            for (std::size_t i = 0; i < n; ++i) values.push_back(shape_[lattice_parameters * (first + i) + p]);
            std::sort(values.begin(), values.end());
            const float spread = (values[3 * n / 4] - values[n / 4]) / 1.35f;
            bandwidth_.push_back(spread * std::pow(static_cast<float>(n), -1.0f / (lattice_parameters + 4)) * 0.5f);
        }
    }
}

std::vector<double> CrystalTableStore::group_share(double tempering) const {
    std::vector<double> share;
    double total = 0;
    for (std::uint32_t count : group_count_) total += (share.emplace_back(std::pow(count + floor_weight, tempering)));
    for (double& one : share) one /= total;
    return share;
}

}  // namespace friedel
