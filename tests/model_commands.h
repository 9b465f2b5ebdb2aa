// What tests of commands that use a model share: a folder with a small model, the examples and the minerals.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "host/network/network.h"
#include "host/training/config.h"
#include "tests/test_paths.h"

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

inline std::vector<std::vector<std::string>> read_csv(const fs::path& file) {
    std::vector<std::vector<std::string>> rows;
    std::istringstream text(read_text(file));
    for (std::string line; std::getline(text, line);) {
        rows.emplace_back(1);
        bool quoted = false;
        for (char c : line) {
            if (c == '"')
                quoted = !quoted;
            else if (c == ',' && !quoted)
                rows.back().emplace_back();
            else
                rows.back().back() += c;
        }
    }
    return rows;
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
        SCOPED_TRACE(arguments);
        const RunResult result = run(arguments);
        EXPECT_EQ(result.status, status);
        EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
        EXPECT_NE(result.err.find(what), std::string::npos) << result.err;
        EXPECT_FALSE(fs::exists(folder / "out.h5") || fs::exists(folder / "out.csv") || fs::exists(folder / "out/metrics.json"));
    }

    TemporaryDirectory folder;
};

}  // namespace friedel::test
