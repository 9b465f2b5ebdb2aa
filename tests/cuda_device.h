// What the tests of a CUDA device share: the device in one precision beside the processor, and how results are compared. Skipped where
// there is no device, with the reason; where FRIEDEL_TEST_DEVICE is "required" that is a failure.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "host/crystals/structure_library.h"
#include "host/crystals/symmetry.h"
#include "host/network/backend.h"
#include "host/network/device.h"
#include "host/support/error.h"
#include "host/support/thread_pool.h"
#include "tests/differences.h"
#include "tests/every_backend.h"
#include "tests/minerals.h"

namespace friedel::test {

using Values = std::vector<float>;

class CudaDevice : public ::testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        try {
            cuda = make_cuda_backend(0, GetParam());
        } catch (const Error& error) {
            if (device_is_required()) GTEST_FAIL() << error.what();
            GTEST_SKIP() << error.what();
        }
    }
    bool is(const char* precision) const { return std::string(GetParam()) == precision; }
    // Rounding of one operand, relative.
    double rounding() const { return is("bf16") ? 1.0 / 256 : is("tf32") ? 1.0 / 2048 : 1e-6; }

    // Of an intensity, relative to the largest of its pattern. A float between 64 and 128 degrees is known to 8e-6 degrees, and a line of
    // 0.04 degrees falls by 2e-4 to 5e-4 of its height in one or two such steps.
    double pattern_tolerance() const { return is("bf16") ? 2.5 / 256 : 5e-4; }

    Values random_values(std::size_t size, unsigned seed, float low = -1) {
        std::mt19937 random(seed);
        std::uniform_real_distribution<float> uniform(low, 1);
        Values values(size);
        for (float& value : values) value = uniform(random);
        return values;
    }
    // A matrix of operands on a backend, from host values.
    static Matrix matrix(Backend& backend, const Values& values, int rows, int columns) {
        Matrix made(backend, rows, columns);
        const Buffer<float> there(backend, values.data(), values.size());
        backend.to_operands(made.data(), there.data(), rows, columns);
        return made;
    }
    static Values values_of(Backend& backend, const Matrix& from, int rows, int columns) {
        Buffer<float> there(backend, static_cast<std::size_t>(rows) * columns);
        backend.from_operands(there.data(), from.data(), rows, columns);
        Values values(there.size());
        there.download(values.data());
        return values;
    }
    // A batch of a stream: inputs [n][points] and labels [n].
    static std::pair<Values, std::vector<std::int32_t>> drawn(Backend& backend, PatternStream& stream, int n, int points) {
        const StepState state{9, 4, 100};
        Matrix inputs(backend, n, points);
        Buffer<std::int32_t> labels(backend, n);
        const Buffer<StepState> there(backend, &state, 1);
        stream.draw(inputs.data(), labels.data(), there.data(), 1, n);
        std::vector<std::int32_t> found(n);
        Values patterns = values_of(backend, inputs, n, points);
        labels.download(found.data());
        return {patterns, found};
    }
    static Values values_of(const Buffer<float>& buffer) {
        Values values(buffer.size());
        buffer.download(values.data());
        return values;
    }
    static void expect_near(const Values& found, const Values& expected, double tolerance) {
        ASSERT_EQ(found.size(), expected.size());
        double largest = 0;
        std::size_t at = 0;
        for (std::size_t i = 0; i < found.size(); ++i) {
            const double off = difference(found[i], expected[i]);
            if (off > largest) largest = off, at = i;
        }
        EXPECT_LE(largest, tolerance) << "at " << at << ": " << found[at] << ", expected " << expected[at];
    }

    ThreadPool pool{2};
    std::unique_ptr<Backend> cpu = make_cpu_backend(pool), cuda;
};

inline StructureLibrary all_minerals() {
    StructureLibrary library;
    for (const Structure& structure : mineral_structures()) {
        const StandardStructure standard = standardise(structure);
        library.add(standard.structure, standard.structure_type);
    }
    return library;
}

inline std::string name_of_precision(const ::testing::TestParamInfo<const char*>& info) { return info.param; }

}  // namespace friedel::test
