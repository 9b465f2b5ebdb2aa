// What a training run remembers of its validations, and the network that it keeps as the best.
#include "host/training/validations.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "host/network/model.h"
#include "host/support/hash.h"
#include "host/training/checkpoint.h"
#include "host/training/metrics_file.h"
#include "host/training/training_run.h"
#include "tests/csv_table.h"
#include "tests/train_command.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;
using test::TrainCommand;

TEST(ValidationHistory, TheBestIsRightMostOftenThenSurest) {
    ValidationHistory history;
    EXPECT_TRUE(history.add({8, 0.5, 1}, 10));
    EXPECT_TRUE(history.add({8, 0.75, 1}, 20));
    EXPECT_FALSE(history.add({8, 0.75, 1}, 30));
    EXPECT_TRUE(history.add({8, 0.75, 0.9}, 40));
    EXPECT_FALSE(history.add({8, 0.25, 0.1}, 50));
    EXPECT_EQ(history.best_step, 40);
    EXPECT_EQ(history.best_accuracy, 0.75);
    EXPECT_EQ(history.looks, 5);
    EXPECT_EQ(history.last->accuracy, 0.25);
}

TEST(BestFile, LiesBesideTheModel) {
    EXPECT_EQ(best_file("runs/model.h5"), "runs/model.best.h5");
    EXPECT_EQ(best_file("model"), "model.best");
}

// A report of steps that were all skipped has no loss: a field left empty, as any other that there is nothing for.
TEST(MetricsFile, LeavesOutWhatIsNoNumber) {
    const test::TemporaryDirectory folder;
    const double none = std::numeric_limits<double>::quiet_NaN();
    MetricsFile(folder / "m.csv", 0, [](const std::string& line) { ADD_FAILURE() << line; })
        .row({.step = 10,
              .patterns = 640,
              .seconds = 2,
              .patterns_per_second = 320,
              .learning_rate = 0.5,
              .loss = none,
              .accuracy = none,
              .skipped_steps = 10,
              .validated = {}});
    const std::string text = test::read_text(folder / "m.csv");
    EXPECT_EQ(text.substr(text.find('\n') + 1), "10,640,2.00,320.0,0.5,,,,,,,10\n");
}

// A run that chose by measured patterns, resumed without them: what simulated ones found is known, but not the network that they liked.
TEST(Validations, LookForTheBestAnewWhereOtherPatternsChose) {
    const test::TemporaryDirectory folder;
    TrainingConfig config = preset("quick");
    const StructureLibrary library = StructureLibrary::read(test::small_library());
    const ValidationSet simulated = ValidationSet::simulated(config, library, 8);
    {
        H5File file = H5File::create(folder / "checkpoint.h5", checkpoint_kind);
        file.write("validation/last_step", std::vector<double>{60});
        file.write("validation/simulated/found", std::vector<double>{8, 0.25, 2, 3, 0.5, 1, 40});
        file.write_strings("validation/simulated/patterns", {simulated.hash()});
        file.write("best/step_and_seconds", std::vector<double>{20, 0.5});
        file.write("best/members/0", std::vector<float>{1, 2, 3});
        file.commit();
    }
    std::vector<std::string> told;
    const H5File file = H5File::open(folder / "checkpoint.h5", checkpoint_kind);
    Validations validations(&simulated, nullptr, true);
    validations.restore(file, [&](const std::string& line) { told.push_back(line); });
    EXPECT_EQ(told, std::vector<std::string>{"the network kept as the best was chosen by other patterns; it is looked for anew"});
    EXPECT_FALSE(validations.best());
    EXPECT_EQ(validations.simulated().looks, 0);
    Validations last_alone(&simulated, nullptr, false);
    last_alone.restore(file, [](const std::string& line) { ADD_FAILURE() << line; });
    EXPECT_EQ(last_alone.simulated().looks, 3) << "nothing is chosen";
}

class KeepsTheBest : public TrainCommand {
protected:
    // Steps so long that the network is thrown about, validated at the same steps in every run.
    const std::string thrown = all +
                               "--set optimiser.learning_rate=0.05 --set optimiser.average_decay=0.5 --set optimiser.cosine=false "
                               "--set training.validation_steps=20 --validation " +
                               library + " ";

    // A run with --keep-best that is interrupted once it has validated; `then` is run in the shell just before.
    auto interrupted(const std::string& run, const std::string& then = "") const {
        return test::run_script("$friedel " + run +
                                    "--steps 1000000 --keep-best --log log.jsonl -q -o model.h5 & pid=$!\nfor i in $(seq 600); do "
                                    "grep -q '\"validation\"' log.jsonl && break; sleep 0.02; done 2>/dev/null\n" +
                                    then + "\nkill -INT $pid\nwait $pid\n",
                                folder.path);
    }

    // The row of MODEL.metrics.csv that the best network is of.
    static std::size_t best_row(const test::CsvTable& metrics) {
        std::size_t best = metrics.size();
        const auto rank = [&](std::size_t row) {
            return std::pair(metrics.number(row, "simulated_accuracy"), -metrics.number(row, "simulated_loss"));
        };
        for (std::size_t row = 0; row < metrics.size(); ++row) {
            if (metrics.at(row, "simulated_accuracy").empty()) continue;
            if (best == metrics.size() || rank(row) > rank(best)) best = row;
        }
        return best;
    }
};

TEST_F(KeepsTheBest, WithTheWeightsOfItsStep) {
    const auto trained = test::run_friedel(thrown + "--steps 210 --keep-best -o model.h5", folder.path);
    ASSERT_EQ(trained.status, 0) << trained.err;
    const test::CsvTable metrics(folder / "model.h5.metrics.csv");
    EXPECT_EQ(metrics.at(0, "step"), "20");
    EXPECT_EQ(metrics.size(), 11u) << "ten multiples of 20, and the last step";
    const std::string step = metrics.at(best_row(metrics), "step");
    EXPECT_NE(trained.out.find("-> model.best.h5, the best network, that after step " + step + "\n"), std::string::npos) << trained.out;
    const Model best = Model::read(folder / "model.best.h5"), last = Model::read(folder / "model.h5");
    EXPECT_EQ(std::to_string(best.provenance.steps), step);
    EXPECT_EQ(best.provenance.patterns, 64 * best.provenance.steps);
    EXPECT_EQ(last.provenance.steps, 210);
    EXPECT_EQ(last.provenance.chosen, "");
    EXPECT_NE(best.provenance.chosen.find(" % of 8 simulated patterns, the best of 11 validations"), std::string::npos)
        << best.provenance.chosen;
    const auto info = test::run_friedel("info model.best.h5", folder.path);
    EXPECT_NE(info.out.find("chosen            " + best.provenance.chosen), std::string::npos) << info.out;
    EXPECT_EQ(info.out.find("unfinished"), std::string::npos) << info.out;
    const auto json = test::run_friedel("info --json model.best.h5", folder.path);
    EXPECT_TRUE(nlohmann::json::parse(json.out).at("finished").get<bool>()) << json.out;
    // On what chose it, it looks better than it is.
    const auto calibrated =
        test::run_friedel("calibrate model.best.h5 --patterns 20 --coverage 0.5 -o c.h5 --library " + library, folder.path);
    EXPECT_NE(calibrated.err.find("the network was chosen by what it answers to patterns of "), std::string::npos) << calibrated.err;
    EXPECT_NE(calibrated.err.find("(" + best.provenance.chosen + ")"), std::string::npos) << calibrated.err;
    // A run that ends there has the same weights.
    const auto shorter = test::run_friedel(thrown + "--steps " + step + model("shorter.h5"));
    ASSERT_EQ(shorter.status, 0) << shorter.err;
    EXPECT_EQ(Model::read(folder / "shorter.h5").members, best.members);
    EXPECT_FALSE(fs::exists(folder / "shorter.best.h5"));
}

// Interrupted after its third validation and resumed: the same two networks, bit by bit, and the same summary.
TEST_F(KeepsTheBest, InAResumedRunAsInAnUndisturbedOne) {
    const auto last_lines = [](const std::string& out) { return out.substr(out.find('\n') + 1); };
    for (int steps = 400; steps <= 400'000; steps *= 10) {
        const std::string run =
            thrown + "--keep-best --set training.checkpoint_minutes=0 --steps " + std::to_string(steps) + " --log log.jsonl -o model.h5";
        const auto stopped = test::run_script(
            "rm -f log.jsonl model.*\n$friedel " + run +
                " >/dev/null & pid=$!\nfor i in $(seq 600); do [ \"$(grep -c '\"validation\",' log.jsonl)\" -ge 3 ] && break; sleep 0.02; "
                "done 2>/dev/null\nkill -INT $pid 2>/dev/null\nwait $pid\n",
            folder.path);
        if (stopped.status == 0) continue;  // it was faster
        ASSERT_EQ(stopped.status, 130) << stopped.err;
        EXPECT_TRUE(fs::exists(folder / "model.best.h5")) << "the interrupted network's";
        const auto resumed = test::run_friedel(run + " --resume", folder.path);
        ASSERT_EQ(resumed.status, 0) << resumed.err;
        fs::create_directory(folder / "whole");
        const auto whole = test::run_friedel(run, folder / "whole");
        ASSERT_EQ(whole.status, 0) << whole.err;
        EXPECT_EQ(last_lines(resumed.out), last_lines(whole.out));
        for (const char* file : {"model.h5", "model.best.h5"}) {
            const Model found = Model::read(folder / file), expected = Model::read(folder / "whole" / file);
            EXPECT_EQ(found.members, expected.members) << file;
            EXPECT_EQ(found.provenance.steps, expected.provenance.steps) << file;
            EXPECT_EQ(found.provenance.chosen, expected.provenance.chosen) << file;
        }
        return;
    }
    FAIL() << "no run was interrupted";
}

// What was found on other patterns does not count in a resumed run.
TEST_F(KeepsTheBest, OnlyOnThePatternsThatItWasFoundOn) {
    const std::string found = "validation/simulated/found";
    const auto stopped = interrupted(thrown);
    ASSERT_EQ(stopped.status, 130) << stopped.err;
    const std::vector<Checkpoint> left = list_checkpoints(folder / "model.h5");
    ASSERT_EQ(left.size(), 1u);
    {
        const H5File checkpoint = H5File::open(left[0].file, checkpoint_kind);
        EXPECT_TRUE(checkpoint.exists(found) && checkpoint.exists("best/members/0"));
    }
    const auto split = test::run_friedel("split " + library + " --train a.h5 --test b.h5 --fraction 0.5", folder.path);
    ASSERT_EQ(split.status, 0) << split.err;
    const std::string again = thrown.substr(0, thrown.find("--validation")) + "--keep-best ";
    const std::string end = "--resume --steps " + std::to_string(left[0].step + 1) + " -o model.h5";
    const auto without = test::run_friedel(again + end, folder.path);
    EXPECT_EQ(without.status, 2);
    EXPECT_NE(without.err.find("training.keep_best: validation finds the best network, and there is none"), std::string::npos)
        << without.err;
    const auto other = test::run_friedel(again + "--validation b.h5 " + end, folder.path);
    ASSERT_EQ(other.status, 0) << other.err;
    EXPECT_NE(other.err.find("goes on with other simulated validation patterns: what was found on those of before is not counted"),
              std::string::npos)
        << other.err;
    EXPECT_EQ(Model::read(folder / "model.best.h5").provenance.steps, left[0].step + 1);
}

// The file that chose may be gone when the run ends.
TEST_F(KeepsTheBest, WithTheHashOfWhatWasRead) {
    fs::copy_file(test::small_library(), folder / "v.h5");
    const std::string run = thrown.substr(0, thrown.find("--validation")) + "--validation v.h5 ";
    const auto stopped = interrupted(run, "rm v.h5");
    ASSERT_EQ(stopped.status, 130) << stopped.err;
    EXPECT_EQ(Model::read(folder / "model.best.h5").provenance.chosen_on, hash_file(test::small_library()));
}

TEST_F(KeepsTheBest, OfASingleValidation) {
    const auto trained = test::run_friedel(thrown + "--steps 2 --keep-best" + model("model.h5"), folder.path);
    ASSERT_EQ(trained.status, 0) << trained.err;
    const std::string chosen = Model::read(folder / "model.best.h5").provenance.chosen;
    EXPECT_TRUE(chosen.ends_with(", the best of 1 validation")) << chosen;
}

// A flag has no value: "false" would be taken for silence where a file sets the key.
TEST_F(KeepsTheBest, AsAFlagWithoutAValue) {
    const auto refused = test::run_friedel(thrown + "--steps 2 --set training.keep_best=true --keep-best=false -o model.h5", folder.path);
    EXPECT_EQ(refused.status, 2);
    EXPECT_NE(refused.err.find("--keep-best: takes no value; leave '=false' out"), std::string::npos) << refused.err;
    EXPECT_FALSE(fs::exists(folder / "model.h5"));
}

TEST_F(KeepsTheBest, NeverOverWhatIsNoModel) {
    test::write_text(folder / "model.best.h5", "notes");
    const auto refused = test::run_friedel(thrown + "--steps 2 --keep-best -o model.h5", folder.path);
    EXPECT_NE(refused.status, 0);
    EXPECT_NE(refused.err.find("model.best.h5"), std::string::npos) << refused.err;
    EXPECT_EQ(test::read_text(folder / "model.best.h5"), "notes");
    const auto unvalidated = test::run_friedel(all + "--steps 2 --keep-best -o model.h5", folder.path);
    EXPECT_EQ(unvalidated.status, 2) << unvalidated.err;
    EXPECT_FALSE(fs::exists(folder / "model.h5"));
}

}  // namespace
}  // namespace friedel
