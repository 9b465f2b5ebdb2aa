// Tests that run on every backend there is: on the processor always, in bf16 and on a CUDA device where those can be had, skipped there
// otherwise, with the reason.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "host/network/device.h"
#include "host/support/error.h"

namespace friedel::test {

// Whoever has a device wants to know that its tests ran: FRIEDEL_TEST_DEVICE=required. What a processor lacks is skipped all the same.
inline bool device_is_required() {
    const char* const wish = std::getenv("FRIEDEL_TEST_DEVICE");
    return wish && std::string(wish) == "required";
}

class OnEveryBackend : public ::testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        const std::string name = GetParam();
        try {
            device = std::make_unique<Device>(name == "cpu_bf16" ? DeviceChoice{"cpu", "bf16"} : DeviceChoice{name}, 2);
            backend = device->backend.get();
        } catch (const Error& error) {
            if (name == "cuda" && device_is_required()) GTEST_FAIL() << error.what();
            GTEST_SKIP() << error.what();
        }
    }
    // Relative to single precision throughout: what a matrix product in the backend's own precision may differ by.
    double gradient_tolerance() const { return backend->operands_are_floats() ? 1e-4 : 3e-2; }
    double loss_tolerance() const { return backend->operands_are_floats() ? 1e-5 : 2e-2; }

    std::unique_ptr<Device> device;
    Backend* backend = nullptr;
};

inline const auto every_backend = ::testing::Values("cpu", "cpu_bf16", "cuda");
inline std::string backend_name(const ::testing::TestParamInfo<const char*>& info) { return info.param; }

}  // namespace friedel::test
