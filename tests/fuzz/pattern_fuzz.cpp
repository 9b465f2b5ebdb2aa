// libFuzzer target: whatever the bytes, the pattern reader gives a pattern that keeps its promises, and a grid gets numbers; or an Error.
//   build/fuzz/tests/fuzz/pattern_fuzz -max_total_time=60 CORPUS tests/fuzz/pattern
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "host/patterns/background_steps.h"
#include "host/patterns/pattern_file.h"
#include "host/patterns/resample.h"
#include "host/patterns/spikes.h"
#include "host/support/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace friedel;
    try {
        MeasuredPattern pattern = parse_pattern({reinterpret_cast<const char*>(data), size}, "fuzz.xy");
        if (pattern.two_theta_deg.size() != pattern.intensity.size()) __builtin_trap();
        for (std::size_t i = 0; i < pattern.two_theta_deg.size(); ++i) {
            const double angle = pattern.two_theta_deg[i];
            if (!(angle >= 0 && angle <= 180) || (i && !(angle > pattern.two_theta_deg[i - 1])) || !std::isfinite(pattern.intensity[i]))
                __builtin_trap();
        }
        take_off_spikes(pattern);
        take_off_steps(pattern);
        for (const double value : pattern.intensity) {
            if (!std::isfinite(value)) __builtin_trap();
        }
        convert_wavelength(pattern, pattern.wavelength_angstrom > 0 ? pattern.wavelength_angstrom : 0.7, 1.54184);
        Grid grid;
        std::vector<float> values(static_cast<std::size_t>(grid.points));
        const double coverage = resample(values.data(), grid, pattern);
        if (!(coverage >= 0 && coverage <= 1)) __builtin_trap();
    } catch (const Error&) {
    }
    return 0;
}
