// What tests of commands that use a model share: a folder with a small model, the examples and the minerals.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "host/network/network.h"
#include "host/training/config.h"
#include "tests/csv_table.h"
#include "tests/refusals.h"

namespace friedel::test {

namespace fs = std::filesystem;

// An untrained network answers too; its answers are only not worth much.
inline Model untrained_model() {
    TrainingConfig config = preset("quick");
    set_key(config, "network.hidden=[24]");
    set_key(config, "grid.step_deg=0.2");
    set_key(config, "grid.points=425");
    Model model;
    model.grid = config.simulation.grid;
    model.preprocess = config.preprocess;
    model.shape = config.shape();
    model.members = {initial_parameters(model.shape, 3, 0)};
    for (float& weight : model.members[0]) weight *= 4;  // answers that differ
    model.provenance.config = to_toml(config);
    return model;
}

class ModelCommands : public ::testing::Test {
protected:
    ModelCommands() {
        untrained_model().write(folder / "model.h5");
        fs::create_directory_symlink(source_dir() / "data/examples", folder / "examples");
        fs::create_directory_symlink(source_dir() / "data/minerals", folder / "minerals");
    }
    RunResult run(const std::string& arguments) { return run_friedel(arguments, folder.path); }
    void expect_refused(const std::string& arguments, const std::string& what, int status = 1) {
        test::expect_refused(arguments, what, status, folder.path);
    }

    TemporaryDirectory folder;
};

}  // namespace friedel::test
