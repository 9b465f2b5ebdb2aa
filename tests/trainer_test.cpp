// Training as a whole: the same weights for any number of cores and however often a run is stopped, and a network that learns.
#include <gtest/gtest.h>

#include <fstream>

#include "host/bf16_gemm.h"
#include "host/error.h"
#include "host/ingest.h"
#include "host/trainer.h"
#include "host/training_run.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;

// A few minerals of different crystal systems.
const fs::path& small_library() {
    static const test::TemporaryDirectory folder;
    static const fs::path library = [] {
        std::string files;
        for (const char* name : {"quartz", "NaCl", "rutile", "calcite", "diopside", "W", "zircon", "albite"})
            files += " '" + (test::source_dir() / "data/minerals" / (std::string(name) + ".cif")).string() + "'";
        const fs::path file = folder / "small.h5";
        const auto made = test::run_friedel("ingest" + files + " -o '" + file.string() + "'");
        if (made.status != 0) fail(made.err);
        return file;
    }();
    return library;
}

TrainingConfig small_config() {
    TrainingConfig config = preset("quick");
    for (const char* setting :
         {"grid.step_deg=0.2", "grid.points=425", "network.hidden=[48, 32]", "network.dropout=[0.2, 0.1]", "training.batch=64",
          "training.steps=12", "training.minutes=0", "training.seed=7", "optimiser.warmup_steps=2"})
        set_key(config, setting);
    check(config);
    return config;
}

std::vector<std::vector<float>> train(const TrainingConfig& config, int threads, int steps,
                                      CpuPrecision precision = CpuPrecision::float32) {
    const StructureLibrary library = StructureLibrary::read(small_library());
    ThreadPool pool(threads);
    const auto backend = make_cpu_backend(pool, precision);
    Trainer trainer(*backend, config, library);
    for (int step = 0; step < steps; ++step) trainer.step();
    return trainer.answering_parameters();
}

TEST(Trainer, SameWeightsOnAnyNumberOfCores) {
    const TrainingConfig config = small_config();
    const auto one = train(config, 1, 6);
    EXPECT_EQ(one, train(config, 2, 6));
    EXPECT_EQ(one, train(config, 5, 6));
    TrainingConfig other = config;
    other.run.seed = 8;
    EXPECT_NE(one, train(other, 1, 6)) << "the seed changes nothing";
}

TEST(Trainer, SameWeightsOnAnyNumberOfCoresInBf16) {
    if (const std::string missing = Bf16Gemm::missing(); !missing.empty()) GTEST_SKIP() << missing;
    const TrainingConfig config = small_config();
    const auto one = train(config, 1, 6, CpuPrecision::bf16);
    EXPECT_EQ(one, train(config, 2, 6, CpuPrecision::bf16));
    EXPECT_EQ(one, train(config, 5, 6, CpuPrecision::bf16));
    EXPECT_NE(one, train(config, 1, 6)) << "it multiplied floats";
}

TEST(Trainer, ResumesToTheSameBits) {
    const TrainingConfig config = small_config();
    const StructureLibrary library = StructureLibrary::read(small_library());
    const test::TemporaryDirectory folder;
    const FileKind kind{"checkpoint", 1, "start anew"};
    ThreadPool pool(2);
    const auto backend = make_cpu_backend(pool);
    Trainer undisturbed(*backend, config, library), first(*backend, config, library);
    for (int step = 0; step < 12; ++step) undisturbed.step();
    for (int step = 0; step < 5; ++step) first.step();
    {
        H5File file = H5File::create(folder / "checkpoint.h5", kind);
        first.save(file);
        file.commit();
    }
    Trainer second(*backend, config, library);
    second.restore(H5File::open(folder / "checkpoint.h5", kind));
    EXPECT_EQ(second.steps(), 5);
    EXPECT_NE(second.answering_parameters(), undisturbed.answering_parameters());
    for (int step = 0; step < 7; ++step) second.step();
    EXPECT_EQ(second.answering_parameters(), undisturbed.answering_parameters());
}

// Generated crystals beside those of the library, and alone, on any number of cores and however often a run is stopped.
TEST(Trainer, GeneratedCrystalsKeepTheBits) {
    TrainingConfig config = small_config();
    const CrystalTableStore tables(CrystalStatistics::shipped());
    const FileKind kind{"checkpoint", 1, "start anew"};
    for (const float share : {0.5f, 1.0f}) {
        config.run.synthetic = share;
        const StructureLibrary library = share < 1 ? StructureLibrary::read(small_library()) : StructureLibrary();
        ThreadPool one(1), three(3);
        const auto first = make_cpu_backend(one), second = make_cpu_backend(three);
        Trainer undisturbed(*first, config, library, &tables), stopped(*second, config, library, &tables);
        for (int step = 0; step < 8; ++step) undisturbed.step();
        for (int step = 0; step < 3; ++step) stopped.step();
        const test::TemporaryDirectory folder;
        {
            H5File file = H5File::create(folder / "checkpoint.h5", kind);
            stopped.save(file);
            file.commit();
        }
        Trainer resumed(*second, config, library, &tables);
        resumed.restore(H5File::open(folder / "checkpoint.h5", kind));
        for (int step = 0; step < 5; ++step) resumed.step();
        EXPECT_EQ(resumed.answering_parameters(), undisturbed.answering_parameters());
        EXPECT_NE(undisturbed.answering_parameters(), train(small_config(), 1, 8));
    }
}

TEST(Trainer, SpreadsTheTargetOverTheGraphOfSubgroups) {
    TrainingConfig config = small_config();
    const auto sharp = train(config, 2, 2);
    config.loss.graph_smoothing = 0.2f;
    EXPECT_NE(train(config, 2, 2), sharp);
}

// Each member starts elsewhere and drops others, on the same patterns.
TEST(Trainer, MembersOfAnEnsembleDiffer) {
    TrainingConfig config = small_config();
    config.network.members = 2;
    const auto both = train(config, 2, 3);
    ASSERT_EQ(both.size(), 2u);
    EXPECT_NE(both[0], both[1]);
    config.network.members = 1;
    EXPECT_EQ(train(config, 2, 3)[0], both[0]) << "a member depends on how many there are";
}

void expect_to_learn(CpuPrecision precision) {
    TrainingConfig config = small_config();
    const StructureLibrary library = StructureLibrary::read(small_library());
    ThreadPool pool;
    const auto backend = make_cpu_backend(pool, precision);
    config.run.steps = 250;
    Trainer trainer(*backend, config, library);
    trainer.step();
    const double before = trainer.take_results().loss;
    while (trainer.steps() < config.run.steps - 1) trainer.step();
    trainer.take_results();
    trainer.step();
    const Trainer::Results last = trainer.take_results();
    EXPECT_GT(before, 4) << "an untrained network already knows";
    EXPECT_LT(last.loss, 0.7);
    EXPECT_GT(last.accuracy, 0.8);
}

TEST(Trainer, LearnsToTellMineralsApart) { expect_to_learn(CpuPrecision::float32); }

TEST(Trainer, LearnsToTellMineralsApartInBf16) {
    if (const std::string missing = Bf16Gemm::missing(); !missing.empty()) GTEST_SKIP() << missing;
    expect_to_learn(CpuPrecision::bf16);
}

class TrainCommand : public ::testing::Test {
protected:
    test::TemporaryDirectory folder;
    const std::string library = "'" + small_library().string() + "'";
    const std::string small =
        " --preset quick --set grid.step_deg=0.2 --set grid.points=425 --set 'network.hidden=[48, 32]' --set training.batch=64 --set "
        "optimiser.warmup_steps=1 ";
    std::string model(const char* name) const { return " -q -o '" + (folder / name).string() + "' "; }
};

// A run that Ctrl-C stops, taken up again, ends with the model that an undisturbed run gives; its metrics have every report once.
TEST_F(TrainCommand, GoesOnAfterAnInterruption) {
    const std::string all = "train " + library + small + "--steps 1200 --set training.report_seconds=0.05 --validation " + library;
    ASSERT_EQ(test::run_friedel(all + model("whole.h5")).status, 0);
    const std::string program = test::program().string();
    // Until training has begun, there is nothing to keep; slow builds take a while.
    int status = 0;
    for (double seconds = 1; seconds < 100 && !fs::exists(folder / "part.h5.checkpoint"); seconds *= 2) {
        const std::string stopped = "timeout --signal=INT --preserve-status " + std::to_string(seconds) + " '" + program + "' " + all;
        status = std::system((stopped + model("part.h5") + " >/dev/null 2>&1").c_str());
        if (WEXITSTATUS(status) == 0) GTEST_SKIP() << "the whole run took less than " << seconds << " s here";
    }
    EXPECT_EQ(WEXITSTATUS(status), 130);
    ASSERT_TRUE(fs::exists(folder / "part.h5.checkpoint"));
    const auto resumed = test::run_friedel(all + model("part.h5") + "--resume");
    ASSERT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_FALSE(fs::exists(folder / "part.h5.checkpoint"));
    EXPECT_EQ(Model::read(folder / "part.h5").members, Model::read(folder / "whole.h5").members);
    std::ifstream metrics(folder / "part.h5.metrics.csv");
    std::string line;
    std::getline(metrics, line);
    long long last = 0;
    while (std::getline(metrics, line)) {
        EXPECT_GT(std::atoll(line.c_str()), last);
        last = std::atoll(line.c_str());
    }
    EXPECT_EQ(last, 1200);
}

TEST_F(TrainCommand, RefusesWhatContradictsTheRunItResumes) {
    const std::string run = "train " + library + small + "--set training.checkpoint_minutes=0.001 --steps 400" + model("a.h5");
    const auto without = test::run_friedel(run + "--resume");
    EXPECT_EQ(without.status, 1);
    EXPECT_NE(without.err.find("there is no run to resume"), std::string::npos) << without.err;

    const std::string program = test::program().string();
    const int status = std::system(("timeout --signal=KILL 1 '" + program + "' train " + library + small +
                                    "--set training.checkpoint_minutes=0.001 --steps 1000000" + model("a.h5") + ">/dev/null 2>&1")
                                       .c_str());
    ASSERT_NE(status, 0);
    if (!fs::exists(folder / "a.h5.checkpoint")) GTEST_SKIP() << "no checkpoint within a second here";
    EXPECT_FALSE(fs::exists(folder / "a.h5")) << "a killed run left a model under the final name";
    const auto other = test::run_friedel(run + "--resume --set training.batch=32");
    EXPECT_EQ(other.status, 1);
    EXPECT_NE(other.err.find("training.batch is 32 here and 64 there"), std::string::npos) << other.err;
    const auto shape = test::run_friedel(run + "--resume --set 'network.hidden=[16]' --set network.dropout=0.1");
    EXPECT_EQ(shape.status, 1);
    EXPECT_NE(shape.err.find("network.hidden"), std::string::npos) << shape.err;
}

TEST_F(TrainCommand, StartsFromAModel) {
    const std::string all = "train " + library + small;
    ASSERT_EQ(test::run_friedel(all + "--steps 60" + model("first.h5")).status, 0);
    const std::string from = " --start-from '" + (folder / "first.h5").string() + "' ";
    // A step of no length leaves the weights as they were.
    const auto still =
        test::run_friedel(all + "--steps 2 --set optimiser.learning_rate=1e-8 --set optimiser.average_decay=0" + from + model("same.h5"));
    ASSERT_EQ(still.status, 0) << still.err;
    const Model first = Model::read(folder / "first.h5"), same = Model::read(folder / "same.h5");
    for (std::size_t i = 0; i < first.members[0].size(); ++i) ASSERT_NEAR(same.members[0][i], first.members[0][i], 1e-4f);
    EXPECT_EQ(same.provenance.started_from.rfind("first.h5", 0), 0u) << same.provenance.started_from;
    const auto other =
        test::run_friedel(all + "--steps 2 --set 'network.hidden=[16]' --set network.dropout=0.1" + from + model("other.h5"));
    EXPECT_EQ(other.status, 1);
    EXPECT_NE(other.err.find("first.h5: its network"), std::string::npos) << other.err;
    EXPECT_EQ(test::run_friedel(all + "--resume" + from + model("first.h5")).status, 2) << "two beginnings";
}

TEST_F(TrainCommand, NamesTheKeyThatIsWrong) {
    const auto refuses = [&](const std::string& arguments, const std::string& what) {
        const auto result = test::run_friedel("train " + library + small + "--steps 2 " + model("bad.h5") + arguments);
        EXPECT_EQ(result.status, 1) << arguments;
        EXPECT_NE(result.err.find(what), std::string::npos) << result.err;
        EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
        EXPECT_FALSE(fs::exists(folder / "bad.h5"));
    };
    refuses("--set network.widths=3", "network.widths");
    refuses("--set training.batch=0", "training.batch");
    refuses("--set training.batch=many", "training.batch");
    refuses("--set optimiser.learning_rate=nan", "optimiser.learning_rate");
    refuses("--set network.dropout=1.5", "network.dropout");
    refuses("--set grid.points=-5", "grid.points");
    refuses("--set training.batch=1000000 --set 'network.hidden=[65536]' --set network.dropout=0.1", "training.batch");
    refuses("--measured nowhere.csv", "nowhere.csv");
    refuses("--validation nowhere.h5", "nowhere.h5");
    test::write_text(folder / "bad.toml", "[training]\nbatch = 12\nbatsch = 13\n");
    refuses("--config '" + (folder / "bad.toml").string() + "'", "batsch");
}

}  // namespace
}  // namespace friedel
