// HDF5's identifiers and types, for the files of H5File alone.
#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

namespace friedel::hdf5 {

// A thread's turn with the library, which in many builds (parallel HDF5 among them) may be called by one thread at a time. A thread may
// take turns within its turn. Errors are reported by us, once: the library prints none of its own.
class LibraryLock {
public:
    LibraryLock();

private:
    std::lock_guard<std::recursive_mutex> lock_;
};

// An HDF5 identifier, closed by the function of its kind.
class Handle {
public:
    Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
    Handle& operator=(Handle&&) = delete;
    ~Handle() {
        if (id_ >= 0) close_(id_);
    }
    operator hid_t() const { return id_; }
    // Before its time: closing a dataset writes what was held back, and may fail at it.
    herr_t close() { return close_(std::exchange(id_, -1)); }

private:
    hid_t id_;
    herr_t (*close_)(hid_t);
};

template <class T>
hid_t native_type();
template <>
inline hid_t native_type<float>() {
    return H5T_NATIVE_FLOAT;
}
template <>
inline hid_t native_type<double>() {
    return H5T_NATIVE_DOUBLE;
}
template <>
inline hid_t native_type<std::int8_t>() {
    return H5T_NATIVE_INT8;
}
template <>
inline hid_t native_type<std::uint8_t>() {
    return H5T_NATIVE_UINT8;
}
template <>
inline hid_t native_type<std::int16_t>() {
    return H5T_NATIVE_INT16;
}
template <>
inline hid_t native_type<std::uint16_t>() {
    return H5T_NATIVE_UINT16;
}
template <>
inline hid_t native_type<std::int32_t>() {
    return H5T_NATIVE_INT32;
}
template <>
inline hid_t native_type<std::uint32_t>() {
    return H5T_NATIVE_UINT32;
}
template <>
inline hid_t native_type<std::int64_t>() {
    return H5T_NATIVE_INT64;
}
template <>
inline hid_t native_type<std::uint64_t>() {
    return H5T_NATIVE_UINT64;
}

// Half precision, IEEE 754 binary16, and text of a fixed length, padded with zeros.
Handle half_type();
Handle text_type(std::size_t length);

// To the nearest number that half precision holds, ties to even. HDF5's own rounding loses the carry into the exponent
// (0.24999 becomes 0.125, seen with 1.10.8), so that it must not have anything left to round.
float rounded_to_half(float value);

// The operating system's reason among HDF5's stack of complaints ("No space left on device"), or its innermost complaint.
std::string last_reason();

}  // namespace friedel::hdf5
