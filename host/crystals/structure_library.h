// A structure library: many crystals as arrays plus offsets, the form in which they are stored, held in memory and uploaded.
// File format (friedel_kind "structure_library", format 1): the arrays below under their own names (powder_group only where looked for),
// rejections/file, /block, /reason. Leaves out: how structures get into it (ingest.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "host/crystals/structure.h"
#include "host/support/hdf5_file.h"
#include "kernels/crystal.h"

namespace friedel {

extern const FileKind structure_library_kind;

// What an array of a library has a row for; an array of offsets has one for each and one for the end.
enum class LibraryRow { structure, structure_offset, atom, operation_set, operation_set_offset, representative, centring, structure_type };
// How many rows the arrays have that the view points to.
std::size_t rows_of(const LibraryView& library, LibraryRow row);

class StructureLibrary {
public:
    // Appends a structure. Its atoms are sorted by element; coordinates are rounded to 2^-20 of a cell edge, exact multiples of 1/24
    // kept: finer than any CIF states them, and the rounded bits compress to nothing. Throws Error if it cannot be represented.
    void add(const Structure& structure, const std::string& structure_type = "");

    int size() const { return static_cast<int>(space_group.size()); }
    LibraryView view() const;  // points into this object
    Structure structure(int i) const;
    const std::string& type_of(int i) const { return structure_type_name[structure_type[static_cast<std::size_t>(i)]]; }
    bool has_powder_groups() const;  // of any structure
    StructureLibrary subset(const std::vector<int>& chosen) const;

    // `description` becomes attributes of the file, for people: how the library was made.
    void write(const std::filesystem::path& file, const std::map<std::string, std::string>& description = {}) const;
    // Checks that every array fits the others: what the kernels are given can be trusted. Throws Error.
    static StructureLibrary read(const std::filesystem::path& file);
    // Its file, before all of it is read. Throws Error, saying what it is instead, where it is no library.
    static H5File open(const std::filesystem::path& file);
    // The same from the bytes of a file that lie in memory; `name` stands for the file in errors.
    static StructureLibrary read_image(const std::string& name, const std::string& bytes);

    // Every array, in the order of the file: visit(name, member here, what has a row, columns, member of LibraryView that points to it or
    // nullptr).
    template <class Visit>
    static void for_each_array(Visit&& visit) {
        using Library = StructureLibrary;
        using View = LibraryView;
        using Row = LibraryRow;
        visit("cell", &Library::cell, Row::structure, 6u, &View::cell);
        visit("space_group", &Library::space_group, Row::structure, 1u, &View::space_group);
        visit("claimed_space_group", &Library::claimed_space_group, Row::structure, 1u, nullptr);
        visit("powder_group", &Library::powder_group, Row::structure, 1u, nullptr);
        visit("operation_set", &Library::operation_set, Row::structure, 1u, &View::operation_set);
        visit("structure_type", &Library::structure_type, Row::structure, 1u, nullptr);
        visit("name", &Library::name, Row::structure, 1u, nullptr);
        visit("formula", &Library::formula, Row::structure, 1u, nullptr);
        visit("structure_type_name", &Library::structure_type_name, Row::structure_type, 1u, nullptr);
        visit("atom_offset", &Library::atom_offset, Row::structure_offset, 1u, &View::atom_offset);
        visit("position", &Library::position, Row::atom, 3u, &View::position);
        visit("occupancy", &Library::occupancy, Row::atom, 1u, &View::occupancy);
        visit("b_iso", &Library::b_iso, Row::atom, 1u, &View::b_iso);
        visit("element", &Library::element, Row::atom, 1u, &View::element);
        visit("images", &Library::images, Row::atom, 1u, &View::images);
        visit("representative_offset", &Library::representative_offset, Row::operation_set_offset, 1u, &View::representative_offset);
        visit("representatives", &Library::representatives, Row::representative, 1u, &View::representatives);
        visit("centring_offset", &Library::centring_offset, Row::operation_set_offset, 1u, &View::centring_offset);
        visit("centrings", &Library::centrings, Row::centring, 3u, &View::centrings);
        visit("cones", &Library::cones, Row::operation_set, 1u, &View::cones);
    }

    std::vector<float> cell;                                 // [structures][6] angstrom, degrees
    std::vector<std::uint16_t> space_group;                  // [structures] found from the atoms, 0 if unknown
    std::vector<std::uint16_t> claimed_space_group;          // [structures] what the file said, 0 if nothing
    std::vector<std::uint16_t> powder_group;                 // [structures] what a powder shows (powder_group.h), 0 if not looked for
    std::vector<std::uint16_t> operation_set;                // [structures]
    std::vector<std::uint32_t> structure_type;               // [structures] index into structure_type_name
    std::vector<std::string> name, formula;                  // [structures]
    std::vector<std::uint32_t> atom_offset = {0};            // [structures + 1]
    std::vector<float> position;                             // [atoms][3] fractional
    std::vector<float> occupancy;                            // [atoms]
    std::vector<float> b_iso;                                // [atoms] angstrom^2, or b_iso_missing
    std::vector<std::uint8_t> element;                       // [atoms] ascending within a structure
    std::vector<std::uint64_t> images;                       // [atoms] see CrystalView
    std::vector<std::uint32_t> representative_offset = {0};  // [operation sets + 1]
    std::vector<SymmetryOperation> representatives;
    std::vector<std::uint32_t> centring_offset = {0};  // [operation sets + 1]
    std::vector<std::int8_t> centrings;                // [...][3]
    std::vector<LaueCone> cones;                       // [operation sets] derived, not stored
    std::vector<std::string> structure_type_name;      // [types] "225: a b"
    std::vector<Rejection> rejections;                 // what ingest refused, and why

private:
    static StructureLibrary read(const H5File& file);
    std::uint16_t add_operation_set(const Crystal& crystal);
    std::uint32_t add_type(const std::string& type);
    std::size_t atoms_of(int i) const { return atom_offset[static_cast<std::size_t>(i) + 1] - atom_offset[static_cast<std::size_t>(i)]; }

    std::map<std::string, std::uint16_t> known_operation_sets_;  // by their bytes
    std::map<std::string, std::uint32_t> known_types_;
};

// Reads a library. Throws Error, naming the file, if no structure in it has a space group: nothing can be learnt from it or found in it.
StructureLibrary read_known_structures(const std::filesystem::path& file);

}  // namespace friedel
