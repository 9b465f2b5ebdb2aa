// What an H5File is made of, for the files that define its members alone: the library's handle, and the calls that datasets, rows and
// attributes share, each checked. Whoever calls holds a LibraryLock.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "host/support/error.h"
#include "host/support/hdf5_file.h"
#include "host/support/hdf5_types.h"

namespace friedel {

namespace hdf5 {

constexpr std::size_t chunk_bytes = 256 * 1024;
constexpr std::size_t smallest_compressed_bytes = 1024;
constexpr unsigned deflate_level = 7;
constexpr std::size_t unwritten_bytes = 1 << 16;  // what may be read of datasets that were made and never filled
constexpr std::size_t longest_text = 1 << 24;     // of one string

inline std::size_t product(const Shape& shape) {
    std::size_t count = 1;
    for (std::size_t extent : shape) count *= extent;
    return count;
}

}  // namespace hdf5

struct H5File::State {
    using Handle = hdf5::Handle;

    std::filesystem::path path;       // final name
    std::filesystem::path temporary;  // empty when reading
    std::size_t image_bytes = 0;      // of a file in memory
    hid_t file = -1;

    ~State() {
        const hdf5::LibraryLock lock;
        if (file >= 0) H5Fclose(file);
        std::error_code ignored;
        if (!temporary.empty()) std::filesystem::remove(temporary, ignored);
    }

    // Throws unless the result of an HDF5 call is good.
    template <class Result>
    Result check(Result result, const std::string& what) const {
        if (result < 0) {
            const std::string reason = hdf5::last_reason();
            if (reason.find("plugin") != std::string::npos || reason.find("required filter") != std::string::npos)
                fail(path.string(), ": cannot ", what, " (", reason,
                     "): it is compressed in a way of its own; set HDF5_PLUGIN_PATH to the plugins that came with what wrote it (Python: "
                     "hdf5plugin.PLUGIN_PATH), or write it again with gzip");
            if (temporary.empty())
                fail(path.string(), ": cannot ", what, " (", reason, "); the file is damaged or not of the expected kind");
            fail(path.string(), ": cannot ", what, " (", reason, "); check the space on the disk");
        }
        return result;
    }

    Handle open_dataset(const std::string& name) const {
        return {check(H5Dopen2(file, name.c_str(), H5P_DEFAULT), "find '" + name + "'"), H5Dclose};
    }

    Handle make_dataset(const std::string& name, hid_t type, const Shape& shape, bool compress) const {
        const std::vector<hsize_t> extent(shape.begin(), shape.end());
        const Handle space(
            check(extent.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr),
                  "describe '" + name + "'"),
            H5Sclose);
        const std::string laying_out = "lay out '" + name + "'";
        const Handle creation(check(H5Pcreate(H5P_DATASET_CREATE), laying_out), H5Pclose);
        check(H5Pset_obj_track_times(creation, false), laying_out);  // the same contents give the same bytes
        const std::size_t element = H5Tget_size(type),
                          row_elements = extent.empty() ? 1 : hdf5::product(shape) / std::max<std::size_t>(shape[0], 1);
        if (compress && hdf5::product(shape) * element >= hdf5::smallest_compressed_bytes) {
            std::vector<hsize_t> chunk = extent;
            chunk[0] = std::clamp<hsize_t>(hdf5::chunk_bytes / std::max<std::size_t>(row_elements * element, 1), 1, extent[0]);
            check(H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data()), laying_out);
            check(H5Pset_shuffle(creation), laying_out);
            check(H5Pset_deflate(creation, hdf5::deflate_level), laying_out);
        }
        const Handle links(check(H5Pcreate(H5P_LINK_CREATE), laying_out), H5Pclose);
        check(H5Pset_create_intermediate_group(links, 1), laying_out);
        return {check(H5Dcreate2(file, name.c_str(), type, space, links, creation, H5P_DEFAULT), "make '" + name + "'"), H5Dclose};
    }

    // Elements of a dataset that is to be read whole. A file may claim more than memory holds: no more is believed than its size allows.
    std::size_t claimed_elements(const std::string& name, const Shape& extent, std::size_t element_bytes) const {
        std::error_code ignored;
        const std::size_t size_on_disk = image_bytes ? image_bytes : std::filesystem::file_size(path, ignored);
        const std::size_t most = size_on_disk * deflate_ratio + hdf5::unwritten_bytes;
        std::size_t count = 1;
        for (std::size_t size : extent) {
            if (__builtin_mul_overflow(count, size, &count)) count = most + 1;
        }
        std::size_t bytes = 0;
        if (__builtin_mul_overflow(count, element_bytes, &bytes) || bytes > most) {
            fail(path.string(), ": '", name, "' claims more entries than a file of this size can hold; the file is damaged");
        }
        return count;
    }

    // A new dataset of the type `stored` with all its values, which are of the type `given`.
    void write_new(const std::string& name, hid_t stored, hid_t given, const Shape& shape, bool compress, const void* values) const {
        Handle dataset = make_dataset(name, stored, shape, compress);
        if (hdf5::product(shape) > 0) check(H5Dwrite(dataset, given, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), "write '" + name + "'");
        check(dataset.close(), "finish '" + name + "'");
    }

    // A dataset, its space to select from, and its shape, of one dimension at least.
    struct Selectable {
        Handle dataset, space;
        std::vector<hsize_t> extent;
    };
    Selectable open_to_select(const std::string& name) const {
        Handle dataset = open_dataset(name);
        Handle space(check(H5Dget_space(dataset), "read the shape of '" + name + "'"), H5Sclose);
        std::vector<hsize_t> extent(static_cast<std::size_t>(std::max(H5Sget_simple_extent_ndims(space), 1)), 1);
        check(H5Sget_simple_extent_dims(space, extent.data(), nullptr), "read the shape of '" + name + "'");
        return {std::move(dataset), std::move(space), std::move(extent)};
    }

    // Calls transfer(dataset, memory space, file space) for some rows of a dataset.
    template <class Transfer>
    void with_rows(const std::string& name, std::size_t first_row, std::size_t rows, Transfer&& transfer) const {
        auto [dataset, space, extent] = open_to_select(name);
        if (first_row > extent[0] || rows > extent[0] - first_row)
            fail(path.string(), ": '", name, "' has no rows ", first_row, " to ", first_row + rows);
        std::vector<hsize_t> start(extent.size(), 0);
        start[0] = first_row;
        extent[0] = rows;
        check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr), "select rows of '" + name + "'");
        const Handle memory(
            check(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), "select rows of '" + name + "'"), H5Sclose);
        transfer(static_cast<hid_t>(dataset), static_cast<hid_t>(memory), static_cast<hid_t>(space));
        check(dataset.close(), "finish '" + name + "'");
    }

    // transfer(dataset, memory, space) of the line of that number along a dimension.
    template <class Transfer>
    void with_line(const std::string& name, std::size_t dimension, std::size_t line, Transfer&& transfer) const {
        auto [dataset, space, extent] = open_to_select(name);
        if (dimension >= extent.size()) fail(path.string(), ": '", name, "' has no dimension ", dimension);
        std::vector<hsize_t> start(extent.size(), 0), count(extent.size(), 1);
        const hsize_t points = count[dimension] = extent[dimension];
        hsize_t left = line;
        for (std::size_t i = extent.size(); i-- > 0;) {
            if (i == dimension || extent[i] == 0) continue;
            start[i] = left % extent[i];
            left /= extent[i];
        }
        if (left > 0 || points == 0) fail(path.string(), ": '", name, "' has no line ", line);
        check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr), "select a line of '" + name + "'");
        const Handle memory(check(H5Screate_simple(1, &points, nullptr), "select a line of '" + name + "'"), H5Sclose);
        transfer(static_cast<hid_t>(dataset), static_cast<hid_t>(memory), static_cast<hid_t>(space));
        check(dataset.close(), "finish '" + name + "'");
    }

    void write_attribute(const std::string& object, const std::string& name, hid_t type, const void* value) const {
        if (H5Aexists_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT) > 0) {
            check(H5Adelete_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT), "replace attribute '" + name + "'");
        }
        const Handle space(check(H5Screate(H5S_SCALAR), "make attribute '" + name + "'"), H5Sclose);
        const Handle attribute(
            check(H5Acreate_by_name(file, object.c_str(), name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                  "make attribute '" + name + "'"),
            H5Aclose);
        check(H5Awrite(attribute, type, value), "write attribute '" + name + "'");
    }

    // An attribute and its object, which stays open while texts are read: behind a link to another file they are empty else (HDF5 1.10).
    struct Attribute {
        Handle object, attribute;
        operator hid_t() const { return attribute; }
    };
    Attribute find_attribute(const std::string& object, const std::string& name) const {
        Handle owner(check(H5Oopen(file, object.c_str(), H5P_DEFAULT), "find '" + object + "'"), H5Oclose);
        Handle attribute(check(H5Aopen(owner, name.c_str(), H5P_DEFAULT), "find attribute '" + name + "'"), H5Aclose);
        return {std::move(owner), std::move(attribute)};
    }

    Attribute open_attribute(const std::string& object, const std::string& name) const {
        Attribute attribute = find_attribute(object, name);
        if (values_of_attribute(attribute, name) != 1) fail(path.string(), ": attribute '", name, "' is not a single value");
        return attribute;
    }

    hssize_t values_of_attribute(hid_t attribute, const std::string& name) const {
        const Handle space(check(H5Aget_space(attribute), "read attribute '" + name + "'"), H5Sclose);
        return H5Sget_simple_extent_npoints(space);
    }
};

}  // namespace friedel
