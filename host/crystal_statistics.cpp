#include "host/crystal_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <numeric>
#include <set>
#include <span>

#include "host/atomic_radii.h"
#include "host/elements.h"
#include "host/error.h"
#include "host/hash.h"
#include "host/shipped_statistics.h"
#include "host/space_groups.h"
#include "host/structure.h"
#include "host/symmetry.h"
#include "host/wyckoff.h"

namespace friedel {

const FileKind crystal_statistics_kind{"crystal_statistics", 1, "make it again with 'friedel statistics'"};

static_assert(tabulated_elements == elements);

namespace {

constexpr std::size_t most_examples = 256;  // of shapes, of each type of lattice
constexpr std::size_t fewest_examples = 16;
constexpr std::size_t fewest_for_quantiles = 30;
constexpr int volume_rounds = 12;
constexpr double volume_weight = 3;  // of the rough volume of an atom, in structures

// Quantile i of n of a standard normal distribution, its ends cut to those of a large sample.
double normal_deviate(double u) { return normal_quantile(static_cast<float>(std::clamp(u, 0.005, 0.995))); }

std::vector<float> normal_quantiles(double mean, double deviation) {
    std::vector<float> table;
    for (int i = 0; i < quantiles; ++i) table.push_back(static_cast<float>(mean + deviation * normal_deviate(i / (quantiles - 1.0))));
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
        // Low-discrepancy numbers (multiples of the golden ratio's generalisation to five dimensions).
        CellShape shape;
        double step = 1;
        for (int p = 0; p < lattice_parameters; ++p) {
            step /= 1.1673039782614187;
            const double u = std::fmod(0.5 + static_cast<double>(i + 1) * step, 1.0);
            const double z = normal_deviate(u);
            shape[static_cast<std::size_t>(p)] = static_cast<float>(p < 2 ? 0.35 * z : 90 + 10 * z);
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
    LatticeType lattice;
};

}  // namespace

LatticeType lattice_type(int space_group) {
    const char centring = space_group_symbol(space_group)[0];
    const auto of = [&](LatticeType primitive, const char* centrings) {
        return static_cast<LatticeType>(static_cast<int>(primitive) + static_cast<int>(std::string_view(centrings).find(centring)));
    };
    switch (crystal_system(space_group)) {
        case 0:
            return LatticeType::aP;
        case 1:
            return of(LatticeType::mP, "PC");
        case 2:
            return of(LatticeType::oP, "PCAFI");
        case 3:
            return of(LatticeType::tP, "PI");
        case 6:
            return of(LatticeType::cP, "PFI");
        default:
            return of(LatticeType::hP, "PR");
    }
}

const std::array<std::uint16_t, space_groups + 1>& wyckoff_offset() {
    static const std::array<std::uint16_t, space_groups + 1> table = [] {
        std::array<std::uint16_t, space_groups + 1> offset{};
        for (int group = 1; group <= space_groups; ++group)
            offset[static_cast<std::size_t>(group)] =
                static_cast<std::uint16_t>(offset[static_cast<std::size_t>(group - 1)] + wyckoff_positions(group).size());
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
    for (int type = 0; type < lattice_types; ++type) {
        const std::vector<float> packing = normal_quantiles(0.1, 0.2);
        s.packing.insert(s.packing.end(), packing.begin(), packing.end());
    }
    s.shape_offset = {0};
    for (int type = 0; type < lattice_types; ++type) {
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
    const auto& offset = wyckoff_offset();
    const std::size_t positions = offset.back();
    std::vector<Contents> contents;
    std::array<std::vector<CellShape>, lattice_types> shapes;
    std::vector<float> occupancies, displacements;
    std::size_t full = 0;  // sites of libraries that state occupancies at all

    for (const StructureLibrary* const library : libraries) {
        const LibraryView view = library->view();
        const bool states_occupancy = std::any_of(library->occupancy.begin(), library->occupancy.end(), [](float o) { return o < 1; });
        for (int i = 0; i < library->size(); ++i) {
            const CrystalView<float> crystal = view.crystal(i);
            if (crystal.space_group == 0) continue;
            const auto group = static_cast<std::size_t>(crystal.space_group - 1);
            const std::vector<char> letters = letters_of_type(library->type_of(i));
            ++s.group_count[group];
            const int sites = static_cast<int>(letters.size());
            std::set<int> kinds;
            for (int atom = 0; atom < crystal.atoms; ++atom) {
                kinds.insert(crystal.element[atom]);
                ++s.element[group * tabulated_elements + crystal.element[atom] - 1u];
                if (crystal.b_iso[atom] > 0.05f && crystal.b_iso[atom] < 20) displacements.push_back(crystal.b_iso[atom]);
                if (states_occupancy) {
                    if (crystal.occupancy[atom] < 0.99f && crystal.occupancy[atom] > 0.02f)
                        occupancies.push_back(crystal.occupancy[atom]);
                    else
                        ++full;
                }
            }
            if (sites > 0 && sites <= max_generated_atoms) {
                ++s.site_count[group * max_generated_atoms + static_cast<std::size_t>(sites) - 1];
                const auto kind_count = std::min<std::size_t>(kinds.size(), max_generated_elements);
                ++s.element_count[static_cast<std::size_t>(sites - 1) * max_generated_elements + kind_count - 1];
                for (const char letter : letters) {
                    const int rank = letter >= 'a' && letter <= 'z' ? letter - 'a' : letter == 'A' ? 26 : -1;
                    if (rank < 0 || offset[group] + rank >= offset[group + 1]) {
                        fail("structure ", i + 1, " has a Wyckoff letter '", letter, "' that group ", group + 1,
                             " lacks; make the library again with 'friedel ingest'");
                    }
                    ++s.letter[static_cast<std::size_t>(letter_class(sites)) * positions + offset[group] + static_cast<std::size_t>(rank)];
                }
            }
            const LatticeType type = lattice_type(crystal.space_group);
            shapes[static_cast<std::size_t>(type)].push_back(shape_of(crystal.cell));
            std::array<double, 6> cell;
            std::copy_n(crystal.cell, 6, cell.begin());
            Contents here{{}, static_cast<float>(cell_volume(cell)), type};
            const int copies = (crystal.operations.inversion_at_origin() ? 2 : 1) * crystal.operations.centrings_count;
            for (int atom = 0; atom < crystal.atoms; ++atom) {
                const bool self = crystal.operations.inversion_at_origin() && (crystal.images[atom] & self_inverse);
                here.atoms.emplace_back(
                    crystal.element[atom],
                    crystal.occupancy[atom] *
                        static_cast<float>(__builtin_popcountll(crystal.images[atom] & ~self_inverse) * copies / (self ? 2 : 1)));
            }
            contents.push_back(std::move(here));
        }
    }
    if (contents.empty()) fail("no structure with a known space group to count; ingest other files");
    if (std::all_of(s.site_count.begin(), s.site_count.end(), [](std::uint32_t n) { return n == 0; }))
        fail("the structures have no types; make the library again with 'friedel ingest'");

    // Atomic volumes: each is moved until, in geometric mean over the structures, cells have the volume of their atoms. A structure counts
    // for an element by the share of its volume.
    for (int round = 0; round < volume_rounds; ++round) {
        std::array<double, tabulated_elements> sum{}, weight;
        weight.fill(volume_weight);
        if (round == 0) weight.fill(1e-3);
        for (const Contents& here : contents) {
            double total = 0;
            for (const auto& [z, n] : here.atoms) total += n * s.atomic_volume[static_cast<std::size_t>(z - 1)];
            const double off = std::log(here.volume / total);
            if (std::abs(off) > 1) continue;  // open frameworks and mistakes
            for (const auto& [z, n] : here.atoms) {
                const double share = n * s.atomic_volume[static_cast<std::size_t>(z - 1)] / total;
                sum[static_cast<std::size_t>(z - 1)] += share * off;
                weight[static_cast<std::size_t>(z - 1)] += share;
            }
        }
        for (std::size_t z = 0; z < tabulated_elements; ++z) s.atomic_volume[z] *= static_cast<float>(std::exp(sum[z] / weight[z]));
    }
    std::vector<float> all_packing;
    std::array<std::vector<float>, lattice_types> packing;
    for (const Contents& here : contents) {
        float total = 0;
        for (const auto& [z, n] : here.atoms) total += n * s.atomic_volume[static_cast<std::size_t>(z - 1)];
        const float off = std::clamp(std::log(here.volume / total), -1.0f, 1.5f);
        all_packing.push_back(off);
        packing[static_cast<std::size_t>(here.lattice)].push_back(off);
    }
    const std::vector<float> overall = quantiles_of(all_packing);
    s.packing.clear();
    for (const auto& values : packing) {
        const std::vector<float> table = values.size() < fewest_for_quantiles ? overall : quantiles_of(values);
        s.packing.insert(s.packing.end(), table.begin(), table.end());
    }
    s.shape.clear();
    s.shape_offset = {0};
    for (std::vector<CellShape>& of_type : shapes) {
        // Evenly spread over the sorted examples, so that a small file tells as much as it can.
        std::sort(of_type.begin(), of_type.end());
        const std::size_t n = std::min(of_type.size(), most_examples);
        std::vector<CellShape> chosen;
        for (std::size_t i = 0; i < n; ++i) chosen.push_back(of_type[(2 * i + 1) * of_type.size() / (2 * n)]);
        if (n < fewest_examples) {
            const std::vector<CellShape> sketched = sketched_shapes(fewest_examples - n);
            chosen.insert(chosen.end(), sketched.begin(), sketched.end());
        }
        for (CellShape& shape : chosen) {
            for (int p = 0; p < 2; ++p) shape[static_cast<std::size_t>(p)] = std::clamp(shape[static_cast<std::size_t>(p)], -3.0f, 3.0f);
            s.shape.insert(s.shape.end(), shape.begin(), shape.end());
        }
        s.shape_offset.push_back(static_cast<std::uint32_t>(s.shape.size() / lattice_parameters));
    }
    if (occupancies.size() >= fewest_for_quantiles) {
        s.partial = static_cast<float>(occupancies.size()) / static_cast<float>(occupancies.size() + full);
        s.occupancy = quantiles_of(occupancies);
    }
    if (displacements.size() >= fewest_for_quantiles) s.b_iso = quantiles_of(displacements);
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
    file.write("packing", packing.data(), {lattice_types, quantiles});
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
    s.packing = numbers("packing", static_cast<std::size_t>(lattice_types) * quantiles, -2, 2);
    s.shape_offset = counts("shape_offset", lattice_types + 1);
    require(s.shape_offset.front() == 0 &&
                std::adjacent_find(s.shape_offset.begin(), s.shape_offset.end(), std::greater_equal<>()) == s.shape_offset.end() &&
                s.shape_offset.back() < 1000000,
            "shape_offset does not ascend");
    s.shape = numbers("shape", static_cast<std::size_t>(s.shape_offset.back()) * lattice_parameters, -5, 180);
    for (std::size_t i = 0; i < s.shape.size(); ++i) {
        const float value = s.shape[i];
        require(i % lattice_parameters < 2 ? std::abs(value) <= 5 : value > 20 && value < 160, "shape holds a cell that is none");
    }
    s.occupancy = numbers("occupancy", quantiles, 0.01f, 1);
    s.b_iso = numbers("b_iso", quantiles, 0, 100);
    s.partial = numbers("partial", 1, 0, 1).front();
    const auto ascends = [](const std::vector<float>& values, std::size_t first, std::size_t n) {
        return std::is_sorted(values.begin() + static_cast<std::ptrdiff_t>(first), values.begin() + static_cast<std::ptrdiff_t>(first + n));
    };
    bool sorted = ascends(s.occupancy, 0, quantiles) && ascends(s.b_iso, 0, quantiles);
    for (std::size_t type = 0; type < lattice_types; ++type) sorted = sorted && ascends(s.packing, type * quantiles, quantiles);
    require(sorted, "quantiles do not ascend");
    if (file.has_attribute("/", "source")) s.source = file.read_text_attribute("/", "source");
    return s;
}

CrystalStatistics read_statistics(const std::string& name) {
    if (name == "uniform") return CrystalStatistics::uniform();
    return name == "shipped" ? CrystalStatistics::shipped() : CrystalStatistics::read(name);
}

}  // namespace friedel
