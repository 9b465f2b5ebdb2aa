// Atoms put into a cell, each with all its images, so that none is too near to another; and whether what came out has more symmetry than
// was meant. Distances are those within the cell and, where atoms reach beyond half of it, to the neighbouring cells.
#pragma once

#include "kernels/crystal_composition.h"
#include "kernels/metric.h"

namespace friedel {

namespace generator {

// A count that leaves no vector register of a core half full: the arrays of atoms are padded for it.
template <class Block>
FRIEDEL_FN int whole_vectors(int n) {
    constexpr int padding = GeneratorScratch::padding;
    return Block::is_core ? (n + padding - 1) / padding * padding : n;
}

// A point of the cell for an atom of this kind.
struct AtomPlace {
    float x[3];
    float reach;
    int species;
};

// The cell that atoms are put into.
struct CellSpace {
    Metric<float> metric;
    int shifts[3];  // along which axes the next cell is looked into, 0 or 1
    bool is_roomy;  // no atom is too near to its own images by whole translations, nor reaches beyond the next cell
};

FRIEDEL_FN CellSpace space_of(const Draft& draft) {
    float largest = 0;
    for (int i = 0; i < draft.scratch.orbits; ++i) largest = fmaxf(largest, draft.reach_of(i));
    CellSpace space;
    space.metric = direct_metric(draft.cell);
    space.is_roomy = true;
    // Distances d within 2 `largest` span at most 2 largest |a*| of the cell edge a: beyond a half, neighbouring cells come into play.
    const Metric<float> reciprocal = space.metric.inverse();
    for (int axis = 0; axis < 3; ++axis) {
        const float span = 2 * largest * square_root(reciprocal.m[axis]);
        space.shifts[axis] = span < 0.5f ? 0 : 1;
        space.is_roomy = space.is_roomy && span < 1.0f;
    }
    for (int i = 0; i <= space.shifts[0]; ++i) {
        for (int j = -space.shifts[1]; j <= space.shifts[1]; ++j) {
            for (int k = -space.shifts[2]; k <= space.shifts[2]; ++k) {
                if (i == 0 && (j < 0 || (j == 0 && k <= 0))) continue;
                const float d[3] = {static_cast<float>(i), static_cast<float>(j), static_cast<float>(k)};
                if (space.metric.product(d, d) < 4 * largest * largest) space.is_roomy = false;
            }
        }
    }
    return space;
}

// Of n atoms of the cell from number `first` on, those that are too near to a place, each in the cell that lies nearest or, by `shift`,
// beyond that.
template <class Block>
FRIEDEL_FN int count_near(const GeneratorScratch& s, int first, int n, const Metric<float>& metric, const AtomPlace& place,
                          const float* shift) {
    const Metric<float> m = metric;  // copies, so that the loop holds them in registers
    const float *const ax = s.x + first, *const ay = s.y + first, *const az = s.z + first, *const far = s.reach + first;
    const float px = place.x[0], py = place.x[1], pz = place.x[2], reach = place.reach, sx = shift[0], sy = shift[1], sz = shift[2];
    const int whole = whole_vectors<Block>(n);
    int near = 0;
    FRIEDEL_SIMD_SUM(near)
    for (int a = 0; a < whole; ++a) {
        const float dx = px - ax[a], dy = py - ay[a], dz = pz - az[a];
        const float wx = dx - nearest(dx), wy = dy - nearest(dy), wz = dz - nearest(dz);
        const float u = wx - copysignf(sx, wx), v = wy - copysignf(sy, wy), w = wz - copysignf(sz, wz);
        const float square = m.m[0] * u * u + m.m[1] * v * v + m.m[2] * w * w + 2 * (m.m[3] * v * w + m.m[4] * u * w + m.m[5] * u * v);
        const float limit = reach + far[a];
        const int counts = square < limit * limit ? 1 : 0;
        near += a < n ? counts : 0;
    }
    return near;
}

// Atoms of the cell, among those from `begin` to `end`, that are too near to a place. Images of an atom at no distance from it are the atom
// itself and do not count, except by way of the lattice.
template <class Block>
FRIEDEL_FN int too_near(Block& block, const GeneratorScratch& s, const CellSpace& space, const AtomPlace& place, int begin, int end) {
    constexpr int tile = Block::tile;
    return block.template sum<int>((end - begin + tile - 1) / tile, [&](int part) {
        const int from = begin + part * tile, n = end - from < tile ? end - from : tile;
        int near = 0;
        for (int i = 0; i <= space.shifts[0]; ++i) {
            for (int j = 0; j <= space.shifts[1]; ++j) {
                for (int k = 0; k <= space.shifts[2]; ++k) {
                    const float shift[3] = {static_cast<float>(i), static_cast<float>(j), static_cast<float>(k)};
                    near += count_near<Block>(s, from, n, space.metric, place, shift);
                }
            }
        }
        return near;
    });
}

// Every image of a place in the cell, from slot `slot` on; the place itself first, those of the first centring before the others.
template <class Block>
FRIEDEL_FN void put_orbit(Block& block, GeneratorScratch& s, const OperationSet& operations, const WyckoffSite& position,
                          const AtomPlace& place, int slot) {
    const std::uint64_t mask = position.images & ~self_inverse;
    const int copies = operations.inversion_at_origin() && !(position.images & self_inverse) ? 2 : 1;
    const int primitive = position.multiplicity / operations.centrings_count;
    block.for_each(operations.representatives_count, [&](int r) {
        if (!(mask >> r & 1)) return;
        int before = 0;
        for (std::uint64_t lower = mask & ((std::uint64_t{1} << r) - 1); lower; lower &= lower - 1) ++before;
        constexpr float unit = 1.0f / translation_denominator;
        float image[3];
        apply(image, operations.representatives[r], place.x);
        for (int c = 0; c < operations.centrings_count; ++c) {
            const std::int8_t* shift = operations.centrings + 3 * c;
            for (int copy = 0; copy < copies; ++copy) {
                const int at = slot + c * primitive + before * copies + copy;
                const float sign = copy ? -1.0f : 1.0f;
                s.x[at] = sign * image[0] + shift[0] * unit;
                s.y[at] = sign * image[1] + shift[1] * unit;
                s.z[at] = sign * image[2] + shift[2] * unit;
                s.reach[at] = place.reach;
                s.kind[at] = static_cast<float>(place.species);
            }
        }
    });
}

// Whether atoms may come nearer to each other than their reaches.
enum class Distances { kept, any };

// Finds a place for an atom of the asymmetric unit and puts its images into the cell, which holds `atoms` already. False where there is
// no room for them.
template <class Block>
FRIEDEL_FN bool place_orbit(Block& block, Draft& draft, const CellSpace& space, int orbit, int atoms, std::uint32_t numbers,
                            Distances distances) {
    GeneratorScratch& s = draft.scratch;
    const bool anywhere = distances == Distances::any;
    const WyckoffSite& position = draft.sites()[s.site[orbit]];
    const int placements = position.freedom == 0 ? 1 : max_placements;
    AtomPlace place{{}, draft.reach_of(orbit), s.species[orbit]};
    for (int placement = 0; placement < placements; ++placement) {
        const Random4 random = random4(draft.id.seed, draft.id.sample, Purpose::crystal_coordinates,
                                       numbers + static_cast<std::uint32_t>(orbit * 32 + placement));
        for (int row = 0; row < 3; ++row) {
            place.x[row] = position.offset[row];
            for (int k = 0; k < position.freedom; ++k) place.x[row] += position.basis[3 * row + k] * uniform_open(random.bits[k]);
        }
        if (too_near(block, s, space, place, 0, atoms) > 0 && !anywhere) continue;
        put_orbit(block, s, draft.operations(), position, place, atoms);
        if (too_near(block, s, space, place, atoms + 1, atoms + position.multiplicity) > 0 && !anywhere) continue;
        block.for_each(3, [&](int row) { s.representative[3 * orbit + row] = place.x[row]; });
        return true;
    }
    return false;
}

// Places all atoms in the cell so that none is too near to another. False where one finds no room.
template <class Block>
FRIEDEL_FN bool place_atoms(Block& block, Draft& draft, std::uint32_t numbers, Distances distances) {
    GeneratorScratch& s = draft.scratch;
    const CellSpace space = space_of(draft);
    if (!space.is_roomy && distances == Distances::kept) return false;
    int atoms = 0;
    for (int orbit = 0; orbit < s.orbits; ++orbit) {
        if (!place_orbit(block, draft, space, orbit, atoms, numbers, distances)) return false;
        block.once([&] { s.first[orbit] = static_cast<std::int16_t>(atoms); });
        atoms += draft.sites()[s.site[orbit]].multiplicity;
    }
    block.once([&] { s.first[s.orbits] = static_cast<std::int16_t>(atoms); });
    return true;
}

// The orbit of the kind of atom that there are fewest of.
struct RarestKind {
    int orbit, atoms;
};
FRIEDEL_FN RarestKind rarest_kind(const GeneratorScratch& s) {
    RarestKind rarest{0, max_generated_cell_atoms + 1};
    for (int orbit = 0; orbit < s.orbits; ++orbit) {
        int count = 0;
        for (int other = 0; other < s.orbits; ++other) {
            if (s.species[other] == s.species[orbit]) count += s.first[other + 1] - s.first[other];
        }
        if (count < rarest.atoms) rarest = {orbit, count};
    }
    return rarest;
}

// Whether some atom of this kind lies at the point y of the cell, which holds `atoms`.
template <class Block>
FRIEDEL_FN bool falls_on_kind(const GeneratorScratch& s, const Metric<float>& metric, const float* y, float kind, int atoms) {
    const int whole = whole_vectors<Block>(atoms);
    int met = 0;
    FRIEDEL_SIMD_SUM(met)
    for (int a = 0; a < whole; ++a) {
        const float dx = y[0] - s.x[a], dy = y[1] - s.y[a], dz = y[2] - s.z[a];
        const float d[3] = {dx - nearest(dx), dy - nearest(dy), dz - nearest(dz)};
        const float of_kind = s.kind[a] == kind ? symmetry_tolerance * symmetry_tolerance : 0.0f, limit = a < atoms ? of_kind : 0.0f;
        met += metric.product(d, d) < limit ? 1 : 0;
    }
    return met > 0;
}

// Whether some operation beyond the group's, a rotation of its lattice with any translation, maps one atom of each orbit on an atom of its
// kind: then the crystal is taken to have a larger group. Necessary for one, and without accident sufficient.
template <class Block>
FRIEDEL_FN bool has_more_symmetry(Block& block, const Draft& draft) {
    const GeneratorScratch& s = draft.scratch;
    const CrystalTables& t = draft.tables;
    const Metric<float> metric = direct_metric(draft.cell);
    const int g = draft.group_index(), centrings = static_cast<int>(t.centring_offset[g + 1] - t.centring_offset[g]);
    const int rotations = t.rotation_offset[g + 1] - t.rotation_offset[g];
    // An operation maps the rarest kind of atom on itself, which leaves the fewest translations to try.
    const RarestKind rarest = rarest_kind(s);
    const int targets = rarest.atoms / centrings;
    const float* const pivot = s.representative + 3 * rarest.orbit;
    const int atoms = s.first[s.orbits];
    const int found = block.template sum<int>(rotations * targets, [&](int candidate) {
        const std::int8_t* const r = t.rotations + 9 * (t.rotation_offset[g] + candidate / targets);
        int target = candidate % targets, orbit = 0;
        for (;; ++orbit) {
            if (s.species[orbit] != s.species[rarest.orbit]) continue;
            const int here = (s.first[orbit + 1] - s.first[orbit]) / centrings;
            if (target < here) break;
            target -= here;
        }
        if (candidate < targets && orbit == rarest.orbit && target == 0) return 0;  // the identity
        target += s.first[orbit];
        const float at[3] = {s.x[target], s.y[target], s.z[target]};
        float rotated[3];
        rotate(rotated, r, pivot);
        const float w[3] = {at[0] - rotated[0], at[1] - rotated[1], at[2] - rotated[2]};
        // From the last orbit on: those without freedom, which often fall on themselves, come first.
        for (int o = s.orbits - 1; o >= 0; --o) {
            float y[3];
            rotate(y, r, s.representative + 3 * o);
            for (int row = 0; row < 3; ++row) y[row] += w[row];
            if (!falls_on_kind<Block>(s, metric, y, s.species[o], atoms)) return 0;
        }
        return 1;
    });
    return found > 0;
}

}  // namespace generator

}  // namespace friedel
