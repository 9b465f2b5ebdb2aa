#include "host/crystals/structure_library.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "host/crystals/elements.h"
#include "host/crystals/laue_cone.h"
#include "host/support/error.h"

namespace friedel {

const FileKind structure_library_kind{"structure_library", 1, "make it again with 'friedel ingest'"};

namespace {

static_assert(sizeof(SymmetryOperation) == 12, "stored as rows of twelve bytes");

constexpr std::int8_t identity_rotation[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};

float stored_coordinate(double x) {
    const double parts = x * translation_denominator;
    if (std::abs(parts - std::round(parts)) < 1e-6 * translation_denominator)
        return static_cast<float>(std::round(parts) / translation_denominator);
    constexpr double grid = 1 << 20;
    return static_cast<float>(std::round(x * grid) / grid);
}

}  // namespace

std::uint16_t StructureLibrary::add_operation_set(const Crystal& crystal) {
    const auto& set = crystal.representatives();
    std::string key(reinterpret_cast<const char*>(set.data()), set.size() * sizeof(SymmetryOperation));
    for (const auto& centring : crystal.centrings()) key.append(reinterpret_cast<const char*>(centring.data()), centring.size());
    const auto [known, added] = known_operation_sets_.emplace(key, static_cast<std::uint16_t>(representative_offset.size() - 1));
    if (!added) return known->second;
    if (representative_offset.size() > std::numeric_limits<std::uint16_t>::max())
        fail("more than 65 535 different symmetry settings in one library");
    representatives.insert(representatives.end(), set.begin(), set.end());
    for (const auto& centring : crystal.centrings()) centrings.insert(centrings.end(), centring.begin(), centring.end());
    cones.push_back(*crystal.view().operations.cone);
    representative_offset.push_back(static_cast<std::uint32_t>(representatives.size()));
    centring_offset.push_back(static_cast<std::uint32_t>(centrings.size() / 3));
    return known->second;
}

void StructureLibrary::add(const Structure& structure, const std::string& type) {
    const Crystal crystal(structure);
    if (atom_offset.back() + crystal.element().size() > std::numeric_limits<std::uint32_t>::max())
        fail("more than 4 294 967 295 atoms in one library");
    operation_set.push_back(add_operation_set(crystal));
    for (double value : structure.cell) cell.push_back(static_cast<float>(value));
    space_group.push_back(static_cast<std::uint16_t>(structure.space_group));
    claimed_space_group.push_back(static_cast<std::uint16_t>(structure.claimed_space_group));
    powder_group.push_back(static_cast<std::uint16_t>(structure.powder_group));
    const auto [known, added] = known_types_.emplace(type, static_cast<std::uint32_t>(structure_type_name.size()));
    if (added) structure_type_name.push_back(type);
    structure_type.push_back(known->second);
    name.push_back(structure.name);
    formula.push_back(structure.formula);
    for (double x : crystal.position()) position.push_back(stored_coordinate(x));
    for (double x : crystal.occupancy()) occupancy.push_back(static_cast<float>(x));
    for (double x : crystal.b_iso()) b_iso.push_back(static_cast<float>(x));
    element.insert(element.end(), crystal.element().begin(), crystal.element().end());
    images.insert(images.end(), crystal.images().begin(), crystal.images().end());
    atom_offset.push_back(static_cast<std::uint32_t>(element.size()));
}

LibraryView StructureLibrary::view() const {
    return {cell.data(),
            space_group.data(),
            operation_set.data(),
            atom_offset.data(),
            position.data(),
            occupancy.data(),
            b_iso.data(),
            element.data(),
            images.data(),
            representative_offset.data(),
            representatives.data(),
            centring_offset.data(),
            centrings.data(),
            cones.data(),
            size()};
}

Structure StructureLibrary::structure(int i) const {
    const CrystalView<float> crystal = view().crystal(i);
    const auto index = static_cast<std::size_t>(i);
    Structure result;
    result.name = name[index];
    result.formula = formula[index];
    result.space_group = space_group[index];
    result.claimed_space_group = claimed_space_group[index];
    result.powder_group = powder_group[index];
    std::copy_n(crystal.cell, 6, result.cell.begin());
    for (int a = 0; a < crystal.atoms; ++a) {
        const float* x = crystal.position + 3 * a;
        result.atoms.push_back(
            {element_symbol(crystal.element[a]), crystal.element[a], {x[0], x[1], x[2]}, crystal.occupancy[a], crystal.b_iso[a]});
    }
    for (int c = 0; c < crystal.operations.centrings_count; ++c) {
        for (int r = 0; r < crystal.operations.representatives_count; ++r) {
            SymmetryOperation operation = crystal.operations.representatives[r];
            for (int axis = 0; axis < 3; ++axis) {
                operation.translation[axis] = static_cast<std::int8_t>(
                    (operation.translation[axis] + crystal.operations.centrings[3 * c + axis]) % translation_denominator);
            }
            result.operations.push_back(operation);
        }
    }
    return result;
}

StructureLibrary StructureLibrary::subset(const std::vector<int>& chosen) const {
    StructureLibrary result;
    result.representative_offset = representative_offset;
    result.representatives = representatives;
    result.centring_offset = centring_offset;
    result.centrings = centrings;
    result.cones = cones;
    const auto copy = [](auto& to, const auto& from, std::size_t first, std::size_t count) {
        to.insert(to.end(), from.begin() + static_cast<std::ptrdiff_t>(first), from.begin() + static_cast<std::ptrdiff_t>(first + count));
    };
    for (const int chosen_index : chosen) {
        const auto i = static_cast<std::size_t>(chosen_index);
        const std::size_t first = atom_offset[i], atoms = atom_offset[i + 1] - first;
        copy(result.cell, cell, 6 * i, 6);
        result.space_group.push_back(space_group[i]);
        result.claimed_space_group.push_back(claimed_space_group[i]);
        result.powder_group.push_back(powder_group[i]);
        result.operation_set.push_back(operation_set[i]);
        const std::string& type = structure_type_name[structure_type[i]];
        const auto [known, added] = result.known_types_.emplace(type, static_cast<std::uint32_t>(result.structure_type_name.size()));
        if (added) result.structure_type_name.push_back(type);
        result.structure_type.push_back(known->second);
        result.name.push_back(name[i]);
        result.formula.push_back(formula[i]);
        copy(result.position, position, 3 * first, 3 * atoms);
        copy(result.occupancy, occupancy, first, atoms);
        copy(result.b_iso, b_iso, first, atoms);
        copy(result.element, element, first, atoms);
        copy(result.images, images, first, atoms);
        result.atom_offset.push_back(static_cast<std::uint32_t>(result.element.size()));
    }
    return result;
}

bool StructureLibrary::has_powder_groups() const {
    return std::any_of(powder_group.begin(), powder_group.end(), [](std::uint16_t group) { return group > 0; });
}

void StructureLibrary::write(const std::filesystem::path& path, const std::map<std::string, std::string>& description) const {
    H5File file = H5File::create(path, structure_library_kind);
    const auto structures = static_cast<std::size_t>(size()), atoms = element.size();
    file.write("cell", cell.data(), {structures, 6});
    file.write("space_group", space_group);
    file.write("claimed_space_group", claimed_space_group);
    if (has_powder_groups()) file.write("powder_group", powder_group);
    file.write("operation_set", operation_set);
    file.write("structure_type", structure_type);
    file.write_strings("name", name);
    file.write_strings("formula", formula);
    file.write_strings("structure_type_name", structure_type_name);
    file.write("atom_offset", atom_offset);
    file.write("position", position.data(), {atoms, 3});
    file.write("occupancy", occupancy);
    file.write("b_iso", b_iso);
    file.write("element", element);
    file.write("images", images);
    file.write("representative_offset", representative_offset);
    file.write("representatives", reinterpret_cast<const std::int8_t*>(representatives.data()), {representatives.size(), 12});
    file.write("centring_offset", centring_offset);
    file.write("centrings", centrings.data(), {centrings.size() / 3, 3});
    file.write_attribute("cell", "unit", std::string("angstrom, degree"));
    file.write_attribute("position", "unit", std::string("fraction of the cell edges"));
    file.write_attribute("b_iso", "unit", std::string("angstrom^2; -1 where the source states none"));
    file.write_attribute("representatives", "layout", std::string("rotation row by row, then translation in 1/24"));
    std::vector<std::string> files, blocks, reasons;
    for (const Rejection& rejection : rejections) {
        files.push_back(rejection.file);
        blocks.push_back(rejection.block);
        reasons.push_back(rejection.reason);
    }
    file.write_strings("rejections/file", files);
    file.write_strings("rejections/block", blocks);
    file.write_strings("rejections/reason", reasons);
    for (const auto& [key, value] : description) file.write_attribute("/", key, value);
    file.commit();
}

namespace {

// Throws unless the arrays of a library that was read fit each other.
void validate(const StructureLibrary& library, const std::string& file) {
    const auto require = [&](bool good, const char* what) {
        if (!good) fail(file, ": ", what, "; the library is damaged, make it again with 'friedel ingest'");
    };
    const std::size_t structures = library.space_group.size(), atoms = library.element.size();
    require(library.cell.size() == 6 * structures && library.claimed_space_group.size() == structures &&
                library.powder_group.size() == structures && library.operation_set.size() == structures &&
                library.structure_type.size() == structures && library.name.size() == structures && library.formula.size() == structures,
            "the arrays of structures differ in length");
    require(library.position.size() == 3 * atoms && library.occupancy.size() == atoms && library.b_iso.size() == atoms &&
                library.images.size() == atoms,
            "the arrays of atoms differ in length");
    const auto offsets_fit = [](const std::vector<std::uint32_t>& offset, std::size_t parts, std::size_t total) {
        return offset.size() == parts + 1 && offset.front() == 0 && offset.back() == total && std::is_sorted(offset.begin(), offset.end());
    };
    require(offsets_fit(library.atom_offset, structures, atoms), "the atom offsets do not fit the atoms");
    const std::size_t sets = library.representative_offset.empty() ? 0 : library.representative_offset.size() - 1;
    require(offsets_fit(library.representative_offset, sets, library.representatives.size()) &&
                offsets_fit(library.centring_offset, sets, library.centrings.size() / 3) && library.centrings.size() % 3 == 0,
            "the symmetry offsets do not fit the operations");
    for (std::size_t set = 0; set < sets; ++set) {
        const std::uint32_t count = library.representative_offset[set + 1] - library.representative_offset[set];
        require(count >= 1 && count <= max_representatives && library.centring_offset[set + 1] > library.centring_offset[set],
                "a symmetry set has an impossible number of operations");
    }
    for (std::size_t i = 0; i < structures; ++i) {
        require(library.space_group[i] <= space_groups && library.powder_group[i] <= space_groups, "a space group is above 230");
        require(library.operation_set[i] < sets && library.structure_type[i] < library.structure_type_name.size(),
                "an index is out of range");
        require(library.atom_offset[i + 1] > library.atom_offset[i], "a structure has no atoms");
        std::array<double, 6> cell;
        std::copy_n(library.cell.begin() + static_cast<std::ptrdiff_t>(6 * i), 6, cell.begin());
        try {
            check_cell(cell);
        } catch (const Error& error) {
            require(false, error.what());
        }
        const int representatives = static_cast<int>(library.representative_offset[library.operation_set[i] + 1u] -
                                                     library.representative_offset[library.operation_set[i]]);
        const std::uint64_t possible = ((std::uint64_t{1} << representatives) - 1) | self_inverse;
        for (std::size_t atom = library.atom_offset[i]; atom < library.atom_offset[i + 1]; ++atom) {
            require((library.images[atom] & ~possible) == 0 && (library.images[atom] & 1), "an atom has impossible images");
        }
    }
    for (const SymmetryOperation& operation : library.representatives) {
        const std::int8_t* const r = operation.rotation;
        require(
            std::all_of(r, r + 9, [](int e) { return e >= -1 && e <= 1; }) && std::abs(determinant_of_rotation(operation)) == 1 &&
                std::all_of(operation.translation, operation.translation + 3, [](int t) { return t >= 0 && t < translation_denominator; }),
            "a symmetry operation is invalid");
    }
    for (std::size_t set = 0; set < sets; ++set) {
        const SymmetryOperation& first = library.representatives[library.representative_offset[set]];
        require(std::equal(first.rotation, first.rotation + 9, identity_rotation) && !first.translation[0] && !first.translation[1] &&
                    !first.translation[2],
                "a symmetry set does not begin with the identity");
    }
    const auto within = [](const std::vector<float>& values, float low, float high) {
        return std::all_of(values.begin(), values.end(), [=](float x) { return x >= low && x <= high; });
    };
    require(within(library.position, -1000, 1000), "a coordinate is impossible");
    require(within(library.occupancy, 0, 1), "an occupancy is impossible");
    require(within(library.b_iso, b_iso_missing, static_cast<float>(largest_b_iso)), "a displacement parameter is impossible");
    require(std::all_of(library.element.begin(), library.element.end(), [](std::uint8_t z) { return z >= 1 && z <= elements; }),
            "an element is unknown");
}

}  // namespace

StructureLibrary StructureLibrary::read(const std::filesystem::path& path) {
    const std::string extension = path.extension().string();
    const bool is_archive = extension == ".zip" || extension == ".tar" || extension == ".gz" || extension == ".xz";
    std::error_code code;
    if (extension == ".cif" || is_archive || std::filesystem::is_directory(path, code))
        fail(path.string(), ": is no structure library; 'friedel ingest ", path.string(), " -o library.h5' makes one of CIF files");
    return read(H5File::open(path, structure_library_kind));
}

StructureLibrary StructureLibrary::read_image(const std::string& name, const std::string& bytes) {
    return read(H5File::open_image(name, bytes.data(), bytes.size(), structure_library_kind));
}

StructureLibrary StructureLibrary::read(const H5File& file) {
    const std::filesystem::path& path = file.path();
    StructureLibrary library;
    library.cell = file.read<float>("cell");
    library.space_group = file.read<std::uint16_t>("space_group");
    library.claimed_space_group = file.read<std::uint16_t>("claimed_space_group");
    if (file.exists("powder_group")) {
        library.powder_group = file.read<std::uint16_t>("powder_group");
    } else {
        library.powder_group.assign(library.space_group.size(), 0);
    }
    library.operation_set = file.read<std::uint16_t>("operation_set");
    library.structure_type = file.read<std::uint32_t>("structure_type");
    library.name = file.read_strings("name");
    library.formula = file.read_strings("formula");
    library.structure_type_name = file.read_strings("structure_type_name");
    library.atom_offset = file.read<std::uint32_t>("atom_offset");
    library.position = file.read<float>("position");
    library.occupancy = file.read<float>("occupancy");
    library.b_iso = file.read<float>("b_iso");
    library.element = file.read<std::uint8_t>("element");
    library.images = file.read<std::uint64_t>("images");
    library.representative_offset = file.read<std::uint32_t>("representative_offset");
    const std::vector<std::int8_t> operations = file.read<std::int8_t>("representatives");
    library.representatives.resize(operations.size() / sizeof(SymmetryOperation));
    for (std::size_t i = 0; i < library.representatives.size(); ++i)
        std::memcpy(&library.representatives[i], operations.data() + i * sizeof(SymmetryOperation), sizeof(SymmetryOperation));
    library.centring_offset = file.read<std::uint32_t>("centring_offset");
    library.centrings = file.read<std::int8_t>("centrings");
    const std::vector<std::string> files = file.read_strings("rejections/file"), blocks = file.read_strings("rejections/block"),
                                   reasons = file.read_strings("rejections/reason");
    for (std::size_t i = 0; i < std::min({files.size(), blocks.size(), reasons.size()}); ++i)
        library.rejections.push_back({files[i], blocks[i], reasons[i]});
    validate(library, path.string());
    for (std::size_t set = 0; set + 1 < library.representative_offset.size(); ++set) {
        try {
            library.cones.push_back(laue_cone(std::span(library.representatives.data() + library.representative_offset[set],
                                                        library.representatives.data() + library.representative_offset[set + 1])));
        } catch (const Error& error) {
            fail(path.string(), ": ", error.what(), "; the library is damaged, make it again with 'friedel ingest'");
        }
    }
    for (std::size_t type = 0; type < library.structure_type_name.size(); ++type) {
        library.known_types_.emplace(library.structure_type_name[type], static_cast<std::uint32_t>(type));
    }
    return library;
}

StructureLibrary read_known_structures(const std::filesystem::path& file) {
    StructureLibrary library = StructureLibrary::read(file);
    if (std::all_of(library.space_group.begin(), library.space_group.end(), [](std::uint16_t group) { return group == 0; })) {
        fail(file.string(), ": no structure in it has a space group; ingest it again");
    }
    return library;
}

}  // namespace friedel
