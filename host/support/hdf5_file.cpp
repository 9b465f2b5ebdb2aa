#include "host/support/hdf5_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "host/support/descriptor.h"
#include "host/support/error.h"
#include "host/support/hdf5_state.h"
#include "host/support/text_file.h"
#include "host/support/text_format.h"

namespace friedel {

using namespace hdf5;

H5File::H5File(std::unique_ptr<State> state) : state_(std::move(state)) {}
H5File::H5File(H5File&&) noexcept = default;
H5File& H5File::operator=(H5File&&) noexcept = default;
H5File::~H5File() = default;

bool is_hdf5_file(const std::filesystem::path& file) {
    const LibraryLock lock;
    std::error_code none;
    return std::filesystem::is_regular_file(file, none) && H5Fis_hdf5(file.c_str()) > 0;
}

H5File H5File::create(const std::filesystem::path& file, const FileKind& kind) {
    const LibraryLock lock;
    auto state = std::make_unique<State>();
    state->path = behind_links(file);
    std::error_code ignored;
    if (file.filename().empty() || std::filesystem::is_directory(file, ignored)) fail(file.string(), ": is a folder; give a file name");
    state->temporary = state->path.parent_path() / ("." + state->path.filename().string() + "." + std::to_string(getpid()) + ".tmp");
    errno = 0;
    state->file = H5Fcreate(state->temporary.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (state->file < 0 && errno != 0) fail(file.string(), ": ", cannot_be_written(errno));
    if (state->file < 0) fail(file.string(), ": cannot be written (", last_reason(), "); check the folder and its permissions");
    H5File created(std::move(state));
    created.write_kind(kind);
    return created;
}

H5File H5File::create_image(const std::string& name, const FileKind& kind) {
    const LibraryLock lock;
    auto state = std::make_unique<State>();
    state->path = name;
    const Handle access(state->check(H5Pcreate(H5P_FILE_ACCESS), "make it in memory"), H5Pclose);
    constexpr std::size_t increment = 1 << 24;
    constexpr bool on_disk = false;
    state->check(H5Pset_fapl_core(access, increment, on_disk), "make it in memory");
    state->file = state->check(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access), "make it in memory");
    H5File created(std::move(state));
    created.write_kind(kind);
    return created;
}

std::vector<unsigned char> H5File::image() const {
    const LibraryLock lock;
    state_->check(H5Fflush(state_->file, H5F_SCOPE_GLOBAL), "finish the file");
    const auto size = state_->check(H5Fget_file_image(state_->file, nullptr, 0), "measure the file");
    std::vector<unsigned char> bytes(static_cast<std::size_t>(size));
    state_->check(H5Fget_file_image(state_->file, bytes.data(), bytes.size()), "copy the file");
    return bytes;
}

void H5File::write_kind(const FileKind& kind) const {
    const LibraryLock lock;
    state_->write_attribute("/", "friedel_kind", text_type(kind.name.size()), kind.name.c_str());
    const std::int64_t format = kind.format;
    state_->write_attribute("/", "friedel_format", H5T_NATIVE_INT64, &format);
    state_->write_attribute("/", "friedel_program", text_type(sizeof FRIEDEL_VERSION - 1), FRIEDEL_VERSION);
}

H5File H5File::open_foreign(const std::filesystem::path& file) {
    const LibraryLock lock;
    auto state = std::make_unique<State>();
    state->path = file;
    std::error_code code;
    if (std::filesystem::is_directory(file, code)) fail(file.string(), ": is a folder; name an HDF5 file");
    if (!Descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC)).is_open())
        fail(file.string(), ": cannot be opened (", std::strerror(errno), "); check the name and the permissions");
    if (H5Fis_hdf5(file.c_str()) <= 0) fail(file.string(), ": is not an HDF5 file; check the name");
    state->file = H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
    std::string reason = state->file < 0 ? last_reason() : "";
    if (reason.find("already open for") != std::string::npos) {  // while a detector's program writes on: what is there is read
        state->file = H5Fopen(file.c_str(), H5F_ACC_RDONLY | H5F_ACC_SWMR_READ, H5P_DEFAULT);
        if (state->file < 0)
            fail(file.string(), ": its writer has not closed it; wait until it has, or, if it ended without, let 'h5clear -s ",
                 file.string(), "' clear the mark that it left");
    }
    if (state->file < 0) {
        if (reason.find("temporarily unavailable") != std::string::npos)
            fail(file.string(), ": is locked by a program that writes it; wait until it is closed, or read a copy");
        const bool truncated = reason.find("truncated") != std::string::npos || reason.find("eof") != std::string::npos;
        fail(file.string(), ": ", truncated ? "is truncated" : "cannot be read", " (", reason, "); make it again or copy it again");
    }
    return H5File(std::move(state));
}

H5File H5File::open_any(const std::filesystem::path& file) {
    H5File opened = open_foreign(file);
    if (!opened.has_attribute("/", "friedel_kind") || !opened.has_attribute("/", "friedel_format")) {
        fail(file.string(), ": was not written by friedel (no attribute friedel_kind); name a file that friedel wrote");
    }
    return opened;
}

void H5File::check_kind(const FileKind& wanted) const {
    if (kind() != wanted.name)
        fail(path().string(), ": is of the kind '", spaced(kind()), "', not '", spaced(wanted.name), "'; name another file");
    if (format() != wanted.format) {
        fail(path().string(), ": is of the kind '", spaced(wanted.name), "' in format ", format(), ", this program reads format ",
             wanted.format, "; ", wanted.cure);
    }
}

H5File H5File::open(const std::filesystem::path& file, const FileKind& kind) {
    H5File opened = open_any(file);
    opened.check_kind(kind);
    return opened;
}

H5File H5File::open_image(const std::string& name, const void* bytes, std::size_t size, const FileKind& kind) {
    const LibraryLock lock;
    auto state = std::make_unique<State>();
    state->path = name;
    state->image_bytes = size;
    const hid_t access = state->check(H5Pcreate(H5P_FILE_ACCESS), "read from memory");
    constexpr std::size_t increment = 1 << 16;
    // The library copies the bytes.
    const bool ready = H5Pset_fapl_core(access, increment, 0) >= 0 && H5Pset_file_image(access, const_cast<void*>(bytes), size) >= 0;
    // Under a name that no file has: one that is there would be in the way.
    if (ready) state->file = H5Fopen((name + " in memory").c_str(), H5F_ACC_RDONLY, access);
    H5Pclose(access);
    if (state->file < 0) fail(name, ": cannot be read (", last_reason(), ")");
    H5File opened(std::move(state));
    opened.check_kind(kind);
    return opened;
}

void H5File::commit() {
    const LibraryLock lock;
    State& state = *state_;
    state.check(H5Fflush(state.file, H5F_SCOPE_GLOBAL), "finish the file");
    state.check(H5Fclose(std::exchange(state.file, -1)), "finish the file");
    // The contents reach the disk before the name does, so that a power cut leaves the old file or the new one.
    const Descriptor written(::open(state.temporary.c_str(), O_RDWR | O_CLOEXEC));
    if (!written.is_open() || fsync(written.number()) != 0)
        fail(state.path.string(), ": cannot finish the file (", std::strerror(errno), "); check the space on the disk");
    std::error_code code;
    std::filesystem::rename(state.temporary, state.path, code);
    if (code) fail(state.path.string(), ": ", cannot_be_written(code.value()));
    state.temporary.clear();
}

const std::filesystem::path& H5File::path() const { return state_->path; }
std::string H5File::kind() const { return read_text_attribute("/", "friedel_kind"); }
int H5File::format() const { return read_integer_attribute("/", "friedel_format"); }

bool H5File::exists(const std::string& name) const {
    const LibraryLock lock;
    // H5Lexists fails where a group on the way is missing: ask for each part in turn.
    for (std::size_t slash = name.find('/', 1); slash != std::string::npos; slash = name.find('/', slash + 1)) {
        if (H5Lexists(state_->file, name.substr(0, slash).c_str(), H5P_DEFAULT) <= 0) return false;
    }
    return H5Lexists(state_->file, name.c_str(), H5P_DEFAULT) > 0;
}

bool H5File::is_group(const std::string& name) const {
    const LibraryLock lock;
    H5O_info_t info;
    return H5Oget_info_by_name(state_->file, name.c_str(), &info, H5P_DEFAULT) >= 0 && info.type == H5O_TYPE_GROUP;
}

std::vector<std::string> H5File::children(const std::string& group) const {
    const LibraryLock lock;
    const Handle handle(state_->check(H5Gopen2(state_->file, group.c_str(), H5P_DEFAULT), "find group '" + group + "'"), H5Gclose);
    std::vector<std::string> names;
    state_->check(H5Literate(
                      handle, H5_INDEX_NAME, H5_ITER_INC, nullptr,
                      [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
                          static_cast<std::vector<std::string>*>(out)->emplace_back(name);
                          return 0;
                      },
                      &names),
                  "list group '" + group + "'");
    return names;
}

Shape H5File::shape(const std::string& name) const {
    const LibraryLock lock;
    const Handle dataset = state_->open_dataset(name);
    const Handle space(state_->check(H5Dget_space(dataset), "read the shape of '" + name + "'"), H5Sclose);
    std::vector<hsize_t> extent(static_cast<std::size_t>(std::max(H5Sget_simple_extent_ndims(space), 0)));
    if (!extent.empty()) state_->check(H5Sget_simple_extent_dims(space, extent.data(), nullptr), "read the shape of '" + name + "'");
    return Shape(extent.begin(), extent.end());
}

bool H5File::is_half(const std::string& name) const {
    const LibraryLock lock;
    const Handle dataset = state_->open_dataset(name);
    const Handle type(state_->check(H5Dget_type(dataset), "read the type of '" + name + "'"), H5Tclose);
    return H5Tget_class(type) == H5T_FLOAT && H5Tget_size(type) == 2;
}

template <class T>
void H5File::create_dataset(const std::string& name, const Shape& shape, bool compress) {
    const LibraryLock lock;
    state_->make_dataset(name, native_type<T>(), shape, compress);
}

template <class T>
void H5File::write(const std::string& name, const T* values, const Shape& shape, bool compress) {
    const LibraryLock lock;
    state_->write_new(name, native_type<T>(), native_type<T>(), shape, compress, values);
}

void H5File::write_half(const std::string& name, const float* values, const Shape& shape, bool compress) {
    const LibraryLock lock;
    std::vector<float> rounded(values, values + product(shape));
    for (float& value : rounded) value = rounded_to_half(value);
    state_->write_new(name, half_type(), native_type<float>(), shape, compress, rounded.data());
}

template <class T>
std::vector<T> H5File::read(const std::string& name) const {
    const LibraryLock lock;
    std::vector<T> values(state_->claimed_elements(name, shape(name), sizeof(T)));
    const Handle dataset = state_->open_dataset(name);
    if (!values.empty()) {
        state_->check(H5Dread(dataset, native_type<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "read '" + name + "'");
    }
    return values;
}

template <class T>
void H5File::write_rows(const std::string& name, std::size_t first_row, std::size_t rows, const T* values) {
    const LibraryLock lock;
    if (rows == 0) return;
    state_->with_rows(name, first_row, rows, [&](hid_t dataset, hid_t memory, hid_t space) {
        state_->check(H5Dwrite(dataset, native_type<T>(), memory, space, H5P_DEFAULT, values), "write '" + name + "'");
    });
}

template <class T>
void H5File::read_rows(T* values, const std::string& name, std::size_t first_row, std::size_t rows) const {
    const LibraryLock lock;
    if (rows == 0) return;
    state_->with_rows(name, first_row, rows, [&](hid_t dataset, hid_t memory, hid_t space) {
        state_->check(H5Dread(dataset, native_type<T>(), memory, space, H5P_DEFAULT, values), "read '" + name + "'");
    });
}

template <class T>
void H5File::read_line(T* values, const std::string& name, std::size_t dimension, std::size_t line) const {
    const LibraryLock lock;
    state_->with_line(name, dimension, line, [&](hid_t dataset, hid_t memory, hid_t space) {
        state_->check(H5Dread(dataset, native_type<T>(), memory, space, H5P_DEFAULT, values), "read '" + name + "'");
    });
}

#define FRIEDEL_HDF5_TYPE(T)                                                                     \
    template void H5File::create_dataset<T>(const std::string&, const Shape&, bool);             \
    template void H5File::write<T>(const std::string&, const T*, const Shape&, bool);            \
    template std::vector<T> H5File::read<T>(const std::string&) const;                           \
    template void H5File::write_rows<T>(const std::string&, std::size_t, std::size_t, const T*); \
    template void H5File::read_rows<T>(T*, const std::string&, std::size_t, std::size_t) const;  \
    template void H5File::read_line<T>(T*, const std::string&, std::size_t, std::size_t) const;
FRIEDEL_HDF5_TYPE(float)
FRIEDEL_HDF5_TYPE(double)
FRIEDEL_HDF5_TYPE(std::int8_t)
FRIEDEL_HDF5_TYPE(std::uint8_t)
FRIEDEL_HDF5_TYPE(std::int16_t)
FRIEDEL_HDF5_TYPE(std::uint16_t)
FRIEDEL_HDF5_TYPE(std::int32_t)
FRIEDEL_HDF5_TYPE(std::uint32_t)
FRIEDEL_HDF5_TYPE(std::int64_t)
FRIEDEL_HDF5_TYPE(std::uint64_t)
#undef FRIEDEL_HDF5_TYPE

void H5File::write_strings(const std::string& name, const std::vector<std::string>& values) {
    const LibraryLock lock;
    std::size_t length = 1;
    for (const std::string& value : values) length = std::max(length, value.size());
    const Handle type = text_type(length);
    std::string padded(length * values.size(), '\0');
    for (std::size_t i = 0; i < values.size(); ++i)
        std::copy(values[i].begin(), values[i].end(), padded.begin() + static_cast<std::ptrdiff_t>(i * length));
    state_->write_new(name, type, type, {values.size()}, true, padded.data());
}

std::vector<std::string> H5File::read_strings(const std::string& name) const {
    const LibraryLock lock;
    const Handle dataset = state_->open_dataset(name);
    const Handle stored(state_->check(H5Dget_type(dataset), "read the type of '" + name + "'"), H5Tclose);
    if (H5Tget_class(stored) != H5T_STRING || H5Tis_variable_str(stored) > 0)
        fail(path().string(), ": '", name, "' does not hold fixed-length text");
    const std::size_t length = H5Tget_size(stored);
    if (length > longest_text) fail(path().string(), ": '", name, "' claims texts of ", length, " bytes; the file is damaged");
    const std::size_t count = state_->claimed_elements(name, shape(name), length);
    const Handle type = text_type(length);
    std::string padded(length * count, '\0');
    if (count) state_->check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, padded.data()), "read '" + name + "'");
    std::vector<std::string> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i].assign(padded.data() + i * length, strnlen(padded.data() + i * length, length));
    return values;
}

std::string H5File::read_text(const std::string& name) const {
    const LibraryLock lock;
    const Handle dataset = state_->open_dataset(name);
    const Handle stored(state_->check(H5Dget_type(dataset), "read the type of '" + name + "'"), H5Tclose);
    if (H5Tget_class(stored) != H5T_STRING || product(shape(name)) != 1) fail(path().string(), ": '", name, "' does not hold one text");
    if (H5Tis_variable_str(stored) <= 0) return read_strings(name).front();
    char* text = nullptr;
    state_->check(H5Dread(dataset, stored, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text), "read '" + name + "'");
    std::string value = text ? text : "";
    H5free_memory(text);
    return value;
}

}  // namespace friedel
