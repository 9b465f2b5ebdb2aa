// A small training run by the program, for tests of what surrounds the training.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "host/support/error.h"
#include "tests/test_paths.h"

namespace friedel::test {

// A few minerals of different crystal systems.
inline const std::filesystem::path& small_library() {
    static const TemporaryDirectory folder;
    static const std::filesystem::path library = [] {
        std::string files;
        for (const char* name : {"quartz", "NaCl", "rutile", "calcite", "diopside", "W", "zircon", "albite"})
            files += " '" + (source_dir() / "data/minerals" / (std::string(name) + ".cif")).string() + "'";
        const std::filesystem::path file = folder / "small.h5";
        const auto made = run_friedel("ingest" + files + " -o '" + file.string() + "'");
        if (made.status != 0) fail(made.err);
        return file;
    }();
    return library;
}

class TrainCommand : public ::testing::Test {
protected:
    TemporaryDirectory folder;
    const std::string library = "'" + small_library().string() + "'";
    const std::string small =
        " --device cpu --preset quick --set grid.step_deg=0.2 --set grid.points=425 --set 'network.hidden=[48, 32]' --set "
        "training.batch=64 --set "
        "optimiser.warmup_steps=1 ";
    const std::string all = "train " + library + small;
    std::string model(const char* name) const { return " -q -o '" + (folder / name).string() + "' "; }
};

}  // namespace friedel::test
