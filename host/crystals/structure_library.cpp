#include "host/crystals/structure_library.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

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

std::uint32_t StructureLibrary::add_type(const std::string& type) {
    const auto [known, added] = known_types_.emplace(type, static_cast<std::uint32_t>(structure_type_name.size()));
    if (added) structure_type_name.push_back(type);
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
    structure_type.push_back(add_type(type));
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
    LibraryView result{};
    result.structures = size();
    for_each_array([&](const char*, auto array, LibraryRow, std::size_t, auto pointer) {
        if constexpr (!std::is_null_pointer_v<decltype(pointer)>) result.*pointer = (this->*array).data();
    });
    return result;
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
    for_each_array([&](const char*, auto array, LibraryRow row, std::size_t columns, auto) {
        const auto& from = this->*array;
        auto& to = result.*array;
        const auto copy = [&](std::size_t first, std::size_t rows) {
            const auto begin = from.begin() + static_cast<std::ptrdiff_t>(first * columns);
            to.insert(to.end(), begin, begin + static_cast<std::ptrdiff_t>(rows * columns));
        };
        if (row == LibraryRow::structure) {
            for (const int i : chosen) copy(static_cast<std::size_t>(i), 1);
        } else if (row == LibraryRow::atom) {
            for (const int i : chosen) copy(atom_offset[i], atoms_of(i));
        } else if (row != LibraryRow::structure_offset && row != LibraryRow::structure_type) {
            to = from;
        }
    });
    for (const int i : chosen) result.atom_offset.push_back(static_cast<std::uint32_t>(result.atom_offset.back() + atoms_of(i)));
    for (std::uint32_t& type : result.structure_type) type = result.add_type(structure_type_name[type]);
    return result;
}

bool StructureLibrary::has_powder_groups() const {
    return std::any_of(powder_group.begin(), powder_group.end(), [](std::uint16_t group) { return group > 0; });
}

namespace {

// Arrays in a file. An operation is a row of twelve numbers; cones are derived, not stored.
template <class T>
void write_array(H5File& file, const char* name, const std::vector<T>& values, std::size_t columns) {
    file.write(name, values.data(), columns == 1 ? Shape{values.size()} : Shape{values.size() / columns, columns});
}
void write_array(H5File& file, const char* name, const std::vector<std::string>& values, std::size_t) { file.write_strings(name, values); }
void write_array(H5File& file, const char* name, const std::vector<SymmetryOperation>& values, std::size_t) {
    file.write(name, reinterpret_cast<const std::int8_t*>(values.data()), {values.size(), sizeof(SymmetryOperation)});
}
void write_array(H5File&, const char*, const std::vector<LaueCone>&, std::size_t) {}

template <class T>
void read_array(std::vector<T>& values, const H5File& file, const char* name) {
    values = file.read<T>(name);
}
void read_array(std::vector<std::string>& values, const H5File& file, const char* name) { values = file.read_strings(name); }
void read_array(std::vector<SymmetryOperation>& values, const H5File& file, const char* name) {
    const std::vector<std::int8_t> numbers = file.read<std::int8_t>(name);
    values.resize(numbers.size() / sizeof(SymmetryOperation));
    for (std::size_t i = 0; i < values.size(); ++i)
        std::memcpy(&values[i], numbers.data() + i * sizeof(SymmetryOperation), sizeof(SymmetryOperation));
}
void read_array(std::vector<LaueCone>&, const H5File&, const char*) {}

// Whether this is the array that a library without powder groups does not store.
template <class Array>
bool is_powder_group(Array array) {
    if constexpr (std::is_same_v<Array, decltype(&StructureLibrary::powder_group)>) return array == &StructureLibrary::powder_group;
    return false;
}

}  // namespace

void StructureLibrary::write(const std::filesystem::path& path, const std::map<std::string, std::string>& description) const {
    H5File file = H5File::create(path, structure_library_kind);
    for_each_array([&](const char* array_name, auto array, LibraryRow, std::size_t columns, auto) {
        if (!is_powder_group(array) || has_powder_groups()) write_array(file, array_name, this->*array, columns);
    });
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

// Of a library that was read: whether its arrays fit each other and hold what there can be, so that kernels need not ask.
class Validation {
public:
    Validation(const StructureLibrary& library, std::string file)
        : library_(library),
          file_(std::move(file)),
          sets_(library.representative_offset.empty() ? 0 : library.representative_offset.size() - 1) {}

    // Throws Error. In this order: each part relies on those before it.
    void run() const {
        lengths();
        sizes_of_sets();
        for (std::size_t i = 0; i < library_.space_group.size(); ++i) structure(i);
        operations();
        atoms();
    }

private:
    void require(bool good, const char* what) const {
        if (!good) fail(file_, ": ", what, "; the library is damaged, make it again with 'friedel ingest'");
    }

    bool arrays_fit(LibraryRow of, std::size_t rows) const {
        bool fit = true;
        StructureLibrary::for_each_array([&](const char*, auto array, LibraryRow row, std::size_t columns, auto) {
            if (row == of) fit = fit && (library_.*array).size() == rows * columns;
        });
        return fit;
    }

    static bool offsets_fit(const std::vector<std::uint32_t>& offset, std::size_t parts, std::size_t total) {
        return offset.size() == parts + 1 && offset.front() == 0 && offset.back() == total && std::is_sorted(offset.begin(), offset.end());
    }

    void lengths() const {
        const std::size_t structures = library_.space_group.size(), atoms = library_.element.size();
        require(arrays_fit(LibraryRow::structure, structures), "the arrays of structures differ in length");
        require(arrays_fit(LibraryRow::atom, atoms), "the arrays of atoms differ in length");
        require(offsets_fit(library_.atom_offset, structures, atoms), "the atom offsets do not fit the atoms");
        require(offsets_fit(library_.representative_offset, sets_, library_.representatives.size()) &&
                    offsets_fit(library_.centring_offset, sets_, library_.centrings.size() / 3) && library_.centrings.size() % 3 == 0,
                "the symmetry offsets do not fit the operations");
    }

    std::uint32_t representatives_of(std::size_t set) const {
        return library_.representative_offset[set + 1] - library_.representative_offset[set];
    }

    void sizes_of_sets() const {
        for (std::size_t set = 0; set < sets_; ++set) {
            require(representatives_of(set) >= 1 && representatives_of(set) <= max_representatives &&
                        library_.centring_offset[set + 1] > library_.centring_offset[set],
                    "a symmetry set has an impossible number of operations");
        }
    }

    void structure(std::size_t i) const {
        require(library_.space_group[i] <= space_groups && library_.powder_group[i] <= space_groups, "a space group is above 230");
        require(library_.operation_set[i] < sets_ && library_.structure_type[i] < library_.structure_type_name.size(),
                "an index is out of range");
        require(library_.atom_offset[i + 1] > library_.atom_offset[i], "a structure has no atoms");
        std::array<double, 6> cell;
        std::copy_n(library_.cell.begin() + static_cast<std::ptrdiff_t>(6 * i), 6, cell.begin());
        try {
            check_cell(cell);
        } catch (const Error& error) {
            require(false, error.what());
        }
        const std::uint64_t possible = ((std::uint64_t{1} << representatives_of(library_.operation_set[i])) - 1) | self_inverse;
        for (std::size_t atom = library_.atom_offset[i]; atom < library_.atom_offset[i + 1]; ++atom)
            require((library_.images[atom] & ~possible) == 0 && (library_.images[atom] & 1), "an atom has impossible images");
    }

    void operations() const {
        for (const SymmetryOperation& operation : library_.representatives) {
            const std::int8_t *const r = operation.rotation, *const t = operation.translation;
            require(std::all_of(r, r + 9, [](int e) { return e >= -1 && e <= 1; }) && std::abs(determinant_of_rotation(operation)) == 1 &&
                        std::all_of(t, t + 3, [](int part) { return part >= 0 && part < translation_denominator; }),
                    "a symmetry operation is invalid");
        }
        for (std::size_t set = 0; set < sets_; ++set) {
            const SymmetryOperation& first = library_.representatives[library_.representative_offset[set]];
            require(std::equal(first.rotation, first.rotation + 9, identity_rotation) && !first.translation[0] && !first.translation[1] &&
                        !first.translation[2],
                    "a symmetry set does not begin with the identity");
        }
    }

    void atoms() const {
        const auto within = [](const std::vector<float>& values, float low, float high) {
            return std::all_of(values.begin(), values.end(), [=](float x) { return x >= low && x <= high; });
        };
        require(within(library_.position, -1000, 1000), "a coordinate is impossible");
        require(within(library_.occupancy, 0, 1), "an occupancy is impossible");
        require(within(library_.b_iso, b_iso_missing, static_cast<float>(largest_b_iso)), "a displacement parameter is impossible");
        require(std::all_of(library_.element.begin(), library_.element.end(), [](std::uint8_t z) { return z >= 1 && z <= elements; }),
                "an element is unknown");
    }

    const StructureLibrary& library_;
    std::string file_;
    std::size_t sets_;  // of operations
};

}  // namespace

H5File StructureLibrary::open(const std::filesystem::path& path) {
    const std::string extension = path.extension().string();
    const bool is_archive = extension == ".zip" || extension == ".tar" || extension == ".gz" || extension == ".xz";
    std::error_code code;
    if (extension == ".cif" || is_archive || std::filesystem::is_directory(path, code))
        fail(path.string(), ": is no structure library; 'friedel ingest ", path.string(), " -o library.h5' makes one of CIF files");
    return H5File::open(path, structure_library_kind);
}

StructureLibrary StructureLibrary::read(const std::filesystem::path& path) { return read(open(path)); }

StructureLibrary StructureLibrary::read_image(const std::string& name, const std::string& bytes) {
    return read(H5File::open_image(name, bytes.data(), bytes.size(), structure_library_kind));
}

StructureLibrary StructureLibrary::read(const H5File& file) {
    const std::filesystem::path& path = file.path();
    StructureLibrary library;
    for_each_array([&](const char* array_name, auto array, LibraryRow, std::size_t, auto) {
        if (!is_powder_group(array) || file.exists(array_name)) read_array(library.*array, file, array_name);
    });
    if (!file.exists("powder_group")) library.powder_group.assign(library.space_group.size(), 0);
    const std::vector<std::string> files = file.read_strings("rejections/file"), blocks = file.read_strings("rejections/block"),
                                   reasons = file.read_strings("rejections/reason");
    for (std::size_t i = 0; i < std::min({files.size(), blocks.size(), reasons.size()}); ++i)
        library.rejections.push_back({files[i], blocks[i], reasons[i]});
    Validation(library, path.string()).run();
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
