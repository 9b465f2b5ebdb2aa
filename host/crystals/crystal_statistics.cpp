#include "host/crystals/crystal_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <numeric>
#include <set>
#include <span>

#include "host/crystals/atomic_radii.h"
#include "host/crystals/elements.h"
#include "host/crystals/shipped_statistics.h"
#include "host/crystals/space_groups.h"
#include "host/crystals/structure.h"
#include "host/crystals/symmetry.h"
#include "host/crystals/wyckoff.h"
#include "host/crystals/wyckoff_letters.h"
#include "host/support/error.h"
#include "host/support/hash.h"

namespace friedel {

const FileKind crystal_statistics_kind{"crystal_statistics", 1, "make it again with 'friedel statistics'"};

namespace {

constexpr std::size_t max_examples = 256;  // of shapes, of each type of lattice
constexpr std::size_t min_examples = 16;
constexpr std::size_t min_for_quantiles = 30;
constexpr int volume_rounds = 12;
constexpr double volume_weight = 3;  // of the rough volume of an atom, in structures

// The quantile `u` of a standard normal distribution, its ends cut to those of a large sample.
double clipped_normal_quantile(double u) { return normal_quantile(static_cast<float>(std::clamp(u, 0.005, 0.995))); }

std::vector<float> normal_quantiles(double mean, double deviation) {
    std::vector<float> table;
    for (int i = 0; i < quantiles; ++i)
        table.push_back(static_cast<float>(mean + deviation * clipped_normal_quantile(i / (quantiles - 1.0))));
    return table;
}

// The outermost hundredths, where mistakes live, are cut off.
std::vector<float> quantiles_of(std::vector<float> values) {
    std::sort(values.begin(), values.end());
    std::vector<float> table;
    for (int i = 0; i < quantiles; ++i) {
        const double u = 0.01 + 0.98 * i / (quantiles - 1.0);
        table.push_back(values[static_cast<std::size_t>(u * static_cast<double>(values.size() - 1))]);
    }
    return table;
}

using CellShape = std::array<float, lattice_parameters>;

// Shapes as a sketch has them: edges that differ by a third, angles by ten degrees; c of tetragonal and hexagonal cells by more.
std::vector<CellShape> sketched_shapes(std::size_t n) {
    std::vector<CellShape> shapes;
    for (std::size_t i = 0; i < n; ++i) {
        // Numbers of low discrepancy: multiples of the powers of x, where x^6 = x + 1, which is to five dimensions what the golden ratio
        // is to one (M. Roberts, "The unreasonable effectiveness of quasirandom sequences", 2018).
        constexpr double x = 1.1347241384015195;
        CellShape shape;
        double step = 1;
        for (int p = 0; p < lattice_parameters; ++p) {
            step /= x;
            const double u = std::fmod(0.5 + static_cast<double>(i + 1) * step, 1.0);
            const double z = clipped_normal_quantile(u);
            shape[p] = static_cast<float>(p < 2 ? 0.35 * z : 90 + 10 * z);
        }
        shapes.push_back(shape);
    }
    return shapes;
}

CellShape shape_of(const float* cell) { return {std::log(cell[1] / cell[0]), std::log(cell[2] / cell[0]), cell[3], cell[4], cell[5]}; }

// Letters and how often each occurs in a structure type such as "62: c3 d a": one entry per site.
std::vector<char> letters_of_type(const std::string& type) {
    std::vector<char> letters;
    const std::size_t colon = type.find(':');
    if (colon == std::string::npos) return letters;
    for (std::size_t i = colon + 1; i < type.size();) {
        const char c = type[i++];
        if (c == ' ') continue;
        int count = 0;
        while (i < type.size() && std::isdigit(static_cast<unsigned char>(type[i])))
            count = std::min(10 * count + (type[i++] - '0'), 10000);
        letters.insert(letters.end(), static_cast<std::size_t>(std::max(count, 1)), c);
    }
    return letters;
}

// Contents of a cell, for fitting volumes.
struct Contents {
    std::vector<std::pair<int, float>> atoms;  // atomic number, number in the cell
    float volume;
    BravaisLattice lattice;

    double volume_of_atoms(const std::vector<float>& atomic_volume) const {
        double total = 0;
        for (const auto& [z, n] : atoms) total += n * atomic_volume[z - 1];
        return total;
    }
};

Contents contents_of(const CrystalView<float>& crystal) {
    std::array<double, 6> cell;
    std::copy_n(crystal.cell, 6, cell.begin());
    Contents contents{{}, static_cast<float>(cell_volume(cell)), bravais_lattice(crystal.space_group)};
    for (int atom = 0; atom < crystal.atoms; ++atom) {
        const int copies = copies_in_primitive_cell(crystal, atom) * crystal.operations.centrings_count;
        contents.atoms.emplace_back(crystal.element[atom], crystal.occupancy[atom] * static_cast<float>(copies));
    }
    return contents;
}

// What structures hold beside what is counted in whole numbers.
struct Examples {
    std::vector<Contents> contents;
    std::array<std::vector<CellShape>, bravais_lattices> shapes;
    std::vector<float> occupancies, displacements;  // of sites that share their place; of those that state a plausible one, angstrom^2
    std::size_t full = 0;                           // sites that are, in libraries that state occupancies at all
};

void collect(Examples& examples, const CrystalView<float>& crystal, bool states_occupancy) {
    constexpr float min_b = 0.05f, max_b = 20;                      // angstrom^2; others are not counted
    constexpr float min_occupancy = 0.02f, full_occupancy = 0.99f;  // between these a site is shared; others count as full
    for (int atom = 0; atom < crystal.atoms; ++atom) {
        const float b = crystal.b_iso[atom], occupancy = crystal.occupancy[atom];
        if (b > min_b && b < max_b) examples.displacements.push_back(b);
        if (!states_occupancy) continue;
        if (occupancy > min_occupancy && occupancy < full_occupancy)
            examples.occupancies.push_back(occupancy);
        else
            ++examples.full;
    }
    examples.shapes[static_cast<std::size_t>(bravais_lattice(crystal.space_group))].push_back(shape_of(crystal.cell));
    examples.contents.push_back(contents_of(crystal));
}

// Groups, elements, numbers of sites and their Wyckoff letters. `number`: of the structure, from 1, for errors.
void count(CrystalStatistics& s, const CrystalView<float>& crystal, const std::vector<char>& letters, int number) {
    const auto& offset = wyckoff_offset();
    const auto group = static_cast<std::size_t>(crystal.space_group - 1);
    ++s.group_count[group];
    std::set<int> kinds;
    for (int atom = 0; atom < crystal.atoms; ++atom) {
        kinds.insert(crystal.element[atom]);
        ++s.element[group * tabulated_elements + crystal.element[atom] - 1u];
    }
    const int sites = static_cast<int>(letters.size());
    if (sites == 0 || sites > max_generated_atoms) return;
    ++s.site_count[group * max_generated_atoms + static_cast<std::size_t>(sites) - 1];
    const auto kind_count = std::min<std::size_t>(kinds.size(), max_generated_elements);
    ++s.element_count[static_cast<std::size_t>(sites - 1) * max_generated_elements + kind_count - 1];
    for (const char letter : letters) {
        const int rank = wyckoff_rank(letter);
        if (rank < 0 || offset[group] + rank >= offset[group + 1]) {
            fail("structure ", number, " has a Wyckoff letter '", letter, "' that group ", group + 1,
                 " lacks; make the library again with 'friedel ingest'");
        }
        ++s.letter[static_cast<std::size_t>(letter_class(sites)) * offset.back() + offset[group] + static_cast<std::size_t>(rank)];
    }
}

// Moves the volume of each element until, in geometric mean over the structures, cells have the volume of their atoms. A structure counts
// for an element by the share of its volume.
void fit_volumes(std::vector<float>& atomic_volume, const std::vector<Contents>& contents) {
    constexpr double most_off = 1;  // in ln of the volume; beyond are open frameworks and mistakes
    for (int round = 0; round < volume_rounds; ++round) {
        std::array<double, tabulated_elements> sum{}, weight;
        weight.fill(round == 0 ? 1e-3 : volume_weight);
        for (const Contents& here : contents) {
            const double total = here.volume_of_atoms(atomic_volume), off = std::log(here.volume / total);
            if (std::abs(off) > most_off) continue;
            for (const auto& [z, n] : here.atoms) {
                const double share = n * atomic_volume[z - 1] / total;
                sum[z - 1] += share * off;
                weight[z - 1] += share;
            }
        }
        for (std::size_t z = 0; z < tabulated_elements; ++z) atomic_volume[z] *= static_cast<float>(std::exp(sum[z] / weight[z]));
    }
}

// [bravais_lattices][quantiles] of ln(volume of the cell / volume of its atoms); types with few examples have those of all structures.
std::vector<float> packing_of(const std::vector<Contents>& contents, const std::vector<float>& atomic_volume) {
    std::vector<float> all;
    std::array<std::vector<float>, bravais_lattices> of_type;
    for (const Contents& here : contents) {
        const auto off = static_cast<float>(std::clamp(std::log(here.volume / here.volume_of_atoms(atomic_volume)), -1.0, 1.5));
        all.push_back(off);
        of_type[static_cast<std::size_t>(here.lattice)].push_back(off);
    }
    const std::vector<float> overall = quantiles_of(all);
    std::vector<float> packing;
    for (const auto& values : of_type) {
        const std::vector<float> table = values.size() < min_for_quantiles ? overall : quantiles_of(values);
        packing.insert(packing.end(), table.begin(), table.end());
    }
    return packing;
}

// Of each type of lattice some examples, evenly spread over the sorted ones so that a small file tells as much as it can; sketched ones
// make up for those that are missing.
void choose_shapes(CrystalStatistics& s, std::array<std::vector<CellShape>, bravais_lattices> shapes) {
    constexpr float max_stretched = 3;  // ln of a ratio of edges
    s.shape.clear();
    s.shape_offset = {0};
    for (std::vector<CellShape>& of_type : shapes) {
        std::sort(of_type.begin(), of_type.end());
        const std::size_t n = std::min(of_type.size(), max_examples);
        std::vector<CellShape> chosen;
        for (std::size_t i = 0; i < n; ++i) chosen.push_back(of_type[(2 * i + 1) * of_type.size() / (2 * n)]);
        if (n < min_examples) {
            const std::vector<CellShape> sketched = sketched_shapes(min_examples - n);
            chosen.insert(chosen.end(), sketched.begin(), sketched.end());
        }
        for (CellShape& shape : chosen) {
            for (std::size_t p = 0; p < 2; ++p) shape[p] = std::clamp(shape[p], -max_stretched, max_stretched);
            s.shape.insert(s.shape.end(), shape.begin(), shape.end());
        }
        s.shape_offset.push_back(static_cast<std::uint32_t>(s.shape.size() / lattice_parameters));
    }
}

}  // namespace

const std::array<std::uint16_t, space_groups + 1>& wyckoff_offset() {
    static const std::array<std::uint16_t, space_groups + 1> table = [] {
        std::array<std::uint16_t, space_groups + 1> offset{};
        for (int group = 1; group <= space_groups; ++group)
            offset[group] = static_cast<std::uint16_t>(offset[group - 1] + wyckoff_positions(group).size());
        return offset;
    }();
    return table;
}

CrystalStatistics CrystalStatistics::uniform() {
    CrystalStatistics s;
    const std::size_t positions = wyckoff_offset().back();
    s.group_count.assign(space_groups, 1);
    for (int group = 0; group < space_groups; ++group) {
        for (int n = 1; n <= max_generated_atoms; ++n) s.site_count.push_back(n <= 12 ? 20 : 0);
    }
    for (int n = 1; n <= max_generated_atoms; ++n) {
        for (int k = 1; k <= max_generated_elements; ++k) s.element_count.push_back(k <= std::min(n, 5) ? 1 : 0);
    }
    s.element.assign(static_cast<std::size_t>(space_groups) * tabulated_elements, 1);
    s.letter.assign(letter_classes * positions, 1);
    for (int z = 1; z <= tabulated_elements; ++z) s.atomic_volume.push_back(rough_atomic_volume(z));
    for (int type = 0; type < bravais_lattices; ++type) {
        const std::vector<float> packing = normal_quantiles(0.1, 0.2);
        s.packing.insert(s.packing.end(), packing.begin(), packing.end());
    }
    s.shape_offset = {0};
    for (int type = 0; type < bravais_lattices; ++type) {
        for (const CellShape& shape : sketched_shapes(64)) s.shape.insert(s.shape.end(), shape.begin(), shape.end());
        s.shape_offset.push_back(static_cast<std::uint32_t>(s.shape.size() / lattice_parameters));
    }
    for (int i = 0; i < quantiles; ++i) s.occupancy.push_back(0.25f + 0.7f * static_cast<float>(i) / (quantiles - 1));
    s.b_iso = normal_quantiles(std::log(0.6), 0.45);
    for (float& b : s.b_iso) b = std::exp(b);
    s.partial = 0.03f;
    s.source = "uniform";
    return s;
}

CrystalStatistics CrystalStatistics::gathered(const std::vector<const StructureLibrary*>& libraries) {
    CrystalStatistics s = uniform();
    s.source.clear();
    for (auto* counts : {&s.group_count, &s.site_count, &s.element_count, &s.element, &s.letter})
        std::fill(counts->begin(), counts->end(), 0u);
    Examples examples;
    for (const StructureLibrary* const library : libraries) {
        const LibraryView view = library->view();
        const bool states_occupancy = std::any_of(library->occupancy.begin(), library->occupancy.end(), [](float o) { return o < 1; });
        for (int i = 0; i < library->size(); ++i) {
            const CrystalView<float> crystal = view.crystal(i);
            if (crystal.space_group == 0) continue;
            count(s, crystal, letters_of_type(library->type_of(i)), i + 1);
            collect(examples, crystal, states_occupancy);
        }
    }
    if (examples.contents.empty()) fail("no structure with a known space group to count; ingest other files");
    if (std::all_of(s.site_count.begin(), s.site_count.end(), [](std::uint32_t n) { return n == 0; }))
        fail("the structures have no types; make the library again with 'friedel ingest'");

    fit_volumes(s.atomic_volume, examples.contents);
    s.packing = packing_of(examples.contents, s.atomic_volume);
    choose_shapes(s, std::move(examples.shapes));
    const std::size_t shared = examples.occupancies.size();
    if (shared >= min_for_quantiles) {
        s.partial = static_cast<float>(shared) / static_cast<float>(shared + examples.full);
        s.occupancy = quantiles_of(std::move(examples.occupancies));
    }
    if (examples.displacements.size() >= min_for_quantiles) s.b_iso = quantiles_of(std::move(examples.displacements));
    return s;
}

void CrystalStatistics::write(const std::filesystem::path& path, const std::map<std::string, std::string>& description) const {
    H5File file = H5File::create(path, crystal_statistics_kind);
    file.write("group_count", group_count);
    file.write("site_count", site_count.data(), {space_groups, max_generated_atoms});
    file.write("element_count", element_count.data(), {max_generated_atoms, max_generated_elements});
    file.write("element", element.data(), {space_groups, tabulated_elements});
    file.write("letter", letter.data(), {letter_classes, letter.size() / letter_classes});
    file.write("atomic_volume", atomic_volume);
    file.write("packing", packing.data(), {bravais_lattices, quantiles});
    file.write("shape_offset", shape_offset);
    file.write("shape", shape.data(), {shape.size() / lattice_parameters, lattice_parameters});
    file.write("occupancy", occupancy);
    file.write("b_iso", b_iso);
    file.write("partial", &partial, {1});
    file.write_attribute("atomic_volume", "unit", std::string("angstrom^3"));
    file.write_attribute("b_iso", "unit", std::string("angstrom^2"));
    file.write_attribute("packing", "layout", std::string("quantiles of ln(cell volume / sum of atomic volumes) for each type of lattice"));
    file.write_attribute("shape", "layout", std::string("ln b/a, ln c/a, alpha, beta, gamma in degrees"));
    file.write_attribute("/", "source", source);
    for (const auto& [key, value] : description) file.write_attribute("/", key, value);
    file.commit();
}

CrystalStatistics CrystalStatistics::read(const std::filesystem::path& path) { return read(H5File::open(path, crystal_statistics_kind)); }

CrystalStatistics CrystalStatistics::shipped() {
    const std::span<const std::byte> image = shipped_statistics();
    return read(H5File::open_image("the statistics shipped with friedel", image.data(), image.size(), crystal_statistics_kind));
}

std::string CrystalStatistics::hash() const {
    Fnv1a hash;
    const auto add = [&](const auto& values) { hash.add(values.data(), values.size() * sizeof values[0]); };
    for (const auto* counts : {&group_count, &site_count, &element_count, &element, &letter, &shape_offset}) add(*counts);
    for (const auto* numbers : {&atomic_volume, &packing, &shape, &occupancy, &b_iso}) add(*numbers);
    add(std::array{partial});
    return hash.text();
}

CrystalStatistics CrystalStatistics::read(const H5File& file) {
    const std::filesystem::path& path = file.path();
    CrystalStatistics s;
    const auto require = [&](bool good, const std::string& what) {
        if (!good) fail(path.string(), ": ", what, "; the file is damaged, make it again with 'friedel statistics'");
    };
    const auto counts = [&](const char* name, std::size_t size) {
        std::vector<std::uint32_t> values = file.read<std::uint32_t>(name);
        require(values.size() == size,
                std::string(name) + " has " + std::to_string(values.size()) + " numbers instead of " + std::to_string(size));
        return values;
    };
    const auto numbers = [&](const char* name, std::size_t size, float low, float high) {
        std::vector<float> values = file.read<float>(name);
        require(values.size() == size,
                std::string(name) + " has " + std::to_string(values.size()) + " numbers instead of " + std::to_string(size));
        require(std::all_of(values.begin(), values.end(), [=](float x) { return x >= low && x <= high; }),
                std::string(name) + " holds a number that is not between " + std::to_string(low) + " and " + std::to_string(high));
        return values;
    };
    const auto sum = [](const std::vector<std::uint32_t>& values) { return std::accumulate(values.begin(), values.end(), 0.0); };
    const std::size_t positions = wyckoff_offset().back();
    s.group_count = counts("group_count", space_groups);
    s.site_count = counts("site_count", static_cast<std::size_t>(space_groups) * max_generated_atoms);
    s.element_count = counts("element_count", static_cast<std::size_t>(max_generated_atoms) * max_generated_elements);
    s.element = counts("element", static_cast<std::size_t>(space_groups) * tabulated_elements);
    s.letter = counts("letter", letter_classes * positions);
    require(sum(s.group_count) > 0 && sum(s.site_count) > 0 && sum(s.element) > 0, "nothing was counted");
    s.atomic_volume = numbers("atomic_volume", tabulated_elements, 1, 300);
    s.packing = numbers("packing", static_cast<std::size_t>(bravais_lattices) * quantiles, -2, 2);
    s.shape_offset = counts("shape_offset", bravais_lattices + 1);
    require(s.shape_offset.front() == 0 &&
                std::adjacent_find(s.shape_offset.begin(), s.shape_offset.end(), std::greater_equal<>()) == s.shape_offset.end() &&
                s.shape_offset.back() < 1000000,
            "shape_offset does not ascend");
    s.shape = numbers("shape", static_cast<std::size_t>(s.shape_offset.back()) * lattice_parameters, -5, 180);
    for (std::size_t i = 0; i < s.shape.size(); ++i) {
        const float value = s.shape[i];
        require(i % lattice_parameters < 2 ? std::abs(value) <= 5 : value > 20 && value < 160, "shape holds an impossible cell");
    }
    s.occupancy = numbers("occupancy", quantiles, 0.01f, 1);
    s.b_iso = numbers("b_iso", quantiles, 0, 100);
    s.partial = numbers("partial", 1, 0, 1).front();
    const auto ascends = [](const std::vector<float>& values, std::size_t first, std::size_t n) {
        return std::is_sorted(values.begin() + static_cast<std::ptrdiff_t>(first), values.begin() + static_cast<std::ptrdiff_t>(first + n));
    };
    bool sorted = ascends(s.occupancy, 0, quantiles) && ascends(s.b_iso, 0, quantiles);
    for (std::size_t type = 0; type < bravais_lattices; ++type) sorted = sorted && ascends(s.packing, type * quantiles, quantiles);
    require(sorted, "quantiles do not ascend");
    if (file.has_attribute("/", "source")) s.source = file.read_text_attribute("/", "source");
    return s;
}

CrystalStatistics read_statistics(const std::string& name) {
    if (name == "uniform") return CrystalStatistics::uniform();
    return name == "shipped" ? CrystalStatistics::shipped() : CrystalStatistics::read(name);
}

}  // namespace friedel
