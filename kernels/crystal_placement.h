// Atoms put into a cell, each with all its images, so that none is too near to another; and whether what came out has more symmetry than
// was meant. Distances are those within the cell and, where atoms reach beyond half of it, to the neighbouring cells.
#pragma once

#include "kernels/crystal_composition.h"
#include "kernels/metric.h"

namespace friedel {

namespace generator {

// A count that leaves no vector register half full, where items are taken by the tile: the arrays are padded for it.
FRIEDEL_FN int whole_vectors(int n, int tile) { return tile < padding ? n : (n + padding - 1) / padding * padding; }

// Of n atoms, those nearer to x than both reach, each in the cell that lies nearest or, by `shift`, beyond that. Looks at `whole` of them.
FRIEDEL_FN int count_near(const float* ax, const float* ay, const float* az, const float* far, int n, int whole,
                          const Metric<float>& metric, const float* x, float reach, const float* shift) {
    const Metric<float> m = metric;  // copies, so that the loop holds them in registers
    const float px = x[0], py = x[1], pz = x[2], sx = shift[0], sy = shift[1], sz = shift[2];
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

// Atoms of the cell that are too near to the point `x`, of an atom of this reach, among those from `begin` to `end`; own images at no
// distance are the atom itself and do not count, except by way of the lattice. `shifts`: along which axes the next cell is looked into.
template <class Block>
FRIEDEL_FN int too_near(Block& block, const GeneratorScratch& s, const Metric<float>& metric, const int* shifts, const float* x,
                        float reach, int begin, int end) {
    constexpr int tile = Block::tile;
    return block.template sum<int>((end - begin + tile - 1) / tile, [&](int part) {
        const int from = begin + part * tile, n = end - from < tile ? end - from : tile;
        int near = 0;
        for (int i = 0; i <= shifts[0]; ++i) {
            for (int j = 0; j <= shifts[1]; ++j) {
                for (int k = 0; k <= shifts[2]; ++k) {
                    const float shift[3] = {static_cast<float>(i), static_cast<float>(j), static_cast<float>(k)};
                    near +=
                        count_near(s.x + from, s.y + from, s.z + from, s.reach + from, n, whole_vectors(n, tile), metric, x, reach, shift);
                }
            }
        }
        return near;
    });
}

// Every image of a point in the cell, from slot `slot` on; the point itself first, those of the first centring before the others.
template <class Block>
FRIEDEL_FN void put_orbit(Block& block, GeneratorScratch& s, const OperationSet& operations, const WyckoffSite& position, const float* x,
                          int slot, float reach, int species) {
    const std::uint64_t mask = position.images & ~self_inverse;
    const int copies = operations.inversion_at_origin() && !(position.images & self_inverse) ? 2 : 1;
    const int primitive = position.multiplicity / operations.centrings_count;
    block.for_each(operations.representatives_count, [&](int r) {
        if (!(mask >> r & 1)) return;
        int before = 0;
        for (std::uint64_t lower = mask & ((std::uint64_t{1} << r) - 1); lower; lower &= lower - 1) ++before;
        constexpr float unit = 1.0f / translation_denominator;
        float image[3];
        apply(image, operations.representatives[r], x);
        for (int c = 0; c < operations.centrings_count; ++c) {
            const std::int8_t* shift = operations.centrings + 3 * c;
            for (int copy = 0; copy < copies; ++copy) {
                const int at = slot + c * primitive + before * copies + copy;
                const float sign = copy ? -1.0f : 1.0f;
                s.x[at] = sign * image[0] + shift[0] * unit;
                s.y[at] = sign * image[1] + shift[1] * unit;
                s.z[at] = sign * image[2] + shift[2] * unit;
                s.reach[at] = reach;
                s.kind[at] = static_cast<float>(species);
            }
        }
    });
}

// Places all atoms in the cell so that none is too near to another. False where one finds no room, unless `anywhere` will do.
template <class Block>
FRIEDEL_FN bool place_atoms(Block& block, GeneratorScratch& s, const CrystalTables& t, int space_group, const float* cell,
                            std::uint64_t seed, std::uint64_t sample, std::uint32_t stream, bool anywhere) {
    const Metric<float> metric = direct_metric(cell);
    const OperationSet operations = t.operations(space_group);
    float largest = 0;
    for (int i = 0; i < s.orbits; ++i) largest = fmaxf(largest, t.closest * t.radius[s.element[i]]);
    // Distances d within 2 `largest` span at most 2 largest |a*| of the cell edge a: beyond a half, neighbouring cells come into play.
    const Metric<float> reciprocal = metric.inverse();
    int shifts[3];
    for (int axis = 0; axis < 3; ++axis) {
        const float span = 2 * largest * square_root(reciprocal.m[axis]);
        if (!(span < 1.0f) && !anywhere) return false;
        shifts[axis] = span < 0.5f ? 0 : 1;
    }
    // An atom and its own images by whole translations.
    for (int i = 0; i <= shifts[0]; ++i) {
        for (int j = -shifts[1]; j <= shifts[1]; ++j) {
            for (int k = -shifts[2]; k <= shifts[2]; ++k) {
                if (i == 0 && (j < 0 || (j == 0 && k <= 0))) continue;
                const float d[3] = {static_cast<float>(i), static_cast<float>(j), static_cast<float>(k)};
                if (metric.product(d, d) < 4 * largest * largest && !anywhere) return false;
            }
        }
    }
    const int first_site = t.site_offset[space_group - 1];
    int atoms = 0;
    for (int orbit = 0; orbit < s.orbits; ++orbit) {
        const WyckoffSite& position = t.sites[first_site + s.site[orbit]];
        const float reach = t.closest * t.radius[s.element[orbit]];
        const int placements = position.freedom == 0 ? 1 : max_placements;
        bool placed = false;
        for (int placement = 0; placement < placements && !placed; ++placement) {
            float x[3];
            const Random4 random =
                random4(seed, sample, Purpose::crystal_coordinates, stream + static_cast<std::uint32_t>(orbit * 32 + placement));
            for (int row = 0; row < 3; ++row) {
                x[row] = position.offset[row];
                for (int k = 0; k < position.freedom; ++k) x[row] += position.basis[3 * row + k] * uniform_open(random.bits[k]);
            }
            if (too_near(block, s, metric, shifts, x, reach, 0, atoms) > 0 && !anywhere) continue;
            put_orbit(block, s, operations, position, x, atoms, reach, s.species[orbit]);
            placed = too_near(block, s, metric, shifts, x, reach, atoms + 1, atoms + position.multiplicity) == 0 || anywhere;
            if (!placed) continue;
            block.for_each(3, [&](int row) { s.representative[3 * orbit + row] = x[row]; });
        }
        if (!placed) return false;
        block.for_each(1, [&](int) { s.first[orbit] = static_cast<std::int16_t>(atoms); });
        atoms += position.multiplicity;
    }
    block.for_each(1, [&](int) { s.first[s.orbits] = static_cast<std::int16_t>(atoms); });
    return true;
}

// Whether some operation beyond the group's, a rotation of its lattice with any translation, maps one atom of each orbit on an atom of its
// kind: then the crystal is taken to have a larger group. Necessary for one, and without accident sufficient.
template <class Block>
FRIEDEL_FN bool has_more_symmetry(Block& block, const GeneratorScratch& s, const CrystalTables& t, int space_group, const float* cell) {
    const Metric<float> metric = direct_metric(cell);
    const int g = space_group - 1, centrings = static_cast<int>(t.centring_offset[g + 1] - t.centring_offset[g]);
    const int rotations = t.rotation_offset[g + 1] - t.rotation_offset[g];
    // An operation maps the rarest kind of atom on itself, which leaves the fewest translations to try.
    int rarest = 0, fewest = max_generated_cell_atoms + 1;
    for (int orbit = 0; orbit < s.orbits; ++orbit) {
        int count = 0;
        for (int other = 0; other < s.orbits; ++other)
            if (s.species[other] == s.species[orbit]) count += s.first[other + 1] - s.first[other];
        if (count < fewest) {
            fewest = count;
            rarest = orbit;
        }
    }
    const int targets = fewest / centrings;
    const float* const pivot = s.representative + 3 * rarest;
    const int atoms = s.first[s.orbits], whole = whole_vectors(atoms, Block::tile);
    const int found = block.template sum<int>(rotations * targets, [&](int candidate) {
        const std::int8_t* const r = t.rotations + 9 * (t.rotation_offset[g] + candidate / targets);
        int target = candidate % targets, orbit = 0;
        for (;; ++orbit) {
            if (s.species[orbit] != s.species[rarest]) continue;
            const int here = (s.first[orbit + 1] - s.first[orbit]) / centrings;
            if (target < here) break;
            target -= here;
        }
        if (candidate < targets && orbit == rarest && target == 0) return 0;  // the identity
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
            const float kind = s.species[o];
            int met = 0;
            FRIEDEL_SIMD_SUM(met)
            for (int a = 0; a < whole; ++a) {
                const float dx = y[0] - s.x[a], dy = y[1] - s.y[a], dz = y[2] - s.z[a];
                const float d[3] = {dx - nearest(dx), dy - nearest(dy), dz - nearest(dz)};
                const float of_kind = s.kind[a] == kind ? symmetry_tolerance * symmetry_tolerance : 0.0f,
                            limit = a < atoms ? of_kind : 0.0f;
                met += metric.product(d, d) < limit ? 1 : 0;
            }
            if (met == 0) return 0;
        }
        return 1;
    });
    return found > 0;
}

}  // namespace generator

}  // namespace friedel
