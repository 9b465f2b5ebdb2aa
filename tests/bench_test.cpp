// friedel bench: its stages, its file, and the comparison with an earlier one. Figures are not judged: they are the machine's.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/test_paths.h"
#include "tests/train_command.h"

namespace friedel {
namespace {

class Bench : public ::testing::Test {
protected:
    test::RunResult bench(const std::string& options) const {
        return test::run_friedel("bench '" + test::small_library().string() +
                                     "' --preset quick --set grid.step_deg=0.2 --set grid.points=425 --set training.batch=32 --rounds 1 "
                                     "--seconds 0.001 --device cpu " +
                                     options,
                                 folder.path);
    }
    test::TemporaryDirectory folder;
};

TEST_F(Bench, MeasuresEveryStage) {
    const auto result =
        bench("--set 'network.filters=[32]' --set 'network.kernels=[16]' --set 'network.strides=[8]' --batches 8 -o b.jsonl");
    ASSERT_EQ(result.status, 0) << result.err;
    std::istringstream lines(test::read_text(folder / "b.jsonl"));
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    const auto head = nlohmann::json::parse(line);
    EXPECT_EQ(head["benchmark"], "friedel");
    EXPECT_EQ(head["network"], "425-32x16/8-512-256-230");
    EXPECT_EQ(head["batch"], 32);
    std::set<std::string> stages;
    while (std::getline(lines, line)) {
        const auto row = nlohmann::json::parse(line);
        EXPECT_TRUE(stages.insert(row["stage"]).second) << line;
        EXPECT_GT(row.at("seconds").get<double>(), 0) << line;
        EXPECT_GT(row.at("per_second").get<double>(), 0) << line;
        if (row.contains("operations") || row.contains("bytes") || row.contains("arithmetic")) {
            EXPECT_GT(row.at("fraction_of_limit").get<double>(), 0) << line;
        }
        EXPECT_NE(result.out.find(row["stage"].get<std::string>()), std::string::npos) << line;
    }
    for (const char* stage :
         {"limit: copy, bytes", "limit: multiply-adds, operations", "limit: exponentials", "limit: matrix product, operations",
          "simulation", "simulation, larger third", "simulation, generated crystals", "simulation, crystals generated before",
          "convolution, layer 0", "product, layer 1", "gradient of weights, layer 0", "softmax, loss, gradient",
          "AdamW with norm and average", "answers to patterns in memory", "step, batch of 32", "step, batch of 8"})
        EXPECT_TRUE(stages.count(stage)) << stage;
}

TEST_F(Bench, MeasuresSomeKindsOfStageAlone) {
    const auto result = bench("--only simulation --only AdamW --batches 8");
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("simulation, batch of 8"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("AdamW"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("limit: copy"), std::string::npos) << result.out;
    EXPECT_EQ(result.out.find("product, layer"), std::string::npos) << result.out;
    EXPECT_EQ(result.out.find("step, batch"), std::string::npos) << result.out;
}

TEST_F(Bench, ComparesWithAnEarlierRun) {
    ASSERT_EQ(bench("-o before.jsonl").status, 0);
    const auto same = bench("--compare before.jsonl");
    ASSERT_EQ(same.status, 0) << same.err;
    EXPECT_EQ(same.err, "");
    EXPECT_NE(same.out.find("  x "), std::string::npos) << same.out;
    const auto other = bench("--compare before.jsonl --set training.batch=16");
    ASSERT_EQ(other.status, 0) << other.err;
    EXPECT_NE(other.err.find("before.jsonl: batch was 32 there and is 16 here"), std::string::npos) << other.err;
    const auto otherwise = bench("--compare before.jsonl --only AdamW --set simulation.width_sections=0");
    EXPECT_NE(otherwise.err.find("before.jsonl: simulation.width_sections is 0 here and "), std::string::npos) << otherwise.err;
    const auto reseeded = bench("--compare before.jsonl --only AdamW --set training.seed=7");
    EXPECT_NE(reseeded.err.find("before.jsonl: training.seed is 7 here and "), std::string::npos) << reseeded.err;
    const auto tempered = bench("--compare before.jsonl --only AdamW --set training.tempering=0.25");
    EXPECT_NE(tempered.err.find("before.jsonl: training.tempering is 0.25 here and "), std::string::npos) << tempered.err;
    std::string unknown = test::read_text(folder / "before.jsonl");
    unknown.insert(unknown.find("[training]\\n") + 12, "of_old = 1\\n");
    test::write_text(folder / "unknown.jsonl", unknown);
    const auto old = bench("--compare unknown.jsonl --only AdamW");
    EXPECT_EQ(old.status, 0) << old.err;
    EXPECT_NE(old.err.find("unknown.jsonl: its settings cannot be compared (config:"), std::string::npos) << old.err;
    // By patterns a second: a batch of another size takes another time.
    test::write_text(folder / "slow.jsonl",
                     "{\"benchmark\":\"friedel\",\"batch\":1}\n{\"stage\":\"simulation\",\"seconds\":1000,\"per_second\":1}\n");
    const auto faster = bench("--compare slow.jsonl --only simulation -o now.jsonl");
    ASSERT_EQ(faster.status, 0) << faster.err;
    const std::string now = test::read_text(folder / "now.jsonl"), stage = "{\"stage\":\"simulation\",";
    const auto row = nlohmann::json::parse(now.substr(now.find(stage), now.find('\n', now.find(stage)) - now.find(stage)));
    char times[40];
    std::snprintf(times, sizeof times, "  x %.2f\n", row.at("per_second").get<double>());
    EXPECT_NE(faster.out.find(times), std::string::npos) << times << faster.out;

    const auto refuses = [&](const std::string& options, const std::string& what, int status = 1) {
        const auto result = bench(options);
        EXPECT_EQ(result.status, status) << options;
        EXPECT_NE(result.err.find(what), std::string::npos) << result.err;
    };
    test::write_text(folder / "other.jsonl", "{\"a\": 1}\n");
    test::write_text(folder / "empty.jsonl", "");
    refuses("--compare other.jsonl", "other.jsonl:1: is no line of 'friedel bench -o'");
    refuses("--compare empty.jsonl", "empty.jsonl: is empty");
    refuses("--compare nothing.jsonl", "nothing.jsonl: cannot be opened");
    refuses("-o nowhere/b.jsonl", "nowhere/b.jsonl");
    refuses("--batches 0", "--batches", 2);
}

}  // namespace
}  // namespace friedel
