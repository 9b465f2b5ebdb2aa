#include "host/support/hdf5_types.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "host/support/error.h"

namespace friedel::hdf5 {

namespace {

std::recursive_mutex& library_mutex() {
    static std::recursive_mutex mutex;
    return mutex;
}

void require(bool made) {
    if (!made) fail("HDF5 cannot make a type (", last_reason(), "); free some memory");
}

}  // namespace

// After a failed write HDF5 1.10 crashes in its own exit handler, which nothing here needs: every file is closed by then.
LibraryLock::LibraryLock() : lock_(library_mutex()) {
    static const herr_t never_at_exit = H5dont_atexit();
    static_cast<void>(never_at_exit);
    thread_local const herr_t silent = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // threads have a setting each
    static_cast<void>(silent);
}

std::string last_reason() {
    std::string reason;
    H5Ewalk2(
        H5E_DEFAULT, H5E_WALK_UPWARD,
        [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
            std::string& found = *static_cast<std::string*>(out);
            if (!error->desc) return 0;
            const std::string description = error->desc;
            const std::string marker = "error message = '";
            if (const std::size_t at = description.find(marker); at != std::string::npos) {
                const std::size_t begin = at + marker.size();
                found = description.substr(begin, description.find('\'', begin) - begin);
                return 1;
            }
            if (found.empty()) found = description;
            return 0;
        },
        &reason);
    return reason.empty() ? "HDF5 gives no reason" : reason;
}

float rounded_to_half(float value) {
    constexpr float smallest_normal = 6.103515625e-5f, step_below = 5.9604644775390625e-8f;  // 2^-14, 2^-24
    if (std::fabs(value) < smallest_normal) return std::nearbyint(value / step_below) * step_below;
    auto bits = std::bit_cast<std::uint32_t>(value);
    bits += 0xfff + (bits >> 13 & 1);
    return std::bit_cast<float>(bits & ~std::uint32_t{0x1fff});
}

Handle half_type() {
    Handle type(H5Tcopy(H5T_IEEE_F32LE), H5Tclose);
    // Sign at bit 15, five bits of exponent from 10, ten of fraction from 0.
    require(type >= 0 && H5Tset_fields(type, 15, 10, 5, 0, 10) >= 0 && H5Tset_size(type, 2) >= 0 && H5Tset_ebias(type, 15) >= 0);
    return type;
}

Handle text_type(std::size_t length) {
    Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
    require(type >= 0 && H5Tset_size(type, std::max<std::size_t>(length, 1)) >= 0 && H5Tset_strpad(type, H5T_STR_NULLPAD) >= 0 &&
            H5Tset_cset(type, H5T_CSET_UTF8) >= 0);
    return type;
}

}  // namespace friedel::hdf5
