// rows_of(), apart from what else structure_library.h declares: the CUDA backend needs it alone and must not draw in HDF5, which a bundle
// (FRIEDEL_STATIC) has as an archive that no shared library can take.
#include <algorithm>

#include "host/crystals/structure_library.h"
#include "host/support/error.h"

namespace friedel {

std::size_t rows_of(const LibraryView& library, LibraryRow row) {
    const auto structures = static_cast<std::size_t>(library.structures);
    if (structures == 0) return 0;
    const std::size_t sets = std::size_t{1} + *std::max_element(library.operation_set, library.operation_set + structures);
    switch (row) {
        case LibraryRow::structure:
            return structures;
        case LibraryRow::structure_offset:
            return structures + 1;
        case LibraryRow::atom:
            return library.atom_offset[structures];
        case LibraryRow::operation_set:
            return sets;
        case LibraryRow::operation_set_offset:
            return sets + 1;
        case LibraryRow::representative:
            return library.representative_offset[sets];
        case LibraryRow::centring:
            return library.centring_offset[sets];
        case LibraryRow::structure_type:
            break;
    }
    fail("a view points to no names of structure types");
}

}  // namespace friedel
